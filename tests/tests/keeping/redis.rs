//! A Redis server as the keeper of values: what it alone can do, and how it fails.

use barkeep_tests::{Redis, within};
use serde_json::{Value, json};

use super::*;

/// What the user's password is.
const PASSWORD: &str = "s3cret-of-the-user";

/// A folder that serves the keeper with the bucket `default` on this server.
fn on(server: &Redis, login: &str) -> Folder {
    granted(&format!("kv = [{{ bucket = \"default\", redis = \"{}\" }}]", server.address(login)))
}

fn entry() -> Value {
    json!({ "key": "k" })
}

fn value(text: &str) -> Value {
    json!({ "key": "k", "value": text })
}

#[tokio::test]
async fn a_password_is_put_in_by_the_host_and_is_nowhere_else() {
    let server = Redis::with_password(PASSWORD).await;
    let folder = on(&server, ":${secret:KV_PASSWORD}@");
    let config = std::fs::read_to_string(folder.path("barkeep.toml")).expect("it is there");
    folder.configure(&format!("{config}[audit]\nfile = \"audit.jsonl\"\n"));
    let serve = |password: &str| {
        let mut command = folder.command(&["serve"]);
        command.env("KV_PASSWORD", password).env("BARKEEP_LOG", "barkeep=trace,redis=trace,rustls=trace");
        Host::stdio_by(command)
    };
    let (mut host, client) = connect_by(serve(PASSWORD)).await;
    client.text("keeper__set", value("kept")).await;
    let mut said = vec![client.text("keeper__get", entry()).await];
    client.close().await;
    host.process.ended().await;
    said.extend(host.log().lines());

    let wrong = "s3cret-of-somebody-else";
    let (mut host, client) = connect_by(serve(wrong)).await;
    let told = client.failure("keeper__get", entry()).await;
    assert!(told.contains("the store's server does not let this host in"), "{told}");
    assert!(!told.contains("redis.sock"), "the guest is not told where it is: {told}");
    host.log().wait_for("look at the secrets in its address").await;
    said.push(told);
    client.close().await;
    host.process.ended().await;
    said.extend(host.log().lines());
    for arguments in [&["list"][..], &["config", "show"], &["list", "-o", "json"]] {
        let output = folder.run(arguments).await;
        said.push(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned());
    }
    let record = std::fs::read_to_string(folder.path("audit.jsonl")).expect("it is there");
    assert!(record.contains("set default/k") && record.contains("open default"), "{record}");
    said.push(record);
    for line in said {
        assert!(!line.contains("s3cret"), "{line}");
    }
}

#[tokio::test]
async fn each_plugin_has_keys_of_its_own_and_touches_no_other() {
    let server = Redis::start().await;
    assert_eq!(server.ask(&["SET", "k", "of an application"]).await, "+OK");
    let entry = format!("kv = [{{ bucket = \"default\", redis = \"{}\" }}]", server.address(""));
    let folder = granted(&format!("{entry}\n[plugins.other.grants]\n{entry}"));
    folder.put_guest("keeper", "plugins/other.wasm");
    let (host, client) = connect(&folder).await;
    host.loaded("other").await;
    for (plugin, text) in [("keeper", "mine"), ("other", "theirs")] {
        client.text(&format!("{plugin}__set"), value(text)).await;
    }
    for (plugin, text) in [("keeper", "mine"), ("other", "theirs")] {
        assert_eq!(client.text(&format!("{plugin}__get"), self::entry()).await, text);
        let kept = server.ask(&["HGET", &format!("barkeep:{{{plugin}:default}}:values"), "k"]).await;
        assert_eq!(kept[16..], *text, "sixteen digits, and the value");
        // What looks like another's key is a key like any other.
        let forged = "}:values\r\nbarkeep:{other:default}:values";
        client.text(&format!("{plugin}__set"), json!({ "key": forged, "value": "x" })).await;
        client.text(&format!("{plugin}__delete"), json!({ "key": forged })).await;
    }
    assert_eq!(server.ask(&["GET", "k"]).await, "of an application");
    assert_eq!(server.ask(&["DBSIZE"]).await, ":7", "three for each plugin, and the application's");
}

#[tokio::test]
async fn a_server_that_ended_is_told_and_found_again_with_all_that_it_kept() {
    let mut server = Redis::start().await;
    let folder = on(&server, "");
    let (host, client) = connect(&folder).await;
    client.text("keeper__set", value("kept")).await;
    server.kill().await;
    let told = client.failure("keeper__get", entry()).await;
    assert!(told.contains("the store does not answer") && !told.contains("redis.sock"), "{told}");
    host.log().wait_for("the Redis server of key-value stores fails").await;
    server.start_again().await;
    // A connection that was opened just before the end may yet fail.
    let found = within(
        "it is found again",
        Box::pin(async {
            loop {
                let result = client.call("keeper__get", entry()).await;
                if result.is_error != Some(true) {
                    return barkeep_tests::text(&result);
                }
            }
        }),
    );
    assert_eq!(found.await, "kept");
    client.text("keeper__set", value("again")).await;
    assert_eq!(server.ask(&["SCRIPT", "FLUSH"]).await, "+OK");
    assert_eq!(client.text("keeper__get", entry()).await, "again", "scripts that were forgotten are sent again");
}

