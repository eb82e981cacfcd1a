//! The record follows `[audit]` of the configuration.

use barkeep_tests::Folder;
use serde_json::{Value, json};

use super::{connect, end, folder, having, lines};

fn lines_of(folder: &Folder, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.path(file)).expect("it is there");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

async fn call(client: &barkeep_tests::Client) {
    client.text("probe__sum", json!({ "a": 40, "b": 2 })).await;
}

#[tokio::test]
async fn a_change_of_the_file_is_in_force_at_once() {
    let folder = folder("", "");
    let (host, client) = connect(&folder).await;
    call(&client).await;
    let other = |audit: &str| format!("folder = \"plugins\"\n[audit]\nfile = \"other/audit.jsonl\"\n{audit}\n");
    host.until("[audit] changed", || folder.configure(&other("arguments = true"))).await;
    call(&client).await;
    host.until("[audit] changed", || folder.configure(&other("enabled = false"))).await;
    call(&client).await;
    // What is wrong changes nothing.
    host.until("the configuration is not in force", || folder.configure(&other("keep = 1"))).await;
    host.until("[audit] changed", || folder.configure(&other("keep = 3"))).await;
    call(&client).await;
    end(host, client).await;

    let calls = |lines: &[Value]| having(lines, &[("line", "call"), ("name", "probe__sum")]);
    let first = lines(&folder);
    assert_eq!(calls(&first).len(), 1);
    assert_eq!(first.last().expect("a line")["event"], "configured", "{first:?}");
    let second = lines_of(&folder, "other/audit.jsonl");
    assert_eq!(second[0]["event"], "configured", "{second:?}");
    assert_eq!(second[0]["host"], first[0]["host"]);
    let calls = calls(&second);
    assert_eq!(calls.len(), 2, "{second:?}");
    assert!(calls[0]["arguments"].is_string() && calls[1]["arguments"].is_null(), "{calls:?}");
    assert_eq!(second.last().expect("a line")["event"], "ended");
}
