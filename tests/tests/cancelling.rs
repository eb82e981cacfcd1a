//! A call that nobody wants any more ends at its guest's next tick, whichever way the client says so, and leaves nothing
//! behind: how long that took is printed, and its memory is there for others.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on panics, and measures"
)]

use std::fmt;
use std::time::{Duration, Instant};

use barkeep_tests::{Folder, Host, Patched, Pipe, Post, stateless, within};
use reqwest::Method;
use serde_json::json;

/// The most that the end may take, as a rule, with all that lies between the client and the log's reader. A guest yields
/// every 5 ms; the rest is what a machine needs that does much else.
const MOST: Duration = Duration::from_millis(250);

/// What the log says once a guest was stopped: the line comes after its instance was dropped.
const STOPPED: &str = "cancelled by the client";

/// Calls in one way. The first may be slower: nothing is warm.
const ROUNDS: usize = 10;

/// A guest that never ends by itself, and what it prints when it begins.
const ENDLESS: [(&str, &str); 3] =
    [("probe__spin", "spinning"), ("probe__sleep_forever", "sleeping"), ("reader__tool", "spinning")];

/// The fault of `faulty` by which it reads a file for ever.
const READS: u64 = 103;

fn folder() -> Folder {
    let folder = Folder::with_guests(&["probe"]);
    folder.write("plugins/reader.wasm", Patched::fault(READS));
    folder.write("data/file", "text\n".repeat(1000));
    folder.configure(
        "folder = \"plugins\"\n[plugins.probe.limits]\ntime = \"1h\"\n[plugins.reader]\nlimits.time = \"1h\"\n\
         grants.fs = [{ host = \"data\", guest = \"/data\" }]\n",
    );
    folder
}

/// What was measured in one way.
struct Measured {
    way: &'static str,
    tool: &'static str,
    took: Vec<Duration>,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = self.took.iter().max().copied().unwrap_or_default();
        write!(f, "{:<32} {:<22} median {:>8.1?}, most {most:>8.1?}", self.way, self.tool, self.median())
    }
}

impl Measured {
    fn new(way: &'static str, tool: &'static str) -> Self {
        Self { way, tool, took: Vec::new() }
    }

    /// Waits for the end of the call that was cancelled at `since`.
    async fn ended(&mut self, host: &Host, mark: usize, since: Instant) {
        host.log().wait_after(mark, STOPPED).await;
        self.took.push(since.elapsed());
    }

    fn median(&self) -> Duration {
        let mut took = self.took.clone();
        took.sort_unstable();
        took.get(took.len() / 2).copied().unwrap_or_default()
    }

    fn check(self) {
        println!("{self}");
        assert!(self.median() < MOST, "{self}: more than {MOST:?}");
    }
}

/// Sends `notifications/cancelled`, over stdio.
async fn told_on_stdio(way: &'static str, is_stateless: bool) {
    let folder = folder();
    let mut host = Host::stdio(&folder);
    let mut pipe = host.pipe();
    if !is_stateless {
        pipe.initialize("2025-11-25").await;
    }
    let params = |params| if is_stateless { stateless(params) } else { params };
    for (tool, begun) in ENDLESS {
        let mut measured = Measured::new(way, tool);
        for _ in 0..ROUNDS {
            let mark = host.log().mark();
            let id = pipe.begin("tools/call", params(json!({ "name": tool, "arguments": {} }))).await;
            host.log().wait_after(mark, begun).await;
            let since = Instant::now();
            pipe.notify("notifications/cancelled", json!({ "requestId": id, "reason": "not wanted" })).await;
            measured.ended(&host, mark, since).await;
        }
        measured.check();
        // It has no answer, and the next has its own.
        let sum = json!({ "name": "probe__sum", "arguments": { "a": 1, "b": 2 } });
        let answer = pipe.request("tools/call", params(sum)).await;
        assert!(answer.pointer("/result/content").is_some(), "{answer}");
    }
}

#[tokio::test]
async fn a_call_that_is_cancelled_on_stdio_ends_at_once() {
    told_on_stdio("stdio, 2025-11-25: cancelled", false).await;
    told_on_stdio("stdio, 2026-07-28: cancelled", true).await;
}

/// The client ends, as when it is killed: both pipes lose their other end.
#[tokio::test]
#[cfg(unix)]
async fn a_client_on_stdio_that_is_gone_ends_its_calls_at_once() {
    for (way, is_stateless) in [("stdio, 2025-11-25: gone", false), ("stdio, 2026-07-28: gone", true)] {
        let folder = folder();
        for (tool, begun) in ENDLESS {
            let mut measured = Measured::new(way, tool);
            for _ in 0..3 {
                let mut host = Host::stdio(&folder);
                let mut pipe = host.pipe();
                let call = json!({ "name": tool, "arguments": {} });
                if is_stateless {
                    pipe.begin("tools/call", stateless(call)).await;
                } else {
                    pipe.initialize("2025-11-25").await;
                    pipe.begin("tools/call", call).await;
                }
                host.log().wait_for(begun).await;
                let since = Instant::now();
                drop(pipe);
                measured.ended(&host, 0, since).await;
                assert!(host.process.ended().await.success());
            }
            measured.check();
        }
    }
}

