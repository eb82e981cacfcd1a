//! The tables of `tests/filesystem-cases/`, on both servers.

use serde_json::Value;

use super::answer::{Answer, difference};
use super::server::Server;
use super::tree::{Tree, table};

/// Differences that are shown: the first ones as a rule explain the rest.
const SHOWN: usize = 5;

/// Both servers, each on its own tree.
struct Both {
    reference: Server,
    ours: Server,
    differences: Vec<String>,
}

impl Both {
    async fn new() -> Self {
        Self {
            reference: Server::reference(Tree::new()).await,
            ours: Server::ours(Tree::new()).await,
            differences: Vec::new(),
        }
    }

    /// Makes one call on both.
    async fn check(&mut self, case: &Value) {
        let (tool, arguments, mask) = (case["tool"].as_str().unwrap(), &case["arguments"], case.get("mask"));
        let theirs = Answer::of(&self.reference.call(tool, arguments).await, &self.reference.tree, mask);
        let ours = Answer::of(&self.ours.call(tool, arguments).await, &self.ours.tree, mask);
        // The plugin's own tests compare with the table alone.
        self.compare(case, "the table", &Answer::in_table(case, &self.reference.tree), "the reference", &theirs);
        match case.get("differs") {
            None => self.compare(case, "the reference", &theirs, "ours", &ours),
            Some(differs) if differs.get("invalid").is_some() => {
                let refused = theirs.is_error() && ours.is_error();
                assert!(refused, "{case}: both refuse it, each in its own words:\n{theirs}\n{ours}");
            }
            Some(differs) => {
                let expected = Answer::in_table(differs, &self.ours.tree);
                self.compare(case, "the table", &expected, "ours", &ours);
            }
        }
    }

    fn compare(&mut self, case: &Value, one: &str, expected: &Answer, other: &str, found: &Answer) {
        if expected != found {
            self.differences.push(format!(
                "{}: {} {}\n    - {one}\n    + {other}\n{}",
                case["name"].as_str().unwrap_or_default(),
                case["tool"].as_str().unwrap_or_default(),
                case["arguments"],
                difference(expected, found),
            ));
        }
    }

    /// Compares what became of the trees.
    fn compare_trees(&mut self) {
        let (theirs, ours) = (self.reference.tree.everything(), self.ours.tree.everything());
        for path in theirs.keys().chain(ours.keys()).collect::<std::collections::BTreeSet<_>>() {
            let (expected, found) = (theirs.get(path), ours.get(path));
            if expected != found {
                let text = format!("{}: the reference left {expected:?}, ours {found:?}", path.display());
                self.differences.push(text);
            }
        }
    }
}

async fn same_answers(file: &str) {
    let mut both = Both::new().await;
    let cases = table(file);
    for case in &cases {
        both.check(case).await;
    }
    both.compare_trees();
    let count = both.differences.len();
    both.differences.truncate(SHOWN);
    assert_eq!(count, 0, "{file}: {count} differences in {} calls:\n\n{}", cases.len(), both.differences.join("\n"));
}

#[tokio::test]
async fn files_are_read_as_by_the_reference() {
    same_answers("read.json").await;
}

#[tokio::test]
async fn folders_are_listed_as_by_the_reference() {
    same_answers("list.json").await;
}

#[tokio::test]
async fn files_are_searched_as_by_the_reference() {
    same_answers("search.json").await;
}

#[tokio::test]
async fn what_is_known_of_files_is_told_as_by_the_reference() {
    same_answers("info.json").await;
}

#[tokio::test]
async fn files_are_written_and_moved_as_by_the_reference() {
    same_answers("write.json").await;
}

#[tokio::test]
async fn files_are_edited_as_by_the_reference() {
    same_answers("edit.json").await;
}

#[tokio::test]
async fn ways_out_are_refused_as_by_the_reference() {
    same_answers("escape.json").await;
}
