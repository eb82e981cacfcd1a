//! Where a request goes, read strictly: what two readers could take for two different things is refused.

use http::Uri;
use http::uri::{Authority, PathAndQuery};

use super::path::readings;
use crate::capability::net::Host;

/// Bytes of a request's address. Servers take 8 KiB as a rule; more could not be answered anyway.
pub(super) const MAX_URL: usize = 8 * 1024;

/// Bytes of an address that are shown to people.
const MAX_SHOWN: usize = 200;

/// `http` or `https`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "http" => Some(Self::Http),
            "https" => Some(Self::Https),
            _ => None,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    pub(super) fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Splits `HOST[:PORT]`. The brackets of an IPv6 address stay.
pub(super) fn split_port(authority: &str) -> Result<(&str, Option<&str>), &'static str> {
    if authority.contains('@') {
        return Err("has a user name or password in it");
    }
    let end_of_host = match authority.rfind(']') {
        Some(at) => at + 1,
        None if authority.starts_with('[') => return Err("has an IPv6 address without its `]`"),
        None => 0,
    };
    let Some((host, port)) = authority.get(end_of_host..).and_then(|rest| rest.split_once(':')) else {
        return Ok((authority, None));
    };
    if end_of_host > 0 && !host.is_empty() {
        return Err("has text behind the `]` of its host");
    }
    let host = authority.get(..end_of_host + host.len()).unwrap_or_default();
    Ok((host, Some(port)))
}

/// A port as a decimal number: not 0, no sign, no zeros before it.
pub(super) fn parse_port(text: &str) -> Result<u16, &'static str> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain).ok_or("has a port that is no number from 1 to 65535")
}

/// Where one request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) scheme: Scheme,
    pub(super) host: Host,
    pub(super) port: u16,
    /// Each way in which the path can be read; a grant must cover them all.
    pub(super) readings: Vec<Vec<String>>,
    /// The same address put together again from its parts: no other spelling of the host, no default port.
    pub(super) uri: Uri,
}

impl Target {
    /// Reads the address of a request. What is wrong is told as the end of a sentence about the address.
    pub(super) fn parse(uri: &Uri) -> Result<Self, &'static str> {
        let scheme = uri.scheme_str().and_then(Scheme::parse).ok_or("is neither http nor https")?;
        let (host, port) = split_port(uri.authority().map(Authority::as_str).unwrap_or_default())?;
        let host = Host::parse(host)?;
        let port = port.map_or(Ok(scheme.default_port()), parse_port)?;
        let readings = readings(uri.path())?;
        let mut path = uri.path().to_owned();
        if let Some(query) = uri.query() {
            path.push('?');
            path.push_str(query);
        }
        let path: PathAndQuery = path.parse().map_err(|_| "has no path that can be sent")?;
        let uri = Uri::builder().scheme(scheme.as_str()).authority(authority(scheme, &host, port)).path_and_query(path);
        let uri = uri.build().map_err(|_| "cannot be put together again")?;
        Ok(Self { scheme, host, port, readings, uri })
    }

    /// The address with another query; none where that is too long.
    pub(super) fn with_query(&self, query: &str) -> Option<Uri> {
        let path: PathAndQuery = format!("{}?{query}", self.uri.path()).parse().ok()?;
        let mut parts = self.uri.clone().into_parts();
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).ok()
    }

    /// `scheme://host[:port]`.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", self.scheme.as_str(), authority(self.scheme, &self.host, self.port))
    }

    /// The address without its query, which may hold what nobody else should read, and not longer than a line.
    pub(super) fn shown(&self) -> String {
        let mut shown = self.origin() + self.uri.path();
        if shown.len() > MAX_SHOWN {
            // All of it is ASCII by now.
            shown.truncate(MAX_SHOWN);
            shown.push_str("...");
        }
        shown
    }
}

