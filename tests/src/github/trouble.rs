//! What can go wrong: each repository of the owner [`OWNER`] is one trouble.
//!
//! | repository | what happens |
//! |---|---|
//! | `rate-limited` | 403: the primary limit is spent until 2100-01-01 |
//! | `secondary-limit` | 403: a secondary limit, with `retry-after: 60` |
//! | `too-many` | 429, in words alone |
//! | `forbidden` | 403: the token lacks a permission |
//! | `conflict` | 409 |
//! | `bad-gateway` | 502, with a page of HTML |
//! | `unavailable` | 503, with nothing |
//! | `silent` | the request is read and never answered |
//! | `stalled` | half of an answer, then nothing more |
//! | `cut-off` | half of an answer, then the connection is closed |
//! | `hung-up` | the connection is closed before the answer |
//! | `not-json` | 200, with a page of HTML |
//! | `endless` | 200, with a body that does not end |
//! | `circle` | 301 to itself |
//! | `elsewhere` | 301 to another host |
//!
//! Any other is not found.

use std::convert::Infallible;
use std::future::pending;
use std::io;

use axum::body::{Body, Bytes};
use axum::http::Response;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use futures::stream::{self, StreamExt as _};
use tokio::task::yield_now;

use super::reply::{json, refusal, with};
use super::request::Request;

/// Whose repositories are troubles.
pub const OWNER: &str = "standin";

/// Half of a list of issues.
const HALF: &str = r#"[{"number": 1, "title": "Half of"#;

/// How long that list claims to be.
const CLAIMED: &str = "4096";

/// Of an endless body, what is sent at once.
const CHUNK: &[u8] = &[b' '; 64 * 1024];

/// The trouble that a request runs into, if any.
pub(super) async fn meet(request: &Request) -> Option<Response<Body>> {
    let name = name(request)?;
    Some(match name.as_str() {
        "rate-limited" => {
            let refused = refusal(403, "API rate limit exceeded for user ID 1.");
            with(refused, "x-ratelimit-remaining", "0")
        }
        "secondary-limit" => {
            let words = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
            with(refusal(403, words), "retry-after", "60")
        }
        "too-many" => refusal(429, "You have sent too many requests."),
        "forbidden" => {
            let refused = refusal(403, "Resource not accessible by personal access token");
            with(refused, "x-accepted-github-permissions", "issues=write")
        }
        "conflict" => refusal(409, "Merge conflict"),
        "bad-gateway" => page(502, "Bad Gateway"),
        "unavailable" => {
            let mut response = refusal(503, "");
            *response.body_mut() = Body::empty();
            response
        }
        "silent" => pending().await,
        "stalled" => half(stream::pending().boxed()),
        // The pause lets the server send the first half before it closes the connection.
        "cut-off" => half(
            stream::once(async {
                yield_now().await;
                Err(io::Error::other("cut off"))
            })
            .boxed(),
        ),
        "hung-up" => {
            let mut response = json(200, &serde_json::Value::Null);
            *response.body_mut() = Body::from_stream(stream::iter([Err::<Bytes, _>(io::Error::other("hung up"))]));
            response
        }
        "not-json" => page(200, "It works!"),
        "endless" => {
            let mut response = json(200, &serde_json::Value::Null);
            let chunks = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(CHUNK)));
            *response.body_mut() = Body::from_stream(chunks);
            response
        }
        "circle" => {
            let to = format!("{}{}", request.base, request.path);
            with(refusal(301, "Moved Permanently"), LOCATION.as_str(), &to)
        }
        "elsewhere" => with(refusal(301, "Moved Permanently"), LOCATION.as_str(), "https://example.com/repositories/1"),
        _ => return None,
    })
}

/// The repository that a request is about, if its owner is [`OWNER`].
fn name(request: &Request) -> Option<String> {
    match request.segments.as_slice() {
        [repos, owner, name, ..] if repos == "repos" && owner == OWNER => Some(name.clone()),
        [search, ..] if search == "search" => {
            let query = request.parameter("q")?;
            let qualifier = query.split_whitespace().find_map(|word| word.strip_prefix("repo:"))?;
            qualifier.strip_prefix(OWNER)?.strip_prefix('/').map(str::to_owned)
        }
        _ => None,
    }
}

/// What a proxy in between answers.
fn page(status: u16, words: &str) -> Response<Body> {
    let mut response = refusal(status, "");
    *response.body_mut() = Body::from(format!("<!DOCTYPE html>\n<html><body><h1>{words}</h1></body></html>\n"));
    with(response, CONTENT_TYPE.as_str(), "text/html")
}

/// An answer that promises more than its first half, and what follows that.
fn half(rest: stream::BoxStream<'static, io::Result<Bytes>>) -> Response<Body> {
    let mut response = json(200, &serde_json::Value::Null);
    let first = stream::iter([Ok(Bytes::from_static(HALF.as_bytes()))]);
    *response.body_mut() = Body::from_stream(first.chain(rest));
    with(response, CONTENT_LENGTH.as_str(), CLAIMED)
}
