//! `barkeep add`.

use std::fs;

use barkeep_tests::{Environment, Folder, with_section};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::run;

/// `hello`, asking for these things.
fn asking(requests: &Value) -> Vec<u8> {
    let hello = fs::read(Environment::plugin("hello")).expect("it was built");
    let section = json!({ "description": "Says\u{200b} hello", "requests": requests }).to_string();
    let with_requests = with_section(&hello, "barkeep:requests", section.as_bytes());
    with_section(&with_requests, "authors", "Ada <ada@example.com>".as_bytes())
}

/// A folder with a component that asks for something of each kind, and an empty configuration.
fn folder() -> Folder {
    let folder = Folder::new("# mine\n");
    let requests = json!({
        "fs": { "mode": "read", "why": "to read your notes" },
        "http": [{ "url": "https://api.example.com/**", "methods": ["GET"], "why": "to look things up" }],
        "env": [{ "name": "LANG", "why": "to speak your language" }],
        "client": [{ "name": "elicitation", "why": "to ask before it acts" }],
    });
    folder.write("greeter.wasm", asking(&requests));
    folder
}

fn config(folder: &Folder) -> String {
    fs::read_to_string(folder.path("barkeep.toml")).expect("it is there")
}

#[tokio::test]
async fn shows_what_it_is_with_the_risks_and_grants_what_it_asks_for_after_a_yes() {
    let folder = folder();
    let said = run(&folder, &["add", "greeter.wasm", "--yes"]).await;
    for line in [
        "  what      Says\\u{200b} hello",
        "  authors   Ada <ada@example.com> (its own word)",
        "  tool      greeter__greet  Greets somebody by name.",
        "  asks for  fs read: to read your notes",
        "            risk: it can read every file in the folders that you name",
        "  asks for  http GET https://api.example.com/**: to look things up",
        "            together: it could send your files to whomever it may talk to",
    ] {
        assert!(said.err.lines().any(|said| said == line), "`{line}` in {}", said.err);
    }
    assert_eq!(said.code, Some(0));
    assert_snapshot!(said.out, @r"
    added `greeter` to FOLDER/barkeep.toml
      granted   http GET https://api.example.com/**
      granted   client elicitation
      left out  fs read: `barkeep grant greeter fs FOLDER:/PATH` gives it
      left out  env LANG: `barkeep grant greeter env LANG=VALUE` gives it
    ");
    assert_eq!(
        config(&folder),
        "# mine\n\n[plugins.greeter]\nsource = \"greeter.wasm\"\n\n[plugins.greeter.grants]\n\
         http = [{ url = \"https://api.example.com/**\", methods = [\"GET\"] }]\nclient = [\"elicitation\"]\n"
    );
    let said = run(&folder, &["call", "greeter__greet", "--args", r#"{"name":"Ada"}"#]).await;
    assert_eq!(said.out, "Hello, Ada!\n");
}

#[tokio::test]
async fn grants_nothing_where_that_is_said_and_asks_nobody_who_is_not_there() {
    let folder = folder();
    let said = run(&folder, &["add", "greeter.wasm"]).await;
    assert_snapshot!(said.whole(), @r"
    exit 2
    --- stderr
    error: nobody is there to ask: give --yes or --deny
    ");
    assert_eq!(config(&folder), "# mine\n");
    let said = run(&folder, &["add", "greeter.wasm", "--deny", "--id", "other", "-o", "json"]).await.json();
    assert_eq!((&said["id"], &said["granted"], &said["made"]), (&json!("other"), &json!([]), &json!(false)));
    assert_eq!(config(&folder), "# mine\n\n[plugins.other]\nsource = \"greeter.wasm\"\n");
    assert_eq!(run(&folder, &["add", "greeter.wasm", "--deny", "--yes"]).await.code, Some(2));
}

#[tokio::test]
async fn what_cannot_be_added_is_told_and_nothing_is_written() {
    let folder = folder();
    folder.write("core.wasm", b"\0asm\x01\0\0\0");
    folder.write("Bad Name.wasm", fs::read(folder.path("greeter.wasm")).expect("it is there"));
    folder.write(
        "new.wasm",
        with_section(
            &fs::read(Environment::plugin("hello")).expect("built"),
            "barkeep:requests",
            b"{\"description\":\"x\",\"requests\":{\"gpu\":[]}}",
        ),
    );
    folder.write("hello.wasm", fs::read(Environment::plugin("hello")).expect("it was built"));
    let before = "[plugins.hello]\nsource = \"hello.wasm\"\n";
    folder.configure(before);
    for (arguments, code, words) in [
        ("gone.wasm", 1, "error: gone.wasm cannot be read: No such file"),
        ("barkeep.toml --id x", 1, "error: barkeep.toml is not a plugin: the file is not WebAssembly"),
        ("core.wasm", 1, "core WebAssembly module, not a component"),
        ("new.wasm", 1, "what the component asks for is not known to this version of Barkeep"),
        ("Bad_Name.wasm", 2, "choose one with --id"),
        ("greeter.wasm --id A", 2, "the id of a plugin may have 1 to 64 small letters"),
        ("greeter.wasm --id hello", 1, "there is a plugin `hello` already; choose another id with --id"),
        ("hello.wasm --id again", 1, "this component is there already, as `hello`"),
    ] {
        let arguments: Vec<String> = arguments.split(' ').map(|word| word.replace('_', " ")).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let said = run(&folder, &[&["add", "--yes"], &*arguments].concat()).await;
        assert_eq!((said.code, said.out.as_str()), (Some(code), ""), "{arguments:?}: {}", said.whole());
        assert!(said.err.contains(words) && said.err.lines().count() == 1, "{arguments:?}: {}", said.err);
        assert_eq!(config(&folder), before, "{arguments:?}");
    }
}

#[tokio::test]
async fn what_is_served_from_the_folder_is_there_already_and_its_names_are_taken() {
    let folder = Folder::new("folder = \"plugins\"\n");
    let hello = fs::read(Environment::plugin("hello")).expect("it was built");
    folder.write("plugins/hello.wasm", &hello);
    folder.write("hello.wasm", &hello);
    for (arguments, words) in [
        (&["hello.wasm"][..], "there is a plugin `hello` already"),
        (&["plugins/hello.wasm", "--id", "again"], "this component is there already, as `hello`"),
    ] {
        let said = run(&folder, &[&["add", "--yes"], arguments].concat()).await;
        assert!(said.code == Some(1) && said.err.contains(words), "{arguments:?}: {}", said.whole());
    }
    // Its own entry, with the grants that it asks for, is what is to be made.
    let said = run(&folder, &["add", "--yes", "plugins/hello.wasm"]).await;
    assert_eq!(said.code, Some(0), "{}", said.whole());
    let before = "folder = \"plugins\"\n\n[plugins.hello]\nsource = \"plugins/hello.wasm\"\n";
    assert_eq!(config(&folder), before);
    let said = run(&folder, &["add", "--yes", "hello.wasm", "--id", "other"]).await;
    assert!(said.code == Some(1) && said.err.contains("which plugin `hello` offers already"), "{}", said.whole());
    assert_eq!(config(&folder), before);
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_plain_file_is_not_waited_for() {
    let folder = folder();
    let made = std::process::Command::new("mkfifo").arg(folder.path("pipe.wasm")).status().expect("it runs");
    assert!(made.success());
    for arguments in [&["add", "pipe.wasm", "--yes"][..], &["inspect", "pipe.wasm"], &["inspect", "/dev/zero"]] {
        let said = run(&folder, arguments).await;
        assert!(said.code == Some(1) && said.err.contains("cannot be read: it is no regular file"), "{}", said.whole());
    }
}

#[tokio::test]
async fn makes_a_configuration_where_there_is_none_and_approves_where_there_is_a_lock() {
    let folder = folder();
    folder.remove("barkeep.toml");
    let said = run(&folder, &["add", "greeter.wasm", "--deny", "--config", "made/barkeep.toml"]).await;
    assert_snapshot!(said.out, @r"
    added `greeter` to FOLDER/made/barkeep.toml, which was made
      it is granted nothing
    ");
    if cfg!(target_os = "linux") {
        let said = run(&folder, &["add", "greeter.wasm", "--deny"]).await;
        assert!(
            said.out.starts_with("added `greeter` to FOLDER/home/.config/barkeep/barkeep.toml, which was made"),
            "{}",
            said.out
        );
        assert!(run(&folder, &["list"]).await.out.contains("greeter (serving)"));
    }
    folder.configure("");
    assert_eq!(run(&folder, &["update", "--yes"]).await.code, Some(0));
    folder.write("barkeep.lock", "");
    let said = run(&folder, &["add", "greeter.wasm", "--deny"]).await;
    assert!(said.out.contains("approved  in barkeep.lock"), "{}", said.out);
    assert_eq!(run(&folder, &["update"]).await.out, "nothing changed since it was approved\n");
}
