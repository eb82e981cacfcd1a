//! The files of components change: added, removed, half written, bad.

use std::fs;

use barkeep_tests::{Folder, Heard, Patched, with_section};
use serde_json::json;

use super::{FILE, configuration, listed, serve, version};

#[tokio::test]
async fn a_file_that_is_added_is_served_and_one_that_is_removed_is_not() {
    let folder = Folder::with_guests(&["versioned"]);
    let (host, client) = serve(&folder).await;
    assert_eq!(client.tools().await.len(), 3);

    host.until_loaded("faulty", || folder.put_guest("faulty", "plugins/faulty.wasm")).await;
    client.news.wait_for(&Heard::Tools).await;
    assert_eq!(client.text("faulty__tool", json!({})).await, "well");

    client.news.clear();
    host.until("gone plugin=faulty", || folder.remove("plugins/faulty.wasm")).await;
    client.news.wait_for(&Heard::Tools).await;
    client.try_call("faulty__tool", json!({})).await.expect_err("the plugin is gone");
    assert_eq!(version(&client).await, "version=00000000");
}

#[tokio::test]
async fn a_file_that_the_configuration_names_may_be_removed_and_come_back() {
    let folder = Folder::new("[plugins.a]\nsource = \"a.wasm\"\n");
    folder.write("a.wasm", Patched::version(1));
    let (host, client) = serve(&folder).await;
    host.loaded("a").await;
    assert_eq!(client.text("a__version", json!({})).await, "version=00000001");

    host.until("its file a.wasm cannot be read", || folder.remove("a.wasm")).await;
    client.news.wait_for(&Heard::Tools).await;
    client.try_call("a__version", json!({})).await.expect_err("the plugin is gone");

    host.until_loaded("a", || folder.write("a.wasm", Patched::version(2))).await;
    assert_eq!(client.text("a__version", json!({})).await, "version=00000002");
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_that_is_pointed_elsewhere_is_followed() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new(&configuration(""));
    folder.write("builds/1.wasm", Patched::version(1));
    folder.write("builds/2.wasm", Patched::version(2));
    fs::create_dir(folder.path("plugins")).expect("a folder");
    symlink("../builds/1.wasm", folder.path(FILE)).expect("a link");
    let (host, client) = serve(&folder).await;
    assert_eq!(version(&client).await, "version=00000001");
    host.until_loaded("versioned", || {
        symlink("../builds/2.wasm", folder.path("plugins/new")).expect("a link");
        fs::rename(folder.path("plugins/new"), folder.path(FILE)).expect("renamed");
    })
    .await;
    assert_eq!(version(&client).await, "version=00000002");
}

#[tokio::test]
async fn a_file_that_is_half_written_is_no_error_until_it_is_left_so() {
    let folder = Folder::with_guests(&["versioned"]);
    folder.configure(&configuration("").replace("folder", "log = \"debug\"\nfolder"));
    let (host, client) = serve(&folder).await;
    assert_eq!(version(&client).await, "version=00000000");
    let new = Patched::version(1);
    let half = &new.bytes()[..new.bytes().len() / 2];
    host.until("seems to be half written", || folder.overwrite(FILE, half)).await;
    assert_eq!(version(&client).await, "version=00000000");
    host.until_loaded("versioned", || folder.overwrite(FILE, &new)).await;
    assert_eq!(version(&client).await, "version=00000001");
    assert_eq!(host.log().having("not loaded"), [""; 0]);

    host.until("the file is cut short or damaged", || folder.overwrite(FILE, half)).await;
    assert_eq!(version(&client).await, "version=00000001");
}

