//! Little that asks for much: schemas without end, calls that hang in numbers, arguments that wait.

#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

use std::time::{Duration, Instant};

use barkeep_tests::{Era, Folder, Host, Patched, Post, within};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// Calls of one plugin that run at once.
const SHARE: usize = 128;

#[tokio::test]
async fn a_schema_that_asks_for_more_steps_than_there_are_is_refused_at_load() {
    let folder = Folder::with_guests(&["probe"]);
    folder.write("plugins/bomb.wasm", Patched::fault(12));
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    assert!(!client.tools().await.contains(&"bomb__tool".to_owned()));
    host.log().wait_for("goes more than 10000 ways over one value").await;
    assert_eq!(client.text("probe__sum", json!({ "a": 40, "b": 2 })).await, r#"{"sum":42}"#);
}

#[tokio::test]
async fn a_schema_that_doubles_at_each_level_takes_shallow_values_alone() {
    let folder = Folder::with_guests(&[]);
    folder.write("plugins/bomb.wasm", Patched::fault(13));
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    let nested = |levels| (0..levels).fold(json!(1), |inner: Value, _| json!([inner]));
    assert_eq!(client.text("bomb__tool", json!({ "a": nested(5) })).await, "well");
    let told = client.failure("bomb__tool", json!({ "a": nested(60) })).await;
    assert!(told.contains("too large, or too deep, to be checked"), "{told}");
}

/// More calls that hang than one plugin has turns leave the other plugins theirs; those that wait are told that the plugin
/// is busy, not that they were slow.
#[tokio::test]
async fn a_plugin_that_hangs_leaves_the_others_their_turns() {
    let folder = Folder::with_guests(&["probe", "versioned"]);
    // Longer than a call waits for its turn, so that those that wait are not let in by those that end.
    folder.configure("folder = \"plugins\"\n[plugins.probe.limits]\ntime = \"30s\"\n");
    let host = Host::http(&folder).await;
    let post = host.post();
    let hanging: Vec<_> = (0..SHARE * 5).map(|_| call(&post, "probe__sleep_forever", &json!({}))).collect();
    let all_hang = async {
        while host.log().having("sleeping").len() < SHARE {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within("a share of the calls hangs", all_hang).await;
    let begun = Instant::now();
    let told = within("the other plugin answers", call(&post, "versioned__version", &json!({}))).await;
    assert!(told.expect("it ends").contains("version=00000000"));
    assert!(begun.elapsed() < Duration::from_secs(20), "before one that hangs ended: {:?}", begun.elapsed());
    let (mut late, mut busy) = (0, 0);
    for call in hanging {
        let told = within("a hanging call ends", call).await.expect("it ends");
        late += usize::from(told.contains("took longer than its limit"));
        busy +=
            usize::from(told.contains("plugin `probe` runs 128 calls, its limit") && told.contains("raise `calls`"));
    }
    assert_eq!((late, busy), (SHARE, SHARE * 4));
}

/// Calls with 15 MiB of arguments, of which the host holds 256 MiB at once: as arguments, and as bodies until they are answered.
#[tokio::test]
async fn large_arguments_are_counted_over_all_calls() {
    let folder = Folder::with_guests(&["probe"]);
    let host = Host::http(&folder).await;
    let post = host.post();
    // So that none has ended when the last one comes.
    let arguments = json!({ "ms": 25_000, "pad": "a".repeat(15 * 1024 * 1024) });
    let calls: Vec<_> = (0..20).map(|_| call(&post, "probe__sleep", &arguments)).collect();
    let (mut taken, mut refused) = (0, 0);
    for call in calls {
        let told = within("a call ends", call).await.expect("it ends");
        taken += usize::from(told.contains("slept 25000 ms"));
        let words = ["as many calls as it can", "too many large messages are being answered"];
        refused += usize::from(words.iter().any(|words| told.contains(words)));
    }
    // Those that come at once may take the last room from each other.
    assert!((1..=17).contains(&taken) && taken + refused == 20, "{taken} were taken, {refused} refused");
}

/// Calls a tool over a connection of its own: rmcp's client sends one request after the other.
fn call(post: &Post, tool: &'static str, arguments: &Value) -> JoinHandle<String> {
    let post = post.clone();
    let params = json!({ "name": tool, "arguments": arguments });
    tokio::spawn(async move { post.call_stateless("tools/call", Some(tool), params).await.body })
}
