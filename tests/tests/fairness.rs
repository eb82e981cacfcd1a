//! One plugin at its limit takes no more than its share from the others: each is measured alone, and then beside one that
//! works as much as it can.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

use std::time::{Duration, Instant};

use barkeep_tests::{Client, Era, Folder, Host, Patched, Post, within};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// Calls that work without end beside the one that is measured: many more than this machine has processors.
const SPINNING: usize = 64;

/// Faults of `faulty`: see there.
const SPINS: u64 = 101;
const WORKS_AND_WAITS: u64 = 102;
const READS: u64 = 103;

/// What a busy machine may do to half of the calls, whoever else works there. Were each step of a call to wait for all that
/// spin, it would take twice as long.
const SLACK: Duration = Duration::from_millis(200);

/// A folder with `probe`, which is measured, and `greedy`, whose calls may work for long.
fn folder(fault: u64) -> Folder {
    let folder = Folder::with_guests(&["probe"]);
    folder.write("plugins/greedy.wasm", Patched::fault(fault));
    folder.write("data/file", "text\n".repeat(1000));
    folder.configure(
        "folder = \"plugins\"\n[plugins.greedy]\ngrants.fs = [{ host = \"data\", guest = \"/data\" }]\nlimits.time = \"5m\"\n\
         [plugins.probe]\ngrants.fs = [{ host = \"data\", guest = \"/data\" }]\n",
    );
    folder
}

/// Begins calls of `greedy` that never end by themselves, and waits until all of them run. They end with the host.
async fn spin(host: &Host) -> Vec<JoinHandle<()>> {
    let mut post = host.post();
    post.initialize().await;
    let spinning = (0..SPINNING).map(|_| tokio::spawn(call(post.clone()))).collect();
    let all_spin = async {
        while host.log().having("spinning").len() < SPINNING {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within("all of them spin", all_spin).await;
    spinning
}

/// Over a connection of its own: rmcp's client sends one request after the other.
async fn call(post: Post) {
    let message = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "greedy__tool", "arguments": {} },
    });
    let request = post.request(reqwest::Method::POST).body(message.to_string());
    // It is not waited for, for as long as the machine needs for the others.
    let _ = request.send().await.expect("it is sent").text().await;
}

/// How long half of these calls take at the most.
async fn measure(client: &Client, tool: &str, arguments: &Value, times: usize) -> Duration {
    let mut took = Vec::new();
    for _ in 0..times {
        let begun = Instant::now();
        client.text(tool, arguments.clone()).await;
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    took[times / 2]
}

/// A call takes at most so many times as long beside a plugin with this fault as alone.
async fn assert_takes_its_share(fault: u64) {
    let folder = folder(fault);
    let mut host = Host::http(&folder).await;
    let client = host.client(Era::Stateless).await;
    let little = ("probe__sum", json!({ "a": 1, "b": 2 }), 100);
    let much = ("probe__work", json!({ "rounds": 5_000_000 }), 20);
    let file = ("probe__read", json!({ "path": "/data/file" }), 100);
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for (tool, arguments, times) in [&little, &much, &file] {
        alone.push(measure(&client, tool, arguments, *times).await);
    }
    let spinning = spin(&host).await;
    for (tool, arguments, times) in [&little, &much, &file] {
        beside.push(measure(&client, tool, arguments, *times).await);
    }
    for (alone, beside) in alone.iter().zip(&beside) {
        // Two plugins share the processors: twice as long, and half as much again for what is between them.
        assert!(*beside <= 3 * *alone + SLACK, "{alone:?}, then {beside:?}");
    }
    assert!(spinning.iter().all(|call| !call.is_finished()), "they spin still");
}

/// One after the other, so that they do not measure each other.
#[tokio::test]
async fn a_plugin_that_works_without_end_takes_no_more_than_its_share() {
    for fault in [SPINS, WORKS_AND_WAITS, READS] {
        assert_takes_its_share(fault).await;
    }
}