#[tokio::test]
async fn what_a_server_cannot_do_is_told_and_changes_nothing() {
    let server = Redis::start().await;
    let folder = on(&server, "");
    let (_host, client) = connect(&folder).await;
    client.text("keeper__set", value("kept")).await;
    let full = json!({ "prefix": "p", "count": 10, "bytes": 1 });
    for (broken, mended, told) in [
        (&["CONFIG", "SET", "maxmemory", "1"][..], &["CONFIG", "SET", "maxmemory", "0"][..], "has no memory left"),
        (&["REPLICAOF", "127.0.0.1", "1"], &["REPLICAOF", "NO", "ONE"], "takes no changes now"),
        (
            &["CONFIG", "SET", "min-replicas-to-write", "1"],
            &["CONFIG", "SET", "min-replicas-to-write", "0"],
            "takes no changes now",
        ),
    ] {
        assert_eq!(server.ask(broken).await, "+OK");
        for failed in
            [client.failure("keeper__set", value("lost")).await, client.failure("keeper__set_many", full.clone()).await]
        {
            assert!(failed.contains(told), "{broken:?}: {failed}");
        }
        assert_eq!(client.text("keeper__get", entry()).await, "kept", "it can yet be read");
        assert_eq!(server.ask(mended).await, "+OK");
        assert_eq!(client.text("keeper__keys", json!({})).await, "1");
    }
}

#[tokio::test]
async fn keys_that_somebody_else_put_there_are_told() {
    let server = Redis::start().await;
    let folder = on(&server, "");
    let (_host, client) = connect(&folder).await;
    for part in ["values", "order", "totals"] {
        assert_eq!(server.ask(&["SET", &format!("barkeep:{{keeper:default}}:{part}"), "x"]).await, "+OK");
        let failed = client.failure("keeper__set", value("lost")).await;
        assert!(failed.contains("something else is where the store keeps its values"), "{part}: {failed}");
        assert_eq!(server.ask(&["FLUSHALL"]).await, "+OK");
    }
    assert_eq!(server.ask(&["HSET", "barkeep:{keeper:default}:values", "k", "no version"]).await, ":1");
    assert!(client.failure("keeper__get", entry()).await.contains("something else is where"));
}

#[tokio::test]
async fn many_hosts_together_keep_no_more_than_one_may() {
    let server = Redis::start().await;
    let limited = format!(
        "kv = [{{ bucket = \"default\", max_bytes = \"10KiB\", max_keys = 30, redis = \"{}\" }}]",
        server.address("")
    );
    let folder = granted(&limited);
    let (one, two) = (connect(&folder).await, connect(&folder).await);
    let fill = async |client: &Client, prefix: &str| {
        let mut kept = 0;
        for number in 0..40 {
            let arguments = json!({ "prefix": format!("{prefix}{number:02}-"), "count": 1, "bytes": 245 });
            let result = client.call("keeper__set_many", arguments).await;
            match result.is_error {
                Some(true) => assert!(barkeep_tests::text(&result).contains("the store is full")),
                _ => kept += 1,
            }
        }
        kept
    };
    let (a, b) = tokio::join!(fill(&one.1, "a"), fill(&two.1, "b"));
    assert_eq!(a + b, 30, "{a} and {b}");
    let totals = async || server.ask(&["HGET", "barkeep:{keeper:default}:totals", "bytes"]).await;
    assert_eq!(totals().await, (30 * 250).to_string());
    let left = server.ask(&["ZCARD", "barkeep:{keeper:default}:order"]).await;
    assert_eq!(left, ":30");
    for prefix in ["a", "b"] {
        for number in 0..40 {
            one.1.text("keeper__delete", json!({ "key": format!("{prefix}{number:02}-0") })).await;
        }
    }
    assert_eq!((totals().await.as_str(), server.ask(&["DBSIZE"]).await.as_str()), ("0", ":1"));
}

#[tokio::test]
async fn an_address_that_cannot_be_meant_is_told_without_it() {
    for (address, told) in [
        ("redis://app:hunter2@redis.example", "has a password that is not ${secret:NAME}"),
        ("http://hunter2", "does not begin with rediss://"),
        ("redis://redis.example/hunter2", "has a database that is no number"),
    ] {
        let folder = granted(&format!("kv = [{{ bucket = \"default\", redis = \"{address}\" }}]"));
        let output = folder.run(&["list"]).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(told) && !said.contains("hunter"), "{said}");
    }
    let folder = granted("kv = [{ bucket = \"default\", redis = \"rediss://:${secret:KV_NOWHERE}@redis.example\" }]");
    let output = folder.run(&["list"]).await;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(said.contains("its secret KV_NOWHERE is not there"), "{said}");
}
