//! Harm by way of names whose addresses change between the look at them and their use.
//!
//! The host runs with a resolver that answers anew each time (the example `moving-names`); on Linux, where a library can be put
//! before that of C without rights.

use barkeep_tests::{Client, Environment, Era, Folder, Host};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::server::{Server, head};

const NAMES: &str = "names";

/// A server at `address` that says that it is `name`.
async fn server(address: &str, name: &'static str) -> Server {
    Server::at(address, move |mut stream| async move {
        head(&mut stream).await;
        let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{name}").as_bytes()).await;
    })
    .await
}

/// A host that serves the probe with these grants, while `names` move.
async fn granted(grants: &str, names: &str) -> (Folder, Host, Client) {
    let folder = Folder::with_guests(&["probe"]);
    folder.configure(&format!("folder = \"plugins\"\n[plugins.probe.grants]\n{grants}\n"));
    folder.write(NAMES, names);
    let mut command = folder.command(&["serve"]);
    command.env("LD_PRELOAD", Environment::moving_names()).env("BARKEEP_MOVING_NAMES", folder.path(NAMES));
    let mut host = Host::stdio_by(command);
    let client = host.client(Era::Initialize).await;
    host.loaded("probe").await;
    (folder, host, client)
}

/// How often a name was looked up.
fn asked(folder: &Folder) -> usize {
    std::fs::read_to_string(folder.path(&format!("{NAMES}.asked"))).map_or(0, |asked| asked.lines().count())
}

#[tokio::test]
async fn a_request_goes_to_the_address_that_was_looked_at() {
    let first = server("127.0.0.1:0", "first").await;
    let port = first.port();
    let other = server(&format!("127.0.0.2:{port}"), "other").await;
    let grants = format!("http = [{{ url = \"http://moving.test:{port}/**\", private = true }}]");
    let (folder, _host, client) = granted(&grants, "moving.test 127.0.0.1 127.0.0.2").await;
    let get = || json!({ "url": format!("http://moving.test:{port}/") });
    let answer = client.text("probe__get", get()).await;
    assert!(answer.ends_with("first"), "{answer}");
    assert_eq!((asked(&folder), first.accepted(), other.accepted()), (1, 1, 0), "one lookup for the look and the use");
    // The next request is another look.
    let answer = client.text("probe__get", get()).await;
    assert!(answer.ends_with("other"), "{answer}");
    assert_eq!((asked(&folder), first.accepted(), other.accepted()), (2, 1, 1));
}

#[tokio::test]
async fn a_connection_goes_to_the_address_that_was_looked_at() {
    let first = server("127.0.0.1:0", "first").await;
    let port = first.port();
    let other = server(&format!("127.0.0.2:{port}"), "other").await;
    let grants = format!("tcp = [{{ host = \"moving.test\", port = {port}, private = true }}]");
    let (folder, _host, client) = granted(&grants, "moving.test 127.0.0.1 127.0.0.2").await;
    let talk = |host: &str| json!({ "address": format!("{host}:{port}"), "text": "\r\n\r\n" });
    let answer = client.text("probe__talk", talk("moving.test")).await;
    assert!(answer.ends_with("first"), "{answer}");
    assert_eq!((asked(&folder), first.accepted(), other.accepted()), (1, 1, 0), "one lookup for the look and the use");
    // An address that the name may have later is not the name's now.
    let told = client.failure("probe__talk", talk("127.0.0.2")).await;
    assert!(told.contains("may not connect to 127.0.0.2"), "{told}");
    assert_eq!((asked(&folder), other.accepted()), (1, 0));
}

#[tokio::test]
async fn a_name_of_the_internet_that_turns_inward_is_refused() {
    let inner = server("127.0.0.1:0", "inner").await;
    let port = inner.port();
    let grants = format!(
        "tcp = [{{ host = \"rebound.test\", port = {port} }}]\nhttp = [{{ url = \"http://rebound.test:{port}/**\" }}]"
    );
    let (folder, _host, client) = granted(&grants, "rebound.test 8.8.8.8 127.0.0.1").await;
    let address = format!("rebound.test:{port}");
    assert_eq!(client.text("probe__look_up", json!({ "address": address })).await, "8.8.8.8");
    for (tool, arguments) in [
        ("probe__talk", json!({ "address": address, "text": "\r\n\r\n" })),
        ("probe__talk", json!({ "address": format!("127.0.0.1:{port}"), "text": "\r\n\r\n" })),
        ("probe__get", json!({ "url": format!("http://{address}/") })),
    ] {
        let told = client.failure(tool, arguments).await;
        assert!(told.contains("plugin `probe` may not "), "{tool}: {told}");
    }
    assert_eq!((asked(&folder), inner.accepted()), (3, 0));
}
