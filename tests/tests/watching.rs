//! Resources that clients watch: from a file on a disk, or a guest that says so, to who wants to know, and to nobody else.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

use std::fs::File;
use std::time::{Duration, Instant, SystemTime};

use barkeep_tests::{Client, Environment, Era, Folder, Heard, Host, Log, Post, stateless, with_section, within};
use rmcp::model::{ServerNotification, SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams};
use rmcp::service::{ServiceError, Subscription};
use serde_json::json;

/// The file that is watched.
const FILE: &str = "notes/a.txt";
const URI: &str = "file:///notes/a.txt";

/// Begins a line of the log.
const BEGINS: &str = "a watcher begins";
const ENDS: &str = "a watcher ends";

/// A folder with the plugin `filesystem`, which may read `notes/`.
fn notes() -> Folder {
    let folder = Folder::new(
        "folder = \"plugins\"\nlog = \"debug\"\n[plugins.filesystem.grants]\n\
         fs = [{ host = \"notes\", guest = \"/notes\", mode = \"read\" }]\n",
    );
    folder.write("plugins/filesystem.wasm", filesystem());
    folder.write(FILE, "one");
    // So long ago that nobody thinks it may have changed after a client began to watch.
    for path in [FILE, "notes"] {
        let opened = File::open(folder.path(path)).expect("it is there");
        opened.set_modified(SystemTime::now() - Duration::from_mins(1)).expect("it may be");
    }
    folder
}

fn filesystem() -> Vec<u8> {
    std::fs::read(Environment::plugin("filesystem")).expect("it was built")
}

/// A folder with the guest `feed`, whose calls may take, and work, this long.
fn feed(time: &str) -> Folder {
    let folder = Folder::with_guests(&["feed"]);
    folder.configure(&format!(
        "folder = \"plugins\"\nlog = \"debug\"\n[plugins.feed.limits]\ntime = {time:?}\ncpu = {time:?}\n"
    ));
    folder
}

fn updated(uri: &str) -> Heard {
    Heard::Updated(uri.to_owned())
}

#[expect(deprecated, reason = "older versions have it")]
async fn subscribe(client: &Client, uri: &str) -> Result<(), ServiceError> {
    within("it is subscribed to", client.subscribe(SubscribeRequestParams::new(uri))).await
}

#[expect(deprecated, reason = "older versions have it")]
async fn unsubscribe(client: &Client, uri: &str) {
    within("it ends", client.unsubscribe(UnsubscribeRequestParams::new(uri))).await.expect("it may");
}

/// Watches as clients of 2026-07-28 do. Gives what was accepted.
async fn listen(client: &Client, uris: &[&str]) -> (Subscription, Vec<String>) {
    let filter = SubscriptionFilter::builder().resource_subscriptions(uris.iter().copied()).build();
    let subscription = within("it is acknowledged", client.listen(filter)).await.expect("it may");
    let accepted = subscription.acknowledged().resource_subscriptions.clone().unwrap_or_default();
    (subscription, accepted)
}

async fn next(subscription: &mut Subscription) -> String {
    match within("there is news", subscription.next()).await.expect("the subscription goes on") {
        Some(ServerNotification::ResourceUpdatedNotification(updated)) => updated.params.uri,
        other => panic!("{other:?}"),
    }
}

/// Waits until the log has said `text` this often.
async fn times(log: &Log, count: usize, text: &str) {
    let mut mark = 0;
    for _ in 0..count {
        log.wait_after(mark, text).await;
        mark += log.lines().iter().skip(mark).take_while(|line| !line.contains(text)).count() + 1;
    }
}

async fn host(folder: &Folder, http: bool) -> Host {
    if http { Host::http(folder).await } else { Host::stdio(folder) }
}

