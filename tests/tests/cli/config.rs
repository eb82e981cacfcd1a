//! `barkeep config`, and what is said of a configuration that is bad.

use barkeep_tests::Folder;
use serde_json::json;

use super::run;

#[tokio::test]
async fn is_found_where_it_is_named_then_here_then_at_home() {
    let folder = Folder::new("");
    folder.write("named.toml", "");
    folder.write("home/.config/barkeep/barkeep.toml", "");
    let path = async |arguments: &[&str]| run(&folder, &[&["config", "path"], arguments].concat()).await.out;
    assert_eq!(path(&["--config", "named.toml"]).await, "FOLDER/named.toml\n");
    assert_eq!(path(&[]).await, "FOLDER/barkeep.toml\n");
    assert_eq!(path(&["-o", "json"]).await, "\"FOLDER/barkeep.toml\"\n");
    folder.remove("barkeep.toml");
    if cfg!(target_os = "linux") {
        assert_eq!(path(&[]).await, "FOLDER/home/.config/barkeep/barkeep.toml\n");
    }

    // The environment goes before what lies here, and a flag before the environment.
    let by_environment = async |arguments: &[&str]| {
        let mut command = folder.command(&[&["config", "path"], arguments].concat());
        command.env("BARKEEP_CONFIG", "of-the-environment.toml");
        String::from_utf8(command.output().await.expect("it runs").stdout).expect("it is text")
    };
    assert!(by_environment(&[]).await.ends_with("/of-the-environment.toml\n"));
    assert!(by_environment(&["--config", "named.toml"]).await.ends_with("/named.toml\n"));
}

#[tokio::test]
async fn that_is_nowhere_is_told_with_what_to_write() {
    let folder = Folder::new("");
    folder.remove("barkeep.toml");
    for verb in ["list", "serve", "config path"] {
        let said = run(&folder, &verb.split(' ').collect::<Vec<_>>()).await;
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{verb}");
        assert!(
            said.err.starts_with("error: there is no configuration: write one to ./barkeep.toml or "),
            "{}",
            said.err
        );
    }
}

#[tokio::test]
async fn is_shown_with_all_defaults() {
    let folder = Folder::new("[plugins.a]\nsource = \"a.wasm\"\n");
    let said = run(&folder, &["config", "show"]).await;
    assert_eq!(said.code, Some(0));
    for line in ["[plugins.a]", "source = \"FOLDER/a.wasm\"", "prefix = \"a\"", "memory = \"128MiB\"", "time = \"30s\""]
    {
        assert!(said.out.lines().any(|said| said == line), "`{line}` in {}", said.out);
    }
    // What is shown can be read again, and comes to the same.
    folder.configure(&said.out.replace("FOLDER", &folder.root().display().to_string()));
    assert_eq!(run(&folder, &["config", "show"]).await.out, said.out);
    let json = run(&folder, &["config", "show", "-o", "json"]).await.json();
    assert_eq!(
        json["plugins"]["a"]["limits"],
        json!({ "memory": "128MiB", "time": "30s", "task_time": "10m", "cpu": "10s", "result": "64MiB", "calls": 128, "calls_per_minute": 6000 })
    );
}

#[tokio::test]
async fn has_a_schema_for_editors() {
    let folder = Folder::new("");
    let schema = run(&folder, &["config", "schema"]).await.json();
    assert!(schema["$schema"].is_string() && schema["properties"]["plugins"].is_object());
    assert_eq!(schema["additionalProperties"], false);
}

#[tokio::test]
async fn has_a_reference_by_pages() {
    let folder = Folder::new("");
    let names = run(&folder, &["config", "reference"]).await.out;
    assert!(["file", "fs", "http", "limits"].iter().all(|page| names.lines().any(|name| name == *page)), "{names}");
    let page = run(&folder, &["config", "reference", "fs"]).await.out;
    assert!(page.starts_with("# `fs`") && page.contains("read-write"), "{page}");
    let none = run(&folder, &["config", "reference", "gpu"]).await;
    assert_eq!((none.code, none.out.as_str()), (Some(1), ""));
    assert!(none.err.starts_with("error: there is no page `gpu`; there are file, plugin, fs, "), "{}", none.err);
}

#[tokio::test]
async fn that_cannot_be_meant_is_told_with_its_place() {
    let folder = Folder::new("");
    for (config, words) in [
        (
            "folder = \"x\"\n[plugins.a]\nsorce = \"a.wasm\"\n",
            "error: FOLDER/barkeep.toml, line 3, column 1: unknown key `sorce`; did you mean `source`? Known here: ",
        ),
        ("[plugins.a.grants]\nhttps = []\n", "line 2, column 1: unknown key `https`; did you mean `http`?"),
        ("[plugins.a]\nsource = 7\n", "line 2, column 10: "),
        ("[plugins.a.limits]\ntime = \"soon\"\n", "line 2, column 8: `soon` is no length of time"),
        ("[plugins.a]\nsource = \"\u{e4}\" x\n", "line 2, column 14"),
    ] {
        folder.configure(config);
        for verb in ["list", "serve", "config show"] {
            let said = run(&folder, &verb.split(' ').collect::<Vec<_>>()).await;
            assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{verb}: {config}");
            assert!(said.err.contains(words) && said.err.lines().count() == 1, "{verb}: {}", said.err);
        }
    }
    let said = run(&folder, &["list", "--config", "gone.toml"]).await;
    assert_eq!(said.code, Some(1));
    assert_eq!(
        said.err,
        "error: FOLDER/gone.toml cannot be read: No such file or directory (os error 2); write it, or let `barkeep add \
         COMPONENT --config FOLDER/gone.toml` make it\n"
    );
}
