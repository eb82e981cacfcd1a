//! Key-value stores by `wasi:keyvalue`: whatever keeps the values, what is promised is the same.

use serde_json::json;

use super::*;

/// What keeps the values.
enum Kept {
    Database,
    #[cfg(unix)]
    Redis(Box<barkeep_tests::Redis>),
}

impl Kept {
    /// An entry of the grant `kv`.
    fn entry(&self, words: &str) -> String {
        match self {
            Self::Database => format!("{{ {words} }}"),
            #[cfg(unix)]
            Self::Redis(server) => format!("{{ {words}, redis = \"{}\" }}", server.address("")),
        }
    }
}

/// Each case with the host's own database, and with a Redis server.
macro_rules! cases {
    ($($name:ident,)*) => {
        mod database {
            use super::*;

            $(#[tokio::test]
            async fn $name() {
                super::$name(&Kept::Database).await;
            })*
        }

        #[cfg(unix)]
        mod redis {
            use super::*;

            $(#[tokio::test]
            async fn $name() {
                super::$name(&Kept::Redis(Box::new(barkeep_tests::Redis::start().await))).await;
            })*
        }
    };
}

cases! {
    what_is_kept_outlives_generations_and_hosts,
    no_plugin_sees_what_another_keeps_nor_a_bucket_that_it_was_not_granted,
    a_store_that_is_full_says_so_and_loses_nothing,
    two_hosts_count_together_in_both_drafts_and_one_that_is_killed_loses_no_sum_that_it_told,
    a_swap_sees_what_somebody_else_set,
    numbers_are_exact_to_their_last_digit,
    limits_that_are_lowered_take_nothing_away_and_what_gets_smaller_is_kept,
}

async fn what_is_kept_outlives_generations_and_hosts(kept: &Kept) {
    let folder = granted(&format!("kv = [{}]", kept.entry("bucket = \"default\"")));
    let (host, client) = connect(&folder).await;
    client.text("keeper__set", json!({ "key": "a", "value": "kept" })).await;
    client.text("keeper__set_many", json!({ "prefix": "p", "count": 1000, "bytes": 10 })).await;
    client.text("keeper__set_many", json!({ "prefix": "q", "count": 1000, "bytes": 10 })).await;
    client.text("keeper__delete", json!({ "key": "q7" })).await;
    let entry = kept.entry("bucket = \"default\"");
    let again = format!("{FOLDER}[plugins.keeper]\nprefix = \"k\"\n[plugins.keeper.grants]\nkv = [{entry}]\n");
    host.until_loaded("keeper", || folder.configure(&again)).await;
    assert_eq!(client.text("k__get", json!({ "key": "a" })).await, "kept");
    drop(host); // It is killed.
    let (_host, client) = connect(&folder).await;
    assert_eq!(client.text("k__get", json!({ "key": "a" })).await, "kept");
    assert_eq!(client.text("k__keys", json!({})).await, "2000");
}

