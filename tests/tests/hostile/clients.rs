//! Clients that mean harm: the host answers them, or hangs up, and serves the others meanwhile.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use barkeep_tests::{Era, Folder, Host, Pipe, Process, short_or_long, within};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const INVALID_REQUEST: i64 = -32600;
const PARSE_ERROR: i64 = -32700;

/// KiB that the host may have, whatever comes: its code, a pool of instances and what one message unfolds to.
const MOST_KIB: u64 = 512 * 1024;

fn folder() -> Folder {
    let folder = Folder::with_guests(&["probe"]);
    folder.configure("folder = \"plugins\"\n[plugins.probe.limits]\ntime = \"1h\"\n");
    folder
}

fn assert_bounded(process: &Process) {
    if let Some(kib) = process.peak_kib() {
        assert!(kib < MOST_KIB, "the host has had {kib} KiB");
    }
}

/// Another client is served, at once.
async fn assert_served(host: &mut Host) {
    let client = host.client(Era::Stateless).await;
    super::assert_well(&client).await;
    client.close().await;
}

async fn connect(host: &Host) -> TcpStream {
    let address = host.url().split('/').nth(2).expect("an address");
    within("the host accepts", TcpStream::connect(address)).await.expect("connected")
}

/// Waits until the host has hung up, and gives what it said before.
async fn rest(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    match within("the host hangs up", stream.read_to_end(&mut said)).await {
        Ok(_) => {}
        Err(error) => assert!([ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&error.kind()), "{error}"),
    }
    String::from_utf8_lossy(&said).into_owned()
}

/// As many files and connections as this process may have.
fn descriptors() -> usize {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        if setrlimit(Resource::Nofile, limit).is_ok() {
            return limit.maximum.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
        }
    }
    1024
}

/// More connections than the host keeps, all silent: those that were so for longest make room, and who speaks is served.
#[tokio::test]
async fn connections_in_their_thousands_keep_nobody_out() {
    let folder = folder();
    let mut host = Host::http(&folder).await;
    let wanted = short_or_long(1200, 10_000).min(descriptors().saturating_sub(200));
    let mut silent = Vec::new();
    for number in 0..wanted {
        let mut stream = connect(&host).await;
        if number % 2 == 0 {
            // Half of a head: it has said something, and says no more.
            let _ = stream.write_all(b"POST /mcp HTTP/1.1\r\nhost: localhost\r\nx: ").await;
        }
        silent.push(stream);
    }
    let begun = Instant::now();
    assert_served(&mut host).await;
    assert!(begun.elapsed() < Duration::from_secs(20), "it took {:?}", begun.elapsed());
    assert!(host.process.runs());
    assert_bounded(&host.process);
    if wanted > 1100 {
        rest(silent.swap_remove(0)).await;
    }
}

/// Heads and bodies that come byte by byte, in numbers: who is quick is served.
#[tokio::test]
async fn slow_bytes_hold_up_nobody_else() {
    let folder = folder();
    let mut host = Host::http(&folder).await;
    let head = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\ncontent-length: 100000\r\n\r\n";
    let mut slow = Vec::new();
    for _ in 0..short_or_long(100, 1000) {
        let mut stream = connect(&host).await;
        stream.write_all(head.as_bytes()).await.expect("sent");
        slow.push(stream);
    }
    for byte in [b"{", b"\"", b"a"] {
        for stream in &mut slow {
            stream.write_all(byte).await.expect("sent");
        }
        assert_served(&mut host).await;
    }
    if short_or_long(false, true) {
        // In the long form it is waited for their end.
        let said = rest(slow.swap_remove(0)).await;
        assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    }
    assert_bounded(&host.process);
}

/// On stdio there is nobody else to serve: a message in single bytes is a message.
#[tokio::test]
async fn a_message_in_single_bytes_is_a_message() {
    let folder = folder();
    let mut host = Host::stdio(&folder);
    let mut pipe = host.pipe();
    for byte in b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n" {
        pipe.write(&[*byte]).await;
    }
    assert_eq!(pipe.answer().await["result"], json!({}));
}

/// What few bytes unfold to: batches, lists of nothing, depth without end.
fn bombs() -> [(&'static str, String, i64); 5] {
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let call = |argument: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"probe__sum","arguments":{{"a":{argument}}}}}}}"#
        )
    };
    [
        ("a batch of 100,000", format!("[{}{ping}]", format!("{ping},").repeat(99_999)), INVALID_REQUEST),
        ("eight million zeros", format!("[{}0]", "0,".repeat(8_000_000)), INVALID_REQUEST),
        ("eight million zeros in an argument", call(&format!("[{}0]", "0,".repeat(8_000_000))), INVALID_REQUEST),
        ("a million lists within one another", "[".repeat(1_000_000), INVALID_REQUEST),
        (
            "a hundred thousand lists in an argument",
            call(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))),
            PARSE_ERROR,
        ),
    ]
}

