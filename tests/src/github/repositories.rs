//! Repositories: `GET /repos/{owner}/{repo}` and `GET /users/{owner}/repos`.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json as object};

use super::reply::{Page, json, refusal};
use super::request::Request;
use super::world::{Repository, World, person};

pub(super) fn get(request: &Request, repository: &Repository) -> Response<Body> {
    let mut whole = short(request, repository);
    if let Value::Object(whole) = &mut whole {
        whole.insert("subscribers_count".into(), 5.into());
        whole.insert("network_count".into(), 2.into());
    }
    json(200, &whole)
}

pub(super) fn list(request: &Request, world: &World, owner: &str) -> Response<Body> {
    if !owner.eq_ignore_ascii_case("octo") {
        return refusal(404, "Not Found");
    }
    let page = Page::of(world.all().iter().collect(), request, "user/1/repos");
    let repositories = page.items.iter().map(|repository| short(request, repository)).collect();
    page.link(json(200, &Value::Array(repositories)))
}

/// As lists and pull requests show it.
pub(super) fn short(request: &Request, repository: &Repository) -> Value {
    let name = repository.full_name();
    let url = format!("{}/repos/{name}", request.base);
    let open = repository.issues.iter().filter(|issue| issue.get("state").is_some_and(|state| state == "open"));
    object!({
        "id": repository.id,
        "node_id": "MDEwOlJlcG9zaXRvcnkx",
        "name": repository.name,
        "full_name": name,
        "private": false,
        "owner": person("octo"),
        "html_url": format!("https://github.com/{name}"),
        "description": Some(repository.description).filter(|words| !words.is_empty()),
        "fork": false,
        "url": url,
        "keys_url": format!("{url}/keys{{/key_id}}"),
        "issues_url": format!("{url}/issues{{/number}}"),
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2026-01-02T00:00:00Z",
        "pushed_at": "2026-01-03T00:00:00Z",
        "git_url": format!("git://github.com/{name}.git"),
        "ssh_url": format!("git@github.com:{name}.git"),
        "clone_url": format!("https://github.com/{name}.git"),
        "homepage": null,
        "size": 108,
        "stargazers_count": 80,
        "language": "Rust",
        "has_issues": repository.has_issues,
        "forks_count": 2,
        "archived": repository.archived,
        "disabled": false,
        "open_issues_count": open.count(),
        "license": {"key": "mit", "name": "MIT License", "spdx_id": "MIT", "url": "https://api.github.com/licenses/mit"},
        "topics": ["greeting"],
        "visibility": "public",
        "default_branch": "main",
        "permissions": {"admin": false, "push": false, "pull": true},
    })
}
