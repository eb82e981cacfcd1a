//! A call that goes wrong fails alone, in words for people; the next call works, and stdout carries MCP alone.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

use std::sync::Arc;
use std::time::Duration;

use barkeep_tests::{Client, Era, Folder, Heard, Host, text, within};
use rmcp::model::{CallToolRequest, CallToolRequestParams, ClientRequest};
use rmcp::service::PeerRequestOptions;
use serde_json::{Value, json};

fn limited(limits: &str) -> Folder {
    let folder = Folder::with_guests(&["probe"]);
    folder.configure(&format!("folder = \"plugins\"\n[plugins.probe.limits]\n{limits}\n"));
    folder
}

/// What must never be in an answer: anything of the host's own.
fn assert_nothing_of_the_host(words: &str, folder: &Folder) {
    let root = folder.root().display().to_string();
    for secret in [root.as_str(), ".rs:", "wasm backtrace", "wasm function", "0x", "panicked at", "/tmp/", "/root/"] {
        assert!(!words.contains(secret), "`{secret}` is in: {words}");
    }
    assert_eq!(words.lines().count(), 1, "one line: {words}");
}

async fn assert_works(client: &Client) {
    assert_eq!(client.text("probe__sum", json!({ "a": 40, "b": 2 })).await, r#"{"sum":42}"#);
}

/// Each way to end badly, with what its words say.
#[tokio::test]
async fn a_call_that_ends_badly_fails_alone_in_words() {
    let folder = limited("memory = \"16MiB\"\ntime = \"500ms\"");
    let mut host = Host::http(&folder).await;
    for era in Era::BOTH {
        let client = host.client(era).await;
        for (tool, arguments, words) in [
            ("crash", json!({}), "plugin `probe` crashed (it panicked or aborted"),
            ("recurse", json!({}), "plugin `probe` crashed (it called itself too deeply)"),
            ("recurse_in_memory", json!({}), "plugin `probe` crashed (it reached outside its memory)"),
            // WASI 0.2 tells success and failure apart, no more.
            ("exit", json!({ "code": 3 }), "plugin `probe` crashed (it ended itself with exit code 1)"),
            ("exit", json!({ "code": 0 }), "plugin `probe` crashed (it ended itself with exit code 0)"),
            ("spin", json!({}), "plugin `probe` took longer than its limit of 500ms and was stopped: it worked for"),
            ("sleep_forever", json!({}), "took longer than its limit of 500ms"),
            ("allocate", json!({ "bytes": 17 * 1024 * 1024 }), "needed more memory than its limit of 16777216 bytes"),
            ("allocate", json!({ "bytes": 2_000_000_000 }), "needed more memory than its limit of 16777216 bytes"),
            ("lie", json!({}), "gave a result for `lie` that does not fit its own output schema (at `/sum`"),
            ("nothing", json!({}), "gave no structured result for `nothing`"),
        ] {
            let told = client.failure(&format!("probe__{tool}"), arguments).await;
            assert!(told.contains(words), "{tool}: {told}");
            assert_nothing_of_the_host(&told, &folder);
            assert_works(&client).await;
        }
        client.close().await;
    }
    // What the person in front of the client does not see, the one in front of the host does.
    host.log().wait_for("the probe was told to panic").await;
}

#[tokio::test]
async fn an_answer_may_be_large_but_not_too_large() {
    let folder = limited("memory = \"256MiB\"");
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    let size = 4 * 1024 * 1024;
    assert_eq!(client.text("probe__huge", json!({ "bytes": size })).await.len(), size);
    let told = client.failure("probe__huge", json!({ "bytes": 65 * 1024 * 1024 })).await;
    assert!(told.contains("answered with more than 67108864 bytes, its limit"), "{told}");
    assert_nothing_of_the_host(&told, &folder);
    assert_works(&client).await;
}

#[tokio::test]
async fn the_guests_own_words_for_a_failure_reach_the_model() {
    let folder = limited("");
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    for kind in ["not-found", "invalid-arguments", "access-denied", "unavailable", "other", "result"] {
        let words = format!("these are the words of {kind}");
        assert_eq!(client.failure("probe__fail", json!({ "kind": kind, "words": words })).await, words);
    }
    assert_works(&client).await;
}

/// What a call works is told from what it waits.
#[tokio::test]
async fn a_busy_call_is_told_from_one_that_waits() {
    let folder = limited("time = \"2s\"\ncpu = \"500ms\"");
    let mut host = Host::http(&folder).await;
    let client = host.client(Era::Stateless).await;
    let busy = client.failure("probe__spin", json!({})).await;
    let words = "plugin `probe` worked for longer than its limit of 500ms and was stopped; raise `cpu` in [plugins.probe.limits]";
    assert!(busy.contains(words), "{busy}");
    let waits = client.failure("probe__sleep_forever", json!({})).await;
    let (_, worked) =
        waits.split_once("took longer than its limit of 2s and was stopped: it worked for ").expect(&waits);
    let (worked, rest) = worked.split_once(" of that and waited for the rest; raise `time` in").expect(&waits);
    assert!(rest.contains("[plugins.probe.limits]"), "{waits}");
    let worked = humantime::parse_duration(&worked.replace("0ns", "0s")).expect("it is a time");
    // What a busy machine takes its processor away for counts as well.
    assert!(worked < Duration::from_secs(1), "{waits}");
    assert_works(&client).await;
}

/// Calls that go wrong take nothing from those beside them.
#[tokio::test]
async fn calls_side_by_side_do_not_feel_each_other() {
    let folder = limited("memory = \"16MiB\"\ntime = \"2s\"");
    let mut host = Host::http(&folder).await;
    let client = Arc::new(host.client(Era::Stateless).await);
    let mut bad = Vec::new();
    for (tool, arguments) in [
        ("spin", json!({})),
        ("spin", json!({})),
        ("spin", json!({})),
        ("sleep_forever", json!({})),
        ("recurse", json!({})),
        ("allocate", json!({ "bytes": 17 * 1024 * 1024 })),
        ("crash", json!({})),
    ] {
        let client = Arc::clone(&client);
        bad.push(tokio::spawn(async move { client.failure(&format!("probe__{tool}"), arguments).await }));
    }
    // More guests spin than this machine may have processors.
    host.log().wait_for("spinning").await;
    for _ in 0..50 {
        assert_works(&client).await;
    }
    for call in bad {
        within("a bad call fails", call).await.expect("it fails as it should");
    }
}

/// Every call has an instance of its own unless it is said otherwise, and then a crash leaves a fresh one.
#[tokio::test]
async fn an_instance_is_for_one_call_or_for_all() {
    let folder = limited("");
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    host.loaded("probe").await;
    let count = async || client.text("probe__count", json!({})).await;
    assert_eq!((count().await.as_str(), count().await.as_str()), ("1", "1"));

    let warm =
        "folder = \"plugins\"\n[plugins.probe]\ninstance = \"plugin\"\n[plugins.probe.limits]\ntime = \"500ms\"\n";
    host.until_loaded("probe", || folder.configure(warm)).await;
    assert_eq!((count().await.as_str(), count().await.as_str()), ("1", "2"));
    for (tool, arguments) in [("crash", json!({})), ("exit", json!({ "code": 1 })), ("spin", json!({}))] {
        client.failure(&format!("probe__{tool}"), arguments).await;
        assert_eq!((count().await.as_str(), count().await.as_str()), ("1", "2"), "after {tool}");
    }
}

mod output {
    use super::*;

    /// The pipe of this test takes nothing but JSON-RPC: see [`barkeep_tests::Pipe::next`].
    #[tokio::test]
    async fn what_a_guest_prints_goes_to_the_log_and_never_to_stdout() {
        let folder = limited("");
        let mut host = Host::stdio(&folder);
        let mut pipe = host.pipe();
        pipe.initialize("2025-11-25").await;
        let fake = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"fake"}]}}"#;
        for stderr in [false, true] {
            for printed in [fake, "\n\n\n", "no end", "\u{1b}[2J\u{1b}]0;title\u{7}\r", "two\nlines\n", "\u{feff}"] {
                let arguments = json!({ "text": printed, "stderr": stderr });
                let answer =
                    pipe.request("tools/call", json!({ "name": "probe__print", "arguments": arguments })).await;
                assert_eq!(answer["result"]["content"][0]["text"], "printed", "{answer}");
            }
        }
        host.log().wait_for("fake").await;
        host.log().wait_for("no end plugin=\"probe\" stream=\"stderr\"").await;
        // Shown, not obeyed.
        host.log().wait_for(r"\u{1b}[2J\u{1b}]0;title\u{7}\r").await;
        assert_eq!(host.log().having("\u{1b}"), [""; 0]);
    }

    #[tokio::test]
    async fn a_flood_of_lines_is_cut_and_counted_and_the_call_goes_on() {
        let folder = limited("");
        let mut host = Host::stdio(&folder);
        let client = host.client(Era::Initialize).await;
        let flood = json!({ "text": format!("{}\n", "flood ".repeat(1000)), "times": 5_000 });
        assert_eq!(client.text("probe__print", flood).await, "printed");
        assert_works(&client).await;
        let lines = host.log().having("flood");
        assert!(lines.len() <= 1_000, "{} lines of 5000 are in the log", lines.len());
        assert!(lines.iter().all(|line| line.len() < 5_000), "a line is cut");
    }

    #[tokio::test]
    async fn progress_and_logs_reach_the_client_that_asked_for_them() {
        let folder = limited("");
        for http in [false, true] {
            let mut host = if http { Host::http(&folder).await } else { Host::stdio(&folder) };
            let client = host.client(Era::Initialize).await;
            client.set_log_level("warning").await;
            let params =
                CallToolRequestParams::new("probe__say").with_arguments(object(json!({ "progress": 3, "logs": 1 })));
            client.call_tool(params).await.expect("it is answered");
            for (level, number) in [("warning", 1), ("error", 1)] {
                let log = Heard::Log(level.to_owned(), Some("probe".to_owned()), json!({ "number": number }));
                client.news.wait_for(&log).await;
            }
            let progress = |done: f64| Heard::Progress {
                progress: done,
                total: Some(3.0),
                message: Some("on the way".to_owned()),
            };
            client.news.wait_for(&progress(3.0)).await;
            let heard = client.news.all();
            assert_eq!(heard.len(), 5, "http: {http}: {heard:?}");
            assert!([1.0, 2.0].into_iter().all(|done| heard.contains(&progress(done))), "http: {http}: {heard:?}");
        }
    }

    fn object(value: Value) -> serde_json::Map<String, Value> {
        let Value::Object(object) = value else { panic!("it is an object") };
        object
    }
}

