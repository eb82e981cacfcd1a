//! Plugins that read their configuration and keep values: what is kept outlives calls, generations and hosts, and no plugin
//! sees another's.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on panics")]

use barkeep_tests::{Client, Era, Folder, Host};
use serde_json::json;

const FOLDER: &str = "folder = \"plugins\"\n";

/// A folder that serves the keeper with these grants.
fn granted(grants: &str) -> Folder {
    let folder = Folder::with_guests(&["keeper"]);
    folder.configure(&format!("{FOLDER}[plugins.keeper.grants]\n{grants}\n"));
    folder
}

async fn connect(folder: &Folder) -> (Host, Client) {
    let mut host = Host::stdio(folder);
    let client = host.client(Era::Initialize).await;
    host.loaded("keeper").await;
    (host, client)
}

mod config {
    use super::*;

    #[tokio::test]
    async fn a_plugin_reads_what_it_is_given_and_the_rest_is_told_with_the_line() {
        let folder = granted("config = { unit = \"metre\", language = \"de\" }");
        let (host, client) = connect(&folder).await;
        assert_eq!(client.text("keeper__value", json!({ "key": "unit" })).await, "metre");
        assert_eq!(client.text("keeper__values", json!({})).await, r#"[["language","de"],["unit","metre"]]"#);
        let told = client.failure("keeper__value", json!({ "key": "other" })).await;
        assert!(told.contains("add other = \"...\" to config in [plugins.keeper.grants]"), "{told}");
        let changed = format!("{FOLDER}[plugins.keeper.grants]\nconfig = {{ other = \"now\" }}\n");
        host.until_loaded("keeper", || folder.configure(&changed)).await;
        assert_eq!(client.text("keeper__values", json!({})).await, r#"[["other","now"]]"#);
    }
}

mod kv {
    use super::*;

    #[tokio::test]
    async fn what_is_kept_outlives_generations_and_hosts() {
        let folder = granted("kv = [{ bucket = \"default\" }]");
        let (host, client) = connect(&folder).await;
        client.text("keeper__set", json!({ "key": "a", "value": "kept" })).await;
        client.text("keeper__set_many", json!({ "prefix": "p", "count": 1000, "bytes": 10 })).await;
        client.text("keeper__set_many", json!({ "prefix": "q", "count": 1000, "bytes": 10 })).await;
        client.text("keeper__delete", json!({ "key": "q7" })).await;
        let again = format!(
            "{FOLDER}[plugins.keeper]\nprefix = \"k\"\n[plugins.keeper.grants]\nkv = [{{ bucket = \"default\" }}]\n"
        );
        host.until_loaded("keeper", || folder.configure(&again)).await;
        assert_eq!(client.text("k__get", json!({ "key": "a" })).await, "kept");
        drop(host); // It is killed.
        let (_host, client) = connect(&folder).await;
        assert_eq!(client.text("k__get", json!({ "key": "a" })).await, "kept");
        assert_eq!(client.text("k__keys", json!({})).await, "2000");
    }

    #[tokio::test]
    async fn no_plugin_sees_what_another_keeps_nor_a_bucket_that_it_was_not_granted() {
        let folder = granted("kv = [{ bucket = \"a\" }]\n[plugins.other.grants]\nkv = [{ bucket = \"a\" }]");
        folder.put_guest("keeper", "plugins/other.wasm");
        let (host, client) = connect(&folder).await;
        host.loaded("other").await;
        let entry = json!({ "bucket": "a", "key": "k" });
        client.text("keeper__set", json!({ "bucket": "a", "key": "k", "value": "mine" })).await;
        assert_eq!(client.text("other__get", entry.clone()).await, "(nothing)");
        assert_eq!(client.text("other__keys", json!({ "bucket": "a" })).await, "0");
        client.text("other__set", json!({ "bucket": "a", "key": "k", "value": "theirs" })).await;
        assert_eq!(client.text("keeper__get", entry).await, "mine");
        let told = client.failure("keeper__get", json!({ "bucket": "b", "key": "k" })).await;
        assert!(told.contains("access denied"), "{told}");
        assert!(told.contains("add { bucket = \"b\" } to kv in [plugins.keeper.grants] of barkeep.toml"), "{told}");
    }

    #[tokio::test]
    async fn a_store_that_is_full_says_so_and_loses_nothing() {
        let folder = granted("kv = [{ bucket = \"default\", max_bytes = \"64KiB\", max_keys = 10 }]");
        let (_host, client) = connect(&folder).await;
        client.text("keeper__set", json!({ "key": "a", "value": "kept" })).await;
        for (count, bytes) in [(1, 65536), (10, 1)] {
            let arguments = json!({ "prefix": "p", "count": count, "bytes": bytes });
            let told = client.failure("keeper__set_many", arguments).await;
            assert!(told.contains("the store is full") && told.contains("raise `max_bytes`"), "{told}");
        }
        assert_eq!(client.text("keeper__get", json!({ "key": "a" })).await, "kept");
        assert_eq!(client.text("keeper__keys", json!({})).await, "1");
    }

    #[tokio::test]
    async fn two_hosts_count_together_in_both_drafts_and_one_that_is_killed_loses_no_sum_that_it_told() {
        let folder = granted("kv = [{ bucket = \"default\" }]");
        let (one, two) = (connect(&folder).await, connect(&folder).await);
        let add = json!({ "key": "n", "delta": 1, "times": 100 });
        let (a, b) = tokio::join!(one.1.text("keeper__add", add.clone()), two.1.text("keeper__add", add));
        assert!([&a, &b].contains(&&"200".to_owned()), "{a} {b}");
        let host = one.0;
        // Killed in the middle of many.
        let many = json!({ "key": "m", "delta": 1, "times": 1_000_000 });
        let adding = tokio::spawn(async move { one.1.try_call("keeper__add", many).await.is_ok() });
        let sum = async || two.1.text("keeper__get", json!({ "key": "m" })).await;
        let count = async || sum().await.parse::<u64>().unwrap_or_default();
        while count().await < 20 {
            tokio::task::yield_now().await;
        }
        let before = count().await;
        drop(host); // It is killed.
        assert!(!adding.await.expect("no panic"), "it was killed");
        assert!(count().await >= before);
        let (_host, client) = connect(&folder).await;
        let sum = client.text("keeper__add_by_first_draft", json!({ "key": "n", "delta": 1 })).await;
        assert_eq!(sum, "201");
    }

    #[tokio::test]
    async fn a_swap_sees_what_somebody_else_set() {
        let folder = granted("kv = [{ bucket = \"default\" }]");
        let (_host, client) = connect(&folder).await;
        let told = client.text("keeper__swap", json!({ "key": "k", "value": "mine" })).await;
        assert_eq!(told, "swapped what was of somebody else");
        assert_eq!(client.text("keeper__get", json!({ "key": "k" })).await, "mine");
    }
}
