//! The query: parameters that a grant puts in, and what is left of a guest's own when the request leaves.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use schemars::JsonSchema;
use serde_with::{DeserializeFromStr, SerializeDisplay};
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::capability::secrets::Secret;

/// Bytes of a parameter's name.
const MAX_NAME: usize = 128;

/// Bytes of all that one entry puts into a query, encoded. Servers take 8 KiB of address as a rule.
pub(super) const MAX_SIZE: usize = 8 * 1024;

/// The name of a parameter that a grant sets, as it is meant: it is percent-encoded on the way out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct Name(String);

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if (1..=MAX_NAME).contains(&text.len()) && !text.contains(char::is_control) {
            return Ok(Self(text.to_owned()));
        }
        let shown: String = text.chars().take(MAX_NAME).collect();
        Err(format!("`{}` is no name of a parameter: 1 to {MAX_NAME} bytes of text", shown.escape_debug()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a grant makes of the query of each of its requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Injection {
    parameters: Vec<(Name, Secret)>,
}

impl Injection {
    pub(super) fn new(parameters: Vec<(Name, Secret)>) -> Self {
        Self { parameters }
    }

    /// Bytes of what is put in.
    pub(super) fn size(&self) -> usize {
        self.ours().len()
    }

    /// The query that is sent: the guest's own parameters, but none of those that the grant sets, and then these. Nothing,
    /// where the grant sets none.
    pub(super) fn apply(&self, guests: Option<&str>) -> Option<Zeroizing<String>> {
        if self.parameters.is_empty() {
            return None;
        }
        let mut query = Zeroizing::new(String::new());
        for pair in guests.unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !self.replaces(pair)) {
            query.push_str(pair);
            query.push('&');
        }
        query.push_str(&self.ours());
        Some(query)
    }

    /// Whether a guest may not send `pair` itself. Names are decoded as servers do it, and some do not tell cases apart.
    fn replaces(&self, pair: &str) -> bool {
        let mut names = form_urlencoded::parse(pair.as_bytes()).map(|(name, _)| name);
        names.any(|name| self.parameters.iter().any(|(ours, _)| ours.0.eq_ignore_ascii_case(&name)))
    }

    fn ours(&self) -> Zeroizing<String> {
        let mut query = Zeroizing::new(String::new());
        for (name, value) in &self.parameters {
            if !query.is_empty() {
                query.push('&');
            }
            encode(&name.0, &mut query);
            query.push('=');
            encode(value.reveal(), &mut query);
        }
        query
    }
}

/// Percent-encodes all but the unreserved characters (RFC 3986, section 2.3): nothing of a value can end it.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injection(pairs: &[(&str, &str)]) -> Injection {
        let ours = |(name, value): &(&str, &str)| (name.parse().expect("a name"), Secret::new((*value).to_owned()));
        Injection::new(pairs.iter().map(ours).collect())
    }

    #[test]
    fn ours_take_the_place_of_a_guests_however_it_is_written() {
        let ours = injection(&[("key", "s3cret")]);
        for (guests, sent) in [
            (None, "key=s3cret"),
            (Some(""), "key=s3cret"),
            (Some("a=b"), "a=b&key=s3cret"),
            (Some("key=mine"), "key=s3cret"),
            (Some("a=b&key&c=d&key=x&&"), "a=b&c=d&key=s3cret"),
            (Some("%6bey=mine&KEY=mine&k%65%79=mine&keys=1"), "keys=1&key=s3cret"),
            (Some("a=key=mine"), "a=key=mine&key=s3cret"),
        ] {
            assert_eq!(ours.apply(guests).expect("it sets one").as_str(), sent, "{guests:?}");
        }
        assert!(injection(&[]).apply(Some("a=b")).is_none());
        assert!(!format!("{ours:?}").contains("s3cret"));
    }

    #[test]
    fn nothing_in_a_value_or_a_name_ends_it() {
        let ours = injection(&[("a b", "x&y=z#?+ /\r\n%41\u{e4}"), ("c", "~-._")]);
        let sent = "a%20b=x%26y%3Dz%23%3F%2B%20%2F%0D%0A%2541%C3%A4&c=~-._";
        assert_eq!(ours.apply(Some("a+b=1&a%20b=2")).expect("it sets some").as_str(), sent);
        assert_eq!(ours.size(), sent.len());
    }

    #[test]
    fn names_that_cannot_be_meant_are_told() {
        for bad in ["", "a\nb", "\0", &"x".repeat(MAX_NAME + 1)] {
            assert!(bad.parse::<Name>().is_err(), "{bad:?}");
        }
    }
}