mod cancelled {
    use super::*;

    /// Begins a call of a tool without arguments, to be cancelled.
    async fn begin(client: &Client, tool: &'static str) -> rmcp::service::RequestHandle<rmcp::RoleClient> {
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(CallToolRequestParams::new(tool)));
        client.send_cancellable_request(request, PeerRequestOptions::no_options()).await.expect("it is sent")
    }

    /// With one instance for all calls, the next call is only answered once the one before has ended.
    #[tokio::test]
    async fn a_call_that_is_cancelled_stops_the_guest() {
        let folder = Folder::with_guests(&["probe"]);
        folder.configure(
            "folder = \"plugins\"\n[plugins.probe]\ninstance = \"plugin\"\n[plugins.probe.limits]\ntime = \"1h\"\n",
        );
        for http in [false, true] {
            let mut host = if http { Host::http(&folder).await } else { Host::stdio(&folder) };
            let client = host.client(Era::Initialize).await;
            assert_works(&client).await;
            for (tool, begun) in [
                ("probe__spin", "spinning"),
                ("probe__sleep_forever", "sleeping"),
                ("probe__until_cancelled", "working"),
            ] {
                let mark = host.log().mark();
                let call = begin(&client, tool).await;
                host.log().wait_after(mark, begun).await;
                call.cancel(Some("not wanted any more".to_owned())).await.expect("it is told");
                host.log().wait_after(mark, "cancelled by the client").await;
                assert_works(&client).await;
            }
        }
    }

    /// In the stateless protocol over HTTP, who closes the response has cancelled the call.
    #[tokio::test]
    async fn a_stateless_call_whose_client_goes_away_stops_the_guest() {
        let folder = Folder::with_guests(&["probe"]);
        folder.configure(
            "folder = \"plugins\"\n[plugins.probe]\ninstance = \"plugin\"\n[plugins.probe.limits]\ntime = \"1h\"\n",
        );
        let mut host = Host::http(&folder).await;
        let client = host.client(Era::Stateless).await;
        assert_works(&client).await;
        let post = host.post();
        let mark = host.log().mark();
        let calling = tokio::spawn(async move {
            post.call_stateless("tools/call", Some("probe__spin"), json!({ "name": "probe__spin", "arguments": {} }))
                .await
        });
        host.log().wait_after(mark, "spinning").await;
        calling.abort();
        host.log().wait_after(mark, "cancelled by the client").await;
        assert_works(&client).await;
    }

    #[tokio::test]
    async fn a_stdio_client_that_goes_away_leaves_nothing_behind() {
        let folder = Folder::with_guests(&["probe"]);
        folder.configure("folder = \"plugins\"\n[plugins.probe.limits]\ntime = \"1h\"\n");
        let mut host = Host::stdio(&folder);
        let mut pipe = host.pipe();
        pipe.initialize("2025-11-25").await;
        pipe.begin("tools/call", json!({ "name": "probe__spin" })).await;
        host.log().wait_for("spinning").await;
        drop(pipe);
        assert!(host.process.ended().await.success());
    }
}

#[tokio::test]
async fn every_kind_of_content_reaches_the_client() {
    let folder = limited("");
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    let result = client.call("probe__every_content", json!({})).await;
    let content = serde_json::to_value(&result.content).expect("it is JSON");
    assert_eq!(
        content,
        json!([
            { "type": "text", "text": "text", "annotations": { "audience": ["user"], "priority": 0.5 } },
            { "type": "image", "data": "AQID", "mimeType": "image/png" },
            { "type": "audio", "data": "BAUG", "mimeType": "audio/wav" },
            { "type": "resource_link", "uri": "probe://items/1", "name": "one" },
            { "type": "resource", "resource": { "uri": "probe://items/2", "text": "two" } },
        ])
    );
    assert_eq!(text(&result), "text");
}
