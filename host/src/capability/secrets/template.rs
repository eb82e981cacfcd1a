//! Names of secrets, and text with `${secret:NAME}` in it.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde_with::{DeserializeFromStr, SerializeDisplay};

use super::{Secret, Secrets};
use crate::capability::CapabilityError;

/// Bytes of a name. Environment variables have no bound of their own that is the same everywhere.
const MAX_NAME: usize = 128;

/// The name of a secret: an identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct Name(String);

impl Name {
    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = text.len() <= MAX_NAME
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
        if fits {
            return Ok(Self(text.to_owned()));
        }
        let shown: String = text.chars().take(MAX_NAME).collect();
        Err(format!("`{}` is no name of a secret: letters, digits and `_`, no digit first", shown.escape_debug()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text in which `${secret:NAME}` stands for a secret.
#[derive(Debug, Clone, PartialEq, Eq, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Secret(Name),
}

impl Template {
    /// The text with the secrets in their places.
    ///
    /// # Errors
    ///
    /// When one of them is not there.
    pub fn fill(&self, secrets: &Secrets) -> Result<Secret, CapabilityError> {
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Secret(name) => filled.push_str(secrets.get(name)?.reveal()),
            }
        }
        Ok(Secret::new(filled))
    }

    /// The secrets that are named in it.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.pieces.iter().filter_map(|piece| if let Piece::Secret(name) = piece { Some(name) } else { None })
    }

    /// Whether no secret is named in it.
    pub fn is_plain(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Text(_)))
    }
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let inside = after.strip_prefix("secret:").and_then(|inside| inside.split_once('}'));
            let Some((name, after)) = inside else {
                return Err("`${` must be the beginning of `${secret:NAME}`".to_owned());
            };
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Secret(name.parse()?));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { text: text.to_owned(), pieces })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::file;
    use super::*;

    #[test]
    fn a_template_is_filled_and_what_is_no_template_is_told() {
        let file = file("A = \"1\"\nB = \"2\"\n");
        let secrets = Secrets::read(Some(file.path()));
        let fill = |text: &str| text.parse::<Template>().expect("a template").fill(&secrets).expect("filled");
        assert_eq!(fill("Bearer ${secret:A}").reveal(), "Bearer 1");
        assert_eq!(fill("${secret:A}-${secret:B}").reveal(), "1-2");
        assert_eq!(fill("plain $5 {x}").reveal(), "plain $5 {x}");
        assert_eq!(fill("").reveal(), "");
        for bad in ["${secret:A", "${A}", "${secret:}", "${secret:a b}", "${secret:1}"] {
            assert!(bad.parse::<Template>().is_err(), "{bad}");
        }
    }
}
