//! A plugin reaches what it is granted, and nothing else; a refusal names the line that would allow it.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

use std::fs;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use barkeep_tests::{Client, Environment, Era, Folder, Host, with_section};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A folder that serves the probe with these grants.
fn granted(grants: &str) -> Folder {
    let folder = Folder::with_guests(&["probe"]);
    folder.configure(&format!("folder = \"plugins\"\n[plugins.probe.grants]\n{grants}\n"));
    folder
}

async fn connect(folder: &Folder) -> (Host, Client) {
    let mut host = Host::stdio(folder);
    let client = host.client(Era::Initialize).await;
    host.loaded("probe").await;
    (host, client)
}

mod files {
    use super::*;

    /// `data/` is to be granted; what lies beside it is not.
    fn tree(folder: &Folder) {
        folder.write("data/inside.txt", "inside");
        folder.write("data/sub/deep.txt", "deep");
        folder.write("outside.txt", "outside");
        folder.write("other/outside.txt", "outside");
        #[cfg(unix)]
        {
            let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, folder.path(at)).expect("a link");
            link("inside.txt", "data/good");
            link("../outside.txt", "data/relative");
            link(&folder.path("outside.txt").display().to_string(), "data/absolute");
            link("/etc/passwd", "data/passwd");
            link("..", "data/up");
            link("../other", "data/other");
            link("loop", "data/loop");
        }
    }

    /// Paths that lead out, or nowhere.
    const ESCAPES: [&str; 17] = [
        "/data/../outside.txt",
        "/data/sub/../../outside.txt",
        "/data/./../outside.txt",
        "/data//../outside.txt",
        "../outside.txt",
        "outside.txt",
        "/outside.txt",
        "/etc/passwd",
        "/proc/self/environ",
        "/data/relative",
        "/data/absolute",
        "/data/passwd",
        "/data/up/outside.txt",
        "/data/other/outside.txt",
        "/data/loop",
        "/data/sub/../up/outside.txt",
        "/data/inside.txt/../../outside.txt",
    ];

    fn assert_untouched(folder: &Folder) {
        for (file, content) in
            [("outside.txt", "outside"), ("other/outside.txt", "outside"), ("data/sub/deep.txt", "deep")]
        {
            assert_eq!(fs::read_to_string(folder.path(file)).expect("it is there"), content, "{file}");
        }
        assert!(!folder.path("new.txt").exists() && !folder.path("other/new.txt").exists());
    }

    #[tokio::test]
    async fn nothing_is_there_that_is_not_granted() {
        let folder = granted("");
        tree(&folder);
        let (_host, client) = connect(&folder).await;
        for path in ["/", ".", "/data", "/data/inside.txt", "/etc/passwd", "barkeep.toml"] {
            client.failure("probe__read", json!({ "path": path })).await;
            client.failure("probe__list", json!({ "path": path })).await;
            client.failure("probe__write", json!({ "path": path, "text": "x" })).await;
        }
    }

    #[tokio::test]
    async fn what_is_granted_to_be_read_cannot_be_changed() {
        let folder = granted("fs = [{ host = \"data\", guest = \"/data\" }]");
        tree(&folder);
        let (_host, client) = connect(&folder).await;
        assert_eq!(client.text("probe__read", json!({ "path": "/data/inside.txt" })).await, "inside");
        assert_eq!(client.text("probe__read", json!({ "path": "/data/sub/../inside.txt" })).await, "inside");
        assert_eq!(client.text("probe__list", json!({ "path": "/data/sub" })).await, "deep.txt");
        #[cfg(unix)]
        assert_eq!(client.text("probe__read", json!({ "path": "/data/good" })).await, "inside");
        for (tool, arguments) in [
            ("write", json!({ "path": "/data/inside.txt", "text": "changed" })),
            ("write", json!({ "path": "/data/new.txt", "text": "new" })),
            ("remove", json!({ "path": "/data/inside.txt" })),
            ("rename", json!({ "from": "/data/inside.txt", "to": "/data/renamed.txt" })),
        ] {
            client.failure(&format!("probe__{tool}"), arguments).await;
        }
        assert_eq!(fs::read_to_string(folder.path("data/inside.txt")).expect("it is there"), "inside");
        assert!(!folder.path("data/new.txt").exists());
        assert_untouched(&folder);
    }

    #[tokio::test]
    async fn no_path_leads_out_of_what_is_granted() {
        let folder = granted("fs = [{ host = \"data\", guest = \"/data\", mode = \"read-write\" }]");
        tree(&folder);
        let (_host, client) = connect(&folder).await;
        assert_eq!(
            client.text("probe__write", json!({ "path": "/data/inside.txt", "text": "changed" })).await,
            "written"
        );
        assert_eq!(client.text("probe__read", json!({ "path": "/data/inside.txt" })).await, "changed");
        for path in ESCAPES {
            client.failure("probe__read", json!({ "path": path })).await;
            client.failure("probe__write", json!({ "path": path, "text": "escaped" })).await;
            client
                .failure("probe__rename", json!({ "from": "/data/sub/deep.txt", "to": format!("{path}/../new.txt") }))
                .await;
        }
        for path in ["/data/..", "/data/up", "/data/other", "/", "..", "/data/up/other"] {
            client.failure("probe__list", json!({ "path": path })).await;
        }
        client.failure("probe__rename", json!({ "from": "/data/sub/deep.txt", "to": "/data/../new.txt" })).await;
        client.failure("probe__rename", json!({ "from": "/data/../outside.txt", "to": "/data/mine.txt" })).await;
        client.failure("probe__remove", json!({ "path": "/data/../outside.txt" })).await;
        assert_untouched(&folder);
    }

    #[tokio::test]
    async fn two_folders_are_each_what_they_are() {
        let folder = granted(
            "fs = [{ host = \"data\", guest = \"/a\" }, { host = \"other\", guest = \"/b\", mode = \"read-write\" }]",
        );
        tree(&folder);
        let (_host, client) = connect(&folder).await;
        client.failure("probe__write", json!({ "path": "/a/new.txt", "text": "x" })).await;
        assert_eq!(client.text("probe__write", json!({ "path": "/b/mine.txt", "text": "x" })).await, "written");
        client.failure("probe__rename", json!({ "from": "/b/mine.txt", "to": "/a/mine.txt" })).await;
        client.failure("probe__rename", json!({ "from": "/a/inside.txt", "to": "/b/inside.txt" })).await;
        assert!(folder.path("other/mine.txt").exists() && folder.path("data/inside.txt").exists());
    }
}

