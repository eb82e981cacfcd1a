//! Harm by way of a language whose strings are any bytes: C, by the bindings that `wit-bindgen` makes for it.

use std::path::Path;
use std::process::{Command, Output};

use barkeep_tests::Environment;
use serde_json::json;
use wit_bindgen_c::Opts;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;
use wit_component::ComponentEncoder;

use super::{assert_well, folder_of, serve};

/// The plugin's component, compiled with these arguments.
fn plugin(arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    write_bindings(folder.path());
    std::fs::write(folder.path().join("plugin.c"), include_str!("plugin.c")).expect("written");
    let mut compiler = Command::new(Environment::zig());
    compiler.args(["cc", "--target=wasm32-wasi", "-mexec-model=reactor", "-Os", "-Wall", "-Wextra", "-Werror"]);
    compiler.args(arguments).args(["plugin.c", "tool_plugin.c", "tool_plugin_component_type.o", "-o", "plugin.wasm"]);
    // What it compiles of the C library, once for all tests.
    compiler.env("ZIG_GLOBAL_CACHE_DIR", Environment::zig().with_file_name("cache"));
    let Output { status, stderr, .. } = compiler.current_dir(&folder).output().expect("zig starts");
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));

    let module = std::fs::read(folder.path().join("plugin.wasm")).expect("it was compiled");
    let mut encoder = ComponentEncoder::default().module(&module).expect("it says which world it fits");
    encoder.encode().expect("it fits that world")
}

/// Writes the bindings: `tool_plugin.c` and `tool_plugin.h`, and the object that names the world.
fn write_bindings(folder: &Path) {
    let mut resolve = Resolve::default();
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("wit");
    let (package, _) = resolve.push_path(contract).expect("it is the contract");
    let world = resolve.select_world(&[package], Some("tool-plugin")).expect("it is there");
    let mut files = Files::default();
    Opts::default().build().generate(&mut resolve, world, &mut files).expect("it has bindings");
    for (name, bytes) in files.iter() {
        std::fs::write(folder.join(name), bytes).expect("written");
    }
}

#[tokio::test]
async fn text_of_c_that_is_no_utf8_is_refused() {
    let folder = folder_of(&plugin(&[]));
    let (host, client) = serve(&folder).await;
    for tool in ["content", "uri", "structured", "error", "log", "progress"] {
        for _ in 0..2 {
            let told = client.failure(tool, json!({})).await;
            assert!(told.contains("utf-8") && told.lines().count() == 1, "{tool}: {told}");
            assert!(!told.contains("wasm") && !told.contains(".rs"), "{tool}: {told}");
        }
        assert_well(&client).await;
        assert_eq!(client.text("clean", json!({})).await, "clean", "after {tool}");
    }
    assert!(!host.log().lines().iter().any(|line| line.contains('\u{fffd}')), "{:?}", host.log().lines());
}

#[tokio::test]
async fn a_menu_of_c_that_is_no_utf8_is_refused() {
    let folder = folder_of(&plugin(&["-DUNCLEAN_MENU"]));
    let (host, client) = serve(&folder).await;
    host.log().wait_for("utf-8").await;
    assert_well(&client).await;
}
