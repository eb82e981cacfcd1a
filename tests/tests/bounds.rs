//! What is counted: bytes of answers, calls, things held open. Each has its limit, which is told with what to do.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

use barkeep_tests::{Client, Era, Folder, Host};
use serde_json::json;

async fn serve(limits: &str) -> (Folder, Host, Client) {
    let folder = Folder::with_guests(&["probe"]);
    folder.configure(&format!("folder = \"plugins\"\n[plugins.probe.limits]\n{limits}\n"));
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    (folder, host, client)
}

async fn assert_works(client: &Client) {
    assert_eq!(client.text("probe__sum", json!({ "a": 40, "b": 2 })).await, r#"{"sum":42}"#);
}

#[tokio::test]
async fn an_answer_has_as_many_bytes_as_it_may_and_no_more() {
    let (_folder, _host, client) = serve("result = \"2MiB\"").await;
    assert_eq!(client.text("probe__huge", json!({ "bytes": 1_900_000 })).await.len(), 1_900_000);
    let told = client.failure("probe__huge", json!({ "bytes": 2_200_000 })).await;
    assert!(told.contains("answered with more than 2097152 bytes, its limit"), "{told}");
    assert!(told.contains("raise `result` in [plugins.probe.limits]"), "{told}");
    assert_works(&client).await;
}

/// Being listed is not a call: it was listed four times before the first.
#[tokio::test]
async fn calls_of_a_minute_are_counted_and_the_next_is_told_when_there_is_room() {
    let (_folder, _host, client) = serve("calls_per_minute = 3").await;
    for _ in 0..3 {
        assert_works(&client).await;
    }
    let told = client.failure("probe__sum", json!({ "a": 1, "b": 2 })).await;
    let (_, after) =
        told.split_once("called more often than its limit of 3 times a minute; try again in ").expect(&told);
    let (seconds, _) = after.split_once("s, or raise `calls_per_minute` in [plugins.probe.limits]").expect(&told);
    assert!((1..=20).contains(&seconds.parse::<u32>().expect("seconds")), "{told}");
    // Those refused tell nothing of the plugin, which does not rest for them.
    for _ in 0..10 {
        assert!(client.failure("probe__sum", json!({ "a": 1, "b": 2 })).await.contains("called more often"));
    }
}

/// It follows the file: what was refused is given when there is more.
#[tokio::test]
async fn one_plugin_has_half_of_the_memory_of_all_and_no_more() {
    let folder = Folder::with_guests(&["probe"]);
    folder.configure("memory_total = \"64MiB\"\nfolder = \"plugins\"\n");
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    let allocate = json!({ "bytes": 40 * 1024 * 1024 });
    for _ in 0..2 {
        let told = client.failure("probe__allocate", allocate.clone()).await;
        assert!(told.contains("no plugin may have more than half of what all may have together"), "{told}");
        assert!(told.contains("raise `memory_total` in barkeep.toml, which is 67108864 bytes"), "{told}");
        assert_works(&client).await;
    }
    host.until("the configuration changed", || folder.configure("memory_total = \"256MiB\"\nfolder = \"plugins\"\n"))
        .await;
    let working = async {
        loop {
            let result = client.call("probe__allocate", allocate.clone()).await;
            if result.is_error != Some(true) {
                return;
            }
        }
    };
    Box::pin(barkeep_tests::within("there is more memory", working)).await;
}

/// Each thing that a guest holds open takes memory of the host's.
#[tokio::test]
async fn a_guest_holds_so_much_open_and_no_more() {
    let (_folder, _host, client) = serve("").await;
    assert_eq!(client.text("probe__hold", json!({ "times": 2_000 })).await, "held 2000");
    let told = client.failure("probe__hold", json!({ "times": 5_000 })).await;
    assert!(told.contains("held 4096 things open at once") && told.contains("make it close what"), "{told}");
    assert_works(&client).await;
}

#[tokio::test]
async fn a_limit_of_nothing_is_told_where_it_stands() {
    let folder = Folder::new("[plugins.a.limits]\ncalls = 0\n");
    let output = folder.run(&["config", "show"]).await;
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(!output.status.success() && told.contains("line 2, column 9"), "{told}");
}
