//! `barkeep.toml` changes, and what it names.

use std::fs;

use barkeep_tests::{Folder, Heard, Patched};
use serde_json::json;

use super::{FILE, configuration, serve, version};

#[tokio::test]
async fn a_grant_is_in_force_once_the_file_is_saved_and_gone_when_it_is_taken_out() {
    let folder = Folder::with_guests(&["probe"]);
    folder.write("data/file.txt", "content");
    let (host, client) = serve(&folder).await;
    let read = json!({ "path": "/data/file.txt" });
    client.failure("probe__read", read.clone()).await;

    let granted = configuration("[plugins.probe.grants]\nfs = [{ host = \"data\", guest = \"/data\" }]");
    host.until_loaded("probe", || folder.configure(&granted)).await;
    assert_eq!(client.text("probe__read", read.clone()).await, "content");

    host.until_loaded("probe", || folder.configure(&configuration(""))).await;
    client.failure("probe__read", read).await;
}

#[tokio::test]
async fn a_variable_and_a_secret_follow_their_files() {
    let folder = Folder::with_guests(&["probe"]);
    let secrets = |value: &str| {
        folder.write("secrets.toml", format!("TOKEN = \"{value}\"\n"));
        private(&folder, "secrets.toml");
    };
    secrets("first");
    let config = |variable: &str| {
        format!(
            "folder = \"plugins\"\nsecrets_file = \"secrets.toml\"\n[plugins.probe.grants]\nenv = {{ COLOUR = \
             \"{variable}\" }}\nsecrets = [\"TOKEN\"]\n"
        )
    };
    folder.configure(&config("red"));
    let (host, client) = serve(&folder).await;
    let variables = async || client.text("probe__variables", json!({})).await;
    assert_eq!(variables().await, r#"{"COLOUR":"red","TOKEN":"first"}"#);

    host.until_loaded("probe", || folder.configure(&config("green"))).await;
    assert_eq!(variables().await, r#"{"COLOUR":"green","TOKEN":"first"}"#);

    host.until_loaded("probe", || secrets("second")).await;
    assert_eq!(variables().await, r#"{"COLOUR":"green","TOKEN":"second"}"#);
    assert_eq!(host.log().having("second"), [""; 0], "a secret is not for the log");
}

#[cfg(unix)]
fn private(folder: &Folder, name: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder.path(name), fs::Permissions::from_mode(0o600)).expect("changed");
}

#[cfg(not(unix))]
fn private(_: &Folder, _: &str) {}

#[tokio::test]
async fn a_limit_is_in_force_for_the_next_call() {
    let folder = Folder::with_guests(&["probe"]);
    let (host, client) = serve(&folder).await;
    let sleep = json!({ "ms": 50 });
    assert_eq!(client.text("probe__sleep", sleep.clone()).await, "slept 50 ms");

    let limited = configuration("[plugins.probe.limits]\ntime = \"10ms\"");
    host.until_loaded("probe", || folder.configure(&limited)).await;
    let words = client.failure("probe__sleep", sleep).await;
    assert!(words.contains("10ms"), "{words}");
}

#[tokio::test]
async fn plugins_come_and_go_and_change_their_prefix() {
    let folder = Folder::new("");
    folder.write("one.wasm", Patched::version(1));
    let (host, client) = serve(&folder).await;
    assert_eq!(client.tools().await, [""; 0]);

    host.until_loaded("a", || folder.configure("[plugins.a]\nsource = \"one.wasm\"\n")).await;
    client.news.wait_for(&Heard::Tools).await;
    assert_eq!(client.tools().await, ["a__version", "a__slow_version", "a__held_version"]);

    let renamed = "[plugins.a]\nsource = \"one.wasm\"\nprefix = \"b\"\n";
    host.until_loaded("a", || folder.configure(renamed)).await;
    assert_eq!(client.text("b__version", json!({})).await, "version=00000001");
    client.try_call("a__version", json!({})).await.expect_err("the name is gone");

    let unnamed = "[plugins.a]\nsource = \"one.wasm\"\nprefix = \"\"\n";
    host.until_loaded("a", || folder.configure(unnamed)).await;
    assert_eq!(client.text("version", json!({})).await, "version=00000001");

    host.until("gone plugin=a", || folder.configure("[plugins.a]\nsource = \"one.wasm\"\nenabled = false\n")).await;
    assert_eq!(client.tools().await, [""; 0]);
}

#[tokio::test]
async fn a_bad_configuration_changes_nothing_and_is_told_with_its_place() {
    let folder = Folder::with_guests(&["versioned"]);
    let (host, client) = serve(&folder).await;
    for (bad, place) in [
        (
            "folder = \"plugins\"\nfodler = \"other\"\n",
            "line 2, column 1: unknown key `fodler`; did you mean `folder`?",
        ),
        ("folder = 3\n", "line 1, column 10"),
        ("folder = \"plugins", "line 1"),
        ("[plugins.versioned.limits]\nmemory = \"lots\"\n", "line 2, column 10"),
    ] {
        let mark = host.log().mark();
        folder.configure(bad);
        let line = host.log().wait_after(mark, "the configuration is not in force").await;
        assert!(line.contains(place), "{bad:?}: {line}");
        assert_eq!(version(&client).await, "version=00000000");
    }
    // The plugin's file is followed all the same.
    host.until_loaded("versioned", || folder.write(FILE, Patched::version(1))).await;
    assert_eq!(version(&client).await, "version=00000001");
    let granted = configuration("[plugins.versioned]\nprefix = \"v\"");
    host.until_loaded("versioned", || folder.configure(&granted)).await;
    assert_eq!(client.text("v__version", json!({})).await, "version=00000001");
}

#[tokio::test]
async fn a_grant_that_cannot_be_had_leaves_the_plugin_as_it_was() {
    let folder = Folder::with_guests(&["versioned"]);
    let (host, client) = serve(&folder).await;
    let nowhere = configuration("[plugins.versioned.grants]\nfs = [{ host = \"nowhere\", guest = \"/x\" }]");
    let mark = host.log().mark();
    folder.configure(&nowhere);
    let line = host.log().wait_after(mark, "not loaded").await;
    assert!(line.contains("nowhere cannot be opened") && line.contains("still_serving=1"), "{line}");
    assert_eq!(version(&client).await, "version=00000000");
}

#[tokio::test]
async fn a_folder_that_is_made_later_is_served_from_then_on() {
    let folder = Folder::new(&configuration(""));
    let (host, client) = serve(&folder).await;
    assert_eq!(client.tools().await, [""; 0]);
    host.until_loaded("versioned", || folder.put_guest("versioned", FILE)).await;
    assert_eq!(version(&client).await, "version=00000000");
}
