//! Ways out of a granted folder that only show while folders are moved and links are made: ours refuses them, whatever the
//! reference does.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::server::Server;
use super::tree::Tree;

/// What lies outside, and must not come out of any call.
const SECRET: &str = "what nobody was granted";

/// Calls made while a folder is swapped for a link, and back.
const RACES: usize = 400;

/// A tree with an `outside` beside the allowed folder.
async fn with_outside(make: impl FnOnce(&Tree)) -> Server {
    let tree = Tree::empty();
    fs::create_dir(tree.top().join("outside")).unwrap();
    fs::write(tree.top().join("outside/secret.txt"), SECRET).unwrap();
    make(&tree);
    Server::ours(tree).await
}

/// Makes a call that must be refused.
async fn refused(server: &mut Server, tool: &str, arguments: Value) {
    let (text, failed) = server.text(tool, &arguments).await;
    assert!(failed && !text.contains(SECRET), "`{tool}` with {arguments} gave: {text}");
}

/// Every tool that could show or change what lies behind a path.
async fn all_refused(server: &mut Server, file: &str, folder: &str) {
    for tool in ["read_text_file", "read_file", "read_media_file", "get_file_info"] {
        refused(server, tool, json!({ "path": file })).await;
    }
    for tool in ["list_directory", "list_directory_with_sizes", "directory_tree"] {
        refused(server, tool, json!({ "path": folder })).await;
    }
    refused(server, "search_files", json!({ "path": folder, "pattern": "**" })).await;
    refused(server, "write_file", json!({ "path": file, "content": "overwritten" })).await;
    let edits = json!([{ "oldText": "what", "newText": "that" }]);
    refused(server, "edit_file", json!({ "path": file, "edits": edits })).await;
    refused(server, "create_directory", json!({ "path": format!("{folder}/made") })).await;
    refused(server, "move_file", json!({ "source": file, "destination": "{root}/taken.txt" })).await;
    fs::write(server.tree.root().join("mine.txt"), "mine").unwrap();
    refused(server, "move_file", json!({ "source": "{root}/mine.txt", "destination": format!("{folder}/mine.txt") }))
        .await;

    let (text, _) = server.text("read_multiple_files", &json!({ "paths": [file] })).await;
    assert!(!text.contains(SECRET), "{text}");
    let uri = server.tree.fill(&json!(format!("file://{file}")));
    let answer = server.request("resources/read", json!({ "uri": uri })).await;
    assert!(answer.get("error").is_some(), "{answer}");
}

fn nothing_happened_outside(server: &Server) {
    let outside = server.tree.top().join("outside");
    assert_eq!(fs::read_to_string(outside.join("secret.txt")).unwrap(), SECRET);
    assert_eq!(fs::read_dir(outside).unwrap().count(), 1);
}

#[tokio::test]
async fn dots_lead_nowhere() {
    let mut server = with_outside(|tree| fs::create_dir(tree.root().join("folder")).unwrap()).await;
    all_refused(&mut server, "{root}/../outside/secret.txt", "{root}/../outside").await;
    all_refused(&mut server, "{root}/folder/../../outside/secret.txt", "{root}/folder/../../outside").await;
    nothing_happened_outside(&server);
}

#[tokio::test]
async fn absolute_paths_lead_nowhere() {
    let mut server = with_outside(|_| ()).await;
    all_refused(&mut server, "{top}/outside/secret.txt", "{top}/outside").await;
    nothing_happened_outside(&server);
}

#[tokio::test]
async fn links_lead_nowhere() {
    let mut server = with_outside(|tree| {
        symlink("../outside", tree.root().join("relative")).unwrap();
        symlink(tree.top().join("outside"), tree.root().join("absolute")).unwrap();
        symlink("relative", tree.root().join("twice")).unwrap();
    })
    .await;
    for link in ["relative", "absolute", "twice"] {
        all_refused(&mut server, &format!("{{root}}/{link}/secret.txt"), &format!("{{root}}/{link}")).await;
    }
    nothing_happened_outside(&server);
}

