//! Requests by way of the host, which checks them against the grants and puts the token in.

use std::time::Duration;

use barkeep_sdk::http;

use crate::transport::{LARGEST, Request, Response, Transport};
use crate::{Error, Result};

/// GitHub itself gives up after ten seconds; the rest is the way.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// GitHub refuses requests that do not say from what program they come.
const USER_AGENT: &str = concat!("barkeep-github/", env!("CARGO_PKG_VERSION"));

/// The version of the API whose answers this plugin knows.
const VERSION: &str = "2022-11-28";

/// The host's HTTP.
pub(crate) struct Host;

impl Transport for Host {
    fn send(&self, request: &Request) -> Result<Response> {
        let mut outgoing = http::Request::new(request.method, &request.url)
            .header("accept", "application/vnd.github+json")
            .header("user-agent", USER_AGENT)
            .header("x-github-api-version", VERSION)
            .timeout(LONGEST_WAIT)
            .max_body(LARGEST);
        if let Some(body) = &request.body {
            outgoing = outgoing.header("content-type", "application/json").body(body.clone());
        }
        let answer = outgoing.send().map_err(|error| match error {
            // The request is well-formed, so that other errors are an answer that is too long or not HTTP.
            Error::Unavailable(words) | Error::Other(words) => {
                Error::unavailable(format!("GitHub gave no whole answer: {words}"))
            }
            other => other,
        })?;
        let headers: Vec<_> = answer.headers().collect();
        let mut response = Response::new(answer.status(), &headers, []);
        response.body = answer.into_body();
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use barkeep_sdk::testing::serve_http;
    use serde_json::json;

    use super::*;

    fn request(method: &'static str, body: Option<&str>) -> Request {
        Request { method, url: "https://api.test/x?y=a%20b".to_owned(), body: body.map(str::to_owned) }
    }

    #[test]
    fn a_request_says_from_where_it_comes_and_what_it_takes() {
        let _server = serve_http(|request| {
            assert_eq!((request.method(), request.url()), ("POST", "https://api.test/x?y=a%20b".to_owned()));
            assert_eq!(request.header_value("accept"), Some("application/vnd.github+json"));
            assert!(request.header_value("user-agent").is_some_and(|agent| agent.starts_with("barkeep-github/")));
            assert_eq!(request.header_value("content-type"), Some("application/json"));
            assert_eq!((request.header_value("authorization"), request.body_bytes()), (None, b"{}".as_slice()));
            Ok(http::Response::new(201).with_header("Link", "l").with_json(&json!([1])))
        });
        let answer = Host.send(&request("POST", Some("{}"))).unwrap();
        assert_eq!((answer.status, answer.header("link"), answer.body.as_slice()), (201, Some("l"), b"[1]".as_slice()));
    }

    #[test]
    fn a_denial_passes_and_every_other_failure_is_no_whole_answer() {
        let send = |error: Error| {
            let _server = serve_http(move |_| Err(error.clone()));
            Host.send(&request("GET", None)).unwrap_err()
        };
        assert_eq!(send(Error::access_denied("add a line")), Error::access_denied("add a line"));
        for error in [Error::unavailable("x"), Error::other("x")] {
            assert_eq!(send(error), Error::unavailable("GitHub gave no whole answer: x"));
        }
    }
}
