//! Little that asks for much: schemas without end, calls that hang in numbers, arguments that wait.

use std::sync::Arc;
use std::time::{Duration, Instant};

use barkeep_tests::{Era, Folder, Host, Patched, within};
use serde_json::{Value, json};

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

/// More calls that hang than one plugin has turns leave the other plugins theirs; those that wait are told that the host is
/// busy, not that they were slow.
#[tokio::test]
async fn a_plugin_that_hangs_leaves_the_others_their_turns() {
    let folder = Folder::with_guests(&["probe", "versioned"]);
    let mut host = Host::stdio(&folder);
    let client = Arc::new(host.client(Era::Initialize).await);
    let hanging: Vec<_> = (0..SHARE * 5)
        .map(|_| {
            let client = Arc::clone(&client);
            tokio::spawn(async move { client.failure("probe__sleep_forever", json!({})).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let begun = Instant::now();
    assert_eq!(client.text("versioned__version", json!({})).await, "version=00000000");
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
    let (mut late, mut busy) = (0, 0);
    for call in hanging {
        let told = within("a hanging call ends", call).await.expect("it fails as it should");
        late += usize::from(told.contains("took longer than its limit"));
        busy += usize::from(told.contains("the host is running as many calls as it can"));
    }
    assert_eq!((late, busy), (SHARE, SHARE * 4));
}
