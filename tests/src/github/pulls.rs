//! Pull requests: `POST /repos/{owner}/{repo}/pulls`.

use axum::body::Body;
use axum::http::Response;
use axum::http::header::LOCATION;
use serde_json::{Value, json as object};

use super::issues::text;
use super::reply::{invalid, json, refusal, with};
use super::repositories::short;
use super::request::Request;
use super::world::{Repository, person};

pub(super) fn create(request: &Request, repository: &mut Repository) -> Response<Body> {
    let Some(body) = &request.body else { return refusal(400, "Problems parsing JSON") };
    let (title, head, base) = (text(body, "title"), text(body, "head"), text(body, "base"));
    let missing = |field| object!({"resource": "PullRequest", "code": "missing_field", "field": field});
    let wrong = |field| object!({"resource": "PullRequest", "code": "invalid", "field": field});
    let custom = |words: String| object!({"resource": "PullRequest", "code": "custom", "message": words});
    if title.is_empty() {
        return invalid(&object!([missing("title")]));
    }
    let branch = head.strip_prefix("octo:").unwrap_or(head);
    let unknown: Vec<Value> = [("head", branch), ("base", base)]
        .into_iter()
        .filter(|(_, branch)| !repository.branches.contains_key(branch))
        .map(|(field, _)| wrong(field))
        .collect();
    if !unknown.is_empty() {
        return invalid(&unknown.into());
    }
    if branch == base {
        return invalid(&object!([custom(format!("No commits between {base} and {branch}"))]));
    }
    let pull = (branch.to_owned(), base.to_owned());
    if repository.pulls.contains(&pull) {
        return invalid(&object!([custom(format!("A pull request already exists for octo:{branch}."))]));
    }
    let number = repository.next_number();
    let name = repository.full_name();
    let url = format!("{}/repos/{name}/pulls/{number}", request.base);
    let html = format!("https://github.com/{name}/pull/{number}");
    let end = |branch: &str| {
        object!({"label": format!("octo:{branch}"), "ref": branch, "sha": format!("{:040x}", branch.len()),
            "user": person("octo"), "repo": short(request, repository)})
    };
    let answer = object!({
        "url": url,
        "id": 3000 + number,
        "node_id": "MDExOlB1bGxSZXF1ZXN0MQ==",
        "html_url": html,
        "diff_url": format!("{html}.diff"),
        "patch_url": format!("{html}.patch"),
        "issue_url": format!("{}/repos/{name}/issues/{number}", request.base),
        "commits_url": format!("{url}/commits"),
        "number": number,
        "state": "open",
        "locked": false,
        "title": title,
        "user": person("octo"),
        "body": body.get("body"),
        "created_at": "2026-11-24T12:00:00Z",
        "updated_at": "2026-11-24T12:00:00Z",
        "closed_at": null,
        "merged_at": null,
        "merge_commit_sha": null,
        "assignee": null,
        "assignees": [],
        "requested_reviewers": [],
        "labels": [],
        "head": end(branch),
        "base": end(base),
        "draft": body.get("draft").and_then(Value::as_bool).unwrap_or_default(),
        "maintainer_can_modify": body.get("maintainer_can_modify").and_then(Value::as_bool).unwrap_or(true),
        "merged": false,
        "mergeable": null,
        "commits": 1,
    });
    repository.pulls.push(pull);
    with(json(201, &answer), LOCATION.as_str(), &url)
}
