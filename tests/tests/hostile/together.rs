//! Harm by many plugins at once: what all have together is bounded too.

use std::fmt::Write as _;

use barkeep_tests::Folder;
use futures::future::join_all;
use serde_json::json;

use super::component::Hostile;
use super::{assert_well, serve};

const PLUGINS: usize = 10;
const CALLS: usize = 8;

/// KiB of the host beside its guests: what it is itself, and code.
const HOST_KIB: u64 = 448 * 1024;

/// Each call of each plugin takes what it can get, and writes to all of it: 80 times 192 MiB, of which there are 256.
#[tokio::test]
async fn many_calls_of_many_plugins_do_not_take_the_machine() {
    let call = "(loop
        (local.set 0 (memory.grow (i32.const 1)))
        (if (i32.ne (local.get 0) (i32.const -1))
            (then (memory.fill (i32.mul (local.get 0) (i32.const 65536)) (i32.const 1) (i32.const 65536)) (br 1))))
        unreachable";
    let component = Hostile { call, ..Hostile::default() }.build();
    let folder = Folder::with_guests(&["probe"]);
    let mut config = "memory_total = \"256MiB\"\nfolder = \"plugins\"\n".to_owned();
    for number in 0..PLUGINS {
        folder.write(&format!("plugins/p{number}.wasm"), &component);
        write!(config, "[plugins.p{number}.limits]\nmemory = \"192MiB\"\n").expect("strings take all");
    }
    folder.configure(&config);
    let (host, client) = serve(&folder).await;
    let client = &client;
    let calls = (0..PLUGINS * CALLS).map(|call| async move {
        let tool = format!("p{}__t", call % PLUGINS);
        client.failure(&tool, json!({})).await
    });
    for told in join_all(calls).await {
        assert!(
            told.contains("needed more memory than there was for it") && told.contains("raise `memory_total`"),
            "{told}"
        );
        assert!(told.lines().count() == 1 && !told.contains("wasm"), "{told}");
    }
    if let Some(kib) = host.process.peak_kib() {
        assert!(kib < 256 * 1024 + HOST_KIB, "the host has had {kib} KiB");
    }
    assert_well(client).await;
}
