//! Issues: `/repos/{owner}/{repo}/issues`, and what is below.

use axum::body::Body;
use axum::http::Response;
use axum::http::header::LOCATION;
use serde_json::{Value, json as object};

use super::reply::{Page, invalid, json, refusal, with};
use super::request::Request;
use super::world::{PEOPLE, Repository, label, person};

/// When what tests create was created.
const NOW: &str = "2026-11-24T12:00:00Z";

pub(super) fn list(request: &Request, repository: &Repository) -> Response<Body> {
    let state = request.parameter("state").unwrap_or_else(|| "open".into());
    let labels = request.parameter("labels").unwrap_or_default();
    let since = request.parameter("since").unwrap_or_default();
    let wanted = |issue: &&Value| {
        let in_state = state == "all" || text(issue, "state") == state;
        let labelled = labels.split(',').filter(|name| !name.is_empty()).all(|name| has_label(issue, name));
        // ISO 8601 in UTC sorts as text.
        in_state && labelled && text(issue, "updated_at") >= since.as_str()
    };
    let mut found: Vec<&Value> = repository.issues.iter().filter(wanted).collect();
    sort(&mut found, request);
    let page = Page::of(found, request, &format!("repositories/{}/issues", repository.id));
    let issues = page.items.iter().map(|issue| whole(request, repository, issue)).collect();
    page.link(json(200, &Value::Array(issues)))
}

/// Sorts as `sort` and the parameter for the direction say: newest first, unless they say otherwise.
pub(super) fn sort(issues: &mut [&Value], request: &Request) {
    match request.parameter("sort").as_deref() {
        Some("comments") => issues.sort_by_key(|issue| issue.get("comments").and_then(Value::as_u64)),
        Some("updated") => issues.sort_by_key(|issue| text(issue, "updated_at")),
        _ => issues.sort_by_key(|issue| text(issue, "created_at")),
    }
    let direction = request.parameter("direction").or_else(|| request.parameter("order"));
    if direction.as_deref() != Some("asc") {
        issues.reverse();
    }
}

pub(super) fn get(request: &Request, repository: &Repository, number: &str) -> Response<Body> {
    match find(repository, number) {
        Some(issue) => json(200, &whole(request, repository, issue)),
        None => refusal(404, "Not Found"),
    }
}

pub(super) fn comments(request: &Request, repository: &Repository, number: &str) -> Response<Body> {
    if find(repository, number).is_none() {
        return refusal(404, "Not Found");
    }
    let comments = number.parse().ok().and_then(|number| repository.comments.get(&number)).cloned().unwrap_or_default();
    let page = Page::of(comments, request, &format!("repositories/{}/issues/{number}/comments", repository.id));
    let body = json(200, &page.items.clone().into());
    page.link(body)
}

pub(super) fn create(request: &Request, repository: &mut Repository) -> Response<Body> {
    let Some(body) = &request.body else { return refusal(400, "Problems parsing JSON") };
    let Some(title) = body.get("title").and_then(Value::as_str) else {
        return refusal(422, "Invalid request.\n\n\"title\" wasn't supplied.");
    };
    if title.trim().is_empty() {
        return invalid(&object!([{"resource": "Issue", "code": "missing_field", "field": "title"}]));
    }
    let assignees = strings(body, "assignees");
    let mut wrong: Vec<Value> = assignees
        .iter()
        .filter(|login| !PEOPLE.contains(login))
        .map(|login| object!({"value": login, "resource": "Issue", "field": "assignees", "code": "invalid"}))
        .collect();
    if let Some(milestone) = body.get("milestone").filter(|milestone| !milestone.is_null()) {
        // No repository here has milestones.
        wrong.push(object!({"value": milestone, "resource": "Issue", "field": "milestone", "code": "invalid"}));
    }
    if !wrong.is_empty() {
        return invalid(&wrong.into());
    }
    let number = repository.next_number();
    let assignees: Vec<Value> = assignees.into_iter().map(person).collect();
    let issue = object!({
        "id": 1000 + number,
        "number": number,
        "title": title,
        "user": person("octo"),
        "labels": strings(body, "labels").into_iter().map(label).collect::<Vec<_>>(),
        "state": "open",
        "state_reason": null,
        "locked": false,
        "assignee": assignees.first(),
        "assignees": assignees,
        "milestone": null,
        "comments": 0,
        "created_at": NOW,
        "updated_at": NOW,
        "closed_at": null,
        "author_association": "OWNER",
        "body": body.get("body"),
    });
    let answer = whole(request, repository, &issue);
    repository.issues.push(issue);
    with(json(201, &answer), LOCATION.as_str(), text(&answer, "url"))
}

/// The issue with all its addresses.
pub(super) fn whole(request: &Request, repository: &Repository, issue: &Value) -> Value {
    let name = repository.full_name();
    let number = issue.get("number").and_then(Value::as_u64).unwrap_or_default();
    let url = format!("{}/repos/{name}/issues/{number}", request.base);
    let mut whole = object!({
        "url": url,
        "repository_url": format!("{}/repos/{name}", request.base),
        "comments_url": format!("{url}/comments"),
        "html_url": format!("https://github.com/{name}/issues/{number}"),
    });
    if let (Value::Object(whole), Some(issue)) = (&mut whole, issue.as_object()) {
        whole.extend(issue.clone());
    }
    whole
}

pub(super) fn has_label(issue: &Value, name: &str) -> bool {
    let labels = issue.get("labels").and_then(Value::as_array).into_iter().flatten();
    labels.into_iter().any(|label| text(label, "name").eq_ignore_ascii_case(name))
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn strings<'a>(body: &'a Value, key: &str) -> Vec<&'a str> {
    body.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn find<'a>(repository: &'a Repository, number: &str) -> Option<&'a Value> {
    let number: u64 = number.parse().ok()?;
    repository.issues.iter().find(|issue| issue.get("number").and_then(Value::as_u64) == Some(number))
}
