//! What no client can see of itself: how the host takes its leave.

use std::time::{Duration, Instant};

use barkeep_tests::{Folder, Host};
use serde_json::json;

/// Official clients kill a host that is still there two seconds after they closed its stdin.
const CLIENTS_WAIT: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_client_with_a_subscription_that_hangs_up_is_let_go_at_once() {
    let folder = Folder::with_guests(&[]);
    let mut host = Host::stdio(&folder);
    let mut pipe = host.pipe();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "barkeep-tests", "version": "0" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    pipe.request("server/discover", json!({ "_meta": meta })).await;
    let wanted = json!({ "_meta": meta, "notifications": { "toolsListChanged": true } });
    let subscription = pipe.begin("subscriptions/listen", wanted).await;
    let acknowledged = pipe.next().await.expect("an acknowledgment");
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged", "{acknowledged}");
    // With this answer the host has read on behind the subscription.
    pipe.request("tools/list", json!({ "_meta": meta })).await;

    let closed = Instant::now();
    pipe.close();
    let end = pipe.answer().await;
    assert_eq!(end["id"], subscription, "{end}");
    assert!(end.get("result").is_some(), "{end}");
    assert!(host.process.ended().await.success());
    assert!(closed.elapsed() < CLIENTS_WAIT, "{:?}", closed.elapsed());
}
