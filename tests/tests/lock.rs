//! `barkeep.lock`: what was approved is served, and nothing else, until a person has seen the difference.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

use std::fs;
use std::time::Duration;

use barkeep_tests::{Era, Folder, Host, Patched, version_in, within};
use serde_json::{Value, json};

const FILE: &str = "plugins/versioned.wasm";

/// What a refusal says.
const REFUSED: &str = "`barkeep update versioned` shows what changed";

fn folder() -> Folder {
    let folder = Folder::with_guests(&[]);
    folder.write(FILE, Patched::version(1));
    folder
}

/// Runs `barkeep update` with a yes, and gives what it printed.
async fn approve(folder: &Folder) -> String {
    let output = folder.run(&["update", "--yes"]).await;
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("it is text")
}

fn locked(folder: &Folder) -> Host {
    Host::stdio_by(folder.command(&["serve", "--locked"]))
}

#[tokio::test]
async fn a_changed_component_is_served_once_it_is_approved() {
    let folder = folder();
    assert!(approve(&folder).await.contains("its tool `version` is new"));
    assert_eq!(approve(&folder).await, "nothing changed since it was approved\n");
    let mut host = locked(&folder);
    let client = host.client(Era::Initialize).await;
    let version = async || version_in(&client.text("versioned__version", json!({})).await);
    assert_eq!(version().await, 1);

    host.until(REFUSED, || folder.write(FILE, Patched::version(2))).await;
    assert_eq!(version().await, 1, "it goes on");
    let said = approve(&folder).await;
    assert!(said.contains("its component changed") && !said.contains("tool"), "{said}");
    let serves = async {
        while version().await != 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within("what was approved is served", Box::pin(serves)).await;
}

#[tokio::test]
async fn what_the_model_reads_is_shown_word_by_word() {
    let folder = folder();
    approve(&folder).await;
    let lock = fs::read_to_string(folder.path("barkeep.lock")).expect("it is there");
    assert!(lock.contains("Tells which version this is (tools=00000000)"), "{lock}");
    folder.write(FILE, Patched::version(1).set("tools", 7));
    let shown = folder.run(&["update"]).await;
    assert_eq!(shown.status.code(), Some(1));
    let text = String::from_utf8(shown.stderr).expect("it is text");
    assert!(text.contains("its tool `version` changed") && text.contains("[-"), "{text}");
    assert!(text.contains("00000007") && text.contains("give --yes"), "{text}");
    assert_eq!(fs::read_to_string(folder.path("barkeep.lock")).expect("it is there"), lock, "nobody said yes");

    let json = folder.run(&["update", "--yes", "-o", "json"]).await;
    let report: Value = serde_json::from_slice(&json.stdout).expect("it is JSON");
    assert_eq!((&report["approved"], &report["plugins"][0]["id"]), (&json!(true), &json!("versioned")));
    assert_eq!(report["plugins"][0]["changes"][1]["name"], "version");
}

#[tokio::test]
async fn what_was_never_approved_is_not_served_and_what_is_gone_is_forgotten() {
    let folder = folder();
    approve(&folder).await;
    folder.put_guest("probe", "plugins/probe.wasm");
    let mut host = locked(&folder);
    let client = host.client(Era::Initialize).await;
    host.log().wait_for("`barkeep update probe` shows what changed").await;
    assert!(client.tools().await.iter().all(|tool| tool.starts_with("versioned__")));
    folder.remove("plugins/probe.wasm");
    folder.remove(FILE);
    folder.put_guest("feed", "plugins/feed.wasm");
    let said = approve(&folder).await;
    assert!(said.contains("versioned: is gone") && said.contains("feed\n"), "{said}");
}

/// A lock that goes or breaks while the host serves approves nothing new, and takes nothing away.
#[tokio::test]
async fn a_lock_that_breaks_approves_nothing() {
    let folder = folder();
    approve(&folder).await;
    let mut host = locked(&folder);
    let client = host.client(Era::Initialize).await;
    host.loaded("versioned").await;
    let stays = "what was approved before stays in force";
    host.until(stays, || folder.write("barkeep.lock", "[plugins")).await;
    let told = String::from_utf8_lossy(&folder.run(&["doctor"]).await.stdout).into_owned();
    assert!(told.lines().any(|line| line.starts_with("BAD   lock ") && line.contains("put it back")), "{told}");
    host.until(stays, || folder.remove("barkeep.lock")).await;
    host.until(REFUSED, || folder.write(FILE, Patched::version(2))).await;
    assert_eq!(version_in(&client.text("versioned__version", json!({})).await), 1);
}

#[tokio::test]
async fn without_a_lock_nothing_is_served_under_one() {
    let folder = folder();
    let output = folder.run(&["serve", "--locked"]).await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).expect("it is text");
    assert!(said.contains("`barkeep update` makes it"), "{said}");
    let mut by_variable = folder.command(&["serve"]);
    let output = by_variable.env("BARKEEP_LOCKED", "1").output().await.expect("it starts");
    assert!(String::from_utf8_lossy(&output.stderr).contains("`barkeep update` makes it"), "{output:?}");
    let unknown = folder.run(&["update", "nobody"]).await;
    assert!(String::from_utf8(unknown.stderr).expect("it is text").contains("there is no plugin `nobody`"));
}

/// There is nothing to approve yet, and a host that begins so is one that serves what is approved later.
#[tokio::test]
async fn a_lock_of_no_plugins_is_a_lock() {
    let folder = Folder::with_guests(&[]);
    assert!(folder.run(&["update", "--yes"]).await.status.success());
    let mut host = locked(&folder);
    assert_eq!(host.client(Era::Initialize).await.tools().await, Vec::<String>::new());
}

/// One that was approved no more is not served any more.
#[tokio::test]
async fn what_is_taken_out_of_the_lock_is_served_no_more() {
    let folder = folder();
    approve(&folder).await;
    let mut host = locked(&folder);
    let client = host.client(Era::Initialize).await;
    host.loaded("versioned").await;
    host.until(REFUSED, || folder.write("barkeep.lock", "")).await;
    assert_eq!(client.tools().await, Vec::<String>::new());
}
