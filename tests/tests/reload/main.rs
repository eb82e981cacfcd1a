//! What changes on disk is in force: grants, limits, plugins, files. What is bad leaves everything as it was, and is told.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

mod configured;
mod files;
mod freshness;
mod news;

use std::fs;

use barkeep_tests::{Client, Era, Folder, Host};
use serde_json::{Value, json};

const FILE: &str = "plugins/versioned.wasm";

fn configuration(rest: &str) -> String {
    format!("folder = \"plugins\"\n{rest}\n")
}

/// Serves `folder` over stdio, with all that is in its `plugins/` loaded once.
async fn serve(folder: &Folder) -> (Host, Client) {
    let mut host = Host::stdio(folder);
    let client = host.client(Era::Initialize).await;
    all_loaded(&host, folder).await;
    (host, client)
}

/// Waits until all that is in the `plugins/` of `folder` is loaded once.
async fn all_loaded(host: &Host, folder: &Folder) {
    for entry in fs::read_dir(folder.path("plugins")).into_iter().flatten() {
        let file = entry.expect("an entry").path();
        host.loaded(&file.file_stem().expect("it has a name").to_string_lossy()).await;
    }
}

async fn version(client: &Client) -> String {
    client.text("versioned__version", json!({})).await
}

/// What `barkeep list` says of a plugin.
async fn listed(folder: &Folder, plugin: &str) -> Value {
    let output = folder.run(&["list", "-o", "json"]).await;
    let list: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let plugins = list["plugins"].as_array().expect("a list");
    let found = plugins.iter().find(|entry| entry["id"] == plugin);
    let found = found.unwrap_or_else(|| panic!("`{plugin}` is not in {list}")).clone();
    assert_eq!(output.status.code(), Some(i32::from(plugins.iter().any(|entry| entry.get("problem").is_some()))));
    found
}