#[tokio::test]
async fn messages_that_would_unfold_are_refused_on_stdio() {
    let folder = folder();
    let mut host = Host::stdio(&folder);
    let mut pipe: Pipe = host.pipe();
    pipe.initialize("2025-11-25").await;
    for (what, bomb, code) in bombs() {
        pipe.line(&bomb).await;
        let answer = pipe.answer().await;
        assert_eq!(answer["error"]["code"], code, "{what}: {answer}");
        assert_eq!(pipe.request("ping", json!({})).await["result"], json!({}), "{what}");
    }
    assert_bounded(&host.process);
}

#[tokio::test]
async fn messages_that_would_unfold_are_refused_over_http() {
    let folder = folder();
    let mut host = Host::http(&folder).await;
    let mut post = host.post();
    post.initialize().await;
    for (what, bomb, _) in bombs() {
        let answer = post.post(bomb).await;
        assert!(
            [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::BAD_REQUEST].contains(&answer.status),
            "{what}: {answer:?}"
        );
    }
    assert_served(&mut host).await;
    assert_bounded(&host.process);
}

/// A page of another site may not call, nor ask whether it may, nor hide what it is behind a form's media type.
#[tokio::test]
async fn pages_of_other_sites_get_nothing() {
    let folder = folder();
    let host = Host::http(&folder).await;
    let mut post = host.post();
    post.initialize().await;
    let origin = "https://evil.example";
    let preflight = post
        .bare(Method::OPTIONS)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,mcp-session-id")
        .header("access-control-request-private-network", "true");
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }).to_string();
    let simple = |media: &'static str| {
        post.bare(Method::POST).header("origin", origin).header("content-type", media).body(ping.clone())
    };
    let get = post.bare(Method::GET).header("origin", origin).header("accept", "text/event-stream");
    for request in
        [preflight, simple("text/plain"), simple("application/x-www-form-urlencoded"), simple("application/json"), get]
    {
        let shown = format!("{request:?}");
        let answer = post.send(request).await;
        assert!(answer.status.is_client_error(), "{shown}: {answer:?}");
        let allows = answer.headers.keys().filter(|name| name.as_str().starts_with("access-control-"));
        assert_eq!(allows.count(), 0, "{shown}: {answer:?}");
    }
}

/// Clients that go away in the middle of a call, of an upload, of a listing: nothing of them stays.
#[tokio::test]
async fn clients_that_go_away_in_the_middle_leave_nothing() {
    let folder = folder();
    let mut host = Host::http(&folder).await;
    assert_served(&mut host).await;
    let stateless = |method: &str, params: Value| {
        json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": barkeep_tests::stateless(params) }).to_string()
    };
    let spin = stateless("tools/call", json!({ "name": "probe__spin", "arguments": {} }));
    let list = stateless("tools/list", json!({}));
    let head = |method: &str, name: &str, length: usize| {
        format!(
            "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\n\
             mcp-protocol-version: 2026-07-28\r\nmcp-method: {method}\r\n{name}content-length: {length}\r\n\r\n"
        )
    };
    let mark = host.log().mark();
    for _ in 0..short_or_long(20, 500) {
        // In the middle of a listing: it is asked for, and nobody reads it.
        let mut listing = connect(&host).await;
        listing.write_all(format!("{}{list}", head("tools/list", "", list.len())).as_bytes()).await.expect("sent");
        // In the middle of an upload.
        let mut upload = connect(&host).await;
        upload
            .write_all(format!("{}{{\"jsonrpc\"", head("tools/list", "", 15_000_000)).as_bytes())
            .await
            .expect("sent");
        upload.write_all(&vec![b' '; 100_000]).await.expect("sent");
    }
    let calls = short_or_long(5, 100);
    for number in 0..calls {
        let mut call = connect(&host).await;
        let head = head("tools/call", "mcp-name: probe__spin\r\n", spin.len());
        call.write_all(format!("{head}{spin}").as_bytes()).await.expect("sent");
        let begun = async {
            while host.log().lines().iter().skip(mark).filter(|line| line.contains("spinning")).count() <= number {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        within("the call begins", begun).await;
    }
    let ended = async {
        while host.log().having("cancelled by the client").len() < calls {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within("each call ends with its client", ended).await;
    assert_served(&mut host).await;
    assert_bounded(&host.process);
}

/// The same on stdio: in the middle of a line.
#[tokio::test]
async fn a_client_that_ends_in_the_middle_of_a_line_ends_the_host() {
    let folder = folder();
    let mut host = Host::stdio(&folder);
    let mut pipe = host.pipe();
    pipe.initialize("2025-11-25").await;
    pipe.begin("tools/list", json!({})).await;
    pipe.write(b"{\"jsonrpc\":\"2.0\",\"id\":2,\"meth").await;
    drop(pipe);
    assert!(host.process.ended().await.success());
}
