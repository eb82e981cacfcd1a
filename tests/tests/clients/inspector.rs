//! The official inspector's `--cli` mode: one process for each request.

use barkeep_tests::{Environment, within};
use serde_json::{Value, json};
use tokio::process::Command;

use super::served::{Menu, Served, Transport, cache};

/// The inspector, in front of one host.
struct Inspector {
    served: Served,
    era: &'static str,
}

/// What one request printed, and how it ended.
struct Printed {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Inspector {
    async fn over(transport: Transport, era: &'static str) -> Self {
        Self { served: Served::over(transport, Menu::Swapped).await, era }
    }

    async fn print(&self, request: &[&str]) -> Printed {
        let folder = &self.served.folder;
        let mut command = Command::new(Environment::node());
        command.arg(Environment::inspector()).args([
            "--cli",
            "--quiet",
            "--format",
            "json",
            "--protocol-era",
            self.era,
        ]);
        command.args(request).current_dir(folder.root()).env("HOME", folder.path("home")).kill_on_drop(true);
        match self.served.url() {
            Some(url) => command.args(["--server-url", url, "--transport", "http"]),
            None => command
                .arg("-e")
                .arg(format!("BARKEEP_CACHE={}", cache().display()))
                .arg("--")
                .arg(Environment::barkeep())
                .args(["serve", "--config"])
                .arg(self.served.config()),
        };
        let output = within("the inspector ends", command.output()).await.expect("Node.js can be started");
        Printed {
            code: output.status.code().unwrap_or_default(),
            stdout: String::from_utf8(output.stdout).expect("it prints text"),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The result of a request that works.
    async fn result(&self, request: &[&str]) -> Value {
        let printed = self.print(request).await;
        assert_eq!(printed.code, 0, "{request:?}:\n{}{}", printed.stderr, self.served.log().join("\n"));
        let printed: Value = serde_json::from_str(&printed.stdout).expect("it prints JSON");
        printed["result"].clone()
    }
}

fn names<'a>(items: &'a Value, key: &str) -> Vec<&'a str> {
    items.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap()).collect()
}

async fn lists_and_calls(transport: Transport, era: &'static str) {
    let inspector = Inspector::over(transport, era).await;
    let tools = inspector.result(&["--method", "tools/list"]).await;
    assert!(names(&tools["tools"], "name").contains(&"hello__greet"), "{tools}");
    let resources = inspector.result(&["--method", "resources/list"]).await;
    assert!(names(&resources["resources"], "uri").contains(&"hello://about"), "{resources}");
    let templates = inspector.result(&["--method", "resources/templates/list"]).await;
    assert!(names(&templates["resourceTemplates"], "name").contains(&"greeting"), "{templates}");
    let prompts = inspector.result(&["--method", "prompts/list"]).await;
    assert!(names(&prompts["prompts"], "name").contains(&"hello__write_greeting"), "{prompts}");

    let greet = ["--method", "tools/call", "--tool-name", "hello__greet", "--tool-arg"];
    let greeted = inspector.result(&[&greet[..], &["name=Ada"]].concat()).await;
    assert_eq!(greeted["content"], json!([{ "type": "text", "text": "Hello, Ada!" }]));
    let about = inspector.result(&["--method", "resources/read", "--uri", "hello://about"]).await;
    assert_eq!(about["contents"][0]["mimeType"], "text/plain");
    let prompt = ["--method", "prompts/get", "--prompt-name", "hello__write_greeting", "--prompt-args", "name=Ada"];
    let prompt = inspector.result(&prompt).await;
    assert_eq!(prompt["messages"][0]["content"]["text"], "Write a short, warm greeting for Ada.");

    // It tells a tool that failed by its exit code.
    let failed = inspector.print(&[&greet[..], &["name= "]].concat()).await;
    assert_ne!(failed.code, 0, "{}", failed.stdout);
    inspector.served.end().await;
}

#[tokio::test]
async fn lists_and_calls_over_stdio_in_the_older_protocol() {
    lists_and_calls(Transport::Stdio, "legacy").await;
}

#[tokio::test]
async fn lists_and_calls_over_stdio_in_the_stateless_protocol() {
    lists_and_calls(Transport::Stdio, "modern").await;
}

#[tokio::test]
async fn lists_and_calls_over_http_in_the_older_protocol() {
    lists_and_calls(Transport::Http, "legacy").await;
}

#[tokio::test]
async fn lists_and_calls_over_http_in_the_stateless_protocol() {
    lists_and_calls(Transport::Http, "modern").await;
}
