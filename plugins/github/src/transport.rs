//! What a request and its answer are, and who carries them.

use crate::Result;

/// The largest answer that is read: GitHub's own bound on file contents is 1 MB, on search answers some 5.
pub(crate) const LARGEST: usize = 16 << 20;

/// A request to the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// `GET` or `POST`.
    pub(crate) method: &'static str,
    /// The whole address.
    pub(crate) url: String,
    /// The JSON of a `POST`.
    pub(crate) body: Option<String>,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    /// The status.
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    /// The body: no more than [`LARGEST`] bytes.
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// An answer of these parts.
    pub(crate) fn new(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { status, headers, body: body.into() }
    }

    /// The first header of this name, whatever its case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Carries requests: the host's HTTP for the plugin, a script for its tests.
pub(crate) trait Transport {
    /// Sends, and reads the answer.
    fn send(&self, request: &Request) -> Result<Response>;
}

/// A script of answers, which keeps what was asked.
#[cfg(test)]
pub(crate) mod script {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    use super::{Request, Response, Transport};
    use crate::api::Api;
    use crate::{Error, Result};

    /// Answers in order.
    #[derive(Default)]
    pub(crate) struct Script {
        answers: RefCell<VecDeque<Result<Response>>>,
        asked: RefCell<Vec<Request>>,
    }

    impl Transport for &Script {
        fn send(&self, request: &Request) -> Result<Response> {
            self.asked.borrow_mut().push(request.clone());
            self.answers.borrow_mut().pop_front().expect("the script has an answer for each request")
        }
    }

    impl Script {
        /// One more answer.
        pub(crate) fn then(self, answer: Response) -> Self {
            self.answers.borrow_mut().push_back(Ok(answer));
            self
        }

        /// A request that fails on its way.
        pub(crate) fn fail(self, error: Error) -> Self {
            self.answers.borrow_mut().push_back(Err(error));
            self
        }

        /// One more success, with JSON.
        pub(crate) fn json(self, value: &serde_json::Value) -> Self {
            self.then(Response::new(200, &[], value.to_string()))
        }

        /// The API that plays this script.
        pub(crate) fn api(&self) -> Api<&Self> {
            Api::new(self, "https://api.test").expect("the base address is good")
        }

        /// What was asked so far: method, address under the base, body.
        pub(crate) fn asked(&self) -> Vec<(&'static str, String, Option<String>)> {
            let asked = self.asked.borrow();
            let short = |url: &str| url.strip_prefix("https://api.test").expect("under the base").to_owned();
            asked.iter().map(|request| (request.method, short(&request.url), request.body.clone())).collect()
        }
    }
}
