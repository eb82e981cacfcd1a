//! Over stdio: what a line can be.

use barkeep_tests::{Host, Pipe};
use serde_json::json;

use super::{INVALID_REQUEST, MAX_MESSAGE, folder};

/// That the connection goes on.
async fn ping(pipe: &mut Pipe) {
    let answer = pipe.request("ping", json!({})).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
}

#[tokio::test]
async fn a_line_that_is_too_long_is_refused_and_not_kept() {
    let folder = folder();
    let mut host = Host::stdio(&folder);
    let mut pipe = host.pipe();
    pipe.initialize("2025-11-25").await;
    // The plugins are loaded, which takes memory too, once they are listed.
    pipe.request("tools/list", json!({})).await;
    let before = host.process.resident_kib();
    let part = vec![b'x'; 1024 * 1024];
    for _ in 0..256 {
        pipe.write(&part).await;
    }
    pipe.write(b"\n").await;
    let answer = pipe.answer().await;
    assert_eq!(answer["error"]["code"], INVALID_REQUEST, "{answer}");
    ping(&mut pipe).await;
    if let (Some(before), Some(after)) = (before, host.process.resident_kib()) {
        assert!(after < before + 64 * 1024, "it had {before} KiB, and then {after}");
    }

    // Nor does it matter that what is too long is JSON, and ends what could be a request.
    let long = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": { "x": "y".repeat(MAX_MESSAGE) } });
    pipe.send(&long).await;
    let answer = pipe.answer().await;
    assert_eq!(answer["error"]["code"], INVALID_REQUEST, "{answer}");
    ping(&mut pipe).await;
}

#[tokio::test]
async fn a_client_that_sends_nonsense_and_reads_nothing_does_not_fill_the_memory() {
    let folder = folder();
    let mut host = Host::stdio(&folder);
    let (mut stdin, stdout) = host.pipes();
    // Until the host does not read on: its answers fill the pipe, and wait.
    let nonsense = "nonsense\n".repeat(1000);
    let mut stuck = false;
    for _ in 0..10_000 {
        let writing = tokio::io::AsyncWriteExt::write_all(&mut stdin, nonsense.as_bytes());
        let within = std::time::Duration::from_secs(2);
        let Ok(written) = tokio::time::timeout(within, writing).await else {
            stuck = true;
            break;
        };
        written.expect("the host is there");
    }
    assert!(stuck, "the host read 90 MB of nonsense, and nobody read its answers");
    assert!(host.process.runs());
    if let Some(resident) = host.process.resident_kib() {
        assert!(resident < 256 * 1024, "it has {resident} KiB");
    }
    drop(stdout);
}
