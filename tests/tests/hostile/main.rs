//! Plugins that mean harm, each small, each with its expected end: the host and the other plugins go on as if nothing had
//! happened.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

mod calls;
mod clients;
mod component;
mod files;
mod folders;
mod listed;
mod loads;
mod network;
mod system;

use barkeep_tests::{Client, Era, Folder, Host};
use serde_json::json;

use component::Hostile;

/// A folder with a plugin that means well, and `hostile`, with little memory and time.
fn folder(hostile: &Hostile) -> Folder {
    folder_of(&hostile.build())
}

fn folder_of(component: &[u8]) -> Folder {
    let folder = Folder::with_guests(&["probe"]);
    folder.configure(
        "folder = \"plugins\"\n[plugins.hostile]\nprefix = \"\"\n[plugins.hostile.limits]\nmemory = \"192MiB\"\ntime = \"2s\"\n",
    );
    folder.write("plugins/hostile.wasm", component);
    folder
}

async fn serve(folder: &Folder) -> (Host, Client) {
    let mut host = Host::stdio(folder);
    let client = host.client(Era::Initialize).await;
    (host, client)
}

/// The plugin that means well does well.
async fn assert_well(client: &Client) {
    assert_eq!(client.text("probe__sum", json!({ "a": 40, "b": 2 })).await, r#"{"sum":42}"#);
}
