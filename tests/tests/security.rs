//! SECURITY.md and the hostile suite: each promise, and each case, names tests that exist.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on panics")]

use std::fs;
use std::path::{Path, PathBuf};

/// What stands between back quotes, in order.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Each row of the tables in `text` names files, and tests of each; a file without a folder lies in `folder`. Gives how many
/// tests are named.
fn named(text: &str, folder: &Path) -> usize {
    let rows = text.lines().map(|line| line.trim_start_matches("//! "));
    let rows = rows.filter(|line| line.starts_with("| ") && line.contains(".rs` `"));
    let mut named = 0;
    for row in rows {
        let mut file = None;
        for words in quoted(row) {
            if Path::new(words).extension().is_some_and(|end| end == "rs") {
                let path = if words.contains('/') { root().join(words) } else { folder.join(words) };
                let code = fs::read_to_string(path).unwrap_or_else(|_| panic!("`{words}` is not there"));
                file = Some((words, code.replace("test(start_paused = true)]", "test]")));
            } else if let Some((file, code)) = &file {
                let begins = format!("fn {words}(");
                let of_test =
                    code.split("test]").skip(1).any(|after| after.lines().take(3).any(|line| line.contains(&begins)));
                assert!(of_test, "`{file}` has no test `{words}`");
                named += 1;
            }
        }
    }
    named
}

#[test]
fn every_test_that_a_promise_names_exists() {
    let security = fs::read_to_string(root().join("SECURITY.md")).expect("it is there");
    let named = named(&security, &root());
    assert!(named > 20, "{named} tests are named");
}

#[test]
fn every_case_of_the_hostile_suite_has_its_tests() {
    let folder = root().join("tests/tests/hostile");
    let cases = fs::read_to_string(folder.join("main.rs")).expect("it is there");
    let named = named(&cases, &folder);
    assert!(named > 60, "{named} tests are named");
}
