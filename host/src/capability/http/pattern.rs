//! Which addresses an entry covers: `scheme://host[:port]/path` with wildcards, parsed once.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde_with::{DeserializeFromStr, SerializeDisplay};

use super::path::readings;
use super::target::{Scheme, Target, parse_port, split_port};
use crate::capability::net::Hosts;

/// Addresses, as `scheme://host[:port]/path`.
///
/// - The scheme is `http` or `https`.
/// - The host is a name, an IPv4 address, an IPv6 address in `[` `]`, `*.` before a name for one label more (it covers
///   `a.example.com`, neither `example.com` nor `a.b.example.com`), `**.` before a name for one label or more, or `*` for
///   any host, by name or address.
/// - The port is the scheme's own unless it is given, or `*` for any.
/// - In the path, `*` stands for any characters of one name between slashes (at least one, where it is the whole name),
///   and `/**` at the end for any rest: `/a/**` covers `/a/` and `/a/b/c`, not `/a`.
///
/// Queries are always covered.
#[derive(Debug, Clone, PartialEq, Eq, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct Pattern {
    text: String,
    scheme: Scheme,
    host: Hosts,
    port: Ports,
    path: Paths,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Ports {
    Any,
    One(u16),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Paths {
    /// The names between the slashes, `*` in them standing for anything.
    names: Vec<String>,
    /// Whether more may follow.
    rest: bool,
}

impl Pattern {
    /// Whether `target` is among the addresses.
    pub(super) fn covers(&self, target: &Target) -> bool {
        self.scheme == target.scheme
            && self.host.cover(&target.host)
            && self.port.cover(target.port)
            && target.readings.iter().all(|names| self.path.cover(names))
    }

    /// Whether any host is covered.
    pub(in super::super) fn any_host(&self) -> bool {
        self.host == Hosts::Any
    }

    /// Whether what is sent can be read on the way.
    pub(in super::super) fn in_the_clear(&self) -> bool {
        self.scheme == Scheme::Http
    }
}

impl Ports {
    fn cover(&self, port: u16) -> bool {
        match self {
            Self::Any => true,
            Self::One(one) => *one == port,
        }
    }
}

impl Paths {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (names, rest) = match text.strip_suffix("/**") {
            Some(before) => (before, true),
            None => (text, false),
        };
        if names.contains("**") {
            return Err("has `**` in its path elsewhere than as its last name");
        }
        // What no path has is a slip: `{id}`, a space.
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@%/".contains(c);
        if !names.chars().all(fits) {
            return Err("has a character in its path that no path has; `*` stands for any name");
        }
        let names = match names {
            "" if rest => Vec::new(),
            _ => match readings(names)?.as_slice() {
                [names] => names.clone(),
                _ => return Err("has an encoded slash in its path; only `/**` covers those"),
            },
        };
        Ok(Self { names, rest })
    }

    fn cover(&self, names: &[String]) -> bool {
        let enough = if self.rest { names.len() > self.names.len() } else { names.len() == self.names.len() };
        enough && self.names.iter().zip(names).all(|(pattern, name)| covers(pattern, name))
    }
}

