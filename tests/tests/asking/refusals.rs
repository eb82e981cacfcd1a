//! Questions that are not asked: what the user did not grant, what the client did not declare, and what nobody waits for.

use std::sync::Arc;

use rmcp::model::ErrorCode;
use serde_json::{Value, json};

use super::person::{Person, error};
use super::{Way, folder, open_folder};

/// A tool that asks for each kind of thing, with its arguments, the kind, and what a client would have to declare.
fn asking() -> [(&'static str, Value, &'static str, Value); 5] {
    [
        ("form", json!({}), "elicitation", json!({ "elicitation": { "form": {} } })),
        ("page", json!({}), "elicitation", json!({ "elicitation": { "url": {} } })),
        ("say", json!({ "text": "Hello." }), "sampling", json!({ "sampling": {} })),
        ("calculate", json!({}), "sampling", json!({ "sampling": { "tools": {} } })),
        ("folders", json!({}), "roots", json!({ "roots": {} })),
    ]
}

#[tokio::test]
async fn what_is_not_granted_is_not_asked_and_the_words_name_the_line_to_add() {
    let folder = folder(&json!([]));
    for way in Way::all() {
        let (_host, seat) = way.seat(&folder, Person::unasked()).await;
        for (tool, arguments, kind, _) in asking() {
            let told = seat.failure(tool, arguments).await;
            let line = format!("add \"{kind}\" to client in [plugins.asker.grants] of barkeep.toml");
            assert!(told.contains(&line), "{way:?}: {tool}: {told}");
        }
        let told = error(seat.prompt("report", json!({})).await).message;
        assert!(told.contains("add \"roots\" to client"), "{way:?}: {told}");
        let told = error(seat.read("asker://guarded").await).message;
        assert!(told.contains("add \"elicitation\" to client"), "{way:?}: {told}");
        // A function that would do without an answer must ask first whether it can be had.
        let told = seat.failure("swallow", json!({})).await;
        assert!(told.contains("add \"roots\" to client"), "{way:?}: {told}");
    }
}

#[tokio::test]
async fn what_the_client_did_not_declare_is_not_asked_and_it_is_told_what_to_declare() {
    let folder = open_folder();
    for way in Way::all() {
        let (_host, seat) = way.seat(&folder, Person::unasked().declaring(json!({}))).await;
        for (tool, arguments, kind, needed) in asking() {
            if way.is_stateless() {
                let error = seat.error(tool, arguments).await;
                assert_eq!(error.code, ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY, "{way:?}: {tool}");
                let data = error.data.expect("it says what is needed");
                assert_eq!(data, json!({ "requiredCapabilities": needed }), "{way:?}: {tool}");
            } else {
                let told = seat.failure(tool, arguments).await;
                let words = format!("needs to ask for {kind}, which this client does not offer");
                assert!(told.contains(&words), "{way:?}: {tool}: {told}");
            }
        }
        let refused = error(seat.prompt("report", json!({})).await);
        if way.is_stateless() {
            assert_eq!(refused.code, ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY, "{way:?}: {refused:?}");
        } else {
            assert!(refused.message.contains("which this client does not offer"), "{way:?}: {refused:?}");
        }
    }
}

/// Of several questions, all that they need is told at once.
#[tokio::test]
async fn a_client_that_can_be_asked_in_part_is_asked_nothing() {
    let folder = open_folder();
    for way in Way::all().filter(|way| way.is_stateless()) {
        let (_host, seat) = way.seat(&folder, Person::unasked().declaring(json!({ "roots": {} }))).await;
        let data = seat.error("together", json!({})).await.data.expect("it says what is needed");
        let needed = json!({ "elicitation": { "form": {} }, "sampling": {}, "roots": {} });
        assert_eq!(data["requiredCapabilities"], needed, "{way:?}");
    }
}

/// A host that stops waits for nobody's answer, and says so.
#[tokio::test]
#[cfg(unix)]
async fn a_question_ends_when_the_host_stops() {
    let folder = open_folder();
    for way in Way::all().filter(|way| !way.is_stateless()) {
        let (mut host, seat) = way.seat(&folder, Person::with(|_| None)).await;
        let seat = Arc::new(seat);
        let caller = Arc::clone(&seat);
        let call = tokio::spawn(async move { caller.error("form", json!({})).await });
        seat.until_asked().await;
        host.process.terminate();
        let told = call.await.expect("it is answered");
        assert!(told.message.contains("the host is shutting down"), "{way:?}: {told:?}");
        assert_eq!(host.process.ended().await.code(), Some(0), "{way:?}");
    }
}
