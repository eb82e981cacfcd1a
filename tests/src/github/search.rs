//! Searches: `GET /search/{issues,code,repositories}`. Words match as text, and of the qualifiers those that tests use.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json as object};

use super::issues::{has_label, sort, text, whole};
use super::reply::{Page, invalid, json, refusal, with};
use super::repositories::short;
use super::request::Request;
use super::world::{Repository, World};

/// Of a search, no more results than these can be had.
const MOST: usize = 1000;

pub(super) fn search(request: &Request, world: &World, kind: &str) -> Response<Body> {
    let query = request.parameter("q").unwrap_or_default();
    if query.trim().is_empty() {
        return invalid(&object!([{"resource": "Search", "field": "q", "code": "missing"}]));
    }
    let first = request.number("page").unwrap_or(1).saturating_sub(1) * request.number("per_page").unwrap_or(30);
    if first >= MOST {
        return refusal(422, "Only the first 1000 search results are available");
    }
    let query = Query::parse(&query);
    let found = match kind {
        "issues" => issues(request, world, &query),
        "code" => code(request, world, &query),
        "repositories" => repositories(request, world, &query),
        _ => return refusal(404, "Not Found"),
    };
    let total = found.len();
    let page = Page::of(found, request, &format!("search/{kind}"));
    let body = object!({"total_count": total, "incomplete_results": false, "items": page.items});
    with(page.link(json(200, &body)), "x-ratelimit-resource", "search")
}

/// A query, parsed.
struct Query<'a> {
    words: Vec<String>,
    qualifiers: Vec<(&'a str, &'a str)>,
}

impl<'a> Query<'a> {
    fn parse(query: &'a str) -> Self {
        let (mut words, mut qualifiers) = (Vec::new(), Vec::new());
        for part in query.split_whitespace() {
            match part.split_once(':') {
                Some(qualifier) => qualifiers.push(qualifier),
                None => words.push(part.to_ascii_lowercase()),
            }
        }
        Self { words, qualifiers }
    }

    fn in_text(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        self.words.iter().all(|word| text.contains(word))
    }

    fn about(&self, repository: &Repository) -> bool {
        let mut names = self.qualifiers.iter().filter(|(key, _)| *key == "repo");
        names.all(|(_, name)| *name == repository.full_name())
    }
}

fn issues(request: &Request, world: &World, query: &Query<'_>) -> Vec<Value> {
    let wanted = |issue: &&Value| {
        let pull_request = issue.get("pull_request").is_some();
        let qualified = query.qualifiers.iter().all(|(key, value)| match (*key, *value) {
            ("is" | "type", "issue") => !pull_request,
            ("is" | "type", "pr") => pull_request,
            ("is" | "state", state) => text(issue, "state") == state,
            ("label", label) => has_label(issue, label),
            _ => true,
        });
        qualified && query.in_text(&format!("{} {}", text(issue, "title"), text(issue, "body")))
    };
    let mut found = Vec::new();
    for repository in world.all().iter().filter(|repository| query.about(repository)) {
        let mut issues: Vec<&Value> = repository.issues.iter().filter(wanted).collect();
        sort(&mut issues, request);
        found.extend(issues.into_iter().map(|issue| {
            let mut issue = whole(request, repository, issue);
            if let Value::Object(issue) = &mut issue {
                issue.insert("score".into(), object!(1.0));
            }
            issue
        }));
    }
    found
}

fn code(request: &Request, world: &World, query: &Query<'_>) -> Vec<Value> {
    let mut found = Vec::new();
    for repository in world.all().iter().filter(|repository| query.about(repository)) {
        let files = repository.branches.get("main").into_iter().flatten();
        for (path, content) in files {
            let text = String::from_utf8_lossy(content);
            if !query.in_text(&text) {
                continue;
            }
            found.push(object!({
                "name": path.rsplit('/').next(),
                "path": path,
                "sha": format!("{:040x}", content.len()),
                "url": format!("{}/repositories/{}/contents/{path}?ref=main", request.base, repository.id),
                "html_url": format!("https://github.com/{}/blob/main/{path}", repository.full_name()),
                "repository": short(request, repository),
                "score": 1.0,
            }));
        }
    }
    found
}

fn repositories(request: &Request, world: &World, query: &Query<'_>) -> Vec<Value> {
    let wanted = |repository: &&Repository| {
        query.about(repository) && query.in_text(&format!("{} {}", repository.full_name(), repository.description))
    };
    world.all().iter().filter(wanted).map(|repository| short(request, repository)).collect()
}
