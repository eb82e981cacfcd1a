//! Names, addresses, connections.

use std::time::Duration;

use tokio::sync::oneshot;

use super::*;

fn options(connect: Option<u64>, first_byte: Option<u64>, between: Option<u64>) -> RequestOptions {
    RequestOptions {
        connect_timeout: connect.map(Duration::from_millis),
        first_byte_timeout: first_byte.map(Duration::from_millis),
        between_bytes_timeout: between.map(Duration::from_millis),
    }
}

fn any(private: bool) -> Arc<Rules> {
    granted(&format!("{{ url = \"http://*:*/**\", private = {private} }}")).expect("good")
}

#[tokio::test]
async fn addresses_that_are_not_the_internets_are_refused_by_name_and_by_literal() {
    let (resolve, asked) =
        resolving(["127.0.0.1:0", "[::1]:0", "10.0.0.1:0"].map(|text| text.parse().expect("good")).into());
    let pool = pool(&resolve);
    for url in [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://0.0.0.0/",
        "http://inner.example/",
    ] {
        let mut call = Call::new(&any(false), &pool);
        let error = call.get(url).await.expect_err(url);
        assert!(matches!(error, Error::DestinationIpProhibited), "{url}: {error}");
        let told = call.told();
        assert!(told[0].contains("`private = true` to the entry \"http://*:*/**\""), "{told:?}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1, "literals are not looked up");
    for url in ["http://2130706433/", "http://0177.0.0.1/", "http://0x7f.1/", "http://127.1/"] {
        let mut call = Call::new(&any(true), &pool);
        assert!(matches!(call.get(url).await, Err(Error::HttpRequestDenied)), "{url}");
    }
}

#[tokio::test]
async fn a_connection_that_one_entry_may_make_is_no_way_for_another() {
    let server = Server::answering(|_| async { answer("inner") }).await;
    let (resolve, _) = resolving(vec![server.address]);
    let pool = pool(&resolve);
    let url = "http://name.example/";
    assert_eq!(Call::new(&any(true), &pool).get(url).await.expect("private").1, "inner");
    let error = Call::new(&any(false), &pool).get(url).await.expect_err("not private");
    assert!(matches!(error, Error::DestinationIpProhibited), "{error}");
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn what_is_connected_to_is_what_was_resolved_and_looked_at() {
    let server =
        Server::answering(|request| async move { answer(request.headers()["host"].to_str().expect("text")) }).await;
    let (resolve, asked) = resolving(vec![server.address]);
    let mut call = Call::new(&any(true), &pool(&resolve));
    // The port of the address is that of the server; a second look-up could not know it.
    assert_eq!(call.get("http://Name.Example:81/").await.expect("private").1, "name.example:81");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn connections_are_kept_for_the_next_call() {
    let server = Server::answering(|_| async { answer("ok") }).await;
    let pool = machine();
    for _ in 0..20 {
        Call::new(&any(true), &pool).get(&server.url("/")).await.expect("granted");
    }
    // One that is just being given back may be missed once or twice.
    assert!(server.accepted() <= 3, "{} connections for 20 requests", server.accepted());
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let server = Server::answering(|_| std::future::pending()).await;
    let mut call = Call::to(&server);
    let error = call.begin(get(&server.url("/")), Some(options(None, Some(30), None))).await.expect_err("no answer");
    assert!(matches!(error, Error::HttpResponseTimeout), "{error}");
}

#[tokio::test]
async fn a_server_that_stops_in_the_middle_is_given_up() {
    let server = Server::answering(|_| async {
        let first = futures::stream::iter([Ok::<_, Infallible>(http_body::Frame::data(Bytes::from("first")))]);
        let body = futures::StreamExt::chain(first, futures::stream::pending());
        Response::new(http_body_util::StreamBody::new(body).boxed_unsync())
    })
    .await;
    let mut call = Call::to(&server);
    let response = call.begin(get(&server.url("/")), Some(options(None, None, Some(30)))).await.expect("granted");
    let mut body = response.into_body();
    let first = body.frame().await.expect("a piece").expect("it is good").into_data().expect("data");
    assert_eq!(first, "first");
    let error = body.frame().await.expect("an end").expect_err("silence");
    assert!(matches!(error, Error::ConnectionReadTimeout), "{error}");
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn a_name_that_is_not_resolved_is_told() {
    let never: Resolve = Arc::new(|_, _| Box::pin(std::future::pending()));
    let mut call = Call::new(&any(true), &pool(&never));
    let error = call.begin(get("http://a.example/"), Some(options(Some(30), None, None))).await.expect_err("no name");
    assert!(matches!(error, Error::ConnectionTimeout), "{error}");
    let unknown: Resolve = Arc::new(|_, _| Box::pin(async { Err(std::io::Error::other("no such name")) }));
    let error = Call::new(&any(true), &pool(&unknown)).get("http://a.example/").await.expect_err("no name");
    assert!(matches!(error, Error::DnsError { .. }), "{error}");
    let (nothing, _) = resolving(Vec::new());
    let error = Call::new(&any(true), &pool(&nothing)).get("http://a.example/").await.expect_err("no address");
    assert!(matches!(error, Error::DnsError { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_resolver_that_never_answers_is_given_up() {
    let never: Resolve = Arc::new(|_, _| Box::pin(std::future::pending()));
    let error = Call::new(&any(true), &pool(&never)).get("http://a.example/").await.expect_err("no name");
    assert!(matches!(error, Error::DnsTimeout), "{error}");
}

#[tokio::test(start_paused = true)]
async fn lookups_of_a_plugin_have_a_bound_and_who_finds_no_turn_is_told() {
    let never: Resolve = Arc::new(|_, _| Box::pin(std::future::pending()));
    let mut call = Call::new(&any(true), &pool(&never));
    let all: Vec<_> = (0..9).map(|n| call.begin(get(&format!("http://a{n}.example/")), None)).collect();
    for one in futures::future::join_all(all).await {
        let error = one.expect_err("no name");
        assert!(matches!(error, Error::DnsTimeout), "{error}");
    }
    let told = call.told();
    assert!(told.len() == 1 && told[0].contains("now: 8 names of a plugin are looked up at once"), "{told:?}");
}

#[tokio::test]
async fn a_port_where_nobody_is_is_told() {
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let error = Call::new(&any(true), &machine()).get(&format!("http://{gone}/")).await.expect_err("nobody");
    assert!(matches!(error, Error::ConnectionRefused), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_cut_off_or_none_is_told() {
    let at_head = Server::writing(b"").await;
    let error = Call::to(&at_head).get(&at_head.url("/")).await.expect_err("nothing");
    assert!(matches!(error, Error::ConnectionTerminated), "{error}");
    let in_head = Server::writing(b"HTTP/1.1 200 OK\r\ncontent-le").await;
    let error = Call::to(&in_head).get(&in_head.url("/")).await.expect_err("half a head");
    assert!(matches!(error, Error::ConnectionTerminated), "{error}");
    for bytes in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc",
    ] {
        let in_body = Server::writing(bytes).await;
        let error = Call::to(&in_body).get(&in_body.url("/")).await.expect_err("half a body");
        assert!(matches!(error, Error::HttpResponseIncomplete), "{error}");
    }
    let other = Server::writing(b"SSH-2.0-OpenSSH_9.9\r\n").await;
    let error = Call::to(&other).get(&other.url("/")).await.expect_err("not HTTP");
    assert!(matches!(error, Error::HttpProtocolError), "{error}");
    let upgrade =
        Server::writing(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n").await;
    let error = Call::to(&upgrade).get(&upgrade.url("/")).await.expect_err("not asked for");
    assert!(matches!(error, Error::HttpUpgradeFailed | Error::HttpProtocolError), "{error}");
}

#[tokio::test]
async fn a_guest_that_goes_away_ends_its_request() {
    let (begun, has_begun) = oneshot::channel::<()>();
    let (ended, has_ended) = oneshot::channel::<()>();
    let signals = Arc::new(std::sync::Mutex::new(Some((begun, ended))));
    let server = Server::answering(move |_| {
        let (begun, ended) = signals.lock().expect("whole").take().expect("one request");
        begun.send(()).expect("awaited");
        async move {
            // Dropped with the connection.
            let _ended = ended;
            std::future::pending().await
        }
    })
    .await;
    let mut call = Call::to(&server);
    let request = tokio::spawn(call.begin(get(&server.url("/")), None));
    has_begun.await.expect("it begins");
    request.abort();
    assert!(has_ended.await.is_err(), "the server is told by the closed connection");
}
