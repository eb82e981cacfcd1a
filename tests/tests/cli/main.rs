//! The command line: what each verb prints, for people and for programs, and its exit code: 0 done, 1 failed, 2 wrong
//! usage.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on panics")]

mod add;
mod call;
mod config;
mod grant;
mod inspect;
mod secret;

use std::fs;
use std::process::Stdio;

use barkeep_tests::{Environment, Folder, Process};
use insta::assert_snapshot;
use serde_json::{Value, json};

/// What a command said.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("no JSON ({error}): {}{}", self.out, self.err))
    }

    /// Its exit code and all it said.
    fn whole(&self) -> String {
        let part = |name: &str, text: &str| if text.is_empty() { String::new() } else { format!("--- {name}\n{text}") };
        let code = self.code.map_or("none".to_owned(), |code| code.to_string());
        format!("exit {code}\n{}{}", part("stdout", &self.out), part("stderr", &self.err))
    }
}

/// Runs `barkeep` in `folder`, whose path is `FOLDER` in what is said.
async fn run(folder: &Folder, arguments: &[&str]) -> Said {
    let output = folder.run(arguments).await;
    let root = fs::canonicalize(folder.root()).expect("it is there").display().to_string();
    let text = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).expect("it is UTF-8");
        assert!(!text.contains('\u{1b}'), "colours, where there is no terminal: {text}");
        text.replace(&root, "FOLDER").replace(&folder.root().display().to_string(), "FOLDER")
    };
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A folder that serves the plugin `hello`.
fn hello() -> Folder {
    let folder = Folder::new("folder = \"plugins\"\n");
    folder.write("plugins/hello.wasm", fs::read(Environment::plugin("hello")).expect("it was built"));
    folder
}

mod list {
    use super::*;

    #[tokio::test]
    async fn shows_each_plugin_with_what_it_offers_and_may_reach() {
        let folder = hello();
        folder.configure(
            "folder = \"plugins\"\n[plugins.hello.grants]\nenv = { A = \"1\" }\n[plugins.missing]\nsource = \"gone.wasm\"\n",
        );
        folder.write("plugins/Bad Name.wasm", "");
        assert_snapshot!(run(&folder, &["list"]).await.whole(), @r"
        exit 1
        --- stdout
        hello (serving)
          tool      hello__greet  Greets somebody by name.
          resource  hello://greetings/{name}  A greeting as a page.
          resource  hello://about  What this plugin is for.
          prompt    hello__write_greeting  Asks the model to write a greeting.
        missing (not served)
          problem   its file gone.wasm cannot be read: No such file or directory (os error 2)
        Bad Name.wasm (not served)
          problem   its file name is the plugin's id, but it may have 1 to 64 small letters, digits, `-` and `_`, and begins with a letter or digit; rename it, or name it under [plugins.ID]
        ");
    }

    #[tokio::test]
    async fn says_the_same_to_programs() {
        let folder = hello();
        let said = run(&folder, &["list", "-o", "json"]).await;
        assert_eq!(said.code, Some(0));
        let plugin = &said.json()["plugins"][0];
        assert_eq!((&plugin["id"], &plugin["status"]), (&json!("hello"), &json!("serving")));
        assert_eq!(plugin["tools"], json!([{ "name": "hello__greet", "description": "Greets somebody by name." }]));
        assert_eq!(plugin["sha256"].as_str().map(str::len), Some(64));
        assert_eq!(plugin.get("problem"), None);
    }

    #[tokio::test]
    async fn says_what_to_do_where_there_is_nothing() {
        let folder = Folder::new("");
        assert_snapshot!(run(&folder, &["list"]).await.whole(), @r"
        exit 0
        --- stdout
        no plugins; put a component into the folder that barkeep.toml names, or name one there
        ");
        assert_eq!(run(&folder, &["list", "-o", "json"]).await.json(), json!({ "plugins": [] }));
    }
}

mod doctor {
    use super::*;

    #[tokio::test]
    async fn says_what_is_well_and_what_is_not() {
        let folder = hello();
        folder.write("plugins/bad.wasm", "bad");
        let said = run(&folder, &["doctor"]).await;
        assert_eq!(said.code, Some(1));
        for line in [
            "ok    runtime    WebAssembly runs on this machine",
            "ok    cache      compiled code is kept in FOLDER/cache",
            "ok    config     FOLDER/barkeep.toml",
            "ok    plugin     hello: serving",
            "BAD   plugin     bad: not served: the file is not WebAssembly: it does not begin with `\\0asm`",
        ] {
            assert!(said.out.lines().any(|said| said == line), "`{line}` in {}", said.out);
        }
        let json = run(&folder, &["doctor", "-o", "json"]).await.json();
        let bad: Vec<&Value> =
            json.as_array().expect("a list").iter().filter(|check| check["what"] == "plugin").collect();
        assert_eq!(bad.len(), 2, "{json}");
    }

    /// Plugins are served without a compiler.
    #[tokio::test]
    async fn a_toolchain_that_is_not_there_is_a_note_and_no_fault() {
        let folder = hello();
        let mut command = folder.command(&["doctor"]);
        command.env("RUSTC", folder.path("no-rustc")).env("PATH", folder.root());
        let output = command.output().await.expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("note  toolchain  needed by who writes plugins in Rust"), "{said}");
        assert_eq!(output.status.code(), Some(0), "{said}");
    }

    #[tokio::test]
    async fn goes_on_where_there_is_no_configuration() {
        let folder = Folder::new("");
        folder.remove("barkeep.toml");
        let said = run(&folder, &["doctor"]).await;
        assert_eq!(said.code, Some(1));
        assert!(
            said.out.contains("ok    runtime") && said.out.contains("BAD   config     there is no configuration"),
            "{}",
            said.out
        );
    }
}

#[tokio::test]
async fn there_is_a_completion_for_every_shell() {
    let folder = Folder::new("");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let said = run(&folder, &["completion", shell]).await;
        assert_eq!(said.code, Some(0));
        assert!(said.out.contains("barkeep") && said.out.contains("inspect"), "{shell}");
    }
    assert_eq!(run(&folder, &["completion", "cmd"]).await.code, Some(2));
}

