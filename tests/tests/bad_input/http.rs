//! Over HTTP: what a request can be.

use barkeep_tests::{Folder, Host};
use reqwest::header::{ALLOW, HOST, ORIGIN};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{MAX_MESSAGE, folder};

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

#[tokio::test]
async fn only_known_hosts_and_no_web_pages_are_served() {
    let folder = folder();
    let host = Host::http(&folder).await;
    let own_port = host.url().split([':', '/']).nth(4).expect("a port").to_owned();
    let mut post = host.post();
    post.initialize().await;
    let status = async |name: &str, value: &str| {
        let request = post.request(Method::POST).body(PING);
        let request = if name == "host" { request.header(HOST, value) } else { request.header(ORIGIN, value) };
        post.send(request).await.status
    };
    for good in [
        format!("127.0.0.1:{own_port}"),
        format!("localhost:{own_port}"),
        "localhost".to_owned(),
        format!("[::1]:{own_port}"),
    ] {
        assert_eq!(status("host", &good).await, StatusCode::OK, "{good}");
    }
    for bad in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.0", "192.0.2.1:80"] {
        assert_eq!(status("host", bad).await, StatusCode::FORBIDDEN, "{bad}");
    }
    for bad in ["https://evil.example", "null", "http://localhost.evil.example", "file://"] {
        assert_eq!(status("origin", bad).await, StatusCode::FORBIDDEN, "{bad}");
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
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": { "x": "y".repeat(MAX_MESSAGE / 2) } });
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
