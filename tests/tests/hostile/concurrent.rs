//! Harm by way of WASI 0.3: all that bounds a plugin of 0.2 bounds one that does many things at once, and one that goes on
//! after its answer.

use std::fs;

use barkeep_tests::{Client, Environment, Folder, Host, Patched};
use serde_json::{Value, json};

use super::component::Hostile;
use super::server::Server;
use super::{assert_well, calls, serve};

/// What the guest exports, and what it has to be called by this host: see its WIT.
const OWN: &[u8] = b"barkeep:plugin/tools@0.1.1";
const ITS: &[u8] = b"barkeep:plugin/tools@0.1.0";

/// A host with the guest, which has these settings, beside one that means well.
async fn granted(settings: &str) -> (Folder, Host, Client) {
    let folder = Folder::with_guests(&["probe"]);
    fs::create_dir(folder.path("data")).expect("a folder");
    folder.write("data/file", "inside");
    folder.configure(&format!(
        "folder = \"plugins\"\n[plugins.concurrent]\nprefix = \"\"\nlimits.time = \"2s\"\n{settings}\n"
    ));
    let mut guest = fs::read(Environment::guest("concurrent")).expect("it was built");
    let places: Vec<usize> = (0..guest.len()).filter(|at| guest[*at..].starts_with(OWN)).collect();
    for at in places {
        guest[at..at + ITS.len()].copy_from_slice(ITS);
    }
    folder.write("plugins/concurrent.wasm", guest);
    let (host, client) = serve(&folder).await;
    host.loaded("concurrent").await;
    (folder, host, client)
}

async fn assert_fails(client: &Client, tool: &str, arguments: Value, words: &[&str]) {
    let told = client.failure(tool, arguments).await;
    for words in words {
        assert!(told.contains(words), "no `{words}` in: {told}");
    }
    assert_well(client).await;
}

#[tokio::test]
async fn files_are_bound_by_wasi_0_3_as_by_0_2() {
    let entry = r#"grants.fs = [{ host = "data", guest = "/data", mode = "read-write", max_bytes = "64KiB", max_file = "32KiB" }]"#;
    let (folder, _host, client) = granted(entry).await;
    folder.write("outside", "what nobody was granted");
    assert_eq!(client.text("read", json!({ "path": "file" })).await, "inside");
    assert_eq!(client.text("append", json!({ "path": "new", "bytes": 32 * 1024 })).await, "0 are left");
    let more = json!({ "path": "new", "bytes": 1 });
    assert_fails(&client, "append", more, &["files may get 32KiB long there", "FileTooLarge"]).await;
    assert_eq!(fs::metadata(folder.path("data/new")).expect("it is there").len(), 32 * 1024);
    let many = json!({ "path": "file", "count": 10_000 });
    assert_fails(&client, "hold", many, &["after 128", "it has 128 files and folders open"]).await;
    let outside = folder.path("outside").display().to_string();
    for path in ["../outside", "/data/../outside", &outside, "/proc/self/environ"] {
        assert_fails(&client, "read", json!({ "path": path }), &["NotPermitted"]).await;
    }
}

