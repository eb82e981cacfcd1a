//! What clients do wrong, and what the specification asks for then: the tables of `tests/protocol-cases/`, each case over
//! stdio and HTTP, in each version of the protocol. All that is answered otherwise is told, not the first alone.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

mod case;
mod conversation;
mod http;
mod judge;
mod stdio;

use barkeep_tests::Folder;
use serde_json::Value;

use case::{Case, tables};
use conversation::{Conversation, Way};

/// Versions of the protocol, the newest first.
const VERSIONS: [&str; 5] = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// A folder with guests to be asked badly, and one that asks back.
fn folder() -> Folder {
    let folder = Folder::with_guests(&["probe", "asker", "feed", "everything"]);
    let grants = r#"["elicitation", "sampling", "roots"]"#;
    folder.configure(&format!("folder = \"plugins\"\n[plugins.asker.grants]\nclient = {grants}\n"));
    folder
}

/// All cases over one transport.
async fn run(http: bool) {
    let folder = folder();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (file, cases) in tables() {
        for version in VERSIONS {
            let way = Way { http, version };
            // Cases of one table and one version follow each other on one connection, as long as all goes well.
            let mut talk = None;
            for case in cases.iter().filter(|case| case.is_for(way)) {
                count += 1;
                if let Err(fault) = answered(&folder, way, case, &mut talk).await {
                    wrong.push(format!("{file}: {} ({way}; {}):\n    {fault}", case.name, case.why));
                    talk = None;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases:\n\n{}", wrong.len(), wrong.join("\n"));
}

/// Plays one case, and sees that the host still serves.
async fn answered(folder: &Folder, way: Way, case: &Case, talk: &mut Option<Conversation>) -> Result<(), String> {
    let mut fresh;
    let talk = if case.fresh {
        fresh = Conversation::open(folder, way).await;
        &mut fresh
    } else {
        if talk.is_none() {
            *talk = Some(Conversation::begin(folder, way).await?);
        }
        talk.as_mut().expect("it was begun")
    };
    let taken = case.prepare(talk, way).await?;
    let sent = case.sent(way, &taken);
    let expected = case.expected(way);
    let reply = talk.exchange(&sent, &expected).await.map_err(|error| format!("{error}\n    {sent}"))?;
    let faults = judge::faults(&reply, &sent, &expected, way, folder);
    if !faults.is_empty() {
        return Err(format!("{}\n    {sent}\n    {reply}", faults.join("\n    ")));
    }
    talk.still_works().await.map_err(|error| format!("then: {error}"))
}

#[tokio::test]
async fn each_case_is_answered_as_the_specification_asks_over_stdio() {
    run(false).await;
}

#[tokio::test]
async fn each_case_is_answered_as_the_specification_asks_over_http() {
    run(true).await;
}

/// Whether `found` has all that `expected` has.
fn includes(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().all(|(key, value)| found.get(key).is_some_and(|found| includes(found, value)))
        }
        (Value::Array(found), Value::Array(expected)) => {
            expected.is_empty() && found.is_empty()
                || !expected.is_empty() && expected.iter().all(|one| found.iter().any(|found| includes(found, one)))
        }
        (found, expected) => found == expected,
    }
}
