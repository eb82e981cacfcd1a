//! Bad input gets the code that the specification has for it, and the connection goes on.

use barkeep_tests::{Era, Folder, Host, Pipe, stateless, text};
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

/// That the connection goes on.
async fn ping(pipe: &mut Pipe) {
    let answer = pipe.request("ping", json!({})).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
}

mod stdio {
    use super::*;

    async fn what_is_no_message_is_answered_by(pipe: &mut Pipe) {
        for (bytes, code, id) in no_messages() {
            pipe.write(&[&bytes, &b"\n"[..]].concat()).await;
            let answer = pipe.answer().await;
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(100)]).into_owned();
            assert_eq!(answer["error"]["code"], code, "{shown}: {answer}");
            assert_eq!(answer.get("id"), id.as_ref(), "{shown}: {answer}");
            assert!(answer["error"]["message"].as_str().is_some_and(|words| !words.is_empty()), "{answer}");
            ping(pipe).await;
        }
    }

    #[tokio::test]
    async fn what_is_no_message_is_answered_by_its_code_before_anything_began() {
        let folder = folder();
        let mut host = Host::stdio(&folder);
        what_is_no_message_is_answered_by(&mut host.pipe()).await;
    }

    #[tokio::test]
    async fn what_is_no_message_is_answered_by_its_code_in_the_middle() {
        let folder = folder();
        let mut host = Host::stdio(&folder);
        let mut pipe = host.pipe();
        pipe.initialize("2025-11-25").await;
        what_is_no_message_is_answered_by(&mut pipe).await;
    }

    #[tokio::test]
    async fn what_needs_no_answer_gets_none() {
        let folder = folder();
        let mut host = Host::stdio(&folder);
        let mut pipe = host.pipe();
        for begun in [false, true] {
            for line in [
                "",
                "   \t ",
                "\r",
                r#"{"jsonrpc":"2.0","method":"notifications/unheard-of"}"#,
                r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}"#,
                r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}"#,
                r#"{"jsonrpc":"2.0","method":"notifications/progress","params":[]}"#,
                r#"{"jsonrpc":"2.0","method":"tools/list"}"#,
                r#"{"jsonrpc":"2.0","id":99,"result":{}}"#,
                r#"{"jsonrpc":"2.0","id":99,"error":{"code":-32603,"message":"x"}}"#,
                r#"{"jsonrpc":"2.0","id":[],"error":"x"}"#,
            ] {
                pipe.line(line).await;
                ping(&mut pipe).await;
            }
            if !begun {
                pipe.initialize("2025-11-25").await;
            }
        }
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_refused_and_not_kept() {
        let folder = folder();
        let mut host = Host::stdio(&folder);
        let mut pipe = host.pipe();
        pipe.initialize("2025-11-25").await;
        let before = host.process.resident_kib();
        let part = vec![b'x'; 1024 * 1024];
        for _ in 0..256 {
            pipe.write(&part).await;
        }
        pipe.write(b"\n").await;
        let answer = pipe.answer().await;
        assert_eq!(answer["error"]["code"], INVALID_REQUEST, "{answer}");
        ping(&mut pipe).await;
        if let (Some(before), Some(after)) = (before, host.process.resident_kib()) {
            assert!(after < before + 64 * 1024, "it had {before} KiB, and then {after}");
        }

        // Nor does it matter that what is too long is JSON, and ends what could be a request.
        let long = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": { "x": "y".repeat(MAX_MESSAGE) } });
        pipe.send(&long).await;
        let answer = pipe.answer().await;
        assert_eq!(answer["error"]["code"], INVALID_REQUEST, "{answer}");
        ping(&mut pipe).await;
    }

    #[tokio::test]
    async fn a_request_that_cannot_be_served_is_answered_by_its_code() {
        let folder = folder();
        let mut host = Host::stdio(&folder);
        let mut pipe = host.pipe();
        pipe.initialize("2025-11-25").await;
        for (method, params, code, _) in bad_requests() {
            let answer = pipe.request(method, params.clone()).await;
            assert_eq!(answer["error"]["code"], code, "{method} {params}: {answer}");
            ping(&mut pipe).await;
        }
    }

    #[tokio::test]
    async fn a_stateless_request_that_cannot_be_served_is_answered_by_its_code() {
        let folder = folder();
        let mut host = Host::stdio(&folder);
        let mut pipe = host.pipe();
        for (method, params, _, code) in bad_requests() {
            let answer = pipe.request(method, stateless(params.clone())).await;
            assert_eq!(answer["error"]["code"], code, "{method} {params}: {answer}");
            let answer = pipe.request("prompts/list", stateless(json!({}))).await;
            assert!(answer["result"]["prompts"].is_array(), "{answer}");
        }
    }

    #[tokio::test]
    async fn a_client_that_sends_nonsense_and_reads_nothing_does_not_fill_the_memory() {
        let folder = folder();
        let mut host = Host::stdio(&folder);
        let (mut stdin, stdout) = host.pipes();
        // Until the host does not read on: its answers fill the pipe, and wait.
        let nonsense = "nonsense\n".repeat(1000);
        let mut stuck = false;
        for _ in 0..10_000 {
            let writing = tokio::io::AsyncWriteExt::write_all(&mut stdin, nonsense.as_bytes());
            let within = std::time::Duration::from_secs(2);
            match tokio::time::timeout(within, writing).await {
                Ok(written) => written.expect("the host is there"),
                Err(_) => {
                    stuck = true;
                    break;
                }
            }
        }
        assert!(stuck, "the host read 90 MB of nonsense, and nobody read its answers");
        assert!(host.process.runs());
        if let Some(resident) = host.process.resident_kib() {
            assert!(resident < 256 * 1024, "it has {resident} KiB");
        }
        drop(stdout);
    }
}

