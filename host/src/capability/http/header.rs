//! Headers: their names in a grant, and what is left of a guest's own when the request leaves.

use std::fmt;
use std::str::FromStr;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde_with::{DeserializeFromStr, SerializeDisplay};
use wasmtime_wasi_http::{DEFAULT_FORBIDDEN_HEADERS, Error};

use crate::capability::secrets::{Secret, Template};

/// Headers of one request. Browsers send 20 to 40.
const MAX_HEADERS: usize = 128;

/// Bytes of their names and values. Servers take 8 to 32 KiB as a rule.
pub(super) const MAX_SIZE: usize = 64 * 1024;

/// The name of a header that a grant sets, in any case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct Name(HeaderName);

impl Name {
    pub(super) fn get(&self) -> &HeaderName {
        &self.0
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = HeaderName::from_str(text);
        let name = name.map_err(|_| format!("`{}` is no name of a header", text.escape_debug()))?;
        if is_ours(&name) || name == header::CONTENT_LENGTH {
            return Err(format!("the header `{name}` is set by Barkeep itself, by what is sent and where"));
        }
        Ok(Self(name))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads `headers = { ... }`, in which no name may be twice, however it is written.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IndexMap<Name, Template>, D::Error> {
    struct Headers;

    impl<'de> Visitor<'de> for Headers {
        type Value = IndexMap<Name, Template>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("names of headers with their values")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut headers = IndexMap::new();
            while let Some((name, value)) = map.next_entry::<Name, Template>()? {
                if headers.contains_key(&name) {
                    return Err(A::Error::custom(format!("the header `{name}` is there twice")));
                }
                headers.insert(name, value);
            }
            Ok(headers)
        }
    }

    deserializer.deserialize_map(Headers)
}

/// Whether a header speaks of the connection, which is the host's, or makes a server answer in two steps.
fn is_ours(name: &HeaderName) -> bool {
    DEFAULT_FORBIDDEN_HEADERS.contains(name)
        || [header::TE, header::TRAILER, header::EXPECT].contains(name)
        || name.as_str().starts_with("proxy-")
}

/// The value of a header that a grant sets: never shown, never kept in the tables that HTTP/2 compresses with.
pub(super) fn value(secret: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(secret.reveal()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// What a grant makes of the headers and trailers of each of its requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Injection {
    headers: Vec<(HeaderName, Secret)>,
}

impl Injection {
    pub(super) fn new(headers: Vec<(HeaderName, Secret)>) -> Self {
        Self { headers }
    }

    /// Whether a guest may not send `name` itself. Servers that hand headers to programs as variables (CGI, WSGI) do not
    /// tell `x_key` from `x-key`.
    fn replaces(&self, name: &HeaderName) -> bool {
        let same = |ours: &HeaderName| {
            let as_variable = |byte: u8| if byte == b'_' { b'-' } else { byte };
            ours.as_str().bytes().map(as_variable).eq(name.as_str().bytes().map(as_variable))
        };
        self.headers.iter().any(|(ours, _)| same(ours))
    }

    /// What is sent of the guest's own `headers`, with ours in their places. The length of the body is taken out: it is
    /// sent again from what the body itself says.
    pub(super) fn apply(&self, guests: HeaderMap) -> Result<HeaderMap, Error> {
        let mut headers = self.keep(guests);
        headers.remove(header::CONTENT_LENGTH);
        let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if headers.len() > MAX_HEADERS || size > MAX_SIZE {
            return Err(Error::HttpRequestHeaderSectionSize(u32::try_from(size).ok()));
        }
        for (name, secret) in &self.headers {
            // Looked at when the plugin was loaded.
            let value = value(secret).ok_or(Error::ConfigurationError)?;
            headers.insert(name, value);
        }
        Ok(headers)
    }

    /// What a guest may send of its own headers or trailers.
    pub(super) fn keep(&self, mut guests: HeaderMap) -> HeaderMap {
        let refused: Vec<HeaderName> =
            guests.keys().filter(|name| is_ours(name) || self.replaces(name)).cloned().collect();
        for name in refused {
            guests.remove(name);
        }
        guests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> HeaderMap {
        let parse = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().expect("a name"), value.parse::<HeaderValue>().expect("a value"))
        };
        pairs.iter().map(parse).collect()
    }

    fn injection(pairs: &[(&str, &str)]) -> Injection {
        let ours = |(name, value): &(&str, &str)| (name.parse().expect("a name"), Secret::new((*value).to_owned()));
        Injection::new(pairs.iter().map(ours).collect())
    }

    #[test]
    fn what_speaks_of_the_connection_stays_here() {
        let guests = map(&[
            ("host", "evil.example"),
            ("connection", "x-key"),
            ("transfer-encoding", "chunked"),
            ("content-length", "3"),
            ("upgrade", "websocket"),
            ("te", "trailers"),
            ("trailer", "x"),
            ("expect", "100-continue"),
            ("keep-alive", "1"),
            ("proxy-authorization", "x"),
            ("proxy-anything", "x"),
            ("http2-settings", "x"),
            ("accept", "a"),
            ("accept", "b"),
        ]);
        let sent = Injection::default().apply(guests).expect("few enough");
        assert_eq!(sent.iter().collect::<Vec<_>>().len(), 2);
        assert_eq!(sent.get_all("accept").iter().count(), 2);
    }

    #[test]
    fn ours_replace_a_guests_whatever_its_spelling_and_are_not_shown() {
        let ours = injection(&[("x-api-key", "s3cret")]);
        let sent = ours.apply(map(&[("X-Api-Key", "a"), ("x-api-key", "b"), ("x_api_key", "c"), ("x-api-keys", "d")]));
        let sent = sent.expect("few enough");
        assert_eq!(sent.get_all("x-api-key").iter().collect::<Vec<_>>(), ["s3cret"]);
        assert!(sent["x-api-key"].is_sensitive() && !format!("{sent:?} {ours:?}").contains("s3cret"));
        assert!(!sent.contains_key("x_api_key") && sent.contains_key("x-api-keys"));
        assert!(ours.keep(map(&[("x-api-key", "a")])).is_empty(), "not as a trailer either");
    }

    #[test]
    fn too_many_and_too_large_headers_are_refused() {
        let many: HeaderMap = (0..=MAX_HEADERS)
            .map(|n| (format!("x-{n}").parse::<HeaderName>().expect("a name"), HeaderValue::from_static("")))
            .collect();
        assert!(matches!(Injection::default().apply(many), Err(Error::HttpRequestHeaderSectionSize(_))));
        let large = map(&[("x", &"x".repeat(MAX_SIZE))]);
        assert!(matches!(Injection::default().apply(large), Err(Error::HttpRequestHeaderSectionSize(_))));
    }

    #[test]
    fn no_value_begins_a_new_line() {
        for bad in ["a\r\nx: y", "a\nb", "a\rb", "a\0b", "a\n"] {
            assert!(value(&Secret::new(bad.to_owned())).is_none(), "{bad:?}");
            assert!(HeaderValue::from_bytes(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(HeaderName::from_str("a\r\nb").is_err());
    }

    #[test]
    fn names_that_a_grant_may_not_set_are_told() {
        for bad in ["Host", "content-length", "connection", "proxy-x", "te", "a b", ""] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
        assert_eq!("Authorization".parse::<Name>().expect("good").to_string(), "authorization");
    }
}
