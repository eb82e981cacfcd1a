//! `cargo xtask serve`, as its user has it: builds what is in a checkout, serves it, and follows what is saved.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on panics")]

use std::fs;
use std::path::{Path, PathBuf};

use barkeep_tests::{Environment, Era, Folder, Heard, Host};
use serde_json::json;
use tokio::process::Command;

/// The repository.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it lies in the repository").to_owned()
}

/// A checkout with one plugin, which builds in the folder that the repository's own guests are built in.
fn checkout() -> Folder {
    let folder = Folder::new("");
    for part in ["Cargo.lock", "wit", "sdk-guest/rust", "plugins/hello"] {
        copy(&repository().join(part), &folder.path(part));
    }
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).expect("the workspace");
    let (before, after) = manifest.split_once("members = [").expect("it has members");
    let (_, after) = after.split_once(']').expect("they end");
    let members = r#"["plugins/*", "sdk-guest/rust", "sdk-guest/rust/macros"]"#;
    folder.write("Cargo.toml", format!("{before}members = {members}{after}"));
    folder.write("plugins/barkeep.toml", "folder = \"../target/plugins\"\n");
    fs::create_dir(folder.path("target")).expect("a folder");
    #[cfg(unix)]
    std::os::unix::fs::symlink(repository().join("target/guest"), folder.path("target/guest")).expect("a link");
    folder
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::create_dir_all(to.parent().expect("it is in a folder")).expect("a folder");
        fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
        return;
    }
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        if entry.file_name() != "target" {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    }
}

fn serve(folder: &Folder) -> Command {
    let mut command = Command::new(Environment::xtask());
    command.args(["serve", "--http", "127.0.0.1:0"]).current_dir(folder.root());
    command.env("BARKEEP_ROOT", folder.root()).env("BARKEEP_BIN", Environment::barkeep());
    command.env("BARKEEP_CACHE", folder.path("cache"));
    command
}

/// A running `cargo xtask serve`. It is asked to end also when its test panics: killed, it would leave its host behind.
#[cfg(unix)]
struct Served(Host);

#[cfg(unix)]
impl Served {
    async fn from(folder: &Folder) -> Self {
        let served = Self(Host::http_by_builder(serve(folder)).await);
        served.0.log().wait_for("tool      hello__greet").await;
        served
    }

    async fn end(mut self) {
        self.0.process.terminate();
        assert!(self.0.process.ended().await.success());
    }
}

#[cfg(unix)]
impl Drop for Served {
    fn drop(&mut self) {
        let begun = std::time::Instant::now();
        while self.0.process.runs() && begun.elapsed() < barkeep_tests::PATIENCE {
            self.0.process.terminate();
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_saved_source_is_built_served_and_told() {
    let folder = checkout();
    let mut served = Served::from(&folder).await;
    let host = &mut served.0;
    host.log().wait_for("\"mcpServers\"").await;
    let client = host.client(Era::Initialize).await;
    assert_eq!(client.text("hello__greet", json!({ "name": "Ada" })).await, "Hello, Ada!");

    let source = folder.path("plugins/hello/src/lib.rs");
    let text = fs::read_to_string(&source).expect("the source");
    fs::write(
        &source,
        text.replace("Greets somebody by name.", "Greets somebody.").replace("Hello, {}!", "Good day, {}!"),
    )
    .expect("saved");
    client.news.wait_for(&Heard::Tools).await;
    assert_eq!(client.text("hello__greet", json!({ "name": "Ada" })).await, "Good day, Ada!");

    // What does not compile changes nothing.
    let mark = host.log().mark();
    fs::write(&source, "nonsense").expect("saved");
    host.log().wait_after(mark, "the old version keeps serving: hello").await;
    assert_eq!(client.text("hello__greet", json!({ "name": "Ada" })).await, "Good day, Ada!");

    client.close().await;
    served.end().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_plugin_of_the_readme_is_whole_and_is_built_when_its_folder_appears() {
    let folder = checkout();
    let mut served = Served::from(&folder).await;
    let host = &mut served.0;
    let client = host.client(Era::Initialize).await;

    let readme = fs::read_to_string(repository().join("README.md")).expect("the README");
    let block = |after: &str, language: &str| {
        let (_, rest) = readme.split_once(after).unwrap_or_else(|| panic!("the README has `{after}`"));
        let (_, rest) = rest.split_once(&format!("```{language}\n")).expect("a block begins");
        rest.split_once("```").expect("the block ends").0.to_owned()
    };
    // Written beside it and moved there whole: whoever watches hears of one folder, and of no file.
    folder.write("words/Cargo.toml", block("`plugins/words/Cargo.toml`", "toml"));
    let source = block("`plugins/words/src/lib.rs`", "rust");
    assert!(source.lines().filter(|line| !line.trim().is_empty()).count() <= 15, "a plugin with one tool has 15 lines");
    folder.write("words/src/lib.rs", source);
    fs::rename(folder.path("words"), folder.path("plugins/words")).expect("moved");

    client.news.wait_for(&Heard::Tools).await;
    assert_eq!(client.text("words__count_words", json!({ "text": "one two three" })).await, "3");
    client.close().await;
    served.end().await;
}
