//! Harm by what a plugin prints: the log gets what it may get, and says how much it did not.

use barkeep_tests::{Folder, short_or_long};
use serde_json::json;

use super::{assert_well, serve};

/// Lines of one plugin in a minute, and some that may be of the next.
const MOST_LINES: usize = 2 * 1000;

/// Many lines, and one that does not end, to one of the two.
async fn assert_cut_and_counted(stderr: bool) {
    let folder = Folder::with_guests(&["probe", "scribe"]);
    folder.configure("folder = \"plugins\"\n[plugins.probe.limits]\ntime = \"10m\"\ncpu = \"10m\"\n");
    let (host, client) = serve(&folder).await;
    let stream = if stderr { "stderr" } else { "stdout" };
    let lines = json!({ "text": "flood\n", "times": short_or_long(20_000, 1_000_000), "stderr": stderr });
    assert_eq!(client.text("probe__print", lines).await, "printed");
    let endless = json!({ "text": "flood".repeat(100_000), "times": short_or_long(20, 200), "stderr": stderr });
    assert_eq!(client.text("probe__print", endless).await, "printed");
    assert_well(&client).await;
    // Also where it prints nothing more.
    host.log().wait_for("dropped lines of output").await;
    let lines = host.log().having("flood");
    assert!(!lines.is_empty() && lines.len() <= MOST_LINES, "{} lines of {stream} are in the log", lines.len());
    assert!(lines.iter().all(|line| line.len() < 5_000 && line.contains(stream)), "each is cut, and says where");
    if let Some(kib) = host.process.peak_kib() {
        assert!(kib < 512 * 1024, "the host has had {kib} KiB");
    }
}

#[tokio::test]
async fn a_flood_of_stdout_is_cut_and_counted() {
    Box::pin(assert_cut_and_counted(false)).await;
}

#[tokio::test]
async fn a_flood_of_stderr_is_cut_and_counted() {
    Box::pin(assert_cut_and_counted(true)).await;
}