#[tokio::test]
async fn a_file_that_changes_on_disk_reaches_who_subscribed_to_it() {
    for http in [false, true] {
        let folder = notes();
        let mut host = host(&folder, http).await;
        let client = host.client(Era::Initialize).await;
        let server = client.peer_info().expect("it introduced itself");
        assert_eq!(server.capabilities.resources.as_ref().and_then(|resources| resources.subscribe), Some(true));

        subscribe(&client, URI).await.expect("it may");
        for change in ["two", "three, longer"] {
            folder.overwrite(FILE, change);
            client.news.wait_for(&updated(URI)).await;
            client.news.clear();
        }
        folder.remove(FILE);
        client.news.wait_for(&updated(URI)).await;

        unsubscribe(&client, URI).await;
        unsubscribe(&client, "file:///notes/never").await;
        host.log().wait_for(ENDS).await;
        client.news.clear();
        folder.write(FILE, "four");
        assert_eq!(client.tools().await.len(), 14);
        assert_eq!(client.news.all(), [], "http: {http}");
    }
}

#[tokio::test]
async fn a_file_that_changes_on_disk_reaches_the_stream_that_named_it() {
    for http in [false, true] {
        let folder = notes();
        let mut host = host(&folder, http).await;
        let client = host.client(Era::Stateless).await;
        // While plugins are loaded, one of those to come may have anything.
        client.tools().await;
        let (mut subscription, accepted) = listen(&client, &["feed://none", URI, "file:///notes"]).await;
        assert_eq!(accepted, [URI, "file:///notes"], "nobody can have the other");
        folder.overwrite(FILE, "two");
        assert_eq!(next(&mut subscription).await, URI);
        folder.write("notes/b.txt", "");
        assert_eq!(next(&mut subscription).await, "file:///notes");

        subscription.cancel().await.expect("it may");
        times(host.log(), 2, ENDS).await;
    }
}

#[tokio::test]
async fn a_change_right_after_a_client_began_to_watch_is_not_missed() {
    let folder = notes();
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Stateless).await;
    for round in 0..5 {
        let (mut subscription, _) = listen(&client, &[URI]).await;
        folder.overwrite(FILE, format!("round {round}"));
        assert_eq!(next(&mut subscription).await, URI);
        subscription.cancel().await.expect("it may");
    }
}

#[tokio::test]
async fn a_resource_has_one_watcher_for_all_clients_and_none_when_they_left() {
    let folder = notes();
    let mut host = Host::http(&folder).await;
    let (one, other) = (host.client(Era::Initialize).await, host.client(Era::Stateless).await);
    subscribe(&one, URI).await.expect("it may");
    host.log().wait_for(BEGINS).await;
    let (mut subscription, _) = listen(&other, &[URI]).await;
    folder.overwrite(FILE, "two");
    assert_eq!(next(&mut subscription).await, URI);
    one.news.wait_for(&updated(URI)).await;

    // One leaves without a word.
    one.close().await;
    folder.overwrite(FILE, "three");
    assert_eq!(next(&mut subscription).await, URI);
    assert_eq!((host.log().having(BEGINS).len(), host.log().having(ENDS).len()), (1, 0));
    drop(subscription);
    other.close().await;
    host.log().wait_for(ENDS).await;
    assert_eq!(host.log().having(BEGINS).len(), 1);
}

#[tokio::test]
async fn a_reload_moves_the_watcher_and_is_told_once() {
    let folder = notes();
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    subscribe(&client, URI).await.expect("it may");
    host.log().wait_for(BEGINS).await;
    let mark = host.log().mark();
    let new = with_section(&filesystem(), "new", b"");
    host.until_loaded("filesystem", || folder.write("plugins/filesystem.wasm", new)).await;
    host.log().wait_after(mark, ENDS).await;
    host.log().wait_after(mark, BEGINS).await;
    client.news.wait_for(&updated(URI)).await;
    assert_eq!(client.news.all(), [updated(URI)]);
    client.news.clear();
    folder.overwrite(FILE, "two");
    client.news.wait_for(&updated(URI)).await;
    assert_eq!(client.news.all(), [updated(URI)]);
    assert_eq!((host.log().having(BEGINS).len(), host.log().having(ENDS).len()), (2, 1));
}

