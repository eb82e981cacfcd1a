//! Bad input that no table can have: too much of it, from strangers, without end. The rest is in `tests/protocol-cases/`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

mod http;
mod stdio;

use barkeep_tests::{Era, Folder, Host, text};
use rmcp::ServiceError;
use serde_json::json;

const INVALID_REQUEST: i64 = -32600;
const INVALID_PARAMS: i64 = -32602;

/// The most that one message may have: see `MAX_MESSAGE` in the host.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

fn folder() -> Folder {
    Folder::with_guests(&["probe"])
}

/// Since 2025-11-25 the model is told in a result, so that it mends its call; before, the client in an error.
#[tokio::test]
async fn arguments_that_do_not_fit_are_told_where_they_do_not() {
    let folder = folder();
    let mut host = Host::http(&folder).await;
    for (era, in_result) in [
        (Era::InitializeAs("2024-11-05"), false),
        (Era::InitializeAs("2025-06-18"), false),
        (Era::Initialize, true),
        (Era::Stateless, true),
    ] {
        let client = host.client(era).await;
        for (arguments, words) in [
            (json!({}), "\"a\" is a required property; \"b\" is a required property"),
            (json!({ "a": 1, "b": "2" }), "at /b: \"2\" is not of type \"integer\""),
            (json!({ "a": 1, "b": 1.5 }), "at /b: 1.5 is not of type \"integer\""),
            (json!({ "a": 1, "b": 2, "c": 3 }), "('c' was unexpected)"),
        ] {
            let told = match client.try_call("probe__sum", arguments.clone()).await {
                Ok(result) => {
                    assert!(in_result && result.is_error == Some(true), "{era:?}: {result:?}");
                    text(&result)
                }
                Err(ServiceError::McpError(error)) => {
                    assert!(!in_result && i64::from(error.code.0) == INVALID_PARAMS, "{era:?}: {error:?}");
                    error.message.into_owned()
                }
                Err(error) => panic!("{error}"),
            };
            assert!(
                told.contains("do not fit the schema of `probe__sum`") && told.contains(words),
                "{arguments}: {told}"
            );
        }
        assert_eq!(client.text("probe__sum", json!({ "a": 1, "b": 2 })).await, r#"{"sum":3}"#);
        client.close().await;
    }
}
