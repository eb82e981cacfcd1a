//! A request, taken apart.

use axum::body::to_bytes;
use axum::http::{HeaderMap, Method, Uri};
use serde_json::Value;

/// The largest body that is read: what the plugin sends is text that a model wrote.
const LARGEST: usize = 1 << 20;

/// A request, read to its end.
#[derive(Debug)]
pub(super) struct Request {
    /// The method.
    pub(super) method: Method,
    /// The path as sent.
    pub(super) path: String,
    /// The query as sent, without its mark.
    pub(super) query: String,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The body, if it is JSON.
    pub(super) body: Option<Value>,
    /// The address of the API as the client knows it: the root, or below `/api/v3`.
    pub(super) base: String,
    /// The path below that address as sent, without the first slash.
    pub(super) below: String,
    /// The same, decoded segment by segment.
    pub(super) segments: Vec<String>,
}

impl Request {
    /// Reads it; an error says what is wrong.
    pub(super) async fn read(request: axum::extract::Request) -> Result<Self, &'static str> {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, LARGEST).await.map_err(|_| "The body cannot be read")?;
        let host = parts.headers.get("host").and_then(|host| host.to_str().ok()).ok_or("No host")?;
        let path = parts.uri.path();
        let (prefix, below) = match path.strip_prefix("/api/v3") {
            Some(below) => ("/api/v3", below),
            None => ("", path),
        };
        let below = below.strip_prefix('/').unwrap_or(below);
        let segments = below.split('/').map(decode).collect::<Option<_>>().ok_or("The path is not encoded well")?;
        Ok(Self {
            base: format!("http://{host}{prefix}"),
            segments,
            below: below.to_owned(),
            path: path.to_owned(),
            query: query(&parts.uri).to_owned(),
            method: parts.method,
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).ok(),
        })
    }

    /// A header, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A parameter of the query, decoded.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let value = self.pairs().find_map(|(known, value)| (known == name).then_some(value))?;
        decode(&value.replace('+', " "))
    }

    /// A parameter that is a number.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.parameter(name)?.parse().ok()
    }

    /// The parameters as sent, but for one.
    pub(super) fn query_without(&self, name: &str) -> String {
        let kept = self.pairs().filter(|(known, _)| *known != name);
        kept.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }
}

fn query(uri: &Uri) -> &str {
    uri.query().unwrap_or_default()
}

/// Decodes `%20`; none where that is no UTF-8, or no two digits follow.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        assert_eq!(decode("a%20%C3%BC%2F").as_deref(), Some("a ü/"));
        assert_eq!(decode("%2"), None);
        assert_eq!(decode("%zz"), None);
        assert_eq!(decode("%ff"), None);
    }
}
