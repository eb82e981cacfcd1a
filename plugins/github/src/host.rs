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
        Ok(Response::new(answer.status(), &headers, answer.body()))
    }
}