fn authority(scheme: Scheme, host: &Host, port: u16) -> String {
    if port == scheme.default_port() { host.to_string() } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(scheme: &str, authority: &str, path: &str) -> Result<Target, &'static str> {
        // As wasi:http hands it over: in three parts.
        let uri = Uri::builder().scheme(scheme).authority(authority).path_and_query(path).build();
        uri.map_err(|_| "is refused by the types").and_then(|uri| Target::parse(&uri))
    }

    #[test]
    fn an_address_is_put_together_from_what_it_means() {
        for (authority, path, expected) in [
            ("API.Example.com:443", "/a?b=//..", "https://api.example.com/a?b=//.."),
            ("example.com:8443", "", "https://example.com:8443/"),
            ("example.com", "?q", "https://example.com/?q"),
            ("xn--bcher-kva.example", "/%41%2e%2E%7e", "https://xn--bcher-kva.example/%41%2e%2E%7e"),
            ("[::1]:80", "/", "https://[::1]:80/"),
            ("[0:0::1]", "/", "https://[::1]/"),
            ("[::ffff:7f00:1]", "/", "https://127.0.0.1/"),
            ("127.0.0.1", "/", "https://127.0.0.1/"),
        ] {
            let target = uri("https", authority, path).unwrap_or_else(|error| panic!("{authority}{path} {error}"));
            assert_eq!(target.uri.to_string(), expected);
        }
    }

    #[test]
    fn a_host_that_could_be_another_is_refused() {
        for authority in [
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "127.1",
            "127.0.1",
            "127.0.0.01",
            "127.0.0.1.",
            "1.2.3.4.5",
            "999.1.1.1",
            "example.com.",
            "a..b",
            ".a",
            "user@example.com",
            "user:pass@example.com",
            "example.com@127.0.0.1",
            "%31%32%37.0.0.1",
            "ex%61mple.com",
            "example.com:",
            "example.com:0",
            "example.com:080",
            "example.com:+80",
            "example.com:65536",
            "example.com:80:80",
            "::1",
            "[::1",
            "[::1]x",
            "[::1%25eth0]",
            "[127.0.0.1]",
            "[]",
            "",
            "a b",
            "a\\b",
            "xn--",
        ] {
            assert!(uri("http", authority, "/").is_err(), "{authority}");
        }
        for long in [format!("{}.example", "a".repeat(64)), "a.".repeat(127) + "a", "xn--".repeat(10_000)] {
            assert!(uri("http", &long, "/").is_err());
        }
        assert!(uri("ftp", "example.com", "/").is_err());
        assert!(uri("httpx", "example.com", "/").is_err());
        assert!(Target::parse(&Uri::from_static("/path")).is_err());
    }

    #[test]
    fn a_path_that_could_be_another_is_refused() {
        for path in [
            "/..",
            "/a/../b",
            "/a/./b",
            "/.",
            "/a/%2e%2e/b",
            "/a/%2E./b",
            "/a/.%2e",
            "/a/..;x/b",
            "/a/..%3bx/b",
            "/a/..%20/b",
            "//a",
            "/a//b",
            "/a\\b",
            "/a%5cb",
            "/a%5C..%5Cb",
            "/a/..%2fb",
            "/a%2f..%2fb",
            "/a%2f%2fb",
            "/a/%252e%252e/b",
            "/a%252fb",
            "/a%25252fb",
            "/a%255cb",
            "/a%00b",
            "/a%0d%0ab",
            "/a%7f",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a%u002e",
            "/a%c0%ae",
            "/a%ff",
        ] {
            assert!(readings(path).is_err(), "{path}");
        }
        assert!(readings("a").is_err());
        assert!(readings("*").is_err());
    }

    #[test]
    fn a_path_is_read_in_each_way_that_servers_read_it() {
        let read = |path| readings(path).unwrap_or_else(|error| panic!("{path} {error}"));
        assert_eq!(read("/"), [[""]]);
        assert_eq!(read("/a/%62/"), [["a", "b", ""]]);
        assert_eq!(read("/%c3%a4"), [["%C3%A4"]]);
        assert_eq!(read("/100%25"), [["100%25"]]);
        assert_eq!(read("/a.b/...c"), [["a.b", "...c"]]);
        assert_eq!(read("/p/a%2fb"), [vec!["p", "a%2Fb"], vec!["p", "a", "b"]]);
    }

    #[test]
    fn what_is_shown_has_no_query_and_an_end() {
        let target = uri("http", "example.com:8080", "/a?token=x").expect("good");
        assert_eq!(target.shown(), "http://example.com:8080/a");
        let long = uri("http", "example.com", &format!("/{}", "a".repeat(1000))).expect("good");
        assert!(long.shown().len() < 250);
    }
}