#[tokio::test]
async fn what_nobody_can_have_is_not_subscribed_to() {
    let folder = feed("30s");
    let mut host = Host::stdio(&folder);
    let mut pipe = host.pipe();
    pipe.initialize("2025-11-25").await;
    let answer = pipe.request("resources/subscribe", json!({ "uri": "file:///etc" })).await;
    assert_eq!((&answer["error"]["code"], &answer["error"]["data"]["uri"]), (&json!(-32002), &json!("file:///etc")));
    let answer = pipe.request("resources/subscribe", json!({ "uri": format!("feed://{}", "a".repeat(9000)) })).await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    let answer = pipe.request("resources/subscribe", json!({})).await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    for number in 0..101 {
        let answer = pipe.request("resources/subscribe", json!({ "uri": format!("feed://{number}") })).await;
        assert_eq!(answer.get("result").is_some(), number < 100, "{answer}");
    }
    let answer = pipe.request("resources/unsubscribe", json!({ "uri": "feed://0" })).await;
    assert_eq!(answer["result"], json!({}));
    let answer = pipe.request("resources/subscribe", json!({ "uri": "feed://100" })).await;
    assert_eq!(answer["result"], json!({}));
}

#[tokio::test]
async fn the_stateless_protocol_has_no_subscribe() {
    let folder = feed("30s");
    let mut host = Host::stdio(&folder);
    let mut pipe = host.pipe();
    for method in ["resources/subscribe", "resources/unsubscribe"] {
        let answer = pipe.request(method, stateless(json!({ "uri": "feed://a" }))).await;
        assert_eq!(answer["error"]["code"], -32601, "{answer}");
    }
}

#[tokio::test]
async fn what_a_call_says_of_a_resource_reaches_who_watches_it() {
    let folder = feed("30s");
    folder.put_guest("probe", "plugins/probe.wasm");
    let mut host = Host::http(&folder).await;
    let (watches, calls) = (host.client(Era::Initialize).await, host.client(Era::Stateless).await);
    subscribe(&watches, "feed://a").await.expect("it may");
    subscribe(&watches, "probe://items/1").await.expect("a plugin that does not watch has resources too");
    // It is not the guest's own.
    calls.text("feed__change", json!({ "uri": "probe://items/1" })).await;
    host.log().wait_for("a resource changed that is not its own").await;
    calls.text("feed__change", json!({ "uri": "feed://b" })).await;
    calls.text("feed__change", json!({ "uri": "feed://a" })).await;
    watches.news.wait_for(&updated("feed://a")).await;
    assert_eq!(watches.news.all(), [updated("feed://a")]);
    assert_eq!(calls.news.all(), []);
}

#[tokio::test]
async fn a_guest_that_says_without_end_that_a_resource_changed_is_passed_on_now_and_then_and_stopped() {
    let folder = feed("1s");
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Stateless).await;
    let begun = Instant::now();
    let (mut subscription, _) = listen(&client, &["feed://flood"]).await;
    for _ in 0..11 {
        assert_eq!(next(&mut subscription).await, "feed://flood");
    }
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(500), "eleven notices came within {took:?}");
    // It works, and does not wait.
    host.log().wait_for("a watcher ended: plugin `feed` worked for longer than its limit of 1s").await;
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_guest_may_watch_for_longer_than_a_call_may_take() {
    let folder = feed("1s");
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Stateless).await;
    let begun = Instant::now();
    let (mut subscription, _) = listen(&client, &["feed://ticks"]).await;
    while begun.elapsed() < Duration::from_millis(2500) {
        assert_eq!(next(&mut subscription).await, "feed://ticks");
    }
    assert_eq!(host.log().having(BEGINS).len(), 1);
}

