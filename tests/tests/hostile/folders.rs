//! Harm by way of a granted folder: more written, more opened, or more reached than a plugin may.

use std::fs;

use barkeep_tests::{Client, Era, Folder, Host};
use serde_json::{Value, json};

use super::assert_well;

/// A folder that serves the scribe, which means harm, and the probe, each with these entries of `fs`, and more of the
/// scribe's settings.
pub fn granted(entries: &str, settings: &str) -> Folder {
    let folder = Folder::with_guests(&["probe", "scribe"]);
    fs::create_dir(folder.path("data")).expect("a folder");
    folder.configure(&format!(
        "folder = \"plugins\"\n[plugins.probe.grants]\nfs = [{entries}]\n\
         [plugins.scribe]\n{settings}\n[plugins.scribe.grants]\nfs = [{entries}]\n"
    ));
    folder
}

pub async fn serve(folder: &Folder) -> (Host, Client) {
    let (host, client) = super::serve(folder).await;
    host.loaded("probe").await;
    host.loaded("scribe").await;
    (host, client)
}

/// A call fails with these words, and the plugin beside it does well.
pub async fn assert_fails(client: &Client, tool: &str, arguments: Value, words: &[&str]) {
    let told = client.failure(tool, arguments.clone()).await;
    for words in words {
        assert!(told.contains(words), "no `{words}` in what {tool} with {arguments} gave: {told}");
    }
    assert_well(client).await;
}

fn length(folder: &Folder, name: &str) -> u64 {
    fs::metadata(folder.path(name)).map_or(0, |file| file.len())
}

const BOUNDED: &str =
    r#"{ host = "data", guest = "/data", mode = "read-write", max_bytes = "64KiB", max_file = "32KiB" }"#;

#[tokio::test]
async fn a_file_gets_no_longer_than_it_may_whichever_way_it_is_written() {
    let folder = granted(BOUNDED, "");
    let (_host, client) = serve(&folder).await;
    let words =
        ["files may get 32KiB long there; raise `max_file` in the entry \"/data\" of fs in [plugins.scribe.grants]"];
    for how in ["write", "append", "size", "seek"] {
        let path = format!("/data/{how}");
        let fill = |times: u32| json!({ "path": path, "how": how, "piece": 1024, "times": times });
        assert_fails(&client, "scribe__fill", fill(33), &words).await;
        assert!(length(&folder, &format!("data/{how}")) <= 32 * 1024);
        // What is there may be written again.
        let again = json!({ "path": path, "how": "write", "piece": 512, "times": 2 });
        assert_eq!(client.text("scribe__fill", again).await, "filled");
    }
    let many = json!({ "path": "/data/many", "handles": 8, "bytes": 4097 });
    assert_fails(&client, "scribe__fill_at_once", many, &words).await;
    assert_eq!(length(&folder, "data/many"), 32 * 1024);
}

#[tokio::test]
async fn one_call_writes_no_more_than_it_may_whichever_way() {
    let folder = granted(
        r#"{ host = "data", guest = "/data", mode = "read-write", max_bytes = "64KiB" }"#,
        "instance = \"plugin\"",
    );
    let (_host, client) = serve(&folder).await;
    let words =
        ["one call may write 64KiB there; raise `max_bytes` in the entry \"/data\" of fs in [plugins.scribe.grants]"];
    for how in ["write", "append", "size", "seek"] {
        let fill = |times: u32| json!({ "path": format!("/data/{how}"), "how": how, "piece": 1024, "times": times });
        // Each call has its own, also of an instance that takes one after the other.
        for _ in 0..3 {
            fs::remove_file(folder.path("data").join(how)).ok();
            assert_eq!(client.text("scribe__fill", fill(50)).await, "filled");
        }
        fs::remove_file(folder.path("data").join(how)).ok();
        assert_fails(&client, "scribe__fill", fill(61), &words).await;
        assert!(length(&folder, &format!("data/{how}")) <= 60 * 1024);
    }
    // Names alone fill a disk too.
    let names = json!({ "path": "/data", "count": 1000 });
    assert_fails(&client, "scribe__names", names, &["after 16", words[0]]).await;
}