/// A link that stays inside where it lies leads out from a folder that is less deep.
#[tokio::test]
async fn a_link_in_a_moved_folder_leads_nowhere() {
    let mut server = with_outside(|tree| {
        fs::create_dir_all(tree.root().join("deep/er")).unwrap();
        fs::create_dir(tree.root().join("outside")).unwrap();
        fs::write(tree.root().join("outside/secret.txt"), "a file inside").unwrap();
        symlink("../../outside", tree.root().join("deep/er/link")).unwrap();
    })
    .await;
    let read = json!({ "path": "{root}/deep/er/link/secret.txt" });
    assert_eq!(server.text("read_text_file", &read).await, ("a file inside".to_owned(), false));
    let moving = json!({ "source": "{root}/deep/er", "destination": "{root}/er" });
    let (words, failed) = server.text("move_file", &moving).await;
    assert!(!failed, "{words}");
    all_refused(&mut server, "{root}/er/link/secret.txt", "{root}/er/link").await;
    nothing_happened_outside(&server);
}

#[tokio::test]
async fn a_folder_that_is_granted_for_reading_is_not_changed() {
    let tree = Tree::empty();
    fs::write(tree.root().join("file.txt"), SECRET).unwrap();
    let mut server = Server::granted("read", tree).await;
    let before = server.tree.everything();
    let file = json!({ "path": "{root}/file.txt" });
    assert_eq!(server.text("read_text_file", &file).await, (SECRET.to_owned(), false));
    let calls = [
        ("write_file", json!({ "path": "{root}/file.txt", "content": "overwritten" })),
        ("write_file", json!({ "path": "{root}/new.txt", "content": "new" })),
        ("edit_file", json!({ "path": "{root}/file.txt", "edits": [{ "oldText": "what", "newText": "that" }] })),
        ("create_directory", json!({ "path": "{root}/made" })),
        ("move_file", json!({ "source": "{root}/file.txt", "destination": "{root}/moved.txt" })),
    ];
    for (tool, arguments) in calls {
        refused(&mut server, tool, arguments).await;
    }
    assert_eq!(server.tree.everything(), before);
}

/// Swaps a folder for a link that leads out, and back, until it is told to stop. Each stays for some time, from none to
/// about that of a call, so that the swap comes at any moment of a call.
fn swap(tree: &Tree, stop: &Arc<AtomicBool>) -> std::thread::JoinHandle<()> {
    let (root, stop) = (tree.root(), Arc::clone(stop));
    std::thread::spawn(move || {
        let (folder, away, link) = (root.join("folder"), root.join("away"), root.join("link"));
        let stay = |round: u64| std::thread::sleep(Duration::from_micros(round * 37 % 2000));
        for round in (0..).take_while(|_| !stop.load(Ordering::Relaxed)) {
            symlink("../outside", &link).unwrap();
            fs::rename(&folder, &away).unwrap();
            fs::rename(&link, &folder).unwrap();
            stay(round * 3);
            fs::remove_file(&folder).unwrap();
            fs::rename(&away, &folder).unwrap();
            stay(round * 5);
        }
    })
}

#[tokio::test]
async fn a_folder_that_is_swapped_for_a_link_lets_nothing_out() {
    let mut server = with_outside(|tree| {
        fs::create_dir(tree.root().join("folder")).unwrap();
        fs::write(tree.root().join("folder/secret.txt"), "a file inside").unwrap();
    })
    .await;
    let stop = Arc::new(AtomicBool::new(false));
    let swapping = swap(&server.tree, &stop);
    let (mut inside, mut refused) = (0, 0);
    for race in 0..RACES {
        let path = "{root}/folder/secret.txt";
        let (text, failed) = match race % 4 {
            0 => server.text("write_file", &json!({ "path": path, "content": "a file inside" })).await,
            1 => server.text("get_file_info", &json!({ "path": path })).await,
            _ => server.text("read_text_file", &json!({ "path": path })).await,
        };
        assert!(!text.contains(SECRET), "{text}");
        assert!(!text.contains(&format!("size: {}", SECRET.len())), "{text}");
        inside += usize::from(!failed);
        refused += usize::from(failed);
    }
    stop.store(true, Ordering::Relaxed);
    swapping.join().unwrap();
    // Else nothing was swapped while a call ran.
    assert!(inside > 0 && refused > 0, "{inside} calls were inside, {refused} refused");
    nothing_happened_outside(&server);
}
