//! Bad input gets the code that the specification has for it, and the connection goes on.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

mod http;
mod stdio;

use barkeep_tests::{Era, Folder, Host, text};
use rmcp::ServiceError;
use serde_json::{Value, json};

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
const INTERNAL_ERROR: i64 = -32603;
const RESOURCE_NOT_FOUND: i64 = -32002;

/// The most that one message may have: see `MAX_MESSAGE` in the host.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// What is no message at all: the bytes, the code, and the id of the answer where there can be one.
fn no_messages() -> Vec<(Vec<u8>, i64, Option<Value>)> {
    let mut all: Vec<(Vec<u8>, i64, Option<Value>)> = [
        (r#"{"jsonrpc":"2.0","id":1,"method""#, PARSE_ERROR, None),
        ("hello", PARSE_ERROR, None),
        ("{'jsonrpc':'2.0'}", PARSE_ERROR, None),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping"} trailing"#, PARSE_ERROR, None),
        (r#"{"jsonrpc":"2.0","id":1,"method":"\ud800"}"#, PARSE_ERROR, None),
        ("[]", INVALID_REQUEST, None),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, INVALID_REQUEST, None),
        ("17", INVALID_REQUEST, None),
        ("null", INVALID_REQUEST, None),
        ("{}", INVALID_REQUEST, None),
        (r#"{"id":1,"method":"ping"}"#, INVALID_REQUEST, Some(json!(1))),
        (r#"{"jsonrpc":"1.0","id":"a","method":"ping"}"#, INVALID_REQUEST, Some(json!("a"))),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, INVALID_REQUEST, Some(json!(1))),
        (r#"{"jsonrpc":"2.0","id":1}"#, INVALID_REQUEST, Some(json!(1))),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, INVALID_REQUEST, None),
        (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, INVALID_REQUEST, None),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, INVALID_REQUEST, None),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[1]}"#, INVALID_PARAMS, Some(json!(1))),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":"x"}"#, INVALID_PARAMS, Some(json!(1))),
    ]
    .into_iter()
    .map(|(text, code, id)| (text.as_bytes().to_vec(), code, id))
    .collect();
    all.push((b"\xff\xfe".to_vec(), PARSE_ERROR, None));
    all.push((b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}".to_vec(), PARSE_ERROR, None));
    all.push((vec![0; 64], PARSE_ERROR, None));
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"x","arguments":{}0{}}}}}"#,
        r#"{"a":"#.repeat(100_000),
        "}".repeat(100_000)
    );
    all.push((deep.into_bytes(), PARSE_ERROR, None));
    all
}

/// Requests that are requests, but that cannot be served, each with its code in the older protocol and in 2026-07-28.
fn bad_requests() -> Vec<(&'static str, Value, i64, i64)> {
    let same = |method, params, code| (method, params, code, code);
    vec![
        same("no/such", json!({}), METHOD_NOT_FOUND),
        same("notifications/initialized", json!({}), METHOD_NOT_FOUND),
        same("", json!({}), METHOD_NOT_FOUND),
        same("tools/call", json!({}), INVALID_PARAMS),
        same("tools/call", json!({ "name": 1 }), INVALID_PARAMS),
        same("tools/call", json!({ "name": "probe__sum", "arguments": [1, 2] }), INVALID_PARAMS),
        same("tools/call", json!({ "name": "probe__sum", "arguments": "a=1" }), INVALID_PARAMS),
        same("tools/call", json!({ "name": "probe__none" }), INVALID_PARAMS),
        same("tools/call", json!({ "name": "sum" }), INVALID_PARAMS),
        same("tools/call", json!({ "name": "" }), INVALID_PARAMS),
        same("tools/list", json!({ "cursor": "made up" }), INVALID_PARAMS),
        same("prompts/list", json!({ "cursor": "" }), INVALID_PARAMS),
        same("resources/list", json!({ "cursor": "made up" }), INVALID_PARAMS),
        same("resources/templates/list", json!({ "cursor": "made up" }), INVALID_PARAMS),
        same("resources/read", json!({}), INVALID_PARAMS),
        same("resources/read", json!({ "uri": ["probe://items/1"] }), INVALID_PARAMS),
        same("resources/read", json!({ "uri": format!("probe://items/{}", "1".repeat(10_000)) }), INVALID_PARAMS),
        ("resources/read", json!({ "uri": "nowhere://x" }), RESOURCE_NOT_FOUND, INVALID_PARAMS),
        ("resources/read", json!({ "uri": "" }), RESOURCE_NOT_FOUND, INVALID_PARAMS),
        ("resources/read", json!({ "uri": "probe://items/251" }), RESOURCE_NOT_FOUND, INVALID_PARAMS),
        same("resources/read", json!({ "uri": "probe://broken/invalid" }), INVALID_PARAMS),
        same("resources/read", json!({ "uri": "probe://broken/denied" }), INTERNAL_ERROR),
        same("resources/read", json!({ "uri": "probe://broken/trap" }), INTERNAL_ERROR),
        same("prompts/get", json!({ "name": "probe__none" }), INVALID_PARAMS),
        same("prompts/get", json!({ "name": "probe__letter" }), INVALID_PARAMS),
        same("prompts/get", json!({ "name": "probe__letter", "arguments": { "to": 1 } }), INVALID_PARAMS),
        same(
            "prompts/get",
            json!({ "name": "probe__letter", "arguments": { "to": "A", "please": "x" } }),
            INVALID_PARAMS,
        ),
        same("prompts/get", json!({ "name": "probe__refuse" }), INTERNAL_ERROR),
        same("completion/complete", json!({ "ref": { "type": "ref/none" } }), INVALID_PARAMS),
        same(
            "completion/complete",
            json!({ "ref": { "type": "ref/prompt", "name": "probe__none" }, "argument": { "name": "a", "value": "" } }),
            INVALID_PARAMS,
        ),
        same(
            "completion/complete",
            json!({ "ref": { "type": "ref/resource", "uri": "x://{y}" }, "argument": { "name": "a", "value": "" } }),
            INVALID_PARAMS,
        ),
    ]
}

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
