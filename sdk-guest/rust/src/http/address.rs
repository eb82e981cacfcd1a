//! Where a request goes.

use std::fmt::Write as _;

/// An address, in the parts that `wasi:http` wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Whether it is `https`.
    pub(crate) secure: bool,
    /// Host and port.
    pub(crate) authority: String,
    /// Path and query: begins with a slash, in ASCII.
    pub(crate) path: String,
}

impl Address {
    /// Reads a URL; what is wrong is told as the end of a sentence that begins with it.
    pub(crate) fn parse(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = url.split_once("://").ok_or("does not begin with `https://` or `http://`")?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("does not begin with `https://` or `http://`"),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        check(authority)?;
        let mut address = Self { secure, authority: authority.to_owned(), path: String::with_capacity(path.len() + 1) };
        if !path.starts_with('/') {
            address.path.push('/');
        }
        encode(path, |byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte), &mut address.path);
        Ok(address)
    }

    /// Adds a pair to the query.
    pub(crate) fn push_query(&mut self, name: &str, value: &str) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        encode(name, plain, &mut self.path);
        self.path.push('=');
        encode(value, plain, &mut self.path);
    }

    /// Scheme and authority.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.authority)
    }

    /// Scheme, authority and path, without the query: it may hold what is not for others to read.
    pub(crate) fn without_query(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        format!("{}{path}", self.origin())
    }
}

fn check(authority: &str) -> Result<(), &'static str> {
    if authority.contains('@') {
        return Err("holds a user name; send it in a header, or have the host put one in");
    }
    if !authority.is_ascii() {
        return Err("has a host that is not ASCII; write it in its `xn--` form");
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    if authority.is_empty() || authority.starts_with(':') || !authority.bytes().all(fits) {
        return Err("has no host");
    }
    Ok(())
}

/// Adds `text`, with what is not plain as `%XX`.
fn encode(text: &str, plain: impl Fn(u8) -> bool, to: &mut String) {
    for byte in text.bytes() {
        if plain(byte) {
            to.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(to, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> (bool, String, String) {
        let address = Address::parse(url).unwrap();
        (address.secure, address.authority, address.path)
    }

    #[test]
    fn a_url_is_scheme_authority_and_path() {
        assert_eq!(parsed("https://a.example"), (true, "a.example".into(), "/".into()));
        assert_eq!(parsed("HTTP://[::1]:80/b/c?d=e#f"), (false, "[::1]:80".into(), "/b/c?d=e".into()));
        assert_eq!(parsed("http://a?b"), (false, "a".into(), "/?b".into()));
    }

    #[test]
    fn what_no_url_may_hold_is_percent_encoded() {
        assert_eq!(parsed("https://a/é b%20c\r\n\0{}").2, "/%C3%A9%20b%20c%0D%0A%00%7B%7D");
    }

    #[test]
    fn what_is_no_address_is_told() {
        let wrong = |url| Address::parse(url).unwrap_err();
        for url in ["", "a.example", "ftp://a", "://a", "file:///a", "https:/a"] {
            assert!(wrong(url).starts_with("does not begin with"), "{url}");
        }
        for url in ["https://", "https:///a", "https://:80", "https://a b/", "https://a\r\nb/", "https://a%2Fb"] {
            assert_eq!(wrong(url), "has no host", "{url}");
        }
        assert!(wrong("https://me:secret@a").starts_with("holds a user name"));
        assert!(wrong("https://bücher.example").starts_with("has a host that is not ASCII"));
    }

    #[test]
    fn pairs_are_added_to_the_query_encoded() {
        let mut address = Address::parse("https://a/b?c=d").unwrap();
        address.push_query("q", "x&y=z +ü");
        assert_eq!(address.path, "/b?c=d&q=x%26y%3Dz%20%2B%C3%BC");
        assert_eq!(address.without_query(), "https://a/b");
    }
}
