//! The record, whatever becomes of the host, of other hosts, and of the disk.

use std::fs;

use barkeep_tests::Folder;
use futures::future::join_all;
use serde_json::{Value, json};

use super::{connect, end, files, folder, having, lines, recorded};

async fn calls(client: &barkeep_tests::Client, count: usize) {
    join_all((0..count).map(|_| client.text("probe__variable", json!({ "name": "A" })))).await;
}

#[tokio::test]
async fn a_host_that_is_killed_leaves_whole_lines_up_to_its_last() {
    let folder = folder("", "");
    let (mut host, client) = connect(&folder).await;
    calls(&client, 20).await;
    recorded(&folder, 20).await;
    // More are under way.
    let more = async { join_all((0..200).map(|_| client.try_call("probe__variable", json!({ "name": "A" })))).await };
    let killed = async {
        recorded(&folder, 40).await;
        host.process.kill().await;
    };
    let (ends, ()) = tokio::join!(more, killed);
    let lines = lines(&folder);
    let told = having(&lines, &[("line", "call"), ("method", "tools/call"), ("ended", "ok")]).len();
    assert!((40..=220).contains(&told), "{told}");
    assert!(ends.len() == 200 && having(&lines, &[("event", "ended")]).is_empty());

    // The next host goes on in the same file.
    let (host, client) = connect(&folder).await;
    calls(&client, 1).await;
    end(host, client).await;
    assert_eq!(having(&super::lines(&folder), &[("event", "started")]).len(), 2);
}

#[tokio::test]
async fn files_of_the_record_have_a_size_and_a_number() {
    let folder = folder("max_size = \"64KiB\"\nkeep = 3", "");
    let (host, client) = connect(&folder).await;
    for _ in 0..10 {
        calls(&client, 100).await;
    }
    end(host, client).await;
    let files = files(&folder);
    assert_eq!(files.len(), 3, "{files:?}");
    for file in &files {
        let size = fs::metadata(file).expect("it is there").len();
        assert!(size <= 64 * 1024, "{size}");
    }
    assert!(files[0].extension().is_some_and(|number| number != "000001"), "the oldest are gone: {files:?}");
    assert_eq!(lines(&folder).last().map(|line| &line["event"]), Some(&json!("ended")));
}

#[tokio::test]
async fn two_hosts_write_into_one_record() {
    let folder = folder("", "");
    let (one, one_client) = connect(&folder).await;
    let (other, other_client) = connect(&folder).await;
    tokio::join!(calls(&one_client, 150), calls(&other_client, 150));
    end(one, one_client).await;
    end(other, other_client).await;
    let lines = lines(&folder);
    let hosts: Vec<Value> = having(&lines, &[("event", "started")]).iter().map(|line| line["host"].clone()).collect();
    let [one, other] = hosts.as_slice() else { panic!("{hosts:?}") };
    let calls = having(&lines, &[("line", "call"), ("method", "tools/call")]);
    for host in [one, other] {
        let host = host.as_str().expect("it has a name");
        let own = calls.iter().filter(|line| line["call"].as_str().is_some_and(|call| call.starts_with(host)));
        assert_eq!(own.count(), 150);
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_written_stops_no_call() {
    let folder: Folder = folder("", "");
    // Where its folder should be there is a file.
    folder.write("record", "");
    let (host, client) = connect(&folder).await;
    calls(&client, 5).await;
    let told = host.log().wait_for("calls are served, but not recorded").await;
    assert!(told.contains("audit.jsonl"), "{told}");
    end(host, client).await;
    let output = folder.run(&["doctor", "-o", "json"]).await;
    let checks: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let audit = checks.as_array().and_then(|checks| checks.iter().find(|check| check["what"] == "audit"));
    assert_eq!(audit.map(|check| &check["state"]), Some(&json!("bad")), "{checks}");
}
