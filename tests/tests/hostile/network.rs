//! Harm by way of the network: a plugin that reaches for what is not its own, and servers that mean harm.

use barkeep_tests::{Client, Era, Folder, Host, short_or_long};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::assert_well;
use super::server::{Server, head};

/// A host that serves the probe with these grants.
async fn granted(grants: &str) -> (Folder, Host, Client) {
    let folder = Folder::with_guests(&["probe"]);
    folder.configure(&format!("folder = \"plugins\"\n[plugins.probe.grants]\n{grants}\n"));
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    host.loaded("probe").await;
    (folder, host, client)
}

/// Ways to write an address that is not the internet's.
const INNER: [&str; 16] = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "10.0.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "0.0.0.0",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
];

#[tokio::test]
async fn no_way_of_writing_an_inner_address_leads_to_it() {
    let server = Server::echo().await;
    let (_folder, _host, client) =
        granted("tcp = [{ host = \"*\", port = \"*\" }]\nhttp = [{ url = \"http://*:*/**\" }]").await;
    for host in INNER {
        let address = format!("{host}:{}", server.port());
        for (tool, arguments) in [
            ("probe__talk", json!({ "address": address, "text": "x" })),
            ("probe__get", json!({ "url": format!("http://{address}/") })),
        ] {
            let told = client.failure(tool, arguments).await;
            // WASI itself takes no IPv4-mapped address for one of IPv6, nor HTTP what could be another host.
            let words = ["plugin `probe` may not ", "Invalid argument", "HttpRequestUriInvalid"];
            assert!(words.iter().any(|words| told.contains(words)), "{tool} to {address}: {told}");
        }
    }
    for (tool, arguments) in [
        ("probe__talk", json!({ "address": format!("127.0.0.1:{}", server.port()), "text": "x" })),
        ("probe__talk", json!({ "address": format!("localhost:{}", server.port()), "text": "x" })),
        ("probe__get", json!({ "url": format!("http://localhost:{}/", server.port()) })),
    ] {
        let told = client.failure(tool, arguments).await;
        assert!(told.contains("which is at a loopback address: add `private = true` to the entry"), "{told}");
    }
    assert_eq!(server.accepted(), 0);
    assert_well(&client).await;
}

#[tokio::test]
async fn a_socket_reaches_what_is_granted_and_a_refusal_names_the_line_that_would_allow_it() {
    let server = Server::echo().await;
    let (folder, host, client) = granted("").await;
    let port = server.port();
    let by_name = json!({ "address": format!("localhost:{port}"), "text": "hello" });
    let by_literal = json!({ "address": format!("127.0.0.1:{port}"), "text": "hello" });
    let told = client.failure("probe__talk", by_name.clone()).await;
    assert!(
        told.contains("look up localhost: add { host = \"localhost\", port = PORT } to tcp in [plugins.probe.grants]"),
        "{told}"
    );
    let told = client.failure("probe__talk", by_literal.clone()).await;
    let line = format!("{{ host = \"127.0.0.1\", port = {port} }}");
    assert!(told.contains(&format!("connect to 127.0.0.1:{port}: add {line} to tcp")), "{told}");
    assert_eq!(server.accepted(), 0);

    let config = |entry: &str| format!("folder = \"plugins\"\n[plugins.probe.grants]\ntcp = [{entry}]\n");
    let entry = format!("{{ host = \"localhost\", port = {port}, private = true }}");
    host.until_loaded("probe", || folder.configure(&config(&entry))).await;
    assert_eq!(client.text("probe__talk", by_name.clone()).await, "hello");
    let told = client.failure("probe__talk", by_literal.clone()).await;
    assert!(told.contains(&line), "the name alone is granted: {told}");
    let told = client.failure("probe__talk", json!({ "address": "localhost:1", "text": "" })).await;
    assert!(told.contains("connect to localhost:1: add { host = \"localhost\", port = 1 } to tcp"), "{told}");

    let entry = "{ host = \"127.0.0.0/8\", port = \"1-65535\", private = true }";
    host.until_loaded("probe", || folder.configure(&config(entry))).await;
    assert_eq!(client.text("probe__talk", by_literal).await, "hello");
    let told = client.failure("probe__talk", by_name).await;
    assert!(told.contains("may not look up localhost"), "{told}");
}

