//! The plugin `github` in the real host, driven by a client over stdio, against the stand-in for GitHub's API.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on panics, and says why"
)]

mod session;

use std::process::Stdio;

use barkeep_tests::github::world;
use rmcp::model::ErrorCode;
use rmcp::service::ServiceError;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

use session::{Session, Setup, TOKEN};

fn numbers(issues: &Value) -> Vec<u64> {
    issues.as_array().unwrap().iter().map(|issue| issue["number"].as_u64().unwrap()).collect()
}

fn refused(error: ServiceError) -> (ErrorCode, String) {
    match error {
        ServiceError::McpError(error) => (error.code, error.message.into_owned()),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_menu_has_the_names_of_the_reference() {
    let session = Session::start().await;
    let tools = session.client.list_all_tools().await.unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    let expected = [
        "create_issue",
        "get_issue",
        "list_issues",
        "search_issues",
        "search_code",
        "search_repositories",
        "get_file_contents",
        "create_pull_request",
    ];
    assert_eq!(names, expected);
    for tool in &tools {
        let hints = tool.annotations.as_ref().unwrap();
        assert_eq!(hints.read_only_hint.unwrap_or_default(), !tool.name.starts_with("create_"), "{}", tool.name);
        assert_eq!(hints.open_world_hint, Some(true), "{}", tool.name);
        assert!(hints.read_only_hint == Some(true) || hints.destructive_hint == Some(false), "{}", tool.name);
        assert!(tool.description.is_some() && tool.input_schema["properties"].is_object(), "{}", tool.name);
    }
    let templates = session.client.list_all_resource_templates().await.unwrap();
    let templates: Vec<_> = templates.iter().map(|template| template.uri_template.as_str()).collect();
    assert_eq!(templates, ["github://repos/{owner}/{repo}", "github://repos/{owner}/{repo}/readme"]);
    let prompts = serde_json::to_value(session.client.list_all_prompts().await.unwrap()).unwrap();
    assert_eq!(prompts[0]["name"], "debug_issue");
    let arguments = prompts[0]["arguments"].as_array().unwrap();
    let needed: Vec<_> = arguments.iter().map(|argument| (&argument["name"], &argument["required"])).collect();
    assert_eq!(needed, [(&json!("issue_number"), &json!(true)), (&json!("repo"), &json!(true))]);
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let session = Session::start().await;
    let page = |page: u64| json!({"owner": "octo", "repo": "hello", "direction": "asc", "per_page": 10, "page": page});
    let first = session.call("list_issues", page(1)).await;
    assert_eq!(numbers(&first.json()), [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    assert_eq!(first.texts[1], "There are more results: call again with page 2 for the next page.");
    let second = session.call("list_issues", page(2)).await;
    assert_eq!(numbers(&second.json()), [21, 23, 25, 27, 29, 31, 33, 35]);
    assert_eq!(second.texts.len(), 1);
    let path = "GET /repos/octo/hello/issues?direction=asc&page=1&per_page=10";
    assert_eq!(session.paths()[0], path);
}

#[tokio::test]
async fn the_host_puts_the_token_in_and_nothing_of_it_comes_out() {
    let session = Session::start().await;
    let told = session.list("octo", "hello").await;
    assert!(!told.failed && !format!("{told:?}").contains(TOKEN), "{told:?}");
    let [request] = session.standin.requests().try_into().unwrap();
    assert_eq!(request.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    assert!(request.header("user-agent").unwrap().starts_with("barkeep-github/"));
    assert_eq!(request.header("x-github-api-version"), Some("2022-11-28"));
}

#[tokio::test]
async fn searches_and_files_are_answered_as_by_the_reference() {
    let session = Session::start().await;
    let query =
        json!({"q": "hallo repo:octo/hello is:open label:bug", "sort": "created", "order": "asc", "per_page": 5});
    let found = session.call("search_issues", query).await;
    assert_eq!(numbers(&found.json()["items"]), [3, 9, 15, 21, 27]);
    assert!(found.texts[1].contains("page 2"));
    let found = session.call("search_code", json!({"q": "println repo:octo/hello"})).await;
    assert_eq!(found.json()["items"][0]["path"], "src/main.rs");
    let found = session.call("search_repositories", json!({"query": "hello", "perPage": 3})).await.json();
    assert_eq!((&found["total_count"], &found["items"][0]["full_name"]), (&json!(1), &json!("octo/hello")));
    assert_eq!(found["items"][0].get("keys_url"), None);
    let file = |path: &str| json!({"owner": "octo", "repo": "hello", "path": path, "branch": "feature"});
    let main = session.call("get_file_contents", file("src/main.rs")).await.json();
    assert_eq!(main["content"], "fn main() {\n    println!(\"hello\");\n}\n");
    let accents = session.call("get_file_contents", file("docs/über uns & co.md")).await.json();
    assert_eq!(accents["content"], "# About us\n");
    let folder = session.call("get_file_contents", file("/docs/")).await.json();
    assert_eq!(folder[0]["name"], "guide.md");
    let big = session.call("get_file_contents", file("big.bin")).await;
    assert_eq!((&big.json()["size"], &big.json()["content"]), (&json!(world::BIG), &json!("")));
    assert!(big.texts[1].contains("larger than 1 MB"));
}

#[tokio::test]
async fn what_is_created_is_there() {
    let session = Session::start().await;
    let issue = json!({"owner": "octo", "repo": "hello", "title": "A \"title\"", "body": "Text\n", "labels": ["bug"],
        "assignees": ["ann"]});
    let created = session.call("create_issue", issue).await.json();
    assert_eq!((&created["number"], &created["title"]), (&json!(36), &json!("A \"title\"")));
    let read = session.call("get_issue", json!({"owner": "octo", "repo": "hello", "issue_number": 36})).await;
    assert_eq!(read.json(), created);
    let pull =
        json!({"owner": "octo", "repo": "hello", "title": "T", "head": "feature", "base": "main", "draft": true});
    let pull = session.call("create_pull_request", pull).await.json();
    assert_eq!((&pull["number"], &pull["head"]["ref"]), (&json!(37), &json!("feature")));
    let bodies: Vec<_> = session.standin.requests().into_iter().filter_map(|request| request.body).collect();
    let issue = json!({"title": "A \"title\"", "body": "Text\n", "assignees": ["ann"], "labels": ["bug"]});
    assert_eq!(bodies, [issue, json!({"title": "T", "head": "feature", "base": "main", "draft": true})]);
}

#[tokio::test]
async fn a_bad_token_is_told_without_showing_it() {
    let session = Session::with(Setup { token: "an-old-token", ..Setup::default() }).await;
    let told = session.list("octo", "hello").await;
    assert!(told.words().starts_with("Authentication Failed: Bad credentials (HTTP 401)\n"), "{told:?}");
    assert!(!told.words().contains("an-old-token"), "{told:?}");
}

#[tokio::test]
async fn limits_tell_when_they_end() {
    let session = Session::start().await;
    let told = session.list("standin", "rate-limited").await;
    let words =
        "Rate Limit Exceeded: API rate limit exceeded for user ID 1. (HTTP 403)\nResets at: 2100-01-01T00:00:00Z";
    assert!(told.words().starts_with(words), "{told:?}");
    assert!(told.words().contains("5000 requests"), "{told:?}");
    let told = session.call("search_code", json!({"q": "x repo:standin/secondary-limit"})).await;
    assert!(told.words().starts_with("Rate Limit Exceeded: You have exceeded a secondary rate limit."), "{told:?}");
    assert!(told.words().contains("\nResets at: 20"), "{told:?}");
    let told = session.list("standin", "too-many").await;
    assert!(told.words().contains("Wait a minute"), "{told:?}");
}

#[tokio::test]
async fn refusals_tell_what_is_wrong() {
    let session = Session::start().await;
    let told = session.list("octo", "nothing").await;
    assert!(told.words().starts_with("Not Found: Not Found (HTTP 404)\n"), "{told:?}");
    let told = session.list("octo", "quiet").await;
    assert!(told.words().starts_with("Gone: Issues has been disabled"), "{told:?}");
    let told = session.list("standin", "forbidden").await;
    assert!(told.words().ends_with("The token needs these permissions: issues=write"), "{told:?}");
    let told = session.list("standin", "conflict").await;
    assert!(told.words().starts_with("Conflict: Merge conflict (HTTP 409)"), "{told:?}");
    let issue = json!({"owner": "octo", "repo": "hello", "title": "T", "assignees": ["nobody"], "milestone": 9});
    let told = session.call("create_issue", issue).await;
    let words = "Validation Error: Validation Failed (HTTP 422)\n- Issue.assignees has a wrong form\n\
                 - Issue.milestone has a wrong form";
    assert_eq!(told.words(), words);
    let pull = json!({"owner": "octo", "repo": "hello", "title": "T", "head": "main", "base": "main"});
    let told = session.call("create_pull_request", pull).await;
    assert!(told.words().ends_with("- PullRequest: No commits between main and main"), "{told:?}");
}

#[tokio::test]
async fn an_answer_that_is_too_slow_ends_that_call_alone() {
    let session = Session::with(Setup { limits: "time = \"5s\"", ..Setup::default() }).await;
    // Both wait at once.
    let (silent, stalled) = tokio::join!(session.list("standin", "silent"), session.list("standin", "stalled"));
    for told in [silent, stalled] {
        assert!(told.words().contains("longer than its limit"), "{told:?}");
    }
    assert_eq!(session.list("octo", "empty").await.json(), json!([]));
}

#[tokio::test]
async fn an_answer_that_is_no_answer_is_told_as_such() {
    let session = Session::start().await;
    for trouble in ["cut-off", "hung-up"] {
        let told = session.list("standin", trouble).await;
        assert!(told.words().starts_with("GitHub gave no whole answer: "), "{trouble}: {told:?}");
    }
    let issue = json!({"owner": "standin", "repo": "cut-off", "title": "T"});
    let told = session.call("create_issue", issue).await;
    assert!(told.words().ends_with("may be there all the same: look before you try again."), "{told:?}");
    let told = session.list("standin", "endless").await;
    assert!(told.words().starts_with("GitHub gave no whole answer: "), "{told:?}");
    let told = session.list("standin", "not-json").await;
    assert!(told.words().contains("Is GITHUB_API_URL the address of a GitHub API?"), "{told:?}");
    for (trouble, status) in [("bad-gateway", 502), ("unavailable", 503)] {
        let told = session.list("standin", trouble).await;
        let words = format!("GitHub API Error: the server failed (HTTP {status})\n");
        assert!(told.words().starts_with(&words), "{told:?}");
    }
    assert_eq!(session.list("octo", "empty").await.json(), json!([]));
}

#[tokio::test]
async fn a_renamed_repository_is_found_and_the_token_goes_nowhere_else() {
    let session = Session::start().await;
    let told = session.call("get_issue", json!({"owner": "octo", "repo": "old-name", "issue_number": 7})).await;
    assert_eq!(told.json()["number"], 7);
    let told = session.call("create_issue", json!({"owner": "octo", "repo": "old-name", "title": "T"})).await;
    assert_eq!(told.json()["number"], 36);
    let expected = [
        "GET /repos/octo/old-name/issues/7",
        "GET /repositories/1/issues/7",
        "POST /repos/octo/old-name/issues",
        "POST /repositories/1/issues",
    ];
    assert_eq!(session.paths(), expected);
    let told = session.list("standin", "elsewhere").await;
    assert!(told.words().contains("(HTTP 301)"), "{told:?}");
    let told = session.list("standin", "circle").await;
    assert!(told.words().contains("redirected too often"), "{told:?}");
}

#[tokio::test]
async fn the_prompt_lays_out_the_issue_and_its_comments() {
    let session = Session::start().await;
    let page = session.debug("7", "octo/hello").await.unwrap();
    for part in [
        "# Issue octo/hello#7: Issue 7 of hello\n",
        "- State: open\n- Labels: none\n- Author: ann\n",
        "## Description\n\n~~~~markdown\nIt says hallo.\n\n```\nline 7\n```\n~~~~\n",
        "## Comments (3 in all)\n\n### 1. bob (member), 2026-01-01T08:00:00Z\n\n~~~~markdown\nComment 1.\n~~~~\n",
    ] {
        assert!(page.contains(part), "{part}\n---\n{page}");
    }
    let page = session.debug("#9", "octo/hello").await.unwrap();
    assert!(page.contains("- Labels: bug\n") && page.contains("## Comments (130 in all)"), "{page}");
    assert!(page.contains("(70 comments are left out here.)") && page.contains("### 130. bob"), "{page}");
    let (_, words) = refused(session.debug("99", "octo/hello").await.unwrap_err());
    assert!(words.starts_with("Not Found: "), "{words}");
    let (code, words) = refused(session.debug("7", "hello").await.unwrap_err());
    assert!(code == ErrorCode::INVALID_PARAMS && words.contains("owner/name"), "{words}");
}

#[tokio::test]
async fn a_repositorys_name_is_completed() {
    let session = Session::start().await;
    let complete = |typed| session.client.complete_prompt_simple("debug_issue", "repo", typed);
    assert_eq!(complete("octo/HE").await.unwrap(), ["octo/hello"]);
    assert!(complete("nobody/x").await.unwrap().is_empty());
    assert!(complete("oct").await.unwrap().is_empty());
}

#[tokio::test]
async fn repositories_and_their_readmes_are_resources() {
    let session = Session::start().await;
    let about = session.read("github://repos/octo/hello").await.unwrap();
    assert_eq!((&about["uri"], &about["mimeType"]), (&json!("github://repos/octo/hello"), &json!("application/json")));
    let metadata: Value = serde_json::from_str(about["text"].as_str().unwrap()).unwrap();
    assert_eq!((&metadata["default_branch"], &metadata["license"]["spdx_id"]), (&json!("main"), &json!("MIT")));
    assert_eq!(metadata.get("keys_url"), None);
    let readme = session.read("github://repos/octo/hello/readme").await.unwrap();
    assert_eq!(readme["text"], "# Hello\n\nSays \u{201c}hello\u{201d}.\n");
    assert_eq!(
        (&readme["uri"], &readme["mimeType"]),
        (&json!("github://repos/octo/hello/readme"), &json!("text/markdown"))
    );
    for missing in ["github://repos/octo/empty/readme", "github://repos/octo/nothing"] {
        let (_, words) = refused(session.read(missing).await.unwrap_err());
        assert!(words.starts_with("Not Found: Not Found (HTTP 404)"), "{words}");
    }
    assert!(session.read("github://repos/octo/..%2Fuser").await.is_err());
    assert_eq!(session.paths().iter().filter(|path| path.contains("user")).count(), 0);
}

#[tokio::test]
async fn what_is_not_granted_is_denied_with_the_line_to_add() {
    let session = Session::with(Setup { methods: "\"GET\"", ..Setup::default() }).await;
    let told = session.call("create_issue", json!({"owner": "octo", "repo": "hello", "title": "T"})).await;
    assert!(told.words().contains("barkeep.toml") && told.words().contains("POST"), "{told:?}");
    assert!(!told.words().contains("GitHub gave no whole answer"), "{told:?}");
    assert!(session.paths().is_empty());
    assert_eq!(session.list("octo", "empty").await.json(), json!([]));
}

#[tokio::test]
async fn an_enterprise_server_is_reached_at_its_own_base() {
    let session = Session::with(Setup { path: "/api/v3/", ..Setup::default() }).await;
    let told = session.call("get_issue", json!({"owner": "octo", "repo": "old-name", "issue_number": 7})).await;
    assert_eq!(told.json()["url"], format!("{}/api/v3/repos/octo/hello/issues/7", session.standin.url()));
    assert_eq!(session.paths()[1], "GET /api/v3/repositories/1/issues/7");
}

#[tokio::test]
async fn the_stand_in_is_a_program_too() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_github-api-standin"))
        .env("GITHUB_API_STANDIN_TOKEN", TOKEN)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    let address = line.trim_end().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /standin/requests HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n[]"), "{answer}");
    drop(program.stdin.take());
    assert!(program.wait().await.unwrap().success());
}