mod environment {
    use super::*;

    #[tokio::test]
    async fn a_plugin_sees_no_variable_argument_or_folder_of_the_host() {
        let folder = granted("env = { GREETING = \"hello\" }");
        let mut command = folder.command(&["serve"]);
        command.env("HOST_TOKEN", "of-the-host");
        let mut host = Host::stdio_by(command);
        let client = host.client(Era::Initialize).await;
        assert_eq!(client.text("probe__variables", json!({})).await, r#"{"GREETING":"hello"}"#);
        for name in ["HOST_TOKEN", "PATH", "HOME", "BARKEEP_CACHE"] {
            assert_eq!(client.text("probe__variable", json!({ "name": name })).await, "(not set)");
        }
        let seen = client.text("probe__command_line", json!({})).await;
        assert!(!seen.contains("serve") && !seen.contains(&folder.root().display().to_string()), "{seen}");
    }

    #[tokio::test]
    async fn a_secret_comes_from_the_environment_or_from_a_file_that_only_the_user_reads() {
        let folder = granted("secrets = [\"TOKEN\", \"OTHER\"]");
        folder.configure(&format!(
            "secrets_file = \"secrets.toml\"\n{}",
            fs::read_to_string(folder.path("barkeep.toml")).expect("it is there")
        ));
        folder.write("secrets.toml", "TOKEN = \"of-the-file\"\nOTHER = \"other\"\n");
        let listed = async || {
            let output = folder.run(&["list", "-o", "json"]).await;
            let list: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
            list["plugins"][0]["problem"].as_str().unwrap_or_default().to_owned()
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |mode| {
                fs::set_permissions(folder.path("secrets.toml"), fs::Permissions::from_mode(mode)).expect("changed");
            };
            mode(0o644);
            let problem = listed().await;
            assert!(problem.contains("its secret TOKEN is not there") && problem.contains("chmod 600"), "{problem}");
            mode(0o600);
        }
        assert_eq!(listed().await, "");
        let mut command = folder.command(&["serve"]);
        command.env("TOKEN", "of-the-environment");
        let mut host = Host::stdio_by(command);
        let client = host.client(Era::Initialize).await;
        let both = r#"{"OTHER":"other","TOKEN":"of-the-environment"}"#;
        assert_eq!(client.text("probe__variables", json!({})).await, both);

        folder.remove("secrets.toml");
        let problem = listed().await;
        assert!(problem.contains("its secret TOKEN is not there"), "{problem}");
    }
}

mod http {
    use super::*;