#[tokio::test]
async fn nothing_is_granted_for_listening_and_for_datagrams() {
    let (_folder, _host, client) = granted("tcp = [{ host = \"*\", port = \"*\", private = true }]").await;
    for address in ["127.0.0.1:0", "0.0.0.0:0", "[::]:0", "127.0.0.1:8080"] {
        let told = client.failure("probe__listen", json!({ "address": address })).await;
        assert!(told.contains("listen on a TCP port, or choose its own; no grant allows that"), "{told}");
    }
    let told = client.failure("probe__datagram", json!({ "address": "127.0.0.1:53" })).await;
    assert!(told.contains("may not use UDP; no grant allows that"), "{told}");
    assert_well(&client).await;
}

#[tokio::test]
async fn sockets_that_a_plugin_leaks_are_bounded_and_closed_when_its_call_ends() {
    let mut server = Server::echo().await;
    let entry = format!("tcp = [{{ host = \"127.0.0.1\", port = {}, private = true }}]", server.port());
    let (_folder, _host, client) = granted(&entry).await;
    let hoard = json!({ "address": format!("127.0.0.1:{}", server.port()), "count": 100 });
    // The second has all of them again.
    for round in 1..=2 {
        let told = client.failure("probe__hoard", hoard.clone()).await;
        assert!(told.starts_with("16, then: ") && told.contains("16 at once are the most of a call"), "{told}");
        server.done_with(16 * round).await;
    }
}

/// One after the other, each leaves nothing behind: ten thousand in the long form.
#[tokio::test]
async fn connections_in_their_thousands_one_after_the_other_leave_nothing_behind() {
    let mut server = Server::echo().await;
    let entry = format!("tcp = [{{ host = \"127.0.0.1\", port = {}, private = true }}]", server.port());
    let (_folder, _host, client) = granted(&format!("{entry}\n[plugins.probe.limits]\ntime = \"5m\"")).await;
    let count = short_or_long(1000, 10_000);
    let churn = json!({ "address": format!("127.0.0.1:{}", server.port()), "count": count });
    assert_eq!(client.text("probe__churn", churn).await, count.to_string());
    server.done_with(count).await;
    assert_well(&client).await;
}

