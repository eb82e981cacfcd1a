//! The methods of requests.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize as _;
use serde_with::{DeserializeFromStr, SerializeDisplay};

/// Bytes of a method's name.
const MAX: usize = 24;

/// A method, in capitals, such as `GET`.
///
/// `CONNECT` and `TRACE` are none that can be granted: the one makes a tunnel past all rules, the other is answered with
/// the request itself, the headers put in by Barkeep included.
#[derive(Debug, Clone, PartialEq, Eq, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct Method(String);

impl Method {
    pub(super) fn is(&self, method: &http::Method) -> bool {
        self.0 == method.as_str()
    }
}

/// What a grant allows that names no methods.
pub(super) fn reading() -> Vec<Method> {
    vec![Method("GET".to_owned()), Method("HEAD".to_owned())]
}

/// Whether all of them are such that nothing is sent but the address.
pub(in super::super) fn only_read(methods: &[Method]) -> bool {
    methods.iter().all(|method| matches!(method.0.as_str(), "GET" | "HEAD" | "OPTIONS"))
}

/// For messages: `GET, HEAD`.
pub(in super::super) fn list(methods: &[Method]) -> String {
    methods.iter().map(|method| method.0.as_str()).collect::<Vec<_>>().join(", ")
}

/// Reads `methods = [...]`, which names at least one.
pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Method>, D::Error> {
    let methods = Vec::<Method>::deserialize(deserializer)?;
    if methods.is_empty() {
        return Err(serde::de::Error::custom("`methods` is empty; leave it out for GET and HEAD, or name some"));
    }
    Ok(methods)
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "CONNECT" | "TRACE" => Err(format!("the method {text} cannot be granted")),
            _ if (1..=MAX).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-') =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(format!("`{}` is no method in capitals, such as \"GET\"", text.escape_debug())),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_names_in_capitals_and_two_are_never_granted() {
        for good in ["GET", "PROPFIND", "QUERY", "M-SEARCH"] {
            assert!(good.parse::<Method>().is_ok(), "{good}");
        }
        for bad in ["get", "", "*", "GET ", "CONNECT", "TRACE", "G\nT", "GÉT"] {
            assert!(bad.parse::<Method>().is_err(), "{bad}");
        }
    }
}
