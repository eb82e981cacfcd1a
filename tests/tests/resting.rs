//! A plugin that keeps failing is rested: told at once, shown, tried again, and well again.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on panics")]

use barkeep_tests::{Client, Environment, Era, Folder, Host, with_section, within};
use serde_json::{Value, json};

/// Failures in a row after which a plugin rests.
const FAILURES: usize = 5;

async fn sum(client: &Client) -> String {
    client.text("probe__sum", json!({ "a": 40, "b": 2 })).await
}

async fn crash(client: &Client, times: usize) {
    for _ in 0..times {
        let words = client.failure("probe__crash", json!({})).await;
        assert!(words.contains("plugin `probe` crashed"), "{words}");
    }
}

async fn list(folder: &Folder) -> (Value, String) {
    let json = folder.run(&["list", "-o", "json"]).await.stdout;
    let text = folder.run(&["list"]).await.stdout;
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    (json["plugins"][0]["resting"].clone(), String::from_utf8(text).expect("text"))
}

#[tokio::test]
async fn it_is_told_and_listed_and_one_call_that_does_well_ends_it() {
    let folder = Folder::with_guests(&["probe"]);
    let mut host = Host::http(&folder).await;
    let client = host.client(Era::Stateless).await;
    assert_eq!(list(&folder).await.0, Value::Null);
    crash(&client, FAILURES).await;
    let words = client.failure("probe__sum", json!({ "a": 40, "b": 2 })).await;
    for part in
        ["plugin `probe` rests for ", "because 5 calls in a row failed", "tried again in ", "plugin `probe` crashed"]
    {
        assert!(words.contains(part), "no `{part}` in: {words}");
    }
    assert_eq!(words.lines().count(), 1, "{words}");
    // The others of its kind too, which have other ways to fail.
    assert!(client.read_resource(rmcp::model::ReadResourceRequestParams::new("probe://items/1")).await.is_err());
    let (resting, text) = list(&folder).await;
    assert!(resting.as_str().is_some_and(|words| words.contains("5 calls in a row failed")), "{resting}");
    assert!(text.contains("  rests "), "{text}");
    let tried = async {
        loop {
            let params = json!({ "a": 40, "b": 2 });
            let ended = client.call("probe__sum", params).await;
            if ended.is_error != Some(true) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    Box::pin(within("it is tried again", tried)).await;
    host.log().wait_for("well again plugin=\"probe\"").await;
    assert_eq!(list(&folder).await.0, Value::Null);
    // Counted anew.
    crash(&client, FAILURES - 1).await;
    assert_eq!(sum(&client).await, r#"{"sum":42}"#);
}

#[tokio::test]
async fn what_a_plugin_says_itself_and_what_clients_do_wrong_does_not_tire_it() {
    let folder = Folder::with_guests(&["probe"]);
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    for kind in ["other", "unavailable", "result"] {
        for _ in 0..FAILURES {
            client.failure("probe__fail", json!({ "kind": kind, "words": "no" })).await;
        }
    }
    for _ in 0..2 * FAILURES {
        client.failure("probe__sum", json!({ "a": "one" })).await;
        assert!(client.try_call("probe__none", json!({})).await.is_err());
    }
    for _ in 0..2 {
        crash(&client, FAILURES - 1).await;
        assert_eq!(sum(&client).await, r#"{"sum":42}"#);
    }
}

#[tokio::test]
async fn a_new_version_is_tried_at_once() {
    let folder = Folder::with_guests(&["probe"]);
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    host.loaded("probe").await;
    crash(&client, FAILURES).await;
    assert!(client.failure("probe__sum", json!({ "a": 1, "b": 2 })).await.contains("rests"));
    let new = with_section(&std::fs::read(Environment::guest("probe")).expect("it was built"), "new", b"");
    host.until_loaded("probe", || folder.write("plugins/probe.wasm", new)).await;
    assert_eq!(sum(&client).await, r#"{"sum":42}"#);
    assert_eq!(list(&folder).await.0, Value::Null);
}
