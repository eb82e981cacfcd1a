//! What `debug_issue` lays out.

use serde_json::{Value, from_value, json};

use crate::Result;
use crate::debug::debug;
use crate::transport::Response;
use crate::transport::script::Script;

fn ask(script: &Script, number: &str, repo: &str) -> Result<String> {
    debug(&script.api(), &from_value(json!({"issue_number": number, "repo": repo})).unwrap())
}

fn issue(comments: u64) -> Value {
    json!({"title": "It\ncrashes", "state": "closed", "state_reason": "completed", "body": "Steps:\n1. run\n~~~~\nlog\n~~~~\n",
        "labels": [{"name": "bug"}, "crash"], "user": {"login": "ann"}, "assignees": [], "comments": comments,
        "milestone": {"title": "1.0"}, "created_at": "2026-01-02T03:04:05Z", "html_url": "https://github.com/o/r/issues/7"})
}

fn comments(from: u64, to: u64) -> Value {
    let one = |n| json!({"user": {"login": "bob"}, "author_association": "MEMBER", "created_at": "D", "body": format!("c{n}.")});
    (from..=to).map(one).collect()
}

fn page(comments: &Value, last: Option<u64>) -> Response {
    let link = last.map(|last| {
        format!("<https://api.test/x?page=2>; rel=\"next\", <https://api.test/x?page={last}>; rel=\"last\"")
    });
    let headers: Vec<_> = link.iter().map(|link| ("link", link.as_str())).collect();
    Response::new(200, &headers, comments.to_string())
}

#[test]
fn title_state_labels_body_and_comments_are_laid_out() {
    let script = Script::default().json(&issue(1)).json(&comments(1, 1));
    let page = ask(&script, "7", "o/r").unwrap();
    for part in [
        "Debug the issue below",
        "# Issue o/r#7: It crashes\n",
        "- State: closed (completed)\n",
        "- Labels: bug, crash\n",
        "- Author: ann\n",
        "- Milestone: 1.0\n",
        "## Description\n\n~~~~~markdown\nSteps:\n1. run\n~~~~\nlog\n~~~~\n~~~~~\n",
        "## Comments (1 in all)\n\n### 1. bob (member), D\n\n~~~~markdown\nc1.\n~~~~\n",
    ] {
        assert!(page.contains(part), "{part}\n---\n{page}");
    }
    let paths: Vec<_> = script.asked().into_iter().map(|(_, path, _)| path).collect();
    assert_eq!(paths, ["/repos/o/r/issues/7", "/repos/o/r/issues/7/comments?per_page=100&page=1"]);
}

#[test]
fn an_issue_without_comments_asks_for_none() {
    let script = Script::default().json(&json!({"title": "t", "state": "open", "body": null, "comments": 0}));
    let page = ask(&script, " #7 ", "o/r").unwrap();
    assert!(page.contains("- Labels: none\n") && page.contains("(no text)") && page.ends_with("None.\n"), "{page}");
    assert_eq!(script.asked().len(), 1);
}

#[test]
fn a_long_talk_shows_both_ends() {
    let script = Script::default()
        .json(&issue(310))
        .then(page(&comments(1, 100), Some(4)))
        .then(page(&comments(301, 310), None))
        .then(page(&comments(201, 300), None));
    let page = ask(&script, "7", "o/r").unwrap();
    assert!(page.contains("## Comments (310 in all)"), "{page}");
    assert!(page.contains("(250 comments are left out here.)"), "{page}");
    assert!(page.contains("c30.") && !page.contains("c31.") && !page.contains("c280.") && page.contains("c281."));
    assert!(page.contains("### 281. bob") && page.contains("### 310. bob"), "{page}");
    assert_eq!(script.asked()[3].1, "/repos/o/r/issues/7/comments?per_page=100&page=3");
}

#[test]
fn two_pages_are_joined_without_a_third_request() {
    let script = Script::default()
        .json(&issue(105))
        .then(page(&comments(1, 100), Some(2)))
        .then(page(&comments(101, 105), None));
    let page = ask(&script, "7", "o/r").unwrap();
    assert!(page.contains("### 30. bob") && page.contains("### 76. bob (member), D\n\n~~~~markdown\nc76."), "{page}");
    assert!(page.contains("(45 comments are left out here.)") && page.contains("c105."), "{page}");
}

#[test]
fn one_full_page_is_cut_in_its_middle() {
    let script = Script::default().json(&issue(61)).json(&comments(1, 61));
    let page = ask(&script, "7", "o/r").unwrap();
    assert!(page.contains("(1 comments are left out here.)") && !page.contains("c31.") && page.contains("### 32. bob"));
}

#[test]
fn long_texts_are_cut_and_say_so() {
    let long = json!({"title": "t", "state": "open", "body": "é".repeat(20_001), "comments": 60});
    let talk: Value = (0..60).map(|_| json!({"body": "x".repeat(65_536)})).collect();
    let script = Script::default().json(&long).json(&talk);
    let page = ask(&script, "7", "o/r").unwrap();
    assert!(page.contains("(1 more characters are left out.)") && page.contains("a deleted account"));
    assert!(page.chars().count() < 100_000);
}

#[test]
fn other_numbers_and_repositories_are_refused_before_asking() {
    let script = Script::default();
    for (number, repo) in [
        ("x", "o/r"),
        ("0", "o/r"),
        ("+7", "o/r"),
        ("7/comments", "o/r"),
        ("", "o/r"),
        ("7", "r"),
        ("7", "o/r/x"),
        ("7", "../r"),
    ] {
        assert!(ask(&script, number, repo).is_err(), "{number} {repo}");
    }
    assert!(script.asked().is_empty());
}