    /// What a server on the loopback address was asked: method and path, then each header.
    #[derive(Clone, Default)]
    struct Asked(Arc<Mutex<Vec<String>>>);

    impl Asked {
        fn all(&self) -> Vec<String> {
            self.0.lock().expect("nobody panicked").clone()
        }
    }

    /// A server that answers every request with what it was asked.
    async fn echo() -> (String, Asked) {
        async fn answer(State(asked): State<Asked>, request: Request) -> String {
            let mut text = format!("{} {}", request.method(), request.uri());
            for (name, value) in request.headers() {
                text = format!("{text}\n{name}: {}", value.to_str().unwrap_or_default());
            }
            asked.0.lock().expect("nobody panicked").push(text.clone());
            text
        }
        let asked = Asked::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(asked.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (url, asked)
    }

    #[tokio::test]
    async fn a_request_that_is_not_granted_is_refused_by_the_line_to_add() {
        let (url, asked) = echo().await;
        let folder = granted("");
        let (host, client) = connect(&folder).await;
        let told = client.failure("probe__get", json!({ "url": format!("{url}/a?token=t") })).await;
        let line = format!(
            "add {{ url = \"{url}/**\", methods = [\"GET\"] }} to http in [plugins.probe.grants] of barkeep.toml"
        );
        assert!(told.contains(&line) && !told.contains("token"), "{told}");

        // The line does what it says, once the words about private addresses were heard as well.
        let config = |entry: &str| format!("folder = \"plugins\"\n[plugins.probe.grants]\nhttp = [{entry}]\n");
        let entry = format!("{{ url = \"{url}/**\", methods = [\"GET\"] }}");
        host.until_loaded("probe", || folder.configure(&config(&entry))).await;
        let told = client.failure("probe__get", json!({ "url": format!("{url}/a") })).await;
        assert!(told.contains("which is at a loopback address: add `private = true` to the entry"), "{told}");
        let entry = format!("{{ url = \"{url}/**\", methods = [\"GET\"], private = true }}");
        host.until_loaded("probe", || folder.configure(&config(&entry))).await;
        let answer = client.text("probe__get", json!({ "url": format!("{url}/a") })).await;
        assert!(answer.starts_with("200") && answer.contains("GET /a"), "{answer}");

        let told = client.failure("probe__get", json!({ "url": format!("{url}/a"), "method": "POST" })).await;
        assert!(told.contains("add \"POST\" to `methods` of the entry"), "{told}");
        assert_eq!(asked.all().len(), 1, "{:?}", asked.all());
    }

    #[tokio::test]
    async fn only_the_paths_hosts_and_ports_of_the_grant_are_reached() {
        let (url, asked) = echo().await;
        let (other, other_asked) = echo().await;
        let folder = granted(&format!("http = [{{ url = \"{url}/api/*/open/**\", private = true }}]"));
        let (_host, client) = connect(&folder).await;
        for good in ["/api/a/open/x", "/api/b/open/x/y?q=1", "/api/a/open/"] {
            client.text("probe__get", json!({ "url": format!("{url}{good}") })).await;
        }
        let port = url.rsplit(':').next().expect("a port");
        for bad in [
            format!("{url}/"),
            format!("{url}/api/open/x"),
            format!("{url}/api/a/b/open/x"),
            format!("{url}/api/a/open/../closed"),
            format!("{url}/api/a/open/%2e%2e/closed"),
            format!("{url}/api/a/open/..%2fclosed"),
            format!("{url}//api/a/open/x"),
            format!("{other}/api/a/open/x"),
            format!("http://localhost:{port}/api/a/open/x"),
            format!("http://127.1:{port}/api/a/open/x"),
            format!("http://user@127.0.0.1:{port}/api/a/open/x"),
            format!("https://127.0.0.1:{port}/api/a/open/x"),
            "file:///etc/passwd".to_owned(),
        ] {
            client.failure("probe__get", json!({ "url": bad })).await;
        }
        assert_eq!(asked.all().len(), 3, "{:?}", asked.all());
        assert_eq!(other_asked.all().len(), 0, "{:?}", other_asked.all());
    }

    #[tokio::test]
    async fn a_secret_in_a_header_reaches_the_server_and_never_the_guest() {
        let (url, asked) = echo().await;
        let folder = granted(&format!(
            "http = [{{ url = \"{url}/**\", private = true, headers = {{ authorization = \"Bearer ${{secret:TOKEN}}\" }} }}]"
        ));
        let mut command = folder.command(&["serve"]);
        command.env("TOKEN", "s3cret-of-the-user");
        let mut host = Host::stdio_by(command);
        let client = host.client(Era::Initialize).await;
        let own = json!({ "url": format!("{url}/a"), "headers": { "Authorization": "Bearer the-guests-own", "x-mine": "1" } });
        let answer = client.text("probe__get", own).await;
        let seen = asked.all().pop().expect("it was asked");
        assert!(seen.contains("authorization: Bearer s3cret-of-the-user") && seen.contains("x-mine: 1"), "{seen}");
        assert!(!seen.contains("the-guests-own"), "{seen}");
        // The server echoes all it was sent.
        assert!(answer.contains("x-mine: 1") && !answer.contains("s3cret"), "{answer}");
        assert_eq!(client.text("probe__variables", json!({})).await, "{}");
        assert_eq!(host.log().having("s3cret"), [""; 0], "a secret is not for the log");
        for arguments in
            [&["list"][..], &["list", "-o", "json"], &["config", "show"], &["config", "show", "-o", "json"]]
        {
            let mut command = folder.command(arguments);
            command.env("TOKEN", "s3cret-of-the-user");
            let output = command.output().await.expect("it runs");
            let shown = [output.stdout, output.stderr].concat();
            assert!(!String::from_utf8_lossy(&shown).contains("s3cret"), "{arguments:?}");
        }
    }
}

mod requests {
    use super::*;

