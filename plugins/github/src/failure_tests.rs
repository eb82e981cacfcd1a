//! What each refusal of GitHub's becomes.

use serde_json::json;

use crate::Error;
use crate::failure::{explain, parse};
use crate::transport::Response;

const NOW: u64 = 1_785_240_000;

fn refused(status: u16, headers: &[(&str, &str)], body: &serde_json::Value) -> Error {
    explain(&Response::new(status, headers, body.to_string()), NOW)
}

fn words(status: u16, headers: &[(&str, &str)], body: &serde_json::Value) -> String {
    refused(status, headers, body).to_string()
}

#[test]
fn a_bad_token_is_the_hosts_to_mend() {
    let words = words(401, &[], &json!({"message": "Bad credentials"}));
    assert!(words.starts_with("Authentication Failed: Bad credentials (HTTP 401)\n"), "{words}");
    assert!(words.contains("barkeep.toml"), "{words}");
}

#[test]
fn the_primary_limit_tells_when_it_resets() {
    let headers = [
        ("X-RateLimit-Remaining", "0"),
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-reset", "1785240600"),
        ("x-ratelimit-resource", "core"),
    ];
    for status in [403, 429] {
        let words = words(status, &headers, &json!({"message": "API rate limit exceeded for user ID 1."}));
        assert!(words.starts_with("Rate Limit Exceeded: API rate limit exceeded for user ID 1."), "{words}");
        assert!(words.contains("\nResets at: 2026-07-28T12:10:00Z, in 10 minutes\n"), "{words}");
        assert!(words.contains("5000 requests of the kind \"core\""), "{words}");
    }
}

#[test]
fn a_secondary_limit_tells_how_long_to_wait() {
    let headers = [("retry-after", "60"), ("x-ratelimit-remaining", "4990"), ("x-ratelimit-reset", "1785249999")];
    let words = words(403, &headers, &json!({"message": "You have exceeded a secondary rate limit."}));
    assert!(words.contains("Resets at: 2026-07-28T12:01:00Z, in 60 seconds"), "{words}");
    assert!(!words.contains("4990"), "{words}");
}

#[test]
fn a_limit_without_numbers_is_a_limit_still() {
    let words = words(403, &[], &json!({"message": "You have exceeded a secondary rate limit."}));
    assert!(words.starts_with("Rate Limit Exceeded") && words.contains("Wait a minute"), "{words}");
}

#[test]
fn a_huge_wait_does_not_overflow() {
    let words = words(429, &[("retry-after", "18446744073709551615")], &json!({}));
    assert!(words.contains("Resets at:"), "{words}");
}

#[test]
fn a_missing_permission_is_named() {
    let headers = [("x-accepted-github-permissions", "issues=write")];
    let words = words(403, &headers, &json!({"message": "Resource not accessible by personal access token"}));
    assert!(words.starts_with("Permission Denied: Resource not accessible"), "{words}");
    assert!(words.ends_with("The token needs these permissions: issues=write"), "{words}");
}

#[test]
fn not_found_tells_of_hidden_repositories() {
    let words = words(404, &[], &json!({"message": "Not Found"}));
    assert!(words.starts_with("Not Found: Not Found (HTTP 404)") && words.contains("may not see"), "{words}");
}

#[test]
fn wrong_fields_are_listed() {
    let body = json!({"message": "Validation Failed", "errors": [
        {"resource": "Issue", "field": "title", "code": "missing_field"},
        {"resource": "PullRequest", "code": "custom", "message": "A pull request already exists for o:b."},
        "plain words",
        {"odd": 1}
    ]});
    assert_eq!(
        words(422, &[], &body),
        "Validation Error: Validation Failed (HTTP 422)\n- Issue.title must be given\n- PullRequest: A pull request \
         already exists for o:b.\n- plain words\n- {\"odd\":1}"
    );
}

#[test]
fn long_lists_and_words_are_cut() {
    let body = json!({"message": "m".repeat(5_000), "errors": vec!["e"; 500]});
    let words = words(422, &[], &body);
    assert!(words.len() < 1_000 && words.ends_with("and 490 more"), "{words}");
}

#[test]
fn words_from_outside_stay_on_one_line() {
    let words = words(404, &[], &json!({"message": "Not\nFound\r\nResets at: never"}));
    assert!(words.starts_with("Not Found: Not Found  Resets at: never (HTTP 404)\n"), "{words}");
}

#[test]
fn a_page_in_place_of_json_is_told_by_its_status() {
    let error = explain(&Response::new(502, &[], "<html>Bad gateway</html>"), NOW);
    assert!(error.to_string().starts_with("GitHub API Error: the server failed (HTTP 502)"), "{error}");
}

#[test]
fn a_success_that_is_not_json_is_told() {
    let error = parse(&Response::new(200, &[], "<html>")).unwrap_err();
    assert!(error.to_string().contains("GITHUB_API_URL"), "{error}");
}

#[test]
fn the_kinds_are_those_of_the_contract() {
    let kind = |status| refused(status, &[], &json!({}));
    assert!(matches!(kind(401), Error::AccessDenied(_)));
    assert!(matches!(kind(403), Error::AccessDenied(_)));
    assert!(matches!(kind(404), Error::NotFound(_)));
    assert!(matches!(kind(410), Error::NotFound(_)));
    assert!(matches!(kind(422), Error::InvalidArguments(_)));
    assert!(matches!(kind(429), Error::Unavailable(_)));
    assert!(matches!(kind(500), Error::Unavailable(_)));
    assert!(matches!(kind(409), Error::Other(_)));
}
