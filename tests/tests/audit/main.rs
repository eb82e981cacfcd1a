//! The record of calls: each has its lines, whatever becomes of it and of the host, and nothing is in them that is nobody
//! else's.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

mod configured;
mod hosts;
mod learn;
mod lines;
mod tasks;
mod verb;

use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use barkeep_tests::{Client, Era, Folder, Host, within};
use serde_json::Value;
use tokio::net::TcpListener;

/// A folder that serves the probe with these grants, and these lines in `[audit]`.
fn folder(audit: &str, grants: &str) -> Folder {
    let folder = Folder::with_guests(&["probe"]);
    configure(&folder, audit, grants);
    folder
}

fn configure(folder: &Folder, audit: &str, grants: &str) {
    let audit = format!("[audit]\nfile = \"record/audit.jsonl\"\n{audit}\n");
    folder.configure(&format!("folder = \"plugins\"\n{audit}[plugins.probe.grants]\n{grants}\n"));
}

/// A host of `folder` over stdio, and its client.
async fn connect(folder: &Folder) -> (Host, Client) {
    let mut host = Host::stdio(folder);
    let client = host.client(Era::Initialize).await;
    host.loaded("probe").await;
    (host, client)
}

/// Ends both: from then on the record is whole.
async fn end(mut host: Host, client: Client) {
    client.close().await;
    host.process.ended().await;
}

/// The files of the record, oldest first.
fn files(folder: &Folder) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.path("record")).expect("it is there");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_none_or(|end| end != "lock"));
    // The one without a number is the newest.
    files.sort_by_key(|file| (file.extension().is_some_and(|end| end == "jsonl"), file.clone()));
    files
}

/// All lines of the record, each of which is JSON.
fn lines(folder: &Folder) -> Vec<Value> {
    let text: String = files(folder).iter().map(|file| std::fs::read_to_string(file).expect("it is there")).collect();
    assert!(text.ends_with('\n'), "the last line is whole");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The lines that have these values.
fn having(lines: &[Value], pairs: &[(&str, &str)]) -> Vec<Value> {
    let has = |line: &&Value| pairs.iter().all(|(key, value)| line[key] == *value);
    lines.iter().filter(has).cloned().collect()
}

/// Waits until so many calls of tools are in the record.
async fn recorded(folder: &Folder, calls: usize) {
    let looking = async {
        let there = || {
            let text = std::fs::read_to_string(folder.path("record/audit.jsonl")).unwrap_or_default();
            text.lines().filter(|line| line.contains("\"ended\"") && line.contains("tools/call")).count()
        };
        while there() < calls {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    within(&format!("{calls} calls are recorded"), looking).await;
}

/// A server on the loopback address that answers everything.
async fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(async || "well")).await });
    url
}