mod http {
    use reqwest::header::{ALLOW, HOST, ORIGIN};
    use reqwest::{Method, StatusCode};

    use super::*;

    const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

    #[tokio::test]
    async fn what_is_no_message_is_answered_by_its_code() {
        let folder = folder();
        let host = Host::http(&folder).await;
        let mut post = host.post();
        for in_session in [false, true] {
            for (bytes, code, id) in no_messages() {
                let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(100)]).into_owned();
                let answer = post.send(post.request(Method::POST).body(bytes)).await;
                assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{shown}: {answer:?}");
                assert_eq!(answer.code(), code, "{shown}: {answer:?}");
                assert_eq!(answer.message().get("id"), id.as_ref(), "{shown}: {answer:?}");
            }
            assert_eq!(post.post("").await.code(), PARSE_ERROR);
            if !in_session {
                post.initialize().await;
            }
        }
        assert_eq!(post.post(PING).await.message()["result"], json!({}));
    }

    #[tokio::test]
    async fn a_request_that_cannot_be_served_is_answered_by_its_code() {
        let folder = folder();
        let host = Host::http(&folder).await;
        let (mut post, stateless) = (host.post(), host.post());
        post.initialize().await;
        for (method, params, code, stateless_code) in bad_requests() {
            let answer = post.call(method, params.clone()).await;
            assert_eq!(answer.code(), code, "{method} {params}: {answer:?}");
            // Its headers say what the body says, where that can be said in a header.
            let name = params.get("name").or(params.get("uri")).and_then(Value::as_str).filter(|name| !name.is_empty());
            if method.is_empty() || name.is_none() && matches!(method, "tools/call" | "prompts/get" | "resources/read")
            {
                continue;
            }
            let answer = stateless.call_stateless(method, name, params.clone()).await;
            assert_eq!(answer.code(), stateless_code, "{method} {params}: {answer:?}");
        }
        assert_eq!(post.post(PING).await.message()["result"], json!({}));
    }

    #[tokio::test]
    async fn a_stateless_request_that_contradicts_its_headers_is_refused() {
        let folder = folder();
        let host = Host::http(&folder).await;
        let post = host.post();
        let params = json!({ "name": "probe__sum", "arguments": { "a": 1, "b": 2 } });
        for name in [None, Some("probe__fail")] {
            let answer = post.call_stateless("tools/call", name, params.clone()).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, -32020), "{answer:?}");
        }
        let answer = post.call_stateless("tools/call", Some("probe__sum"), params).await;
        assert_eq!(answer.message()["result"]["structuredContent"], json!({ "sum": 3 }), "{answer:?}");
    }

    #[tokio::test]
    async fn only_known_hosts_and_no_web_pages_are_served() {
        let folder = folder();
        let host = Host::http(&folder).await;
        let port = host.url().split([':', '/']).nth(4).expect("a port").to_owned();
        let mut post = host.post();
        post.initialize().await;
        let asked = async |name: &str, value: &str| {
            let request = post.request(Method::POST).body(PING);
            let request = if name == "host" { request.header(HOST, value) } else { request.header(ORIGIN, value) };
            post.send(request).await.status
        };
        for good in
            [format!("127.0.0.1:{port}"), format!("localhost:{port}"), "localhost".to_owned(), format!("[::1]:{port}")]
        {
            assert_eq!(asked("host", &good).await, StatusCode::OK, "{good}");
        }
        for bad in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.0", "192.0.2.1:80"] {
            assert_eq!(asked("host", bad).await, StatusCode::FORBIDDEN, "{bad}");
        }
        for bad in ["https://evil.example", "null", "http://localhost.evil.example", "file://"] {
            assert_eq!(asked("origin", bad).await, StatusCode::FORBIDDEN, "{bad}");
        }
    }

    #[tokio::test]
    async fn hosts_and_origins_that_the_configuration_names_are_served() {
        let folder = Folder::new(
            "[http]\nallowed_hosts = [\"tools.example.com\"]\nallowed_origins = [\"https://app.example.com\"]\n",
        );
        let host = Host::http(&folder).await;
        let mut post = host.post();
        post.initialize().await;
        let request = || post.request(Method::POST).body(PING);
        for (origin, status) in
            [("https://app.example.com", StatusCode::OK), ("http://app.example.com", StatusCode::FORBIDDEN)]
        {
            let request = request().header(HOST, "tools.example.com").header(ORIGIN, origin);
            assert_eq!(post.send(request).await.status, status, "{origin}");
        }
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_refused_before_it_is_read_to_its_end() {
        let folder = folder();
        let host = Host::http(&folder).await;
        let mut post = host.post();
        post.initialize().await;
        let answer = post.post("x".repeat(MAX_MESSAGE + 1)).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{answer:?}");
        let body =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": { "x": "y".repeat(MAX_MESSAGE / 2) } });
        assert_eq!(post.post(body.to_string()).await.message()["result"], json!({}));
    }

    #[tokio::test]
    async fn other_media_types_methods_and_paths_are_told_apart() {
        let folder = folder();
        let host = Host::http(&folder).await;
        let post = host.post();
        let bare = |method: Method, content: &'static str, accept: &'static str| {
            post.bare(method).header("content-type", content).header("accept", accept).body(PING)
        };
        let both = "application/json, text/event-stream";
        for (request, status) in [
            (bare(Method::POST, "text/plain", both), StatusCode::UNSUPPORTED_MEDIA_TYPE),
            (bare(Method::POST, "application/xml", both), StatusCode::UNSUPPORTED_MEDIA_TYPE),
            (post.bare(Method::POST).header("accept", both).body(PING), StatusCode::UNSUPPORTED_MEDIA_TYPE),
            (bare(Method::POST, "application/json", "text/html"), StatusCode::NOT_ACCEPTABLE),
            (bare(Method::POST, "application/json", "application/json"), StatusCode::NOT_ACCEPTABLE),
            // Well-formed, but without a session.
            (bare(Method::POST, "application/json; charset=utf-8", both), StatusCode::BAD_REQUEST),
            (bare(Method::GET, "application/json", "text/event-stream"), StatusCode::BAD_REQUEST),
            (bare(Method::DELETE, "application/json", both), StatusCode::BAD_REQUEST),
        ] {
            let shown = format!("{request:?}");
            assert_eq!(post.send(request).await.status, status, "{shown}");
        }
        for method in [Method::PUT, Method::PATCH, Method::OPTIONS] {
            let answer = post.send(bare(method.clone(), "application/json", both)).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
            assert_eq!(answer.headers[ALLOW], "GET, POST, DELETE", "{method}");
        }
        let elsewhere = reqwest::get(host.url().replace("/mcp", "/")).await.expect("it is answered");
        assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND);
        assert!(elsewhere.text().await.expect("it is text").contains("/mcp"));
    }

    #[tokio::test]
    async fn a_session_that_was_ended_or_never_was_is_not_found() {
        let folder = folder();
        let host = Host::http(&folder).await;
        let mut post = host.post();
        let request = post.request(Method::POST).header("mcp-session-id", "made-up").body(PING);
        assert_eq!(post.send(request).await.status, StatusCode::NOT_FOUND);
        post.initialize().await;
        let request = post.request(Method::POST).body(PING);
        assert_eq!(post.send(request).await.status, StatusCode::OK);
        assert_eq!(post.send(post.request(Method::DELETE)).await.status, StatusCode::NO_CONTENT);
        assert_eq!(post.post(PING).await.status, StatusCode::NOT_FOUND);
    }
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
