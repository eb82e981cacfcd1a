//! Secrets that the other side sends back, wherever it puts them.

use futures::stream;
use http::{HeaderName, HeaderValue};
use http_body::Frame;
use http_body_util::StreamBody;

use super::*;

/// A call with an entry for `server` that puts the secret into a header and into the query.
fn putting(server: &Server) -> Call {
    let entry = format!(
        "{{ url = \"http://{}/**\", methods = [\"GET\", \"POST\"], private = true, headers = \
         {{ authorization = \"Bearer ${{secret:TOKEN_OF_TEST}}\" }}, query = {{ key = \"${{secret:ODD_OF_TEST}}\" }} }}",
        server.address
    );
    Call::new(&granted(&entry).expect("good"), &machine())
}

/// A call with two entries for `server`: one to write by, which puts the secret in, and one to read by, which does not.
fn apart(server: &Server) -> Call {
    let entries = format!(
        "{{ url = \"http://{0}/**\", methods = [\"POST\"], private = true, headers = \
         {{ authorization = \"Bearer ${{secret:TOKEN_OF_TEST}}\" }}, query = {{ key = \"${{secret:ODD_OF_TEST}}\" }} }}, \
         {{ url = \"http://{0}/**\", private = true }}",
        server.address
    );
    Call::new(&granted(&entries).expect("good"), &machine())
}

/// The whole of an answer, as a guest sees it.
async fn seen(call: &mut Call, request: Request<WasiBody>) -> String {
    let response = call.send(request).await.expect("granted");
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("read");
    let trailers = body.trailers().cloned().unwrap_or_default();
    format!("{:?} {trailers:?} {}", parts.headers, String::from_utf8_lossy(&body.to_bytes()))
}

fn assert_masked(seen: &str) {
    for part in ["s3cret", "odd&", "odd%26", "odd\\u0026", "odd&amp;", "-token"] {
        assert!(!seen.contains(part), "{part} in {seen}");
    }
    assert!(seen.contains("*******"), "{seen}");
}

#[tokio::test]
async fn a_secret_that_comes_back_is_masked() {
    let server = Server::answering(|request| async move {
        let token = request.headers()["authorization"].clone();
        let pieces = ["{\"got\":\"Bearer s3cr", "et-tok", "en\"} s3cret"];
        let pieces = pieces.map(|piece| Ok::<_, Infallible>(http_body::Frame::data(Bytes::from(piece))));
        let body = http_body_util::StreamBody::new(futures::stream::iter(pieces));
        let mut response = Response::new(body.boxed_unsync());
        response.headers_mut().insert("x-got", token);
        response
    })
    .await;
    let entry = format!(
        "{{ url = \"http://{}/**\", private = true, headers = {{ Authorization = \"Bearer ${{secret:TOKEN_OF_TEST}}\" }} }}",
        server.address
    );
    let mut call = Call::new(&granted(&entry).expect("good"), &machine());
    let response = call.send(get(&server.url("/"))).await.expect("granted");
    assert_eq!(response.headers()["x-got"], "Bearer ************");
    let body = response.into_body().collect().await.expect("read").to_bytes();
    assert_eq!(body, "{\"got\":\"Bearer ************\"} s3cret");
}

#[tokio::test]
async fn a_parameter_is_put_in_on_the_way_out_and_the_guests_own_is_not_sent() {
    let server =
        Server::answering(|request| async move { answer(&request.uri().to_string().replace("odd%26", "(odd)")) }).await;
    let mut call = putting(&server);
    for (path, sent) in [
        ("/a", "/a?key="),
        ("/a?", "/a?key="),
        ("/a?b=c&key=mine&d", "/a?b=c&d&key="),
        ("/a?k%65y=mine&KEY=mine&x=%26key=mine", "/a?x=%26key=mine&key="),
    ] {
        let (_, body) = call.get(&server.url(path)).await.expect("granted");
        assert_eq!(body, format!("{sent}(odd)s3cret%3D%20%2F%22"), "{path}");
    }
    // The rules look at the guest's own address, and no refusal shows what was put in.
    assert!(matches!(call.send(with_body("PUT", &server.url("/a"), "")).await, Err(Error::HttpRequestDenied)));
    assert!(!call.told()[0].contains('?'));
}

