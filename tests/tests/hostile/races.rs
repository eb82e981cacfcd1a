//! Harm between a look and what follows it: where a path leads changes all the time.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use barkeep_tests::{Client, Folder, short_or_long, within};
use serde_json::json;

use super::{assert_well, serve};

/// A thread by which `data/way` is a folder and a link out of what is granted by turns, and `data/file` a file and such a link.
struct Swaps {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Swaps {
    fn begin(folder: &Folder) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, data) = (Arc::clone(&stop), folder.path("data"));
        let (way, file, aside) = (data.join("way"), data.join("file"), data.join("aside"));
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                fs::rename(&way, &aside).expect("it is there");
                symlink("../outside", &way).expect("nothing is in the way");
                fs::remove_file(&way).expect("the link is there");
                fs::rename(&aside, &way).expect("it is there");
                // The plugin makes this one wherever it is missing, so it never is.
                symlink("../outside/file", &aside).expect("nothing is in the way");
                fs::rename(&aside, &file).expect("the link is there");
                fs::write(&aside, "inside").expect("nothing is in the way");
                fs::rename(&aside, &file).expect("it is there");
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Swaps {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(thread::panicking() || ended.is_some_and(|ended| ended.is_ok()), "it swapped to its end");
    }
}

/// Calls a tool that does something so often, until it could at all: while the other thread stands still, the link may be there
/// all the time.
async fn often(client: &Client, tool: &str, path: &str, count: u32, never: &str) -> String {
    let trying = async {
        loop {
            let came_to = client.text(tool, json!({ "path": path, "count": count })).await;
            if came_to != never {
                return came_to;
            }
        }
    };
    within("it could once", Box::pin(trying)).await
}

#[tokio::test]
async fn a_path_that_changes_between_look_and_use_leads_nowhere_else() {
    let folder = Folder::with_guests(&["probe", "scribe"]);
    for (path, text) in [("data/way/file", "inside"), ("data/file", "inside"), ("outside/file", "outside")] {
        folder.write(path, text);
    }
    folder.configure(
        "folder = \"plugins\"\n[plugins.scribe]\nlimits.time = \"5m\"\n\
         grants.fs = [{ host = \"data\", guest = \"/data\", mode = \"read-write\" }]\n",
    );
    let (host, client) = serve(&folder).await;
    host.loaded("scribe").await;
    let count = short_or_long(1_000, 20_000);
    let swaps = Swaps::begin(&folder);
    for path in ["/data/way/file", "/data/file"] {
        let read = often(&client, "scribe__read_often", path, count, "").await;
        assert_eq!(read, "inside", "of {path}");
    }
    for path in ["/data/way/file", "/data/file", "/data/way/new"] {
        often(&client, "scribe__write_often", path, count, "0").await;
        assert_well(&client).await;
    }
    drop(swaps);
    let outside: Vec<_> = fs::read_dir(folder.path("outside")).expect("a folder").collect();
    assert_eq!(outside.len(), 1, "{outside:?}");
    assert_eq!(fs::read_to_string(folder.path("outside/file")).expect("it is there"), "outside");
}
