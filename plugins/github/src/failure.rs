//! What GitHub's refusals mean, in words: what happened, and what to do.

use std::fmt::Write as _;

use serde_json::Value;

use crate::clock;
use crate::transport::Response;
use crate::{Error, Result};

/// More of GitHub's own words than this helps nobody.
const LONGEST_WORDS: usize = 600;

/// More wrong fields than this are counted, not told.
const MOST_DETAILS: usize = 10;

/// Turns an answer that is no success into the error it means. `now` is in seconds since 1970.
pub(crate) fn explain(response: &Response, now: u64) -> Error {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let status = response.status;
    let said = said(&body, status);
    if let Some(limit) = Limit::of(response, &said, now) {
        return Error::unavailable(limit.words(&said, status, now));
    }
    match status {
        401 => Error::access_denied(format!(
            "Authentication Failed: {said} (HTTP 401)\nThe host sends the token, this plugin never sees it. Set a valid \
             one as the secret that the http grant of barkeep.toml names in its authorization header."
        )),
        403 | 451 => Error::access_denied(format!("Permission Denied: {said} (HTTP {status}){}", needs(response))),
        404 => Error::not_found(format!(
            "Not Found: {said} (HTTP 404)\nCheck owner, repository, number, path and branch. GitHub also answers so for \
             what the token may not see."
        )),
        410 => {
            Error::not_found(format!("Gone: {said} (HTTP 410)\nIt was deleted, or this repository has it disabled."))
        }
        409 => Error::other(format!("Conflict: {said} (HTTP 409)\nRead the present state, then try again.")),
        400 | 422 => Error::invalid_arguments(format!("Validation Error: {said} (HTTP {status}){}", details(&body))),
        500..=599 => Error::unavailable(format!(
            "GitHub API Error: {said} (HTTP {status})\nThe trouble is on GitHub's side: try again in a while."
        )),
        _ => Error::other(format!("GitHub API Error: {said} (HTTP {status})")),
    }
}

/// Reads the JSON of a success.
pub(crate) fn parse(response: &Response) -> Result<Value> {
    serde_json::from_slice(&response.body).map_err(|error| {
        Error::unavailable(format!(
            "GitHub API Error: the answer is not the JSON that it should be ({error}; HTTP {}). Is GITHUB_API_URL the \
             address of a GitHub API?",
            response.status
        ))
    })
}

/// GitHub's own words, or those of the status.
fn said(body: &Value, status: u16) -> String {
    let words = body.get("message").and_then(Value::as_str).map(str::trim).filter(|words| !words.is_empty());
    words.map_or_else(
        || {
            match status {
                300..=399 => "it has moved, and not to a place that this plugin follows",
                401 => "the token was refused",
                403 => "not allowed",
                404 => "no such thing",
                429 => "too many requests",
                500..=599 => "the server failed",
                _ => "the request was refused, without a reason",
            }
            .into()
        },
        cut,
    )
}

/// A limit on requests that was reached.
struct Limit {
    /// When requests pass again, in seconds since 1970.
    resets: Option<u64>,
    /// How many requests an hour, where told.
    most: Option<u64>,
    /// Which of GitHub's limits, such as `core` or `search`.
    family: Option<String>,
}

impl Limit {
    /// GitHub tells the primary limit by `x-ratelimit-remaining: 0`, the secondary ones by `retry-after` or only in
    /// words; both come with 403 or with 429.
    fn of(response: &Response, said: &str, now: u64) -> Option<Self> {
        let number = |name| response.header(name).and_then(|value| value.trim().parse::<u64>().ok());
        let spent = number("x-ratelimit-remaining") == Some(0);
        let wait = number("retry-after");
        let told = said.to_ascii_lowercase().contains("rate limit");
        let limited = response.status == 429 || (response.status == 403 && (spent || wait.is_some() || told));
        limited.then(|| Self {
            resets: wait.map(|wait| now.saturating_add(wait)).or_else(|| number("x-ratelimit-reset").filter(|_| spent)),
            most: number("x-ratelimit-limit").filter(|_| spent),
            family: response.header("x-ratelimit-resource").filter(|_| spent).map(cut),
        })
    }

    fn words(&self, said: &str, status: u16, now: u64) -> String {
        let mut words = format!("Rate Limit Exceeded: {said} (HTTP {status})");
        // Writing to a string cannot fail.
        if let Some(resets) = self.resets {
            let _ = write!(words, "\nResets at: {}", clock::iso(resets));
            if resets > now {
                let _ = write!(words, ", in {}", clock::span(resets - now));
            }
        }
        if let Some(most) = self.most {
            let family = self.family.as_deref().unwrap_or("core");
            let _ = write!(words, "\nThe limit is {most} requests of the kind \"{family}\".");
        }
        words.push_str(match self.resets {
            Some(_) => "\nDo not call again before then. ",
            None => "\nWait a minute before the next call, and longer each time. ",
        });
        words.push_str("Fewer pages, larger pages and narrower searches cost less.");
        words
    }
}

/// What the token lacks, where GitHub tells.
fn needs(response: &Response) -> String {
    let mut words = String::new();
    for (header, meaning) in [
        ("x-accepted-github-permissions", "The token needs these permissions"),
        ("x-accepted-oauth-scopes", "The token needs one of these scopes"),
        ("x-oauth-scopes", "It has these scopes"),
        ("x-github-sso", "The organisation asks for single sign-on"),
    ] {
        if let Some(value) = response.header(header).map(str::trim).filter(|value| !value.is_empty()) {
            let _ = write!(words, "\n{meaning}: {}", cut(value));
        }
    }
    words
}

/// The wrong fields, one a line.
fn details(body: &Value) -> String {
    let errors = match body.get("errors") {
        Some(Value::Array(errors)) => errors.as_slice(),
        // Some endpoints give one error as it is.
        Some(error @ (Value::String(_) | Value::Object(_))) => std::slice::from_ref(error),
        _ => &[],
    };
    let mut words = String::new();
    for error in errors.iter().take(MOST_DETAILS) {
        let _ = write!(words, "\n- {}", detail(error));
    }
    if errors.len() > MOST_DETAILS {
        let _ = write!(words, "\n- and {} more", errors.len() - MOST_DETAILS);
    }
    words
}

fn detail(error: &Value) -> String {
    let text = |key| error.get(key).and_then(Value::as_str);
    if let Some(words) = error.as_str() {
        return cut(words);
    }
    let place = match (text("resource"), text("field")) {
        (Some(resource), Some(field)) => format!("{resource}.{field}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => String::new(),
    };
    let meaning = match text("code") {
        Some("missing") => "does not exist",
        Some("missing_field") => "must be given",
        Some("invalid") => "has a wrong form",
        Some("already_exists") => "is taken already",
        Some("unprocessable") => "does not fit",
        // `custom` means that the message says it.
        Some("custom") | None => "",
        Some(code) => code,
    };
    let said = text("message").unwrap_or_default();
    let told = [place.as_str(), meaning].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let told = [told.as_str(), said].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
    if told.is_empty() { cut(&error.to_string()) } else { cut(&told) }
}

/// Words from outside: bounded, and on one line, so that they cannot pose as lines of ours.
fn cut(words: &str) -> String {
    let mut line: String = words.chars().take(LONGEST_WORDS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.len() < words.len() {
        line.push_str("...");
    }
    line
}