#[tokio::test]
async fn a_watcher_that_fails_or_returns_begins_again_after_a_pause_and_one_that_has_nothing_does_not() {
    let folder = feed("30s");
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    let begun = Instant::now();
    for way in ["gone", "fails", "returns"] {
        subscribe(&client, &format!("feed://{way}")).await.expect("nobody knows before");
    }
    host.log().wait_for("not watched: there is no such feed").await;
    for (uri, words) in [("feed://fails", "the feed is down"), ("feed://returns", "it returned")] {
        // Nobody looked meanwhile, so it may have changed.
        client.news.wait_for(&updated(uri)).await;
        let said = |again: &str| format!("a watcher ended: {words} plugin=\"feed\" uri={uri:?} again_in={again}");
        host.log().wait_for(&said("1s")).await;
        host.log().wait_for(&said("2s")).await;
    }
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(host.log().having("watches feed://gone").len(), 1);
    let mark = host.log().mark();
    let new = with_section(&std::fs::read(Environment::guest("feed")).expect("it was built"), "new", b"");
    host.until_loaded("feed", || folder.write("plugins/feed.wasm", new)).await;
    host.log().wait_after(mark, "watches feed://gone").await;
}

#[tokio::test]
async fn a_guest_that_watches_says_that_its_lists_changed_and_watches_on() {
    let folder = feed("30s");
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    subscribe(&client, "feed://relists").await.expect("it may");
    times(host.log(), 2, "listed again plugin=feed").await;
    assert_eq!((host.log().having(BEGINS).len(), host.log().having(ENDS).len()), (1, 0));
}

#[tokio::test]
async fn so_many_watchers_run_at_once_and_no_more_and_calls_go_on() {
    let folder = feed("30s");
    let mut host = Host::http(&folder).await;
    let client = host.client(Era::Stateless).await;
    let mut subscriptions = Vec::new();
    // Not more for each than its client holds of what is not read yet.
    for part in ["a", "b", "c"] {
        let uris: Vec<String> = (0..50).map(|number| format!("feed://{part}{number}")).collect();
        subscriptions.push(listen(&client, &uris.iter().map(String::as_str).collect::<Vec<_>>()).await.0);
    }
    host.log().wait_for("not watched yet: 128 watchers run").await;
    client.text("feed__change", json!({ "uri": "feed://c49" })).await;
    let mut last = subscriptions.pop().expect("there are three");
    // On a slow machine a watcher begins so late that it is told that its resource may have changed before.
    while next(&mut last).await != "feed://c49" {}
    // Those that waited have room now.
    drop(subscriptions);
    for number in 0..50 {
        host.log().wait_for(&format!("watches feed://c{number}")).await;
    }
}

/// A stream that its client leaves by closing the connection.
#[tokio::test]
async fn a_dropped_connection_ends_the_watcher() {
    let folder = feed("30s");
    let host = Host::http(&folder).await;
    let post: Post = host.post();
    let params = stateless(json!({ "notifications": { "resourceSubscriptions": ["feed://a"] } }));
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": params });
    let request = post
        .request(reqwest::Method::POST)
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "subscriptions/listen")
        .body(message.to_string());
    let response = within("the stream begins", request.send()).await.expect("it begins");
    host.log().wait_for(BEGINS).await;
    drop(response);
    host.log().wait_for(ENDS).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_host_that_is_told_to_stop_ends_its_watchers() {
    for http in [false, true] {
        let folder = feed("30s");
        let mut host = host(&folder, http).await;
        let client = host.client(Era::Initialize).await;
        subscribe(&client, "feed://a").await.expect("it may");
        host.log().wait_for("watches feed://a").await;
        let told = Instant::now();
        host.process.terminate();
        host.log().wait_for(ENDS).await;
        assert!(host.process.ended().await.success());
        assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
    }
}