#[tokio::test]
async fn wrong_usage_is_told_on_stderr_with_exit_code_2() {
    let folder = hello();
    for arguments in [
        &[][..],
        &["frobnicate"],
        &["list", "--frobnicate"],
        &["list", "extra"],
        &["list", "-o", "yaml"],
        &["call"],
        &["inspect"],
        &["config"],
        &["config", "frobnicate"],
    ] {
        let said = run(&folder, arguments).await;
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(said.err.contains("Usage: ") || said.err.contains("--help"), "{arguments:?}: {}", said.err);
    }
    for arguments in [&["--help"][..], &["help", "serve"], &["--version"], &["list", "--version"]] {
        let said = run(&folder, arguments).await;
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(said.out.contains("barkeep"), "{arguments:?}: {}", said.out);
    }
}

#[tokio::test]
async fn an_address_that_is_taken_is_told() {
    let folder = hello();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let said = run(&folder, &["serve", "--http", &address]).await;
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    assert!(said.err.contains(&format!("error: cannot listen on `{address}`")), "{}", said.err);
}

/// As `barkeep list | head -1` does it.
#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure() {
    let folder = hello();
    for arguments in [&["list"][..], &["completion", "bash"], &["config", "schema"]] {
        let (mut process, stdin, stdout) = Process::start(folder.command(arguments));
        drop((stdin, stdout));
        assert_eq!(process.ended().await.code(), Some(0), "{arguments:?}");
        assert_eq!(process.log().lines(), [""; 0], "{arguments:?}");
    }
}

/// The log goes where it is sent, and `serve` needs no terminal and no input.
#[tokio::test]
async fn serve_without_a_client_ends_at_once() {
    let folder = hello();
    let mut command = folder.command(&["serve", "--log", "off"]);
    command.stdin(Stdio::null());
    let output = command.output().await.expect("it runs");
    assert_eq!((output.status.code(), output.stdout.len(), output.stderr.len()), (Some(0), 0, 0));
}
