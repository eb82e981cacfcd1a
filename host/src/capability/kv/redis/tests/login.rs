//! Logging in, and TLS.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::*;

const NOTHING: &str = "*2\r\n$4\r\ndone\r\n*1\r\n$-1\r\n";

#[tokio::test]
async fn the_user_and_the_database_are_said_before_anything_is_asked() {
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let standing = StandIn::answering(move |words| {
        heard.lock().expect("no panic").push(words.join(" "));
        Some(if words[0] == "EVALSHA" { NOTHING } else { "+OK\r\n" }.to_owned())
    })
    .await;
    assert_eq!(get(&standing.line_as(Some(("app", "hunter2")))).await, Ok(None));
    assert_eq!(said.lock().expect("no panic")[..2], ["AUTH app hunter2", "SELECT 3"]);
}

#[tokio::test]
async fn a_password_that_is_wrong_is_told_without_it() {
    for refusal in [
        "-WRONGPASS invalid username-password pair or user is disabled.\r\n",
        "-ERR invalid password\r\n",
        "-ERR unknown command `AUTH`, with args beginning with: `app` `hunter2`\r\n",
        "-ERR AUTH <password> called without any password configured: hunter2\r\n",
    ] {
        let standing = StandIn::answering(move |_| Some(refusal.to_owned())).await;
        let error = get(&standing.line_as(Some(("app", "hunter2")))).await.expect_err("refused").to_string();
        assert!(error.contains("does not let this host in") && !error.contains("hunter2"), "{refusal}: {error}");
    }
    for (refusal, told) in [
        ("-ERR DB index is out of range\r\n", "does not answer"),
        ("-NOAUTH Authentication required.\r\n", "does not let this host in"),
    ] {
        let standing = StandIn::answering(move |_| Some(refusal.to_owned())).await;
        assert!(get(&standing.line()).await.expect_err("refused").to_string().contains(told));
    }
}

/// A server for `redis.example` by TLS, and what trusts it.
async fn by_tls() -> (SocketAddr, tokio::task::JoinHandle<()>, RootCertStore) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["redis.example".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("known versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a good certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Some clients end it here.
                let Ok(stream) = acceptor.accept(stream).await else { return };
                serve(stream, |words| Some(if words[0] == "EVALSHA" { NOTHING } else { "+OK\r\n" }.to_owned())).await;
            });
        }
    });
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).expect("a good certificate");
    (address, task, roots)
}

#[tokio::test]
async fn a_server_by_tls_must_have_a_certificate_of_its_name_that_is_trusted() {
    let (address, serving, roots) = by_tls().await;
    let resolve: Resolve = Arc::new(move |_, _| Box::pin(async move { Ok(vec![address]) }));
    let line = |roots: RootCertStore, name: &str, tls| {
        let network = Network {
            resolver: Resolver::new(Arc::clone(&resolve)),
            tls: tls::client(Arc::new(roots), &[]).expect("there is TLS"),
        };
        let way = Way::Tcp { host: host(name), port: address.port(), tls };
        server_by(network, way, Some(("app", "hunter2")), Patience::USUAL)
    };
    assert_eq!(get(&line(roots.clone(), "redis.example", true)).await, Ok(None));
    for (roots, name, tls) in [
        (RootCertStore::empty(), "redis.example", true),
        (roots.clone(), "other.example", true),
        (roots, "redis.example", false),
    ] {
        assert_eq!(get(&line(roots, name, tls)).await, Err(Trouble::Broken), "{name}");
    }
    serving.abort();
    let plain = StandIn::saying(NOTHING).await;
    let way = Way::Tcp { host: host("127.0.0.1"), port: plain.address.port(), tls: true };
    assert_eq!(get(&server(way, Some(("app", "hunter2")), Patience::USUAL)).await, Err(Trouble::Broken));
}