#[tokio::test]
async fn a_secret_is_masked_in_each_place_of_an_answer() {
    let server = Server::answering(|request| async move {
        let token = request.headers()["authorization"].to_str().expect("text").to_owned();
        let uri = request.uri().to_string();
        let (_, plain) = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
            .find(|(name, _)| name == "key")
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .expect("it was put in");
        let json = serde_json::json!({ "url": uri, "token": token, "key": plain }).to_string();
        let html = plain.replace('&', "&amp;").replace('"', "&quot;");
        let frames = [Frame::data(Bytes::from(json)), Frame::data(Bytes::from(html))];
        let mut response = Response::new(StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>))).boxed_unsync());
        *response.status_mut() = http::StatusCode::FOUND;
        for (name, value) in [("location", format!("https://b.example{uri}")), ("set-cookie", token.clone())] {
            response.headers_mut().append(name, HeaderValue::from_str(&value).expect("a value"));
        }
        let called = HeaderName::from_bytes(token.trim_start_matches("Bearer ").as_bytes()).expect("a name");
        response.headers_mut().insert(called, HeaderValue::from_static("1"));
        response
    })
    .await;
    let seen = seen(&mut putting(&server), get(&server.url("/a"))).await;
    assert_masked(&seen);
    assert!(seen.contains("location") && seen.contains("set-cookie"), "{seen}");
}

/// A server that keeps what it was sent tells it to whoever asks: to a plugin that asks by another of its entries as well.
#[tokio::test]
async fn what_one_entry_puts_in_is_masked_where_another_reads_it() {
    let kept = Arc::new(std::sync::Mutex::new(String::new()));
    let server = Server::answering(move |request| {
        let kept = Arc::clone(&kept);
        async move {
            let mut kept = kept.lock().expect("nobody failed");
            if request.method() == http::Method::POST {
                *kept = format!("{} {:?}", request.uri(), request.headers()["authorization"].to_str());
            } else {
                assert!(!request.headers().contains_key("authorization"), "this entry puts nothing in");
                assert_eq!(request.headers()["accept-encoding"], "identity");
            }
            let mut response = answer(&kept);
            response.headers_mut().insert("x-kept", HeaderValue::from_str(&kept).expect("a value"));
            response
        }
    })
    .await;
    let mut call = apart(&server);
    call.send(with_body("POST", &server.url("/a"), "")).await.expect("granted");
    let seen = seen(&mut call, get(&server.url("/a"))).await;
    assert_masked(&seen);
    assert!(seen.contains("/a?key=***") && seen.contains("Bearer ************"), "{seen}");
}

#[tokio::test]
async fn a_secret_is_masked_in_trailers_that_nobody_asked_for() {
    let server = Server::writing(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-end\r\n\r\n3\r\nend\r\n0\r\nx-end: s3cret-token\r\n\r\n",
    )
    .await;
    let seen = seen(&mut putting(&server), get(&server.url("/a"))).await;
    assert_masked(&seen);
    assert!(seen.contains("\"x-end\": \"************\""), "{seen}");
}

/// Nothing is decompressed, so nothing in it would be found.
#[tokio::test]
async fn an_answer_that_is_compressed_though_it_was_asked_not_to_be_is_refused_where_there_is_a_secret() {
    let server = Server::answering(|request| async move {
        let mut response = answer("compressed");
        let (name, value) = request.uri().path().trim_start_matches('/').split_once('/').expect("both");
        let name: HeaderName = name.parse().expect("a name");
        response.headers_mut().insert(name, HeaderValue::from_str(value).expect("a value"));
        response
    })
    .await;
    for coding in ["gzip", "GZIP", "br", "identity,zstd", "x-odd"] {
        let path = format!("/content-encoding/{coding}");
        let mut call = putting(&server);
        let error = call.get(&server.url(&path)).await.expect_err(coding);
        assert!(matches!(error, Error::HttpResponseContentCoding(None)), "{coding}: {error}");
        let told = call.told();
        assert!(told[0].contains("its answer is compressed ("), "{told:?}");
        let error = apart(&server).get(&server.url(&path)).await.expect_err(coding);
        assert!(matches!(error, Error::HttpResponseContentCoding(None)), "by an entry without one, {coding}: {error}");
        // Where there is nothing to find, it is the guest's to decompress.
        assert_eq!(Call::to(&server).get(&server.url(&path)).await.expect("granted").1, "compressed");
    }
    assert_eq!(putting(&server).get(&server.url("/content-encoding/identity")).await.expect("plain").0, 200);
}

/// What goes wrong on the way is told without what was put in.
#[tokio::test]
async fn no_error_and_no_refusal_shows_what_was_put_in() {
    let server = Server::writing(b"HTTP/1.1 200 OK\r\nbroken\r\n\r\n").await;
    let mut call = putting(&server);
    let error = call.get(&server.url("/a?b=c")).await.expect_err("broken");
    let told = call.told();
    assert!(!format!("{error} {error:?} {told:?}").contains("s3cret"), "{error:?}");
}