async fn no_plugin_sees_what_another_keeps_nor_a_bucket_that_it_was_not_granted(kept: &Kept) {
    let entry = kept.entry("bucket = \"a\"");
    let folder = granted(&format!("kv = [{entry}]\n[plugins.other.grants]\nkv = [{entry}]"));
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

async fn a_store_that_is_full_says_so_and_loses_nothing(kept: &Kept) {
    let folder =
        granted(&format!("kv = [{}]", kept.entry("bucket = \"default\", max_bytes = \"64KiB\", max_keys = 10")));
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

async fn two_hosts_count_together_in_both_drafts_and_one_that_is_killed_loses_no_sum_that_it_told(kept: &Kept) {
    let folder = granted(&format!("kv = [{}]", kept.entry("bucket = \"default\"")));
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

async fn a_swap_sees_what_somebody_else_set(kept: &Kept) {
    let folder = granted(&format!("kv = [{}]", kept.entry("bucket = \"default\"")));
    let (_host, client) = connect(&folder).await;
    let told = client.text("keeper__swap", json!({ "key": "k", "value": "mine" })).await;
    assert_eq!(told, "swapped what was of somebody else");
    assert_eq!(client.text("keeper__get", json!({ "key": "k" })).await, "mine");
}

async fn numbers_are_exact_to_their_last_digit(kept: &Kept) {
    let folder = granted(&format!("kv = [{}]", kept.entry("bucket = \"default\"")));
    let (_host, client) = connect(&folder).await;
    let beyond = "the sum is beyond what a number can be";
    for (value, delta, sum) in [
        ("0", i64::MAX, "9223372036854775807"),
        ("0", i64::MIN, "-9223372036854775808"),
        ("9007199254740992", 1, "9007199254740993"),
        ("9999999999", 1, "10000000000"),
        ("-9999999999", -1, "-10000000000"),
        ("10000000000", -1, "9999999999"),
        ("-10000000000", 1, "-9999999999"),
        ("10000000000", -10_000_000_001, "-1"),
        ("-20000000005", 20_000_000_003, "-2"),
        ("30000000000", -10_000_000_000, "20000000000"),
        ("5", -5, "0"),
        ("-5", 5, "0"),
        ("-0", 0, "0"),
        ("+7", 1, "8"),
        ("0000000000000000000000012", 1, "13"),
        ("9223372036854775807", -1, "9223372036854775806"),
        ("18446744073709551615", i64::MIN, "9223372036854775807"),
        ("9223372036854775807", 1, beyond),
        ("-9223372036854775808", -1, beyond),
        ("99999999999999999999", 1, beyond),
        ("999999999999999999999999", -1, beyond),
        ("", 1, "the value is no number"),
        ("-", 1, "the value is no number"),
        ("1.5", 1, "the value is no number"),
        ("1e3", 1, "the value is no number"),
        (" 1", 1, "the value is no number"),
        ("0x10", 1, "the value is no number"),
        ("nan", 1, "the value is no number"),
        ("1\n", 1, "the value is no number"),
    ] {
        client.text("keeper__set", json!({ "key": "n", "value": value })).await;
        let told = client.call("keeper__add", json!({ "key": "n", "delta": delta })).await;
        assert!(barkeep_tests::text(&told).contains(sum), "{value} + {delta}: {told:?}");
        let kept = if told.is_error == Some(true) { value } else { sum };
        assert_eq!(client.text("keeper__get", json!({ "key": "n" })).await, kept, "{value} + {delta}");
    }
    let add = json!({ "key": "u", "delta": 1 });
    client.text("keeper__set", json!({ "key": "u", "value": "18446744073709551614" })).await;
    assert_eq!(client.text("keeper__add_by_first_draft", add.clone()).await, "18446744073709551615");
    assert!(client.failure("keeper__add_by_first_draft", add.clone()).await.contains(beyond));
    client.text("keeper__set", json!({ "key": "u", "value": "-2" })).await;
    assert!(client.failure("keeper__add_by_first_draft", add).await.contains(beyond));
}

async fn limits_that_are_lowered_take_nothing_away_and_what_gets_smaller_is_kept(kept: &Kept) {
    let entry = |limits: &str| format!("kv = [{}]", kept.entry(&format!("bucket = \"default\"{limits}")));
    let folder = granted(&entry(""));
    let (host, client) = connect(&folder).await;
    client.text("keeper__set_many", json!({ "prefix": "p", "count": 20, "bytes": 1000 })).await;
    let lowered = format!("{FOLDER}[plugins.keeper.grants]\n{}\n", entry(", max_bytes = \"4KiB\", max_keys = 4"));
    host.until_loaded("keeper", || folder.configure(&lowered)).await;
    assert_eq!(client.text("keeper__keys", json!({})).await, "20");
    for (prefix, bytes) in [("p", 1001), ("q", 1)] {
        let arguments = json!({ "prefix": prefix, "count": 1, "bytes": bytes });
        assert!(client.failure("keeper__set_many", arguments).await.contains("the store is full"));
    }
    client.text("keeper__set_many", json!({ "prefix": "p", "count": 20, "bytes": 10 })).await;
    for number in 0..17 {
        client.text("keeper__delete", json!({ "key": format!("p{number}") })).await;
    }
    client.text("keeper__set_many", json!({ "prefix": "q", "count": 1, "bytes": 1 })).await;
    assert_eq!(client.text("keeper__keys", json!({})).await, "4");
}

/// A file that is no database, asked for again and again: the log is told of it once in a while.
#[tokio::test]
async fn a_database_that_is_broken_is_told_once() {
    let folder = granted("kv = [{ bucket = \"default\" }]");
    folder.write("state/kv/kv-1.db", "no database\n".repeat(1000));
    let (host, client) = connect(&folder).await;
    for _ in 0..20 {
        let told = client.failure("keeper__get", json!({ "key": "k" })).await;
        assert!(told.contains("the store does not answer"), "{told}");
    }
    host.log().wait_for("the database of key-value stores").await;
    assert_eq!(host.log().having("key-value stores").len(), 1);
}
