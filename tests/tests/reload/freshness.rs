//! How long clients may keep a list (MCP 2026-07-28, server/utilities/caching): it follows the list's own age.

use std::time::{Duration, Instant};

use barkeep_tests::{Folder, Host, Post, within};
use serde_json::{Value, json};

use super::all_loaded;

/// The part of its age that a list may be kept on.
const SHARE: u128 = 10;

async fn list(post: &Post, what: &str) -> Value {
    post.call_stateless(&format!("{what}/list"), None, json!({})).await.message()["result"].take()
}

async fn ttl(post: &Post, what: &str) -> u128 {
    let list = list(post, what).await;
    assert_eq!(list["cacheScope"], "public", "{list}");
    list["ttlMs"].as_u64().expect("milliseconds").into()
}

#[tokio::test]
async fn a_list_that_changed_is_kept_for_less_and_the_others_as_long_as_before() {
    let folder = Folder::with_guests(&["probe"]);
    let host = Host::http(&folder).await;
    all_loaded(&host, &folder).await;
    let post = host.post();
    let old = async {
        while ttl(&post, "tools").await < 100 || ttl(&post, "prompts").await < 100 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    within("the lists are a second old", old).await;
    let prompts = ttl(&post, "prompts").await;
    let before = Instant::now();
    // It has no prompts.
    host.until_loaded("feed", || folder.put_guest("feed", "plugins/feed.wasm")).await;
    let tools = ttl(&post, "tools").await;
    assert!(tools <= before.elapsed().as_millis() / SHARE, "{tools}");
    assert!(ttl(&post, "prompts").await >= prompts);
}

#[tokio::test]
async fn what_a_plugin_lists_for_each_request_is_not_kept() {
    let folder = Folder::with_guests(&["probe"]);
    let host = Host::http(&folder).await;
    let resources = list(&host.post(), "resources").await;
    assert_eq!((&resources["ttlMs"], &resources["cacheScope"]), (&json!(0), &json!("private")));
}