#[tokio::test]
async fn a_folder_to_be_read_is_not_written_to_by_wasi_0_3() {
    let (folder, _host, client) = granted(r#"grants.fs = [{ host = "data", guest = "/data" }]"#).await;
    assert_eq!(client.text("read", json!({ "path": "file" })).await, "inside");
    let line = "set `mode = \"read-write\"` in the entry \"/data\" of fs in [plugins.concurrent.grants]";
    assert_fails(&client, "append", json!({ "path": "file", "bytes": 1 }), &["may not write /data/file", line]).await;
    assert_eq!(fs::read_to_string(folder.path("data/file")).expect("it is there"), "inside");
}

#[tokio::test]
async fn sockets_are_bound_by_wasi_0_3_as_by_0_2() {
    let server = Server::echo().await;
    let talk = |port: u16| json!({ "address": format!("127.0.0.1:{port}"), "text": "hello" });
    let port = server.port();
    {
        let (_folder, _host, client) = granted("").await;
        let line = format!("add {{ host = \"127.0.0.1\", port = {port} }} to tcp in [plugins.concurrent.grants]");
        assert_fails(&client, "talk", talk(port), &[&line, "AccessDenied"]).await;
        let line = "add { host = \"localhost\", port = PORT } to tcp in [plugins.concurrent.grants]";
        assert_fails(&client, "look-up", json!({ "name": "localhost" }), &[line]).await;
        let listen = json!({ "address": "127.0.0.1:0" });
        assert_fails(&client, "listen", listen, &["may not listen on a TCP port", "no grant allows that"]).await;
    }
    assert_eq!(server.accepted(), 0);
    let entry = format!("grants.tcp = [{{ host = \"127.0.0.1\", port = {port}, private = true }}]");
    let (_folder, _host, client) = granted(&entry).await;
    assert_eq!(client.text("talk", talk(port)).await, "hello");
    let other = if port == 1 { 2 } else { 1 };
    assert_fails(&client, "talk", talk(other), &[&format!("may not connect to 127.0.0.1:{other}")]).await;
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_wait_for_ever_by_wasi_0_3_ends_at_its_time() {
    let (_folder, _host, client) = granted("").await;
    for _ in 0..2 {
        assert_fails(&client, "wait", json!({}), &["took longer than its limit of 2s"]).await;
    }
}

/// Nothing goes on any more. What does has the two seconds of this call to say it: two hundred times a second, as far as the
/// log takes it. What was said before may be read late.
async fn assert_silent(host: &Host, client: &Client) {
    let lines = || host.log().having("goes on").len();
    let before = lines();
    assert_fails(client, "wait", json!({}), &["took longer than its limit of 2s"]).await;
    let more = lines() - before;
    assert!(more < 100, "{more} lines more");
}

/// What goes on after its answer ends with its instance: nobody pays for it, and nobody waits for it.
#[tokio::test]
async fn what_goes_on_after_its_answer_ends_with_its_instance() {
    let (_folder, host, client) = granted("").await;
    for tool in ["wait-on", "spin-on", "wait-on"] {
        assert_eq!(client.text(tool, json!({})).await, "answered");
        assert_well(&client).await;
    }
    assert_silent(&host, &client).await;
}

/// An instance that is kept works on in the time of its next calls alone, and pays for that.
#[tokio::test]
async fn what_goes_on_in_an_instance_that_is_kept_takes_the_time_of_its_own_calls() {
    let (_folder, host, client) = granted("instance = \"plugin\"").await;
    assert_eq!(client.text("wait-on", json!({})).await, "answered");
    assert_well(&client).await;
    assert_fails(&client, "wait", json!({}), &["took longer than its limit of 2s"]).await;
    host.log().wait_for("goes on").await;
    assert_eq!(client.text("spin-on", json!({})).await, "answered");
    let told = "took longer than its limit of 2s and was stopped: it worked for";
    assert_fails(&client, "wait", json!({}), &[told]).await;
    // It was begun afresh, and nothing goes on in it.
    assert_silent(&host, &client).await;
}

/// A function of the contract that is not `async` may not wait by WASI 0.3.
#[tokio::test]
async fn a_function_that_may_not_wait_is_told_so() {
    let fields = r#"(import "wasi:clocks/monotonic-clock@0.3.0" "wait-for" (func $wait (param i64)))"#;
    let hostile = Hostile { fields, call: "(call $wait (i64.const -1))", ..Hostile::default() };
    calls::assert_fails(hostile, "it waited by WASI 0.3 in a function that is not `async`").await;
}

/// The guest as it was built speaks a contract that this host does not.
#[tokio::test]
async fn a_contract_of_another_version_is_refused() {
    let folder = Folder::with_guests(&["probe", "concurrent"]);
    folder.write("plugins/versioned.wasm", Patched::version(0));
    let (host, client) = serve(&folder).await;
    let told = host.log().wait_for("the component is built for `barkeep:plugin/tools@0.1.1`").await;
    assert!(told.contains("this host speaks barkeep:plugin@0.1.0; rebuild it with a matching SDK"), "{told}");
    assert_well(&client).await;
}