    /// The probe with what its author asks for inside.
    fn asking(folder: &Folder, requests: &Value) {
        let probe = fs::read(Environment::guest("probe")).expect("it was built");
        let section = json!({ "description": "asks", "requests": requests }).to_string();
        folder.write("plugins/probe.wasm", with_section(&probe, "barkeep:requests", section.as_bytes()));
    }

    #[tokio::test]
    async fn a_plugin_gets_what_it_asks_for_and_is_granted_and_no_more() {
        let folder = granted(
            "fs = [{ host = \"data\", guest = \"/data\", mode = \"read-write\" }]\n\
             env = { A = \"1\", B = \"2\" }\n\
             http = [{ url = \"http://127.0.0.1:9/**\", private = true }]",
        );
        folder.write("data/file.txt", "content");
        asking(
            &folder,
            &json!({ "fs": { "mode": "read", "why": "to look" }, "env": [{ "name": "A", "why": "to know" }] }),
        );
        let (_host, client) = connect(&folder).await;
        assert_eq!(client.text("probe__read", json!({ "path": "/data/file.txt" })).await, "content");
        client.failure("probe__write", json!({ "path": "/data/file.txt", "text": "changed" })).await;
        assert_eq!(client.text("probe__variables", json!({})).await, r#"{"A":"1"}"#);
        let told = client.failure("probe__get", json!({ "url": "http://127.0.0.1:9/" })).await;
        assert!(told.contains("its author does not ask for it"), "{told}");

        let output = folder.run(&["inspect", "plugins/probe.wasm"]).await;
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(shown.contains("requests  fs read: to look") && shown.contains("requests  env A: to know"), "{shown}");
    }

    #[tokio::test]
    async fn a_plugin_that_asks_for_nothing_gets_nothing() {
        let folder = granted("fs = [{ host = \"data\", guest = \"/data\" }]\nenv = { A = \"1\" }");
        folder.write("data/file.txt", "content");
        asking(&folder, &json!({}));
        let (_host, client) = connect(&folder).await;
        client.failure("probe__read", json!({ "path": "/data/file.txt" })).await;
        assert_eq!(client.text("probe__variables", json!({})).await, "{}");
    }
}
