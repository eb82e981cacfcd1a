//! The stand-in itself.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Standin;
use super::world::{BIG, ISSUES, LONG_TALK};

/// Asks with the token, and reads until the connection is closed.
async fn ask(standin: &Standin, method: &str, path: &str, body: &str) -> String {
    let headers = "authorization: Bearer t\r\nuser-agent: test";
    raw(standin, method, path, headers, body).await
}

async fn raw(standin: &Standin, method: &str, path: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(standin.address()).await.unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}\r\ncontent-length: {length}\r\n\r\n{body}",
        standin.address()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // One that is cut off ends all the same.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// Head and JSON of an answer.
async fn get(standin: &Standin, path: &str) -> (String, Value) {
    let answer = ask(standin, "GET", path, "").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), serde_json::from_str(body).unwrap())
}

fn numbers(issues: &Value) -> Vec<u64> {
    issues.as_array().unwrap().iter().map(|issue| issue["number"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn only_the_token_is_let_in() {
    let standin = Standin::start("t").await.unwrap();
    for (headers, words) in [
        ("user-agent: x", "Requires authentication"),
        ("user-agent: x\r\nauthorization: Bearer T", "Bad credentials"),
        ("user-agent: x\r\nauthorization: token t", "Bad credentials"),
        ("authorization: Bearer t", "User-Agent"),
    ] {
        let answer = raw(&standin, "GET", "/repos/octo/hello", headers, "").await;
        assert!(answer.starts_with("HTTP/1.1 40") && answer.contains(words), "{answer}");
    }
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let standin = Standin::start("t").await.unwrap();
    let (head, issues) = get(&standin, "/repos/octo/hello/issues?state=all&per_page=2&page=2").await;
    assert_eq!(numbers(&issues), [ISSUES - 2, ISSUES - 3]);
    let link = |page, rel| {
        format!("<{}/repositories/1/issues?state=all&per_page=2&page={page}>; rel=\"{rel}\"", standin.url())
    };
    let links = [link(1, "prev"), link(3, "next"), link(18, "last"), link(1, "first")].join(", ");
    assert!(head.contains(&format!("\r\nlink: {links}\r\n")), "{head}");
    let (head, issues) = get(&standin, "/repos/octo/hello/issues?labels=bug,Help%20Wanted&direction=asc").await;
    assert_eq!(numbers(&issues), [15]);
    assert!(!head.contains("link:"));
    let (_, issues) = get(&standin, "/repos/octo/hello/issues?since=2026-02-07T08:00:00Z").await;
    assert_eq!(numbers(&issues), [35]);
    let (_, talk) = get(&standin, "/repos/octo/hello/issues/9/comments?per_page=100&page=2").await;
    assert_eq!(talk.as_array().unwrap().len() as u64, LONG_TALK - 100);
}

#[tokio::test]
async fn what_is_created_is_there() {
    let standin = Standin::start("t").await.unwrap();
    let answer = ask(&standin, "POST", "/repos/octo/empty/issues", r#"{"title":"T","labels":["bug"]}"#).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let (_, issue) = get(&standin, "/repos/octo/empty/issues/1").await;
    assert_eq!((&issue["title"], &issue["labels"][0]["name"]), (&json!("T"), &json!("bug")));
    let [logged, _] = standin.requests().try_into().unwrap();
    assert_eq!((logged.method.as_str(), logged.path.as_str()), ("POST", "/repos/octo/empty/issues"));
    assert_eq!(logged.body, Some(json!({"title": "T", "labels": ["bug"]})));
}

#[tokio::test]
async fn what_cannot_be_created_is_refused_with_reasons() {
    let standin = Standin::start("t").await.unwrap();
    for (path, body, words) in [
        ("/repos/octo/hello/issues", "{", "HTTP/1.1 400"),
        ("/repos/octo/hello/issues", "{}", "wasn't supplied"),
        ("/repos/octo/hello/issues", r#"{"title":""}"#, "missing_field"),
        ("/repos/octo/hello/issues", r#"{"title":"T","assignees":["ann","x"]}"#, r#""value":"x""#),
        ("/repos/octo/quiet/issues", r#"{"title":"T"}"#, "HTTP/1.1 410"),
        ("/repos/octo/archived/issues", r#"{"title":"T"}"#, "read-only"),
        ("/repos/octo/nothing/issues", r#"{"title":"T"}"#, "HTTP/1.1 404"),
        ("/repos/octo/hello/pulls", r#"{"title":"T","head":"x","base":"main"}"#, r#""field":"head""#),
        ("/repos/octo/hello/pulls", r#"{"title":"T","head":"main","base":"main"}"#, "No commits"),
        ("/repos/octo/hello/pulls", r#"{"title":"T","head":"feature","base":"main"}"#, "HTTP/1.1 201"),
        ("/repos/octo/hello/pulls", r#"{"title":"T","head":"octo:feature","base":"main"}"#, "already exists"),
    ] {
        let answer = ask(&standin, "POST", path, body).await;
        assert!(answer.contains(words), "{path} {body}: {answer}");
    }
}

#[tokio::test]
async fn files_and_folders_are_read() {
    let standin = Standin::start("t").await.unwrap();
    let (_, folder) = get(&standin, "/repos/octo/hello/contents").await;
    let names: Vec<_> = folder.as_array().unwrap().iter().map(|entry| entry["path"].as_str().unwrap()).collect();
    assert_eq!(names, ["README.md", "big.bin", "docs", "empty.txt", "latin-1.txt", "src"]);
    let (_, file) = get(&standin, "/repos/octo/hello/contents/docs/%C3%BCber%20uns%20%26%20co.md").await;
    assert_eq!(file["content"], "IyBBYm91dCB1cwo=\n");
    let (_, big) = get(&standin, "/repos/octo/hello/contents/big.bin").await;
    assert_eq!((&big["size"], &big["content"], &big["encoding"]), (&json!(BIG), &json!(""), &json!("none")));
    let (_, missing) = get(&standin, "/repos/octo/hello/contents/src?ref=x").await;
    assert_eq!(missing["message"], "No commit found for the ref x");
}

#[tokio::test]
async fn a_renamed_repository_is_redirected_as_it_was_asked() {
    let standin = Standin::start("t").await.unwrap();
    let (head, _) = get(&standin, "/api/v3/repos/octo/old-name/contents/a%20b?ref=x").await;
    let to = format!("location: {}/api/v3/repositories/1/contents/a%20b?ref=x", standin.url());
    assert!(head.starts_with("http/1.1 301") && head.contains(&to), "{head}");
    let answer = ask(&standin, "POST", "/repos/octo/old-name/issues", "{}").await;
    assert!(answer.starts_with("HTTP/1.1 307"), "{answer}");
}

#[tokio::test]
async fn repositories_are_listed_and_searches_find_by_words_and_qualifiers() {
    let standin = Standin::start("t").await.unwrap();
    let (_, found) = get(&standin, "/search/issues?q=hallo+repo:octo/hello+is:issue+label:bug&per_page=1").await;
    assert_eq!((&found["total_count"], numbers(&found["items"])), (&json!(11), vec![33]));
    let (_, found) = get(&standin, "/search/code?q=println").await;
    assert_eq!(found["items"][0]["path"], "src/main.rs");
    let (_, found) = get(&standin, "/search/repositories?q=greets").await;
    assert_eq!(found["total_count"], 0);
    let (_, found) = get(&standin, "/users/OCTO/repos?per_page=2").await;
    assert_eq!((&found[0]["full_name"], &found[1]["name"]), (&json!("octo/hello"), &json!("empty")));
    let (_, refused) = get(&standin, "/search/code?q=").await;
    assert_eq!(refused["errors"][0]["code"], "missing");
}

#[tokio::test]
async fn an_answer_that_is_cut_off_has_begun() {
    let standin = Standin::start("t").await.unwrap();
    let answer = ask(&standin, "GET", "/repos/standin/cut-off/issues", "").await;
    assert!(answer.contains("content-length: 4096") && answer.ends_with("Half of"), "{answer}");
    assert_eq!(ask(&standin, "GET", "/search/issues?q=x+repo:standin/hung-up", "").await, "");
}

#[tokio::test]
async fn the_log_is_read_without_a_token_and_is_not_in_itself() {
    let standin = Standin::start("t").await.unwrap();
    get(&standin, "/repos/octo/hello?x=1").await;
    let answer = raw(&standin, "GET", "/standin/requests", "x: y", "").await;
    let log: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(
        (&log[0]["path"], &log[0]["headers"]["authorization"]),
        (&json!("/repos/octo/hello?x=1"), &json!("Bearer t"))
    );
    assert_eq!(log.as_array().unwrap().len(), 1);
}
