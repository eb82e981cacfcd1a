//! What the reference lacks: files as resources.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::server::Server;
use super::tree::Tree;

/// More files than fit a page of the plugin or of the host.
const MANY: usize = 730;

/// All resources by their URIs, without the tree's own path, and the number of pages.
async fn all(server: &mut Server) -> (BTreeMap<String, Value>, usize) {
    let (mut found, mut pages, mut cursor) = (BTreeMap::new(), 0, Value::Null);
    loop {
        let params = if cursor.is_null() { json!({}) } else { json!({ "cursor": cursor }) };
        let answer = server.request("resources/list", params).await;
        pages += 1;
        for resource in answer["result"]["resources"].as_array().unwrap_or_else(|| panic!("{answer}")) {
            let uri = server.tree.blank(&resource["uri"]).as_str().unwrap().to_owned();
            assert!(found.insert(uri, resource.clone()).is_none(), "{resource} is listed twice");
        }
        cursor = answer["result"]["nextCursor"].clone();
        if cursor.is_null() {
            return (found, pages);
        }
        assert!(pages < MANY, "the list does not end");
    }
}

async fn read(server: &mut Server, uri: &str) -> Value {
    let uri = server.tree.fill(&json!(uri));
    let answer = server.request("resources/read", json!({ "uri": uri })).await;
    let contents = answer["result"]["contents"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(contents.len(), 1, "{answer}");
    assert_eq!(contents[0]["uri"], uri);
    contents[0].clone()
}

#[tokio::test]
async fn every_file_is_listed_once_page_by_page() {
    let tree = Tree::empty();
    let names: Vec<_> = (0..MANY).map(|number| format!("{}/{number}.txt", number % 7)).collect();
    for name in &names {
        let file = tree.root().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "four").unwrap();
    }
    fs::write(tree.top().join("outside.txt"), "outside").unwrap();
    symlink("../outside.txt", tree.root().join("link.txt")).unwrap();
    let mut server = Server::ours(tree).await;
    let (found, pages) = all(&mut server).await;
    assert!(pages > 1, "{pages}");
    for name in &names {
        let file = &found[&format!("file://{{root}}/{name}")];
        assert_eq!((&file["mimeType"], &file["size"]), (&json!("text/plain"), &json!(4)), "{file}");
    }
    // The rest are the folders: the allowed one and its seven.
    let folders = found.values().filter(|resource| resource["mimeType"] == "inode/directory").count();
    assert_eq!((folders, found.len()), (8, MANY + 8));
}

#[tokio::test]
async fn a_file_is_read_as_what_it_is() {
    let tree = Tree::empty();
    fs::write(tree.root().join("größe & more.md"), "# Size\n").unwrap();
    fs::write(tree.root().join("picture.png"), [0x89, b'P', b'N', b'G']).unwrap();
    fs::write(tree.root().join("latin1.txt"), b"caf\xe9").unwrap();
    let mut server = Server::ours(tree).await;

    let text = read(&mut server, "file://{root}/gr%C3%B6%C3%9Fe%20&%20more.md").await;
    assert_eq!((&text["text"], &text["mimeType"]), (&json!("# Size\n"), &json!("text/markdown")));
    let picture = read(&mut server, "file://{root}/picture.png").await;
    assert_eq!(picture["mimeType"], "image/png");
    assert_eq!(BASE64_STANDARD.decode(picture["blob"].as_str().unwrap()).unwrap(), [0x89, b'P', b'N', b'G']);
    let latin1 = read(&mut server, "file://{root}/latin1.txt").await;
    assert_eq!(BASE64_STANDARD.decode(latin1["blob"].as_str().unwrap()).unwrap(), b"caf\xe9");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_no_resource() {
    let mut server = Server::ours(Tree::empty()).await;
    let uri = server.tree.fill(&json!("file://{root}/nothing.txt"));
    let answer = server.request("resources/read", json!({ "uri": uri })).await;
    assert_eq!((&answer["error"]["code"], &answer["error"]["data"]["uri"]), (&json!(-32002), &uri), "{answer}");
}

#[tokio::test]
async fn files_have_a_template_whose_path_is_completed() {
    let tree = Tree::empty();
    fs::write(tree.root().join("alpha.txt"), "").unwrap();
    fs::create_dir(tree.root().join("almost")).unwrap();
    fs::write(tree.root().join("beta.txt"), "").unwrap();
    let mut server = Server::ours(tree).await;
    let answer = server.request("resources/templates/list", json!({})).await;
    assert_eq!(answer["result"]["resourceTemplates"][0]["uriTemplate"], "file:///{+path}");

    let root = server.tree.root().display().to_string();
    let typed = root.trim_start_matches('/').to_owned() + "/al";
    let params = json!({
        "ref": { "type": "ref/resource", "uri": "file:///{+path}" },
        "argument": { "name": "path", "value": typed },
    });
    let answer = server.request("completion/complete", params).await;
    let values = &answer["result"]["completion"]["values"];
    let wanted = ["almost/", "alpha.txt"].map(|name| format!("{}/{name}", root.trim_start_matches('/')));
    assert_eq!(*values, json!(wanted), "{answer}");
}
