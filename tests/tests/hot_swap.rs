//! A plugin's file is replaced again and again under load: no call fails, and none is answered by the past.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use barkeep_tests::{Client, Era, Folder, Host, Patched, version_in, within};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Calls in flight at any time.
const CALLERS: u64 = 64;

/// Versions after the first.
const REPLACEMENTS: u64 = 200;

/// Answers after which the next version is written: a pace that depends on the host alone.
const ANSWERS_BETWEEN: usize = 64;

const FILE: &str = "plugins/versioned.wasm";

/// What all callers share.
struct Load {
    /// The newest version that any answer came from so far.
    newest_answer: AtomicU64,
    answers: watch::Sender<usize>,
    versions: Mutex<Vec<u64>>,
    over: AtomicBool,
}

impl Load {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            newest_answer: AtomicU64::new(0),
            answers: watch::Sender::new(0),
            versions: Mutex::default(),
            over: AtomicBool::new(false),
        })
    }

    /// Calls, one call after the other, until it is over, and holds the invariant:
    ///
    /// When a call begins after the answer to another call has arrived, it is answered by the generation that gave that
    /// answer or by a newer one. (Of two calls that are in flight together, neither is first.)
    async fn call(self: Arc<Self>, client: Arc<Client>, caller: u64) {
        let arguments = json!({ "ms": 4 + caller % 32 });
        while !self.over.load(Ordering::Acquire) {
            let newest_answer_before = self.newest_answer.load(Ordering::Acquire);
            let version = version_in(&client.text("versioned__slow_version", arguments.clone()).await);
            assert!(
                version >= newest_answer_before,
                "a call was answered by version {version}, but began after version {newest_answer_before} had answered"
            );
            self.newest_answer.fetch_max(version, Ordering::AcqRel);
            self.versions.lock().expect("no caller panicked").push(version);
            self.answers.send_modify(|answers| *answers += 1);
        }
    }

    /// Waits for `count` more answers.
    async fn wait_for_answers(&self, count: usize) {
        let mut answers = self.answers.subscribe();
        let wanted = *answers.borrow_and_update() + count;
        within("calls are answered", answers.wait_for(|answers| *answers >= wanted)).await.expect("the sender lives");
    }

    /// Waits until `version` has answered.
    async fn wait_for_version(&self, version: u64) {
        let mut answers = self.answers.subscribe();
        let newest = |_: &usize| self.newest_answer.load(Ordering::Acquire) >= version;
        within("the newest version answers", answers.wait_for(newest)).await.expect("the sender lives");
    }
}

/// Writes version `number` as another program would, in one of the ways that there are.
async fn replace(folder: &Folder, load: &Load, number: u64) {
    let version = Patched::version(number);
    match number % 10 {
        // In place and slowly: for a while there is half a file.
        3 => {
            let (begin, end) = version.bytes().split_at(version.bytes().len() / 2);
            let mut file = OpenOptions::new().write(true).truncate(true).open(folder.path(FILE)).expect("opened");
            file.write_all(begin).expect("written");
            load.wait_for_answers(ANSWERS_BETWEEN).await;
            file.write_all(end).expect("written");
        }
        // In place at once.
        6 => folder.overwrite(FILE, version),
        // Removed, then written anew: for a moment there is none.
        9 => {
            folder.remove(FILE);
            folder.overwrite(FILE, version);
        }
        // Renamed over.
        _ => folder.write(FILE, version),
    }
}

async fn swap_under_load(mut host: Host, folder: Folder, era: Era) {
    let client = Arc::new(host.client(era).await);
    assert_eq!(client.text("versioned__version", json!({})).await, "version=00000000");
    let load = Load::new();
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(Arc::clone(&load).call(Arc::clone(&client), caller));
    }
    let replacing = async {
        for number in 1..=REPLACEMENTS {
            load.wait_for_answers(ANSWERS_BETWEEN).await;
            replace(&folder, &load, number).await;
        }
        load.wait_for_version(REPLACEMENTS).await;
    };
    tokio::select! {
        () = replacing => load.over.store(true, Ordering::Release),
        caller = callers.join_next() => panic!("a call failed, or was answered by the past: {caller:?}"),
    }
    while let Some(caller) = within("the callers end", callers.join_next()).await {
        caller.expect("no call failed, and none was answered by the past");
    }

    let mut versions = load.versions.lock().expect("no caller panicked").clone();
    let calls = versions.len();
    versions.sort_unstable();
    versions.dedup();
    // Else nothing was tested: a version that is replaced before it is compiled never answers, but many must have.
    assert!(versions.len() >= 10, "of {calls} calls, all were answered by the versions {versions:?}");
}

fn folder() -> Folder {
    Folder::with_guests(&["versioned"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_fails_over_stdio_while_the_file_is_replaced_200_times() {
    let folder = folder();
    swap_under_load(Host::stdio(&folder), folder, Era::Initialize).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_fails_over_http_while_the_file_is_replaced_200_times() {
    let folder = folder();
    swap_under_load(Host::http(&folder).await, folder, Era::Initialize).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_stateless_call_fails_over_http_while_the_file_is_replaced_200_times() {
    let folder = folder();
    swap_under_load(Host::http(&folder).await, folder, Era::Stateless).await;
}

/// A call that began before the swap is answered by what it began on, however long it takes; those that begin after it by
/// what is new.
#[tokio::test]
async fn a_call_in_flight_ends_on_the_generation_that_it_began_on() {
    let folder = folder();
    let gate = folder.path("gate");
    fs::create_dir(&gate).expect("a folder");
    folder
        .configure("folder = \"plugins\"\n[plugins.versioned.grants]\nfs = [{ host = \"gate\", guest = \"/gate\" }]\n");
    folder.write(FILE, Patched::version(1));
    let mut host = Host::stdio(&folder);
    let client = Arc::new(host.client(Era::Initialize).await);
    host.loaded("versioned").await;

    let mut held = Vec::new();
    for version in 1..=3_u64 {
        let mark = host.log().mark();
        let client = Arc::clone(&client);
        let arguments = json!({ "file": format!("/gate/{version}") });
        held.push(tokio::spawn(async move { client.text("versioned__held_version", arguments).await }));
        host.log().wait_after(mark, &format!("version=0000000{version} waits")).await;
        host.until_loaded("versioned", || folder.write(FILE, Patched::version(version + 1))).await;
    }
    assert_eq!(client.text("versioned__version", json!({})).await, "version=00000004");

    for (call, version) in held.into_iter().zip([1, 2, 3]).rev() {
        folder.write(&format!("gate/{version}"), "");
        let answer = within("the held call is answered", call).await.expect("it does not panic");
        assert_eq!(answer, format!("version=0000000{version}"));
    }

    // What it was granted goes with the plugin, also from under a call.
    let mark = host.log().mark();
    let caller = Arc::clone(&client);
    let call =
        tokio::spawn(async move { caller.failure("versioned__held_version", json!({ "file": "/gate/4" })).await });
    host.log().wait_after(mark, "version=00000004 waits").await;
    host.until("gone plugin=versioned", || folder.configure("")).await;
    let told = within("the call ends", call).await.expect("it does not panic");
    assert!(told.contains("something that it was granted is taken back"), "{told}");
    let error = client.try_call("versioned__version", json!({})).await.expect_err("there is no plugin any more");
    assert!(error.to_string().contains("Unknown tool"), "{error}");
}