/// What a file can be that is no plugin, and a part of the sentence that says so.
fn bad_files() -> Vec<(Vec<u8>, &'static str)> {
    let component = |text: &str| wat::parse_str(text).expect("it is WAT");
    let guest = Patched::version(1);
    let guest = guest.bytes();
    let mut bad = vec![
        (vec![], "the file is empty"),
        (b"#!/bin/sh\necho hello\n".to_vec(), "the file is not WebAssembly"),
        (guest[..guest.len() - 1].to_vec(), "the file is cut short or damaged"),
        (
            b"\0asm\x01\0\0\0".to_vec(),
            "core WebAssembly module, not a component; build it for the target wasm32-wasip2",
        ),
        (component("(component)"), "exports none of the interfaces of barkeep:plugin@0.1.0"),
        (
            component(r#"(component (instance $i) (export "wasi:cli/run@0.2.0" (instance $i)))"#),
            "it exports `wasi:cli/run@0.2.0`",
        ),
        (
            component(r#"(component (instance $i) (export "barkeep:plugin/tools@7.0.0" (instance $i)))"#),
            "is built for `barkeep:plugin/tools@7.0.0`, but this host speaks barkeep:plugin@0.1.0",
        ),
        (
            component(
                r#"(component
                    (import "acme:cloud/api@1.0.0" (instance (export "f" (func))))
                    (instance $i)
                    (export "barkeep:plugin/tools@0.1.0" (instance $i)))"#,
            ),
            "imports `acme:cloud/api@1.0.0`, which Barkeep does not offer",
        ),
        (
            component(r#"(component (instance $i) (export "barkeep:plugin/tools@0.1.0" (instance $i)))"#),
            "but it has not all of that interface's functions",
        ),
        (with_section(guest, "barkeep:requests", b"{ no JSON"), "what the component asks for is not known"),
        (with_section(guest, "barkeep:requests", b"\xff"), "is not UTF-8"),
    ];
    for (fault, words) in [
        (1, "it panicked or aborted"),
        (2, "it failed when it was asked what it offers: the menu is being printed"),
        (3, "has a tool `tool` whose input schema is not JSON"),
        (4, "has a tool `tool` whose input schema is not a JSON Schema"),
        (5, "whose input schema is not of type `object`"),
        (6, "offers two tools named `tool`"),
        (7, "offers a tool named `a tool`"),
        (8, "whose output schema is not a JSON"),
        (10, "offers 2001 tools; 2000 is the most"),
        (11, "whose input schema refers to another document"),
    ] {
        bad.push((Patched::fault(fault).bytes().to_vec(), words));
    }
    bad
}

#[tokio::test]
async fn a_bad_file_leaves_the_plugin_as_it_was_and_the_reason_is_told() {
    let folder = Folder::with_guests(&["versioned"]);
    let (host, client) = serve(&folder).await;
    for (bytes, words) in bad_files() {
        let mark = host.log().mark();
        folder.write(FILE, &bytes);
        let line = host.log().wait_after(mark, "not loaded").await;
        assert!(line.contains(words) && line.contains("still_serving=1"), "{words}: {line}");
        assert_eq!(version(&client).await, "version=00000000");
    }
    host.until_loaded("versioned", || folder.write(FILE, Patched::version(2))).await;
    assert_eq!(version(&client).await, "version=00000002");
    assert_eq!(client.news.all(), [], "no list changed");
}

#[tokio::test]
async fn a_bad_file_is_told_by_list() {
    let folder = Folder::with_guests(&["versioned"]);
    for (at, (bytes, words)) in bad_files().into_iter().enumerate() {
        folder.write(&format!("plugins/bad{at}.wasm"), bytes);
        let entry = listed(&folder, &format!("bad{at}")).await;
        assert_eq!(entry["status"], "not served", "{entry}");
        assert!(entry["problem"].as_str().is_some_and(|problem| problem.contains(words)), "{words}: {entry}");
        folder.remove(&format!("plugins/bad{at}.wasm"));
    }
    assert_eq!(listed(&folder, "versioned").await["status"], "serving");
}

/// It has ten seconds for that; the others are served all the same, and wait only at the start.
#[tokio::test]
async fn a_plugin_that_never_ends_to_list_is_given_up() {
    let folder = Folder::with_guests(&["versioned"]);
    let (host, client) = serve(&folder).await;
    let mark = host.log().mark();
    folder.write("plugins/faulty.wasm", Patched::fault(9));
    folder.write(FILE, Patched::version(1));
    let line = host.log().wait_after(mark, "not loaded").await;
    assert!(line.contains("it took longer than 10s") && line.contains("plugin=faulty"), "{line}");
    assert_eq!(version(&client).await, "version=00000001");
}

#[tokio::test]
async fn of_two_plugins_with_one_name_the_second_is_not_loaded_and_says_so() {
    let two =
        "[plugins.first]\nsource = \"a.wasm\"\nprefix = \"\"\n[plugins.second]\nsource = \"b.wasm\"\nprefix = \"\"\n";
    let folder = Folder::new(two);
    folder.write("a.wasm", Patched::version(1));
    folder.write("b.wasm", Patched::version(2));
    let entry = listed(&folder, "second").await;
    assert_eq!(entry["status"], "not served");
    let words = "it offers the tool `version`, which plugin `first` offers already; give one of them another `prefix`";
    assert!(entry["problem"].as_str().is_some_and(|problem| problem.starts_with(words)), "{entry}");
    assert_eq!(listed(&folder, "first").await["status"], "serving");

    let (host, client) = serve(&folder).await;
    assert_eq!(client.text("version", json!({})).await, "version=00000001");
    // Once the first is gone, there is room for the second.
    let second = &two[two.find("[plugins.second]").expect("it is there")..];
    host.until("gone plugin=first", || folder.configure(second)).await;
    assert_eq!(client.text("version", json!({})).await, "version=00000002");
}
