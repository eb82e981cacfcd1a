//! SECURITY.md: each promise names tests that exist.
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

use std::fs;
use std::path::Path;

/// What stands between back quotes, in order.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_test_that_a_promise_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let security = fs::read_to_string(root.join("SECURITY.md")).expect("it is there");
    let promises = security.lines().filter(|line| line.starts_with("| ") && line.contains(".rs` `"));
    let mut named = 0;
    for line in promises {
        let words: Vec<&str> = quoted(line).collect();
        for pair in words.windows(2) {
            let [file, test] = pair else { continue };
            if Path::new(file).extension().is_none_or(|end| end != "rs") {
                continue;
            }
            let code =
                fs::read_to_string(root.join(file)).unwrap_or_else(|_| panic!("`{file}` of SECURITY.md is not there"));
            let code = code.replace("test(start_paused = true)]", "test]");
            let begins = format!("fn {test}(");
            let of_test =
                code.split("test]").skip(1).any(|after| after.lines().take(3).any(|line| line.contains(&begins)));
            assert!(of_test, "`{file}` has no test `{test}`");
            named += 1;
        }
    }
    assert!(named > 20, "{named} tests are named");
}