#[tokio::test]
async fn a_call_has_a_bound_though_nobody_set_one() {
    let folder = granted(r#"{ host = "data", guest = "/data", mode = "read-write" }"#, "");
    let (_host, client) = serve(&folder).await;
    for how in ["size", "seek"] {
        let fill = json!({ "path": "/data/file", "how": how, "piece": 1 << 30, "times": 1000 });
        assert_fails(&client, "scribe__fill", fill, &["one call may write 1GiB there"]).await;
    }
    assert_eq!(length(&folder, "data/file"), 0);
}

#[tokio::test]
async fn ten_thousand_open_files_are_too_many() {
    let folder = granted(r#"{ host = "data", guest = "/data" }"#, "instance = \"plugin\"");
    folder.write("data/file", "x");
    let (_host, client) = serve(&folder).await;
    let file = |count: u32| json!({ "path": "/data/file", "count": count });
    let words = ["after 128", "it has 128 files and folders open, the most that one call may have"];
    for _ in 0..2 {
        assert_fails(&client, "scribe__open", file(10_000), &words).await;
        assert_eq!(client.text("scribe__open", file(128)).await, "128 are open");
    }
    // A folder that is listed is open twice: to be listed, and as it was opened.
    let listed = |count: u32| json!({ "path": "/data", "count": count });
    assert_fails(&client, "scribe__list", listed(10_000), &words[1..]).await;
    assert_eq!(client.text("scribe__list", listed(20)).await, "1 entries");
}

#[tokio::test]
async fn a_large_folder_is_listed_to_its_end() {
    let folder = granted(r#"{ host = "data", guest = "/data" }"#, "");
    for number in 0..1000 {
        fs::write(folder.path("data").join(number.to_string()), "").expect("written");
    }
    let (_host, client) = serve(&folder).await;
    assert_eq!(client.text("scribe__list", json!({ "path": "/data", "count": 2 })).await, "1000 entries");
}

#[tokio::test]
async fn links_that_a_plugin_makes_lead_it_nowhere() {
    let folder = granted(r#"{ host = "data", guest = "/data", mode = "read-write" }"#, "");
    folder.write("outside.txt", "what nobody was granted");
    folder.write("data/file", "inside");
    let (_host, client) = serve(&folder).await;
    for to in ["/data/../outside.txt", "/outside.txt", "../outside.txt", "/proc/self/environ"] {
        let mut told = vec![client.failure("scribe__link", json!({ "to": to, "path": "/data/hard" })).await];
        // That a link can be made is not that it can be used.
        let soft = client.call("scribe__link", json!({ "to": to, "path": "/data/soft", "symbolic": true })).await;
        told.push(client.failure("probe__read", json!({ "path": "/data/soft" })).await);
        if soft.is_error != Some(true) {
            told.push(client.failure("probe__write", json!({ "path": "/data/soft", "text": "mine" })).await);
            told.push(client.failure("scribe__link", json!({ "to": "/data/soft/x", "path": "/data/hard" })).await);
        }
        // As WASI says it to C: not permitted, or not there.
        for told in told {
            assert!(told.contains("(os error 63)") || told.contains("(os error 44)"), "{to}: {told}");
        }
        fs::remove_file(folder.path("data/soft")).ok();
    }
    assert_eq!(fs::read_to_string(folder.path("outside.txt")).expect("it is there"), "what nobody was granted");
    assert_eq!(client.text("scribe__link", json!({ "to": "/data/file", "path": "/data/same" })).await, "linked");
    assert_eq!(client.text("probe__read", json!({ "path": "/data/same" })).await, "inside");
}

/// The guest too learns which limit it met.
#[tokio::test]
async fn a_guest_is_told_which_limit_it_met() {
    let folder = granted(BOUNDED, "");
    let (_host, client) = serve(&folder).await;
    let fill = |piece: u32| json!({ "path": "/data/file", "how": "size", "piece": piece });
    assert_fails(&client, "scribe__fill", fill(40 * 1024), &["FileTooLarge"]).await;
    let names = json!({ "path": "/data", "count": 1000 });
    assert_fails(&client, "scribe__names", names, &["QuotaExceeded"]).await;
}

/// What is refused for want of a mode is told with the line to change.
#[tokio::test]
async fn a_folder_to_be_read_is_changed_by_nothing_and_says_why() {
    let folder = granted(r#"{ host = "data", guest = "/data" }"#, "");
    folder.write("data/file", "inside");
    let (_host, client) = serve(&folder).await;
    let line = "set `mode = \"read-write\"` in the entry \"/data\" of fs in [plugins.scribe.grants] of barkeep.toml";
    for (tool, arguments, what) in [
        ("fill", json!({ "path": "/data/file", "how": "append", "piece": 1 }), "write /data/file"),
        ("fill", json!({ "path": "/data/new", "how": "write", "piece": 1 }), "write /data/new"),
        ("names", json!({ "path": "/data", "count": 1 }), "create /data/0"),
        ("link", json!({ "to": "/data/file", "path": "/data/same" }), "link /data/file"),
        ("link", json!({ "to": "file", "path": "/data/soft", "symbolic": true }), "link /data/soft"),
        ("times", json!({ "path": "file" }), "change the times of /data/file"),
    ] {
        let refused = format!("plugin `scribe` may not {what}: ");
        assert_fails(&client, &format!("scribe__{tool}"), arguments, &[&refused, line]).await;
    }
    assert_eq!(fs::read_dir(folder.path("data")).expect("a folder").count(), 1);
    assert_eq!(fs::read_to_string(folder.path("data/file")).expect("it is there"), "inside");
}

#[tokio::test]
async fn a_folder_that_is_gone_is_told() {
    let folder = granted(r#"{ host = "data", guest = "/data" }"#, "");
    let (_host, client) = serve(&folder).await;
    fs::remove_dir(folder.path("data")).expect("removed");
    let words = ["does not have its folder /data", "[plugins.scribe.grants]"];
    assert_fails(&client, "scribe__list", json!({ "path": "/data", "count": 1 }), &words).await;
    folder.write("data/file", "it is back");
    assert_eq!(client.text("probe__read", json!({ "path": "/data/file" })).await, "it is back");
}

/// Whoever grants all files does not mean the host's own memory and environment.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_files_of_processes_are_opened_by_nothing() {
    let folder = granted(r#"{ host = "/", guest = "/all", mode = "read-write" }"#, "");
    std::os::unix::fs::symlink("/proc/self/environ", folder.path("data/link")).expect("a link");
    folder.write("data/file", "a plain file");
    let (_host, client) = serve(&folder).await;
    let words = ["it is neither a plain file nor a folder on a disk"];
    for path in ["/proc/self/environ", "/proc/self/mem", "/proc/self/cwd/data/file", "/proc/1/maps", "/proc"] {
        let path = format!("/all{path}");
        assert!(!client.failure("probe__read", json!({ "path": path })).await.contains("a plain file\n"));
    }
    for path in ["/all/proc/self/environ", "/all/proc/self/status"] {
        assert_fails(&client, "probe__read", json!({ "path": path }), &words).await;
    }
    assert_fails(&client, "probe__write", json!({ "path": "/all/proc/self/mem", "text": "x" }), &words).await;
    let inside = |name: &str| json!({ "path": format!("/all{}", folder.path(name).display()) });
    client.failure("probe__read", inside("data/link")).await;
    assert_eq!(client.text("probe__read", inside("data/file")).await, "a plain file");
}

/// What one plugin has open leaves the others theirs.
#[tokio::test]
async fn a_plugin_that_opens_all_it_may_leaves_the_others_theirs() {
    let folder = granted(r#"{ host = "data", guest = "/data" }"#, "");
    folder.write("data/file", "x");
    let mut host = Host::stdio(&folder);
    let client = host.client(Era::Initialize).await;
    host.loaded("scribe").await;
    let calls = (0..16).map(|_| client.call("scribe__open", json!({ "path": "/data/file", "count": 128 })));
    let reads = (0..16).map(|_| client.text("probe__read", json!({ "path": "/data/file" })));
    let (calls, reads) = tokio::join!(futures::future::join_all(calls), futures::future::join_all(reads));
    assert!(reads.iter().all(|text| text == "x"));
    for call in calls.iter().filter(|call| call.is_error == Some(true)) {
        let told = barkeep_tests::text(call);
        assert!(told.contains("its calls have 512 files and folders open together"), "{told}");
    }
}
