//! Harm at load: the file is refused in words, and everything else is served.

use barkeep_tests::{Folder, PATIENCE, short_or_long};
use serde_json::json;

use super::calls::{assert_short_backtrace, huge_name, leak};
use super::component::{Hostile, with_memories};
use super::{assert_well, folder, folder_of, serve};

/// The plugin is not served, and the log says why in these words.
pub async fn assert_refused(hostile: Hostile, words: &str) {
    assert_file_refused(&hostile.build(), words).await;
}

async fn assert_file_refused(file: &[u8], words: &str) {
    let folder = folder_of(file);
    let (host, client) = serve(&folder).await;
    assert_well(&client).await;
    let line = host.log().wait_at_most(PATIENCE, 0, "not loaded").await;
    assert!(line.contains(words) && line.contains("hostile"), "no `{words}` in: {line}");
    assert!(!client.tools().await.contains(&"t".to_owned()));
    assert_well(&client).await;
}

/// The harmless form of all below is served: what is refused is refused for the harm in it.
#[tokio::test]
async fn one_without_harm_is_served() {
    let folder = folder(&Hostile::default());
    let (_host, client) = serve(&folder).await;
    assert_eq!(client.text("t", json!({})).await, "");
}

#[tokio::test]
async fn one_that_traps_when_it_starts_is_refused() {
    let fields = "(func $start unreachable) (start $start)";
    assert_refused(Hostile { fields, ..Hostile::default() }, "crashed").await;
}

#[tokio::test]
async fn one_that_traps_when_it_is_listed_is_refused() {
    assert_refused(Hostile { list: "unreachable", ..Hostile::default() }, "crashed").await;
}

#[tokio::test]
async fn one_that_traps_with_huge_names_when_it_is_listed_is_refused() {
    let folder = folder(&Hostile { fields: huge_name(), list: "(call 0 (i32.const 30))", ..Hostile::default() });
    let (host, client) = serve(&folder).await;
    let line = host.log().wait_at_most(PATIENCE, 0, "not loaded").await;
    assert!(line.contains("crashed") && line.len() < 1000, "{}", line.len());
    assert_short_backtrace(&host).await;
    assert_well(&client).await;
}

#[tokio::test]
async fn one_that_never_ends_its_start_is_refused() {
    let fields = "(func $start (loop (br 0))) (start $start)";
    assert_refused(Hostile { fields, ..Hostile::default() }, "took longer").await;
}

#[tokio::test]
async fn one_that_never_ends_its_list_is_refused() {
    assert_refused(Hostile { list: "(loop (br 0))", ..Hostile::default() }, "took longer").await;
}

#[tokio::test]
async fn one_that_begins_with_more_memory_than_it_may_have_is_refused() {
    assert_refused(Hostile { pages: 4000, ..Hostile::default() }, "memory").await;
}

#[tokio::test]
async fn one_with_a_huge_table_is_refused() {
    let fields = "(table 100001 funcref)";
    assert_refused(Hostile { fields, ..Hostile::default() }, "a table of more than 100000 elements").await;
}

/// In one module, of which a hundred is the most that WebAssembly has, and in many modules of one component.
#[tokio::test]
async fn one_with_thousands_of_memories_is_refused() {
    let fields = leak("(memory 1) ".repeat(90));
    assert_refused(
        Hostile { fields, ..Hostile::default() },
        "holds more than a plugin may: defined memories count of 91 exceeds",
    )
    .await;
    let component = Hostile::default().build();
    assert_file_refused(&with_memories(&component, 5000), "holds more than a plugin may").await;
}

/// The name of what it imports is most of its file.
#[tokio::test]
async fn one_that_imports_a_huge_name_is_refused_in_a_short_line() {
    let component = wat::parse_str(format!(
        r#"(component
            (import "other:package/{}" (instance (export "f" (func))))
            (instance $none)
            (export "barkeep:plugin/tools@0.1.0" (instance $none)))"#,
        "x".repeat(90_000)
    ));
    let folder = folder_of(&component.expect("it is a component"));
    let (host, client) = serve(&folder).await;
    let line = host.log().wait_at_most(PATIENCE, 0, "not loaded").await;
    assert!(line.contains("xxx...`, which Barkeep does not offer") && line.len() < 2000, "{} bytes", line.len());
    assert_well(&client).await;
}

/// WASI lets nobody set a clock: what would is not there.
#[tokio::test]
async fn one_that_would_set_the_clock_is_refused() {
    let fields = r#"(import "wasi:clocks/wall-clock@0.2.0" "set" (func $set (param i64)))"#;
    let call = "(call $set (i64.const 0))";
    assert_refused(Hostile { fields, call, ..Hostile::default() }, "for barkeep:plugin@0.1.0, for WASI 0.2 or 0.3")
        .await;
}

/// A folder with more components than a host serves: the first are served, of the others it is said that they are not.
#[tokio::test]
async fn a_folder_of_components_without_end_is_served_as_far_as_it_may_be() {
    let folder = Folder::with_guests(&["probe"]);
    // In bytes they are all the same, so that they are compiled once.
    let component = Hostile::default().build();
    let last = short_or_long(600, 2000);
    for number in 0..last {
        folder.write(&format!("plugins/zz{number:04}.wasm"), &component);
    }
    let (host, client) = serve(&folder).await;
    assert_well(&client).await;
    host.log().wait_for("there are more than 500 plugins, which is the most for one host; take some out of it").await;
    let tools = client.tools().await;
    assert!(
        tools.contains(&"zz0000__t".to_owned()) && !tools.contains(&format!("zz{:04}__t", last - 1)),
        "{}",
        tools.len()
    );
}
