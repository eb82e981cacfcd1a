//! How much, and how many.

use futures::StreamExt;
use futures::stream::{self, FuturesUnordered};
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::sync::mpsc;

use super::super::body::USUAL;
use super::super::gate::MAX_OF_CALL;
use super::*;

const PIECE: usize = 1024 * 1024;

/// A body of one piece more than may pass.
fn pieces<E: Send + 'static>() -> impl http_body::Body<Data = Bytes, Error = E> + Send + 'static {
    let count = usize::try_from(USUAL.bytes()).expect("small") / PIECE + 1;
    let piece = Bytes::from(vec![b'x'; PIECE]);
    StreamBody::new(stream::iter((0..count).map(move |_| Ok(Frame::data(piece.clone())))))
}

#[tokio::test]
async fn an_answer_without_end_is_cut_at_its_bound() {
    let server = Server::answering(|_| async { Response::new(pieces().boxed_unsync()) }).await;
    let response = Call::to(&server).send(get(&server.url("/"))).await.expect("granted");
    let mut body = response.into_body();
    let mut received = 0;
    let error = loop {
        match body.frame().await.expect("an end") {
            Ok(frame) => received += frame.into_data().expect("data").len() as u64,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::HttpResponseBodySize(Some(_))), "{error}");
    assert!(received <= USUAL.bytes());
}

#[tokio::test]
async fn an_answer_that_says_it_is_too_long_is_not_begun() {
    let server = Server::writing(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n").await;
    let error = Call::to(&server).get(&server.url("/")).await.expect_err("too long");
    assert!(matches!(error, Error::HttpResponseBodySize(Some(99_999_999_999))), "{error}");
}

#[tokio::test]
async fn headers_of_an_answer_have_a_bound() {
    let server = Server::answering(|_| async {
        let mut response = answer("");
        response.headers_mut().insert("x", "x".repeat(1_000_000).parse().expect("a value"));
        response
    })
    .await;
    let error = Call::to(&server).get(&server.url("/")).await.expect_err("too large");
    assert!(matches!(error, Error::HttpResponseHeaderSectionSize(_)), "{error}");
    let many = Server::answering(|_| async {
        let mut response = answer("");
        for n in 0..200 {
            response
                .headers_mut()
                .insert(format!("x-{n}").parse::<http::HeaderName>().expect("a name"), "".parse().expect("a value"));
        }
        response
    })
    .await;
    let error = Call::to(&many).get(&many.url("/")).await.expect_err("too many");
    assert!(matches!(error, Error::HttpResponseHeaderSectionSize(_)), "{error}");
}

#[tokio::test]
async fn a_request_is_as_long_as_it_says_and_no_longer_than_allowed() {
    let server = Server::answering(|request| async move {
        match request.into_body().collect().await {
            Ok(body) => answer(&body.to_bytes().len().to_string()),
            Err(_) => answer("broken"),
        }
    })
    .await;
    let post = |said: Option<&str>, body: WasiBody| {
        let mut request = Request::post(server.url("/"));
        if let Some(said) = said {
            request = request.header("content-length", said);
        }
        request.body(body).expect("a request")
    };
    let text = |pieces: &'static [&'static str]| {
        let frames = pieces.iter().map(|piece| Ok(Frame::data(Bytes::from(*piece))));
        StreamBody::new(stream::iter(frames.collect::<Vec<_>>())).boxed_unsync()
    };
    for (said, pieces, expected) in [
        (Some("4"), &["ab", "cd"][..], "4"),
        (None, &["ab", "cd", "e"], "5"),
        (Some("0"), &[], "0"),
        (Some("0"), &["ab"], "0"),
    ] {
        let response = Call::to(&server).send(post(said, text(pieces))).await.expect("good");
        assert_eq!(response.into_body().collect().await.expect("read").to_bytes(), expected);
    }
    for (said, pieces) in [("5", &["ab", "cd"][..]), ("3", &["ab", "cd"])] {
        let error = Call::to(&server).send(post(Some(said), text(pieces))).await.expect_err("another length");
        assert!(matches!(error, Error::HttpRequestBodySize(_)), "{said}: {error}");
    }
    for said in ["+4", "-4", "4,4", "99999999999999999999"] {
        assert!(Call::to(&server).send(post(Some(said), text(&["abcd"]))).await.is_err(), "{said}");
    }
    let error = Call::to(&server).send(post(Some("99999999999"), text(&[]))).await.expect_err("too long");
    assert!(matches!(error, Error::HttpRequestBodySize(Some(99_999_999_999))), "{error}");
    let error = Call::to(&server).send(post(None, pieces().boxed_unsync())).await.expect_err("too long");
    assert!(matches!(error, Error::HttpRequestBodySize(Some(_))), "{error}");
}

