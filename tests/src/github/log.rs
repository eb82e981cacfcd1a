//! What was asked of the stand-in.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::request::Request;

/// More requests than this no test makes: the oldest go.
const MOST: usize = 1000;

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// The method, in capitals.
    pub method: String,
    /// Path and query as sent.
    pub path: String,
    /// The headers, by their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, if it is JSON.
    pub body: Option<Value>,
}

impl Logged {
    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default)]
pub(super) struct Log(Mutex<VecDeque<Logged>>);

impl Log {
    pub(super) fn add(&self, request: &Request) {
        let mark = if request.query.is_empty() { "" } else { "?" };
        let headers = request.headers.iter();
        let logged = Logged {
            method: request.method.to_string(),
            path: format!("{}{mark}{}", request.path, request.query),
            headers: headers
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
            body: request.body.clone(),
        };
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == MOST {
            log.pop_front();
        }
        log.push_back(logged);
    }

    pub(super) fn all(&self) -> Vec<Logged> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn to_json(&self) -> Value {
        let one = |logged: Logged| {
            let headers: serde_json::Map<_, _> =
                logged.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
            json!({"method": logged.method, "path": logged.path, "headers": headers, "body": logged.body})
        };
        self.all().into_iter().map(one).collect()
    }
}
