//! A request, built part by part.

use std::fmt::Display;
use std::time::Duration;

use serde::Serialize;

use super::address::Address;
use super::{Response, carry};
use crate::{Error, Result};

/// How long a request takes at most, unless it says otherwise: a host lets a call take so long by default.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes of an answer's body that are read at most, unless the request says otherwise. A host lets a plugin have 128 MiB by
/// default, and a body that is parsed is there several times over.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// A request: made by [`get`](super::get), [`post`](super::post) and their like, then [sent](Self::send).
#[derive(Debug, Clone)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    pub(crate) method: String,
    pub(crate) address: Result<Address>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) timeout: Duration,
    pub(crate) max_body: usize,
    wrong: Option<Error>,
}

impl Request {
    /// A request with any method.
    ///
    /// What is wrong with its parts is told when it is sent.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        let url = url.into();
        let address = Address::parse(&url).map_err(|wrong| Error::Other(format!("the address `{url}` {wrong}")));
        Self {
            method: method.into(),
            address,
            headers: Vec::new(),
            body: Vec::new(),
            timeout: TIMEOUT,
            max_body: MAX_BODY,
            wrong: None,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a pair to the query, percent-encoded.
    pub fn query(mut self, name: impl AsRef<str>, value: impl Display) -> Self {
        if let Ok(address) = &mut self.address {
            address.push_query(name.as_ref(), &value.to_string());
        }
        self
    }

    /// Sets the body to the JSON of `value`, and the header `content-type` unless it is there.
    pub fn json(mut self, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(json) => self.body = json,
            Err(error) => self.wrong = Some(error.into()),
        }
        if self.header_value("content-type").is_none() {
            self = self.header("content-type", "application/json");
        }
        self
    }

    /// Sets the body.
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = bytes.into();
        self
    }

    /// Sets how long all of it may take, to the last byte of the answer: 30 seconds unless set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how many bytes the answer's body may have: 16 MiB unless set.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Sends it, and reads the answer to its end. Any status is an answer: see [`Response::error_for_status`].
    ///
    /// # Errors
    ///
    /// [`Error::AccessDenied`] when the host does not allow it, [`Error::Unavailable`] when the server cannot be reached, is too
    /// slow or breaks off, [`Error::Other`] when the request is malformed, the answer too long or not HTTP.
    pub fn send(mut self) -> Result<Response> {
        if let Some(wrong) = self.wrong.take() {
            return Err(wrong);
        }
        let address = self.address.clone()?;
        self.check()?;
        let mut response = carry(&self)?;
        if response.body().len() > self.max_body {
            return Err(too_long(&self.method, &address, self.max_body));
        }
        response.set_origin(&self.method, &address);
        Ok(response)
    }

    /// The method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The whole address, or nothing where it is malformed.
    pub fn url(&self) -> String {
        self.address.as_ref().map(|address| format!("{}{}", address.origin(), address.path)).unwrap_or_default()
    }

    /// The first header of this name, whatever its case.
    pub fn header_value(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body.
    pub fn body_bytes(&self) -> &[u8] {
        &self.body
    }

    fn check(&self) -> Result<()> {
        let token = |text: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            !text.is_empty() && text.bytes().all(fits)
        };
        if !token(&self.method) {
            return Err(Error::Other(format!("`{}` is no method", self.method.escape_debug())));
        }
        for (name, value) in &self.headers {
            if !token(name) {
                return Err(Error::Other(format!("`{}` is no name of a header", name.escape_debug())));
            }
            // The value stays out of the words: it may be a secret.
            if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
                return Err(Error::Other(format!("the header `{name}` holds control characters")));
            }
        }
        Ok(())
    }
}

/// An answer whose body is longer than wanted.
pub(super) fn too_long(method: &str, address: &Address, max_body: usize) -> Error {
    Error::Other(format!("{method} {} was answered with more than {max_body} bytes", address.without_query()))
}

#[cfg(test)]
mod tests {
    use super::super::{get, post};
    use super::*;
    use crate::testing::serve_http;

    fn sent(request: Request) -> Request {
        let seen = std::rc::Rc::new(std::cell::RefCell::new(None));
        let keep = std::rc::Rc::clone(&seen);
        let _server = serve_http(move |request| {
            *keep.borrow_mut() = Some(request);
            Ok(Response::new(204))
        });
        request.send().unwrap();
        seen.take().unwrap()
    }

    fn wrong(request: Request) -> Error {
        let _server = serve_http(|_| Ok(Response::new(204)));
        request.send().unwrap_err()
    }

    #[test]
    fn a_request_has_the_parts_it_was_given() {
        let request = sent(post("https://a/b").query("page", 2).header("Accept", "text/plain").json(&[1]));
        assert_eq!((request.method(), request.url()), ("POST", "https://a/b?page=2".into()));
        assert_eq!(request.header_value("accept"), Some("text/plain"));
        assert_eq!(request.header_value("content-type"), Some("application/json"));
        assert_eq!(request.body_bytes(), b"[1]");
    }

    #[test]
    fn json_keeps_the_media_type_that_is_there() {
        let request = sent(post("https://a").header("Content-Type", "application/geo+json").json(&()));
        assert_eq!(request.headers, [("Content-Type".to_owned(), "application/geo+json".to_owned())]);
    }

    #[test]
    fn what_cannot_be_sent_is_told() {
        assert_eq!(wrong(get("nowhere")).words(), "the address `nowhere` does not begin with `https://` or `http://`");
        assert_eq!(wrong(Request::new("GE T", "https://a")).words(), "`GE T` is no method");
        assert_eq!(wrong(get("https://a").header("a:", "b")).words(), "`a:` is no name of a header");
        let secret = wrong(get("https://a").header("token", "s3cret\r\nx: y"));
        assert_eq!(secret.words(), "the header `token` holds control characters");
        let keys = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert_eq!(wrong(post("https://a").json(&keys)).words(), "key must be a string");
    }

    #[test]
    fn an_answer_that_is_too_long_is_told() {
        let _server = serve_http(|_| Ok(Response::new(200).with_body("12345")));
        assert!(get("https://a").max_body(5).send().is_ok());
        let error = get("https://a/b?secret").max_body(4).send().unwrap_err();
        assert_eq!(error.words(), "GET https://a/b was answered with more than 4 bytes");
    }
}