/// Whether `name` is `pattern` with something in the place of each `*`.
fn covers(pattern: &str, name: &str) -> bool {
    let Some((first, others)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let (middle, last) = others.rsplit_once('*').unwrap_or(("", others));
    // Each piece at the first place where it is: if a later one would do, so does this.
    for piece in middle.split('*') {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    rest.ends_with(last) && !(name.is_empty() && pattern == "*")
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| format!("the address `{}` {what}", text.escape_debug());
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("begins with neither https:// nor http://"))?;
        let scheme = Scheme::parse(scheme).ok_or_else(|| wrong("begins with neither https:// nor http://"))?;
        if rest.contains(['?', '#']) {
            return Err(wrong("has a query; leave it out, any query is covered"));
        }
        let Some(path_at) = rest.find('/') else {
            return Err(wrong("has no path; end it with `/**` for every path"));
        };
        let (authority, path) = rest.split_at(path_at);
        let parts = || {
            let (host, port) = split_port(authority)?;
            let port = match port {
                None => Ports::One(scheme.default_port()),
                Some("*") => Ports::Any,
                Some(port) => Ports::One(parse_port(port)?),
            };
            Ok((Hosts::parse(host)?, port, Paths::parse(path)?))
        };
        let (host, port, path) = parts().map_err(wrong)?;
        Ok(Self { text: text.to_owned(), scheme, host, port, path })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        let uri = url.parse().unwrap_or_else(|error| panic!("{url}: {error}"));
        Target::parse(&uri).unwrap_or_else(|error| panic!("{url} {error}"))
    }

    fn pattern(text: &str) -> Pattern {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    /// A pattern, what it covers, and what it does not.
    const TABLE: &[(&str, &[&str], &[&str])] = &[
        (
            "https://api.example.com/repos/**",
            &[
                "https://api.example.com/repos/",
                "https://api.example.com/repos/a/b?q=..",
                "https://API.EXAMPLE.com:443/repos/a",
                "https://api.example.com/%72epos/a",
                "https://api.example.com/repos/a%2Fb",
            ],
            &[
                "http://api.example.com/repos/a",
                "https://api.example.com/repos",
                "https://api.example.com/reposx",
                "https://api.example.com/Repos/a",
                "https://api.example.com/",
                "https://api.example.com:8443/repos/a",
                "https://example.com/repos/a",
                "https://api.example.com.evil.example/repos/a",
                "https://evil-api.example.com/repos/a",
                "https://api.example.com/x%2Frepos/a",
            ],
        ),
        (
            "https://*.example.com/**",
            &["https://a.example.com/", "https://A.example.com/x"],
            &["https://example.com/", "https://a.b.example.com/", "https://aexample.com/", "https://a.example.com.x/"],
        ),
        (
            "https://**.example.com/**",
            &["https://a.example.com/", "https://a.b.example.com/"],
            &["https://example.com/", "https://evilexample.com/"],
        ),
        (
            "https://*:*/**",
            &["https://anything/", "https://a.b:1/c", "https://1.2.3.4/", "https://[::1]:8443/"],
            &["http://anything/"],
        ),
        ("http://127.0.0.1:*/**", &["http://127.0.0.1:1/", "http://127.0.0.1/a"], &["http://127.0.0.2/", "http://a/"]),
        ("http://[0:0::1]:80/", &["http://[::1]/"], &["http://[::2]/", "http://[::1]/a"]),
        ("https://bücher.example/**", &["https://xn--bcher-kva.example/"], &["https://bucher.example/"]),
        (
            "https://a.b/x/*/z",
            &["https://a.b/x/y/z", "https://a.b/x/y;v=1/z"],
            &["https://a.b/x/z", "https://a.b/x/y/y/z", "https://a.b/x/y/z/", "https://a.b/x/y%2Fy/z"],
        ),
        (
            "https://a.b/v*.json",
            &["https://a.b/v.json", "https://a.b/v1.json", "https://a.b/v%31.json"],
            &["https://a.b/v1.jso", "https://a.b/v1/x.json", "https://a.b/xv1.json"],
        ),
        ("https://a.b/a*b*c", &["https://a.b/abc", "https://a.b/axbxbxc"], &["https://a.b/acb", "https://a.b/ac"]),
        ("https://a.b/a*a", &["https://a.b/aa", "https://a.b/aba"], &["https://a.b/a"]),
        ("https://a.b/*", &["https://a.b/x"], &["https://a.b/", "https://a.b/x/", "https://a.b/x/y"]),
        ("https://a.b/", &["https://a.b/", "https://a.b", "https://a.b?q"], &["https://a.b/x"]),
    ];

    #[test]
    fn a_pattern_covers_what_it_says_and_nothing_else() {
        for (text, covered, others) in TABLE {
            let pattern = pattern(text);
            for url in *covered {
                assert!(pattern.covers(&target(url)), "{text} should cover {url}");
            }
            for url in *others {
                assert!(!pattern.covers(&target(url)), "{text} should not cover {url}");
            }
        }
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for (text, word) in [
            ("api.github.com/**", "https://"),
            ("ftp://a.b/**", "https://"),
            ("HTTPS://a.b/**", "https://"),
            ("*://a.b/**", "https://"),
            ("https://a.b", "path"),
            ("https:///x", "host"),
            ("https://a.b/x?y=*", "query"),
            ("https://a.b/x#y", "query"),
            ("https://u@a.b/**", "user"),
            ("https://a*.b/**", "label"),
            ("https://a.*.b/**", "label"),
            ("https://**/**", "label"),
            ("https://*.*/**", "name"),
            ("https://*.*.a/**", "name"),
            ("https://*.1.2.3.4/**", "name"),
            ("https://*.1.2/**", "decimal"),
            ("https://a.b./**", "dot"),
            ("https://a.b:x/**", "port"),
            ("https://a.b:0/**", "port"),
            ("https://[::1/**", "]"),
            ("https://[x]/**", "IPv6"),
            ("https://a.b/**/x", "last"),
            ("https://a.b/x**", "last"),
            ("https://a.b/{id}", "`*`"),
            ("https://a.b/a b", "`*`"),
            ("https://a.b/../x", "`..`"),
            ("https://a.b//x", "//"),
            ("https://a.b/x%2Fy", "slash"),
            ("https://a.b/x%5Cy", "backslash"),
        ] {
            let error = text.parse::<Pattern>().expect_err(text);
            assert!(error.contains(word) && error.contains("the address `"), "{error}");
        }
    }

    #[test]
    fn a_pattern_is_written_as_it_was_read() {
        let text = "https://Bücher.example:443/%61/**";
        let pattern = pattern(text);
        assert_eq!(pattern.to_string(), text);
        assert_eq!(serde_json::to_value(&pattern).expect("serialises"), text);
    }

    #[test]
    fn a_pattern_of_many_stars_is_matched_in_no_time() {
        let pattern = pattern(&format!("https://a.b/{}x", "*a".repeat(200)));
        assert!(!pattern.covers(&target(&format!("https://a.b/{}", "a".repeat(4000)))));
    }
}