#[tokio::test]
async fn requests_of_one_call_wait_for_their_turn() {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let (release, released) = tokio::sync::watch::channel(false);
    let server = Server::answering(move |_| {
        let _ = arrived.send(());
        let mut released = released.clone();
        async move {
            released.wait_for(|released| *released).await.expect("kept");
            answer("ok")
        }
    })
    .await;
    let mut call = Call::to(&server);
    let all: FuturesUnordered<_> =
        (0..=MAX_OF_CALL).map(|_| tokio::spawn(call.begin(get(&server.url("/")), None))).collect();
    for _ in 0..MAX_OF_CALL {
        arrivals.recv().await.expect("one arrives");
    }
    assert!(arrivals.try_recv().is_err(), "the last one waits");
    release.send(true).expect("awaited");
    // Its turn comes when the answer of another is dropped.
    let statuses: Vec<u16> = all.map(|one| one.expect("runs").expect("granted").status().as_u16()).collect().await;
    assert_eq!(statuses, vec![200; MAX_OF_CALL + 1]);
}

/// The entry's own limits, and how each is told.
#[tokio::test]
async fn an_entry_bounds_its_requests_and_answers_and_the_refusal_names_the_key() {
    let server = Server::answering(|request| async move {
        let length = request.uri().path().trim_start_matches('/').parse().expect("a number");
        let chunked = request.uri().query().is_some();
        let whole = answer(&"x".repeat(length));
        if chunked {
            whole.map(|body| StreamBody::new(body.into_data_stream().map(|data| data.map(Frame::data))).boxed_unsync())
        } else {
            whole
        }
    })
    .await;
    let entry = format!(
        "{{ url = \"http://{}/**\", methods = [\"GET\", \"POST\"], private = true, max_request = \"3B\", max_response = \"5B\" }}",
        server.address
    );
    let mut call = Call::new(&granted(&entry).expect("good"), &machine());
    assert_eq!(call.get(&server.url("/5")).await.expect("as long as it may be").1, "xxxxx");
    assert_eq!(call.get(&server.url("/5?chunked")).await.expect("as long as it may be").1, "xxxxx");
    let post = call.send(with_body("POST", &server.url("/1"), "abc")).await.expect("as long as it may be");
    assert_eq!(post.status(), 200);
    assert!(call.uses.take_denials().is_empty());

    let error = call.get(&server.url("/6")).await.expect_err("too long");
    assert!(matches!(error, Error::HttpResponseBodySize(Some(6))), "{error}");
    let denial = call.uses.take_denials().pop().expect("it is told");
    assert!(denial.sentence.contains("more than 5B: raise `max_response` of the entry"), "{denial:?}");
    assert_eq!(denial.needs.expect("the size was said").http[0].max_response.to_string(), "6B");

    let error = call.get(&server.url("/6?chunked")).await.expect_err("too long");
    assert!(matches!(error, Error::HttpResponseBodySize(Some(6))), "{error}");
    assert_eq!(call.uses.take_denials().pop().expect("it is told").needs, None);

    let error = call.send(with_body("POST", &server.url("/1"), "abcd")).await.expect_err("too long");
    assert!(matches!(error, Error::HttpRequestBodySize(Some(4))), "{error}");
    let told = call.told();
    assert!(told[0].contains("sends more than 3B: raise `max_request` of the entry"), "{told:?}");
}
