//! Harm at load: the file is refused in words, and everything else is served.

use barkeep_tests::{Folder, PATIENCE};
use serde_json::json;

use super::component::Hostile;
use super::{assert_well, folder, serve};

/// The plugin is not served, and the log says why in these words.
async fn assert_refused(hostile: Hostile, words: &str) {
    let folder = folder(&hostile);
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
    let fields = "(table 100000000 funcref)";
    assert_refused(Hostile { fields, ..Hostile::default() }, "").await;
}

/// What a person reads of a plugin on a terminal cannot move the cursor, nor hide.
#[tokio::test]
async fn escapes_in_a_description_do_not_reach_the_terminal() {
    let folder = folder(&Hostile { description: "\u{1b}[2J\u{1b}]0;owned\u{7}nice\0", ..Hostile::default() });
    let listed = folder.run(&["list"]).await;
    let text = String::from_utf8(listed.stdout).expect("it is text");
    assert!(text.contains("hostile") && !text.contains('\u{1b}') && !text.contains('\u{7}') && !text.contains('\0'));
}

/// A folder with more components than a host serves: the first are served, of the others it is said that they are not.
#[tokio::test]
async fn a_folder_of_components_without_end_is_served_as_far_as_it_may_be() {
    let folder = Folder::with_guests(&["probe"]);
    // In bytes they are all the same, so that they are compiled once.
    let component = Hostile::default().build();
    for number in 0..600 {
        folder.write(&format!("plugins/zz{number:04}.wasm"), &component);
    }
    let (host, client) = serve(&folder).await;
    assert_well(&client).await;
    host.log().wait_for("there are more than 500 plugins").await;
    let tools = client.tools().await;
    assert!(tools.contains(&"zz0000__t".to_owned()) && !tools.contains(&"zz0599__t".to_owned()), "{}", tools.len());
}
