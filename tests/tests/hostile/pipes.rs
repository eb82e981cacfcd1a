//! Harm by way of pipes that somebody put into a granted folder.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use barkeep_tests::within;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::sync::oneshot;

use super::folders::{assert_fails, granted, serve};

/// Somebody who waits for the other end of the pipe at `path`, and then writes to it.
async fn waiting_writer(path: PathBuf) -> JoinHandle<io::Result<()>> {
    let (begins, began) = oneshot::channel();
    let writer = std::thread::spawn(move || {
        // It has a name on Linux alone.
        let _ = begins.send(fs::read_link("/proc/thread-self"));
        fs::File::options().write(true).open(path)?.write_all(b"written")
    });
    if let Ok(thread) = began.await.expect("it runs") {
        let stat = Path::new("/proc").join(thread).join("stat");
        let waits = || fs::read_to_string(&stat).expect("it runs").contains(") S ");
        let waiting = async {
            while !waits() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        within("it waits", waiting).await;
    }
    writer
}

/// A pipe would hold a thread of the host for each that opens it, for as long as nobody comes to its other end; and who waits
/// there would be let go on, to nobody.
#[tokio::test]
async fn a_pipe_is_opened_by_nothing() {
    let folder = granted(r#"{ host = "data", guest = "/data", mode = "read-write" }"#, "");
    let made = std::process::Command::new("mkfifo").arg(folder.path("data/pipe")).status().expect("it runs");
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(folder.path("data/socket")).expect("a socket");
    std::os::unix::fs::symlink("pipe", folder.path("data/link")).expect("a link");
    let writer = waiting_writer(folder.path("data/pipe")).await;
    let (_host, client) = serve(&folder).await;
    let words = ["it is neither a plain file nor a folder on a disk; no grant allows that"];
    for name in ["pipe", "link", "socket"] {
        let path = format!("/data/{name}");
        assert_fails(&client, "probe__read", json!({ "path": path }), &words).await;
        assert_fails(&client, "probe__write", json!({ "path": path, "text": "x" }), &words).await;
        assert_fails(&client, "scribe__times", json!({ "path": name }), &words).await;
    }
    assert_eq!(client.text("probe__list", json!({ "path": "/data" })).await, "link\npipe\nsocket");
    let mut reader = pipe::OpenOptions::new().open_receiver(folder.path("data/pipe")).expect("it is a pipe");
    writer.join().expect("no panic").expect("nobody has come and gone before");
    let mut read = String::new();
    within("the writer ends", reader.read_to_string(&mut read)).await.expect("it is text");
    assert_eq!(read, "written");
}
