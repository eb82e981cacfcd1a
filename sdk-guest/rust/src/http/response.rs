//! An answer, read to its end.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::address::Address;
use crate::{Error, Result};

/// Characters of a body that the words of an error repeat: a sentence or two of the server's own.
const SHOWN: usize = 300;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Method and address of the request, for words.
    origin: String,
}

impl Response {
    /// An answer without headers and body, for tests.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), origin: "the request".to_owned() }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = bytes.into();
        self
    }

    /// Sets the body to the JSON of `value`; what is no JSON is an empty body.
    #[must_use]
    pub fn with_json(self, value: &impl Serialize) -> Self {
        self.with_header("content-type", "application/json").with_body(serde_json::to_vec(value).unwrap_or_default())
    }

    pub(super) fn set_origin(&mut self, method: &str, address: &Address) {
        self.origin = format!("{method} {}", address.without_query());
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first header of this name, whatever its case. A value that is not UTF-8 has `\u{FFFD}` where it is not.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The headers, as the server sent them.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, given away.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// The body as text.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] when it is not UTF-8.
    pub fn text(&self) -> Result<String> {
        let text = str::from_utf8(&self.body);
        text.map(str::to_owned).map_err(|_| Error::Other(format!("{} was not answered with UTF-8", self.origin)))
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] when it is not JSON, or not that of a `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = if error.is_data() { "other JSON than expected" } else { "something that is not JSON" };
            Error::Other(format!("{} was answered with {what}: {error}", self.origin))
        })
    }

    /// This answer, if its status is not one of an error.
    ///
    /// # Errors
    ///
    /// For a status of 400 or more, with the beginning of a body that is text: [`Error::NotFound`] for 404 and 410,
    /// [`Error::AccessDenied`] for 401 and 403, [`Error::Unavailable`] for 408, 425, 429 and 500 or more, [`Error::Other`] for
    /// the rest.
    pub fn error_for_status(self) -> Result<Self> {
        if self.status < 400 {
            return Ok(self);
        }
        let words = format!("{} was answered with {}{}", self.origin, named(self.status), self.excerpt());
        Err(match self.status {
            404 | 410 => Error::NotFound(words),
            401 | 403 => Error::AccessDenied(words),
            408 | 425 | 429 | 500.. => Error::Unavailable(words),
            _ => Error::Other(words),
        })
    }

    fn excerpt(&self) -> String {
        let start = self.body.get(..4 * SHOWN).unwrap_or(&self.body);
        let text = String::from_utf8_lossy(start);
        let text = text.trim();
        // A page for browsers says nothing in its first lines.
        if text.is_empty() || text.starts_with('<') || text.contains('\0') {
            return String::new();
        }
        let shown: String = text.chars().take(SHOWN).collect();
        let more = if shown.len() < self.body.trim_ascii().len() { "..." } else { "" };
        format!(": {shown}{more}")
    }
}

/// The status with its name (RFC 9110 and 6585), where people know it by that.
fn named(status: u16) -> String {
    let name = match status {
        400 => " Bad Request",
        401 => " Unauthorized",
        403 => " Forbidden",
        404 => " Not Found",
        405 => " Method Not Allowed",
        409 => " Conflict",
        410 => " Gone",
        413 => " Content Too Large",
        415 => " Unsupported Media Type",
        422 => " Unprocessable Content",
        429 => " Too Many Requests",
        500 => " Internal Server Error",
        502 => " Bad Gateway",
        503 => " Service Unavailable",
        504 => " Gateway Timeout",
        _ => "",
    };
    format!("{status}{name}")
}

#[cfg(test)]
mod tests {
    use super::super::get;
    use super::*;
    use crate::testing::serve_http;

    fn answer(response: Response) -> Response {
        let _server = serve_http(move |_| Ok(response.clone()));
        get("https://a/b?c").send().unwrap()
    }

    #[test]
    fn an_answer_has_a_status_headers_and_a_body() {
        let answer = answer(Response::new(201).with_header("X-A", "1").with_json(&[1, 2]));
        assert_eq!((answer.status(), answer.header("x-a"), answer.header("x-b")), (201, Some("1"), None));
        assert_eq!((answer.text(), answer.json()), (Ok("[1,2]".to_owned()), Ok(vec![1, 2])));
        assert_eq!(answer.headers().count(), 2);
        assert_eq!(answer.into_body(), b"[1,2]");
    }

    #[test]
    fn a_body_of_another_kind_is_told() {
        let words = |body: &[u8]| answer(Response::new(200).with_body(body)).json::<Vec<u8>>().unwrap_err().to_string();
        assert!(words(b"<html>").starts_with("GET https://a/b was answered with something that is not JSON: "));
        assert!(words(b"{}").starts_with("GET https://a/b was answered with other JSON than expected: "));
        let binary = answer(Response::new(200).with_body([0xff]));
        assert_eq!(binary.text(), Err(Error::other("GET https://a/b was not answered with UTF-8")));
    }

    #[test]
    fn each_status_of_an_error_has_its_kind() {
        let failure = |status| answer(Response::new(status)).error_for_status().unwrap_err();
        assert_eq!(failure(404), Error::not_found("GET https://a/b was answered with 404 Not Found"));
        assert!(matches!(failure(401), Error::AccessDenied(_)));
        assert!(matches!(failure(429), Error::Unavailable(_)));
        assert!(matches!(failure(599), Error::Unavailable(_)));
        assert_eq!(failure(418), Error::other("GET https://a/b was answered with 418"));
        assert!(answer(Response::new(302)).error_for_status().is_ok());
    }

    #[test]
    fn the_words_of_the_server_are_repeated_in_part() {
        let words = |body: &[u8]| {
            let answer = answer(Response::new(400).with_body(body));
            answer
                .error_for_status()
                .unwrap_err()
                .words()
                .replace("GET https://a/b was answered with 400 Bad Request", "")
        };
        assert_eq!(words(b" no such field\n"), ": no such field");
        assert_eq!(words(b"<!doctype html>"), "");
        assert_eq!(words(b"\x89PNG\0"), "");
        assert_eq!(words("é".repeat(10_000).as_bytes()), format!(": {}...", "é".repeat(300)));
    }
}