/// One that has said all it had to say, and listens: `printf '...' | barkeep serve`.
#[tokio::test]
async fn a_client_that_only_closed_its_end_of_stdin_gets_its_answers() {
    let folder = folder();
    let mut host = Host::stdio(&folder);
    let mut pipe: Pipe = host.pipe();
    pipe.initialize("2025-11-25").await;
    let id = pipe.begin("tools/call", json!({ "name": "probe__sleep", "arguments": { "ms": 200 } })).await;
    pipe.close();
    let answer = pipe.answer().await;
    assert_eq!(answer.get("id"), Some(&json!(id)), "{answer}");
    assert_eq!(answer.pointer("/result/content/0/text"), Some(&json!("slept 200 ms")), "{answer}");
    assert!(host.process.ended().await.success());
}

/// Begins a call over HTTP, which goes on until it is aborted.
fn call(post: &Post, tool: &str, is_stateless: bool, id: usize) -> tokio::task::JoinHandle<()> {
    let (post, tool) = (post.clone(), tool.to_owned());
    tokio::spawn(async move {
        let call = json!({ "name": tool, "arguments": {} });
        if is_stateless {
            post.call_stateless("tools/call", Some(&tool), call).await;
        } else {
            let message = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": call });
            post.post(message.to_string()).await;
        }
    })
}

#[tokio::test]
async fn a_call_over_http_that_is_cancelled_ends_at_once() {
    let folder = folder();
    let host = Host::http(&folder).await;
    let mut post = host.post();
    post.initialize().await;
    let mut id = 100;
    for (tool, begun) in ENDLESS {
        let mut measured = Measured::new("HTTP, 2025-11-25: cancelled", tool);
        for _ in 0..ROUNDS {
            let mark = host.log().mark();
            // One that was cancelled may still be known by its own.
            id += 1;
            let calling = call(&post, tool, false, id);
            host.log().wait_after(mark, begun).await;
            let since = Instant::now();
            let cancelled =
                json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } });
            post.post(cancelled.to_string()).await;
            measured.ended(&host, mark, since).await;
            calling.abort();
        }
        measured.check();
    }
}

/// In the stateless protocol, who closes the stream of an answer has cancelled its request.
#[tokio::test]
async fn a_stream_that_is_dropped_ends_its_call_at_once() {
    let folder = folder();
    let host = Host::http(&folder).await;
    for (tool, begun) in ENDLESS {
        let mut measured = Measured::new("HTTP, 2026-07-28: dropped", tool);
        for _ in 0..ROUNDS {
            let mark = host.log().mark();
            let calling = call(&host.post(), tool, true, 1);
            host.log().wait_after(mark, begun).await;
            let since = Instant::now();
            calling.abort();
            measured.ended(&host, mark, since).await;
        }
        measured.check();
    }
}

/// In older versions a lost connection is no cancellation (MCP 2025-11-25, basic/transports); the end of the session is.
#[tokio::test]
async fn a_session_that_is_ended_ends_its_calls_at_once() {
    let folder = folder();
    let host = Host::http(&folder).await;
    for (tool, begun) in ENDLESS {
        let mut measured = Measured::new("HTTP, 2025-11-25: session ended", tool);
        for _ in 0..ROUNDS {
            let mut post = host.post();
            post.initialize().await;
            let mark = host.log().mark();
            let calling = call(&post, tool, false, 1);
            host.log().wait_after(mark, begun).await;
            let since = Instant::now();
            post.send(post.request(Method::DELETE)).await;
            measured.ended(&host, mark, since).await;
            calling.abort();
        }
        measured.check();
    }
}

/// More calls are cancelled than there are places for instances (512), and then as many are served as ever.
#[tokio::test]
async fn cancelled_calls_give_their_memory_back() {
    const WAVES: usize = 8;
    const CALLS: usize = 100;
    let folder = folder();
    let host = Host::http(&folder).await;
    let mut resident = Vec::new();
    for _ in 0..WAVES {
        // Each has begun when it reports that it works: then its answer begins. All are dropped together.
        let begun = futures::future::join_all((0..CALLS).map(|_| reporting(host.post())));
        drop(within("the calls begin", begun).await);
        resident.extend(host.process.resident_kib());
    }
    println!("memory after each {CALLS} cancelled calls, in KiB: {resident:?}");
    // After the first waves the pool has most of what it keeps; 600 instances are several times what may be added.
    if let (Some(early), Some(late)) = (resident.get(1), resident.last()) {
        assert!(*late < early + 64 * 1024, "it grows: {resident:?} KiB");
    }
    let post = host.post();
    let sum = json!({ "name": "probe__sum", "arguments": { "a": 1, "b": 2 } });
    let served = (0..CALLS).map(|_| post.call_stateless("tools/call", Some("probe__sum"), sum.clone()));
    for answer in futures::future::join_all(served).await {
        assert_eq!(answer.message().pointer("/result/structuredContent/sum"), Some(&json!(3)), "{answer:?}");
    }
}

/// The answer, of which no more is read, to a call of a guest that reports that it works, and works until it is cancelled.
async fn reporting(post: Post) -> reqwest::Response {
    let mut params = stateless(json!({ "name": "probe__until_cancelled", "arguments": {} }));
    if let Some(meta) = params.get_mut("_meta").and_then(|meta| meta.as_object_mut()) {
        meta.insert("progressToken".to_owned(), json!(1));
    }
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let request = post.request(Method::POST).header("mcp-protocol-version", "2026-07-28");
    let request = request.header("mcp-method", "tools/call").header("mcp-name", "probe__until_cancelled");
    request.body(message.to_string()).send().await.expect("the host answers")
}
