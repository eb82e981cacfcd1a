//! Answers as GitHub writes them: JSON, its headers, and links to the pages around.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LINK, LOCATION};
use axum::http::{HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json as object};

use super::request::Request;

/// Results on a page, where the client does not say.
const PER_PAGE: usize = 30;

/// Results on a page at the most, whatever the client says.
const MOST_PER_PAGE: usize = 100;

/// An answer with JSON and the headers that every answer of GitHub has.
pub(super) fn json(status: u16, value: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    for (name, value) in [
        ("x-github-media-type", "github.v3; format=json"),
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-remaining", "4999"),
        ("x-ratelimit-reset", "4102444800"),
        ("x-ratelimit-resource", "core"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A refusal with GitHub's words.
pub(super) fn refusal(status: u16, message: &str) -> Response<Body> {
    let words = object!({
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        "status": status.to_string(),
    });
    json(status, &words)
}

/// 422 with the list of what is wrong.
pub(super) fn invalid(errors: &Value) -> Response<Body> {
    let words = object!({
        "message": "Validation Failed",
        "errors": errors,
        "documentation_url": "https://docs.github.com/rest",
        "status": "422",
    });
    json(422, &words)
}

/// Sets a header; a value that cannot be one leaves the answer as it is.
pub(super) fn with(mut response: Response<Body>, name: &'static str, value: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// Where a renamed repository is now.
pub(super) fn moved(request: &Request, id: u64) -> Response<Body> {
    let (status, words) =
        if request.method == Method::GET { (301, "Moved Permanently") } else { (307, "Temporary Redirect") };
    // As it was sent: decoded segments would have to be encoded again.
    let rest = request.below.splitn(4, '/').nth(3).map(|rest| format!("/{rest}")).unwrap_or_default();
    let mark = if request.query.is_empty() { "" } else { "?" };
    let url = format!("{}/repositories/{id}{rest}{mark}{}", request.base, request.query);
    let body = object!({"message": words, "url": url, "documentation_url": "https://docs.github.com/rest"});
    with(json(status, &body), LOCATION.as_str(), &url)
}

/// One page of a list, and where it is.
pub(super) struct Page<T> {
    /// What is on it.
    pub(super) items: Vec<T>,
    /// The `Link` header; none where all is on one page.
    link: Option<String>,
}

impl<T> Page<T> {
    /// Cuts the page out that the request asks for. `path` is below the base address.
    pub(super) fn of(all: Vec<T>, request: &Request, path: &str) -> Self {
        let page = request.number("page").unwrap_or(1).max(1);
        let per_page = request.number("per_page").unwrap_or(PER_PAGE).clamp(1, MOST_PER_PAGE);
        let last = all.len().div_ceil(per_page).max(1);
        let items = all.into_iter().skip((page - 1).saturating_mul(per_page)).take(per_page).collect();
        let query = request.query_without("page");
        let mark = if query.is_empty() { "" } else { "&" };
        let to = |number: usize, rel| format!("<{}/{path}?{query}{mark}page={number}>; rel=\"{rel}\"", request.base);
        let mut links = Vec::new();
        if page > 1 {
            links.push(to(page - 1, "prev"));
        }
        if page < last {
            links.push(to(page + 1, "next"));
            links.push(to(last, "last"));
        }
        if page > 1 {
            links.push(to(1, "first"));
        }
        Self { items, link: (!links.is_empty()).then(|| links.join(", ")) }
    }

    /// Adds the links.
    pub(super) fn link(self, response: Response<Body>) -> Response<Body> {
        match self.link {
            Some(link) => with(response, LINK.as_str(), &link),
            None => response,
        }
    }
}
