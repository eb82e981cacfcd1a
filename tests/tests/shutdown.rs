//! The host ends when it is told to: calls in flight are answered first, and the exit code says that all is well.
#![cfg(unix)]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

use std::time::Duration;

use barkeep_tests::{Era, Folder, Host, within};
use serde_json::json;
use tokio::time::Instant;

/// A call in flight, held by a file that is not there yet.
const HELD: &str = "folder = \"plugins\"\n[plugins.versioned.grants]\nfs = [{ host = \"gate\", guest = \"/gate\" }]\n";

/// How long the host waits for calls in flight, where there are some.
const DRAIN: Duration = Duration::from_secs(6);

fn folder() -> Folder {
    let folder = Folder::with_guests(&["versioned", "probe"]);
    folder.write("gate/other", "");
    folder.configure(HELD);
    folder
}

#[tokio::test]
async fn a_call_in_flight_is_answered_before_the_host_ends() {
    for http in [false, true] {
        for interrupt in [false, true] {
            let folder = folder();
            let mut host = if http { Host::http(&folder).await } else { Host::stdio(&folder) };
            let client = std::sync::Arc::new(host.client(Era::Initialize).await);
            let caller = std::sync::Arc::clone(&client);
            let held = json!({ "file": "/gate/open" });
            let call = tokio::spawn(async move { caller.text("versioned__held_version", held).await });
            host.log().wait_for("waits for /gate/open").await;

            if interrupt {
                host.process.interrupt();
            } else {
                host.process.terminate();
            }
            host.log().wait_for("stopping").await;
            assert!(host.process.runs());
            folder.write("gate/open", "");
            let answer = within("the call in flight is answered", call).await.expect("it is answered well");
            assert_eq!(answer, "version=00000000", "http: {http}, Ctrl-C: {interrupt}");
            assert_eq!(host.process.ended().await.code(), Some(0), "http: {http}, Ctrl-C: {interrupt}");
        }
    }
}

/// A new call is refused in words while the host waits for the others.
#[tokio::test]
async fn no_new_call_begins_once_the_host_is_stopping() {
    let folder = folder();
    let mut host = Host::stdio(&folder);
    let client = std::sync::Arc::new(host.client(Era::Initialize).await);
    let caller = std::sync::Arc::clone(&client);
    let call =
        tokio::spawn(async move { caller.text("versioned__held_version", json!({ "file": "/gate/open" })).await });
    host.log().wait_for("waits for /gate/open").await;
    host.process.terminate();
    host.log().wait_for("stopping").await;
    let error = client.try_call("versioned__version", json!({})).await.expect_err("it is refused");
    assert!(error.to_string().contains("shutting down"), "{error}");
    folder.write("gate/open", "");
    within("the call in flight is answered", call).await.expect("it is answered well");
    assert_eq!(host.process.ended().await.code(), Some(0));
}

/// The wait is bounded: a service manager would kill the host after ten seconds.
#[tokio::test]
async fn a_call_that_does_not_end_is_cut_off() {
    let folder = folder();
    let mut host = Host::http(&folder).await;
    let client = std::sync::Arc::new(host.client(Era::Initialize).await);
    let caller = std::sync::Arc::clone(&client);
    let call = tokio::spawn(async move { caller.try_call("probe__spin", json!({})).await });
    host.log().wait_for("spinning").await;
    host.process.terminate();
    // Which waits for as long as the call would go on in vain.
    assert_eq!(host.process.ended().await.code(), Some(0));
    host.log().wait_for("calls were still in flight after 6s; they are cut off").await;
    call.abort();
}

#[tokio::test]
async fn a_second_signal_ends_the_host_at_once() {
    let folder = folder();
    let mut host = Host::stdio(&folder);
    let mut pipe = host.pipe();
    pipe.initialize("2025-11-25").await;
    pipe.begin("tools/call", json!({ "name": "probe__spin" })).await;
    host.log().wait_for("spinning").await;
    host.process.terminate();
    host.log().wait_for("stopping").await;
    host.process.interrupt();
    assert_eq!(host.process.ended().await.code(), Some(130));
}

#[tokio::test]
async fn a_host_without_calls_ends_at_once() {
    for http in [false, true] {
        let folder = folder();
        let mut host = if http { Host::http(&folder).await } else { Host::stdio(&folder) };
        let client = host.client(Era::Initialize).await;
        client.tools().await;
        let told = Instant::now();
        host.process.terminate();
        assert_eq!(host.process.ended().await.code(), Some(0), "http: {http}");
        let took = told.elapsed();
        assert!(took < DRAIN, "http: {http}: it took {took:?}");
    }
}

#[tokio::test]
async fn a_client_that_closes_stdin_ends_the_host() {
    let folder = folder();
    for begun in [false, true] {
        let mut host = Host::stdio(&folder);
        let mut pipe = host.pipe();
        if begun {
            pipe.initialize("2025-11-25").await;
            pipe.request("tools/list", json!({})).await;
        }
        pipe.close();
        assert_eq!(pipe.next().await, None, "begun: {begun}");
        assert_eq!(host.process.ended().await.code(), Some(0), "begun: {begun}");
    }
}

#[tokio::test]
async fn a_call_in_flight_is_answered_after_stdin_is_closed() {
    let folder = folder();
    let mut host = Host::stdio(&folder);
    let mut pipe = host.pipe();
    pipe.initialize("2025-11-25").await;
    let call = json!({ "name": "versioned__slow_version", "arguments": { "ms": 300 } });
    let id = pipe.begin("tools/call", call).await;
    pipe.close();
    let answer = pipe.answer().await;
    assert_eq!((&answer["id"], &answer["result"]["content"][0]["text"]), (&json!(id), &json!("version=00000000")));
    assert_eq!(host.process.ended().await.code(), Some(0));
}