#[tokio::test]
async fn a_redirect_is_followed_by_nobody_but_the_plugin_and_is_looked_at_again() {
    let inner = Server::mirror().await;
    let to = format!("http://127.0.0.1:{}/", inner.port());
    let location = to.clone();
    let outer = Server::new(move |mut stream| {
        let location = location.clone();
        async move {
            head(&mut stream).await;
            let answer = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    })
    .await;
    let entry = format!("http = [{{ url = \"http://127.0.0.1:{}/**\", private = true }}]", outer.port());
    let (_folder, _host, client) = granted(&entry).await;
    let answer = client.text("probe__get", json!({ "url": format!("http://127.0.0.1:{}/", outer.port()) })).await;
    assert!(answer.starts_with("302") && answer.contains(&to), "{answer}");
    let told = client.failure("probe__get", json!({ "url": to })).await;
    assert!(told.contains(&format!("add {{ url = \"{to}")), "{told}");
    assert_eq!(inner.accepted(), 0);
}

#[tokio::test]
async fn no_header_begins_another_or_speaks_of_the_connection() {
    let server = Server::mirror().await;
    let entry = format!("http = [{{ url = \"http://127.0.0.1:{}/**\", private = true }}]", server.port());
    let (_folder, _host, client) = granted(&entry).await;
    let url = format!("http://127.0.0.1:{}/a", server.port());
    for (name, value) in [
        ("x", "a\r\nevil: 1"),
        ("x", "a\nevil: 1"),
        ("x", "a\r\n\r\nGET /evil HTTP/1.1\r\nhost: a"),
        ("x", "a\0evil"),
        ("x\r\nevil", "1"),
        ("x: evil", "1"),
        ("host", "evil.example"),
        ("connection", "x-evil"),
        ("keep-alive", "evil"),
        ("transfer-encoding", "evil"),
        ("content-length", "30"),
        ("upgrade", "evil"),
        ("te", "evil"),
        ("expect", "100-evil"),
        ("proxy-authorization", "evil"),
    ] {
        let arguments = json!({ "url": url, "headers": { name: value } });
        let result = client.call("probe__get", arguments).await;
        if result.is_error == Some(true) {
            continue;
        }
        let seen = barkeep_tests::text(&result);
        let (_, seen) = seen.split_once("GET /a HTTP/1.1").expect("what the server saw");
        assert!(!seen.contains("evil") && !seen.contains("content-length: 30"), "{name}: {seen}");
        assert_eq!(seen.matches("host: ").count(), 1, "{seen}");
        assert!(seen.contains(&format!("host: 127.0.0.1:{}", server.port())), "{seen}");
    }
    // Those that mean no harm go through.
    let good = client.text("probe__get", json!({ "url": url, "headers": { "x-good": "a b" } })).await;
    assert!(good.contains("x-good: a b"), "{good}");
    assert_well(&client).await;
}

#[tokio::test]
async fn an_answer_without_end_ends_at_its_limit_and_says_which() {
    let mut server = Server::endless("HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 16 * 1024]).await;
    let entry = format!(
        "http = [{{ url = \"http://127.0.0.1:{}/**\", private = true, max_response = \"1MiB\" }}]",
        server.port()
    );
    let (_folder, _host, client) = granted(&entry).await;
    let told = client.failure("probe__get", json!({ "url": format!("http://127.0.0.1:{}/", server.port()) })).await;
    assert!(told.contains("answered with more than 1MiB: raise `max_response` of the entry"), "{told}");
    server.done_with(1).await;
    assert_well(&client).await;
}

#[tokio::test]
async fn headers_without_end_and_bytes_that_only_drip_end() {
    let mut headers =
        Server::endless("HTTP/1.1 200 OK\r\n", b"x: 01234567890123456789012345678901234567890123456789\r\n").await;
    let mut drip = Server::new(|mut stream| async move {
        head(&mut stream).await;
        let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while sent.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            sent = stream.write_all(b"x").await;
        }
    })
    .await;
    let folder = Folder::with_guests(&["probe"]);
    folder.configure(
        "folder = \"plugins\"\n[plugins.probe]\ngrants.http = [{ url = \"http://127.0.0.1:*/**\", private = true }]\n\
         limits.time = \"3s\"\n",
    );
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    let told = client.failure("probe__get", json!({ "url": format!("http://127.0.0.1:{}/", headers.port()) })).await;
    assert!(told.contains("HttpResponseHeaderSectionSize"), "{told}");
    headers.done_with(1).await;
    let told = client.failure("probe__get", json!({ "url": format!("http://127.0.0.1:{}/", drip.port()) })).await;
    assert!(told.contains("took longer than its limit of 3s"), "{told}");
    drip.done_with(1).await;
    assert_well(&client).await;
}

/// A bomb is a bomb to who unfolds it: the plugin gets the bytes as they came.
#[tokio::test]
async fn an_answer_that_is_compressed_is_not_unfolded_by_the_host() {
    let server = Server::new(|mut stream| async move {
        head(&mut stream).await;
        let answer = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 20\r\n\r\nwhat only looks so..";
        let _ = stream.write_all(answer.as_bytes()).await;
    })
    .await;
    let entry = format!("http = [{{ url = \"http://127.0.0.1:{}/**\", private = true }}]", server.port());
    let (_folder, _host, client) = granted(&entry).await;
    let answer = client.text("probe__get", json!({ "url": format!("http://127.0.0.1:{}/", server.port()) })).await;
    assert!(answer.contains("content-encoding: gzip") && answer.ends_with("what only looks so.."), "{answer}");
}

/// The whole host, at its most talkative.
#[tokio::test]
async fn a_secret_in_a_query_reaches_the_server_and_neither_the_plugin_nor_the_log() {
    let server = Server::mirror().await;
    let folder = Folder::with_guests(&["probe"]);
    folder.configure(&format!(
        "folder = \"plugins\"\n[plugins.probe.grants]\nhttp = [{{ url = \"http://127.0.0.1:{}/**\", private = true, \
         query = {{ key = \"${{secret:TOKEN}}\" }} }}]\n",
        server.port()
    ));
    let mut command = folder.command(&["serve"]);
    command.env("TOKEN", "s3cret/of the user");
    command.env(
        "BARKEEP_LOG",
        "info,barkeep=trace,hyper=trace,hyper_util=trace,h2=trace,rmcp=trace,wasmtime_wasi_http=trace",
    );
    let mut host = Host::stdio_by(command);
    let client = host.client(Era::Initialize).await;
    host.loaded("probe").await;
    let url = format!("http://127.0.0.1:{}/a?key=mine&b=c", server.port());
    let answer = client.text("probe__get", json!({ "url": url })).await;
    // In the middle of what the server sent back are as many asterisks as the encoded secret has bytes.
    assert!(answer.contains(&format!("GET /a?b=c&key={} HTTP/1.1", "*".repeat(24))), "{answer}");
    host.log().wait_for("status=200").await;
    for form in ["s3cret", "of%20the", "of the user"] {
        assert_eq!(host.log().having(form), [""; 0], "a secret is not for the log");
    }
}
