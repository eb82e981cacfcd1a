//! TLS, and HTTP/2 over it.

use std::task::Poll;

use hyper_util::rt::TokioExecutor;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use super::super::pool::{WINDOW, WINDOW_OF_CONNECTION};
use super::*;

/// Bytes, more than any window.
const LARGE: usize = 8 * 1024 * 1024;

/// What `api.example` speaks these protocols by, and what trusts it.
fn acceptor(protocols: &[&str]) -> (TlsAcceptor, RootCertStore) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["api.example".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("known versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a good certificate");
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).expect("a good certificate");
    (TlsAcceptor::from(Arc::new(config)), roots)
}

/// A server for `api.example` that speaks HTTP/2 or, where that is not asked for, HTTP/1.1, and what trusts it.
async fn server(protocols: &[&str]) -> (Server, RootCertStore) {
    let (acceptor, roots) = acceptor(protocols);
    let server = Server::accepting(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            // Some clients end it here.
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            let service = service_fn(|request: Request<Incoming>| async move {
                let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or("none");
                let authority = request.uri().authority().map_or("none", |authority| authority.as_str());
                Ok::<_, Infallible>(answer(&format!("{:?} host {host} authority {authority}", request.version())))
            });
            let _ = if h2 {
                let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                server.serve_connection(TokioIo::new(stream), service).await
            } else {
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
            };
        }
    })
    .await;
    (server, roots)
}

fn call(roots: RootCertStore, server: &Server) -> Call {
    let (resolve, _) = resolving(vec![server.address]);
    let pool = Pool::new(Arc::new(roots), &Resolver::new(resolve)).expect("there is TLS");
    Call::new(&granted("{ url = \"https://*:*/**\", private = true }").expect("good"), &pool)
}

#[tokio::test]
async fn http_2_is_spoken_where_the_server_speaks_it_by_one_connection() {
    let (server, roots) = server(&["h2", "http/1.1"]).await;
    let mut call = call(roots, &server);
    let mut request = get("https://API.example/");
    request.headers_mut().insert("host", "evil.example".parse().expect("a value"));
    let first = call.send(request).await.expect("trusted").into_body().collect().await.expect("read").to_bytes();
    assert_eq!(first, "HTTP/2.0 host none authority api.example");
    let more = (0..10).map(|_| call.begin(get("https://api.example/"), None)).collect::<Vec<_>>();
    for response in futures::future::join_all(more).await {
        assert_eq!(response.expect("trusted").status(), 200);
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_server_sends_no_more_by_http_2_than_a_window_before_the_guest_reads() {
    let (acceptor, roots) = acceptor(&["h2"]);
    let (answers, mut begun) = mpsc::unbounded_channel();
    let (pinger, mut pings) = mpsc::unbounded_channel();
    let server = Server::accepting(move |stream| {
        let (acceptor, answers, pinger) = (acceptor.clone(), answers.clone(), pinger.clone());
        async move {
            let stream = acceptor.accept(stream).await.expect("it is trusted");
            // What this side keeps must not be the bound.
            let server = h2::server::Builder::new().max_send_buffer_size(LARGE).handshake::<_, Bytes>(stream).await;
            let mut connection = server.expect("it speaks HTTP/2");
            let _ = pinger.send(connection.ping_pong().expect("it is the first"));
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                let _ = answers.send(respond.send_response(Response::new(()), false).expect("it is asked"));
            }
        }
    })
    .await;
    let mut call = call(roots, &server);
    let (mut bodies, mut streams) = (Vec::new(), Vec::new());
    for expected in [WINDOW, WINDOW, WINDOW, WINDOW, 0] {
        bodies.push(call.send(get("https://api.example/")).await.expect("trusted").into_body());
        let mut stream: h2::SendStream<Bytes> = begun.recv().await.expect("it is answered");
        stream.reserve_capacity(LARGE);
        assert_eq!(stream.capacity(), expected as usize);
        stream.send_data(vec![b'x'; expected as usize].into(), false).expect("there is room");
        streams.push(stream);
    }
    assert_eq!((server.accepted(), 4 * WINDOW), (1, WINDOW_OF_CONNECTION));
    // Once this comes back all was received.
    pings.recv().await.expect("it is connected").ping(h2::Ping::opaque()).await.expect("it is answered");
    assert!(streams.iter().all(|stream| stream.capacity() == 0), "the guest reads nothing");

    let mut read = 0;
    while read < WINDOW as usize {
        read += bodies[0].frame().await.expect("there is more").expect("it is good").into_data().expect("data").len();
    }
    // Then there is room for more.
    let more = std::future::poll_fn(|cx| {
        let ready = streams.iter_mut().any(|stream| stream.poll_capacity(cx).is_ready());
        if ready { Poll::Ready(()) } else { Poll::Pending }
    });
    more.await;
}

#[tokio::test]
async fn http_1_1_is_spoken_with_the_others() {
    let (server, roots) = server(&[]).await;
    let body = call(roots, &server).get("https://api.example:444/").await.expect("trusted").1;
    assert_eq!(body, "HTTP/1.1 host api.example:444 authority none");
}

#[tokio::test]
async fn a_certificate_of_nobody_or_of_another_is_refused() {
    let (server, roots) = server(&["h2"]).await;
    let error = call(RootCertStore::empty(), &server).get("https://api.example/").await.expect_err("nobody");
    assert!(matches!(error, Error::TlsCertificateError), "{error}");
    let error = call(roots, &server).get("https://other.example/").await.expect_err("another");
    assert!(matches!(error, Error::TlsCertificateError), "{error}");
}

#[tokio::test]
async fn a_server_without_tls_is_told() {
    let server = Server::accepting(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    let error = call(RootCertStore::empty(), &server).get("https://api.example/").await.expect_err("no TLS");
    assert!(matches!(error, Error::TlsProtocolError | Error::ConnectionTerminated), "{error}");
}

#[test]
fn the_certificates_of_the_world_are_trusted() {
    assert!(Pool::new(crate::capability::net::tls::trusted(), &Resolver::system()).is_ok());
}
