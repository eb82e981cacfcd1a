//! A client, a host and the API behind it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;

use barkeep_tests::github::{Logged, Standin};
use rmcp::RoleClient;
use rmcp::model::{CallToolRequestParams, GetPromptRequestParams, ReadResourceRequestParams};
use rmcp::service::{RunningService, ServiceError, serve_client};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// What the stand-in asks for.
pub(crate) const TOKEN: &str = "a-token-of-the-test";

/// How a session differs from the usual.
pub(crate) struct Setup {
    pub(crate) token: &'static str,
    pub(crate) methods: &'static str,
    pub(crate) path: &'static str,
    pub(crate) limits: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self { token: TOKEN, methods: r#""GET", "POST""#, path: "", limits: "" }
    }
}

/// A client, a host, and the API behind it.
pub(crate) struct Session {
    pub(crate) client: RunningService<RoleClient, ()>,
    pub(crate) standin: Standin,
    folder: TempDir,
    _host: Child,
}

/// What a tool answered: whether it failed, and its texts.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) failed: bool,
    pub(crate) texts: Vec<String>,
}

impl Told {
    /// The first text, of one that did not fail, as JSON.
    pub(crate) fn json(&self) -> Value {
        assert!(!self.failed, "{self:?}");
        serde_json::from_str(&self.texts[0]).unwrap()
    }

    /// The words of one that failed.
    pub(crate) fn words(&self) -> &str {
        assert!(self.failed && self.texts.len() == 1, "{self:?}");
        &self.texts[0]
    }
}

/// A path that `cargo xtask test` hands over.
fn built(variable: &str) -> PathBuf {
    std::env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set: run `cargo xtask test`")).into()
}

impl Session {
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let standin = Standin::start(TOKEN).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let component = built("BARKEEP_PLUGINS").join("github.wasm").display().to_string();
        let Setup { token, methods, path, limits } = setup;
        let url = standin.url();
        let configuration = format!(
            r#"
            [plugins.github]
            source = {component:?}
            prefix = ""

            [plugins.github.grants]
            env = {{ GITHUB_API_URL = "{url}{path}" }}

            [[plugins.github.grants.http]]
            url = "{url}/**"
            methods = [{methods}]
            private = true
            headers = {{ authorization = "Bearer ${{secret:GITHUB_TOKEN}}" }}

            [plugins.github.limits]
            {limits}
            "#
        );
        let file = folder.path().join("barkeep.toml");
        fs::write(&file, configuration).unwrap();
        let mut host = Command::new(built("BARKEEP_BIN"))
            .arg("serve")
            .arg("--config")
            .arg(file)
            .env("GITHUB_TOKEN", token)
            // Compiled once for all of these tests.
            .env("BARKEEP_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/github"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.path().join("log")).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let pipes = (host.stdout.take().unwrap(), host.stdin.take().unwrap());
        let client = serve_client((), pipes).await.expect("the host serves");
        Self { client, standin, folder, _host: host }
    }

    pub(crate) async fn call(&self, tool: &'static str, arguments: Value) -> Told {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        let params = CallToolRequestParams::new(tool).with_arguments(arguments);
        let result = serde_json::to_value(self.client.call_tool(params).await.unwrap()).unwrap();
        let text = |block: &Value| block["text"].as_str().expect("a text").to_owned();
        Told {
            failed: result["isError"] == true,
            texts: result["content"].as_array().unwrap().iter().map(text).collect(),
        }
    }

    /// Lists the issues of a repository: what most troubles are met with.
    pub(crate) async fn list(&self, owner: &str, repo: &str) -> Told {
        self.call("list_issues", json!({"owner": owner, "repo": repo})).await
    }

    /// The one content of a resource.
    pub(crate) async fn read(&self, uri: &str) -> Result<Value, ServiceError> {
        let result = self.client.read_resource(ReadResourceRequestParams::new(uri)).await?;
        Ok(serde_json::to_value(result).unwrap()["contents"][0].clone())
    }

    pub(crate) async fn debug(&self, number: &str, repo: &str) -> Result<String, ServiceError> {
        let Value::Object(arguments) = json!({"issue_number": number, "repo": repo}) else { unreachable!() };
        let params = GetPromptRequestParams::new("debug_issue").with_arguments(arguments);
        let prompt = serde_json::to_value(self.client.get_prompt(params).await?).unwrap();
        assert_eq!(prompt["messages"].as_array().unwrap().len(), 1);
        Ok(prompt["messages"][0]["content"]["text"].as_str().unwrap().to_owned())
    }

    /// The paths that were asked for.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.standin.requests().into_iter().map(|Logged { method, path, .. }| format!("{method} {path}")).collect()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the host's log:\n{}", fs::read_to_string(self.folder.path().join("log")).unwrap_or_default());
        }
    }
}
