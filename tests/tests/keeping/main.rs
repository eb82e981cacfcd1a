//! Plugins that read their configuration and keep values: what is kept outlives calls, generations and hosts, and no plugin
//! sees another's.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

mod config;
mod kv;
#[cfg(unix)]
mod redis;

use barkeep_tests::{Client, Era, Folder, Host};

const FOLDER: &str = "folder = \"plugins\"\n";

/// A folder that serves the keeper with these grants.
fn granted(grants: &str) -> Folder {
    let folder = Folder::with_guests(&["keeper"]);
    folder.configure(&format!("{FOLDER}[plugins.keeper.grants]\n{grants}\n"));
    folder
}

async fn connect(folder: &Folder) -> (Host, Client) {
    connect_by(Host::stdio(folder)).await
}

async fn connect_by(mut host: Host) -> (Host, Client) {
    let client = host.client(Era::Initialize).await;
    host.loaded("keeper").await;
    (host, client)
}
