//! What of the headers leaves, and what of them comes back.

use http::{HeaderMap, HeaderValue};
use tokio::sync::mpsc;

use super::*;

/// A server that tells what it got, and an entry for it with a secret in two headers.
async fn telling() -> (Server, mpsc::UnboundedReceiver<(String, HeaderMap)>, Arc<Rules>) {
    let (told, got) = mpsc::unbounded_channel();
    let server = Server::answering(move |request| {
        let _ = told.send((request.uri().to_string(), request.headers().clone()));
        async { answer("ok") }
    })
    .await;
    let entry = format!(
        "{{ url = \"http://{}/**\", methods = [\"GET\", \"POST\"], private = true, headers = \
         {{ Authorization = \"Bearer ${{secret:TOKEN_OF_TEST}}\", x-key = \"${{secret:TOKEN_OF_TEST}}\" }} }}",
        server.address
    );
    (server, got, granted(&entry).expect("good"))
}

#[tokio::test]
async fn the_entrys_headers_are_put_in_and_replace_the_guests() {
    let (server, mut got, rules) = telling().await;
    let mut call = Call::new(&rules, &machine());
    let mut request = with_body("POST", &server.url("/a?b=c"), "body");
    for (name, value) in [
        ("authorization", "Basic guest"),
        ("x-key", "guest"),
        ("x_key", "guest"),
        ("host", "evil.example"),
        ("connection", "authorization, close"),
        ("te", "trailers"),
        ("proxy-authorization", "guest"),
        ("accept-encoding", "gzip"),
        ("accept", "text/plain"),
    ] {
        request.headers_mut().append(name, HeaderValue::from_static(value));
    }
    request.headers_mut().append("authorization", HeaderValue::from_static("Basic second"));
    call.send(request).await.expect("granted");
    let (uri, headers) = got.recv().await.expect("a request");
    let mut all: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().expect("text"))).collect();
    all.sort();
    let host = format!("host: {}", server.address);
    assert_eq!(uri, "/a?b=c");
    assert_eq!(
        all,
        [
            "accept-encoding: identity",
            "accept: text/plain",
            "authorization: Bearer s3cret-token",
            "content-length: 4",
            &host,
            "x-key: s3cret-token"
        ]
    );
}

#[tokio::test]
async fn the_first_entry_that_covers_a_request_is_the_one() {
    let (told, mut got) = mpsc::unbounded_channel();
    let server = Server::answering(move |request| {
        let _ = told.send(request.headers().get("x-entry").cloned());
        async { answer("ok") }
    })
    .await;
    let at = server.address;
    let rules = granted(&format!(
        "{{ url = \"http://{at}/a/**\", private = true, headers = {{ x-entry = \"1\" }} }},
         {{ url = \"http://{at}/**\", private = true, headers = {{ x-entry = \"2\" }} }},
         {{ url = \"http://{at}/b\", private = true, headers = {{ x-entry = \"3\" }} }}"
    ));
    let mut call = Call::new(&rules.expect("good"), &machine());
    for (path, entry) in [("/a/x", "1"), ("/b", "2")] {
        call.get(&server.url(path)).await.expect("granted");
        assert_eq!(got.recv().await.flatten().expect("the header"), entry);
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let server = Server::answering(|request| async move {
        assert_eq!(request.uri().path(), "/from");
        let mut response = answer("");
        *response.status_mut() = http::StatusCode::FOUND;
        response.headers_mut().insert("location", HeaderValue::from_static("/to"));
        response
    })
    .await;
    assert_eq!(Call::to(&server).get(&server.url("/from")).await.expect("granted").0, 302);
}

#[tokio::test]
async fn a_secret_that_was_changed_is_read_when_the_plugin_is_loaded_again() {
    // What is filled in stays with its generation; nothing is read during a call.
    let (server, mut got, rules) = telling().await;
    let mut call = Call::new(&rules, &machine());
    for _ in 0..2 {
        call.get(&server.url("/")).await.expect("granted");
        assert_eq!(got.recv().await.expect("a request").1["x-key"], "s3cret-token");
    }
}
