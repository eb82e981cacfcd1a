//! `[plugins.ID]`: one plugin.

use std::borrow::Borrow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Consent, Limits};
use crate::capability::Grants;
use crate::capability::fs::absolute;

/// Characters of an id or a prefix: half of what a tool's name may have, so that the other half remains for the tool.
const MAX_NAME: usize = 64;

/// One plugin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PluginConfig {
    /// Whether it is loaded. It is unless said.
    pub enabled: bool,
    /// Its component. Unless said, the file of its name in `folder`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<PathBuf>,
    /// What its tools and prompts begin with: `github` makes `github__create_issue`. Its id unless said, "" for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Prefix>,
    /// Whether each call has an instance of its own.
    pub instance: Instance,
    /// What it may reach. Nothing unless said.
    pub grants: Grants,
    /// What nobody is asked for again, because the answer was `never`. It takes nothing away from the grants.
    #[serde(skip_serializing_if = "is_nothing")]
    pub never: Grants,
    /// Whom to ask for a grant that a call lacks. As for the whole file unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// How much memory and time a call may take.
    pub limits: Limits,
}

fn is_nothing(grants: &Grants) -> bool {
    *grants == Grants::default()
}

/// How long an instance lives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Instance {
    /// For one call: nothing is left behind, and calls run side by side.
    #[default]
    Call,
    /// For all calls, one after the other: it remembers, and need not start again.
    Plugin,
}

impl Default for PluginConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            source: None,
            prefix: None,
            instance: Instance::default(),
            grants: Grants::default(),
            never: Grants::default(),
            consent: None,
            limits: Limits::default(),
        }
    }
}

impl PluginConfig {
    /// What its names begin with, when its id is `id`.
    pub fn prefix<'a>(&'a self, id: &'a str) -> &'a str {
        self.prefix.as_ref().map_or(id, |prefix| &prefix.0)
    }

    pub(super) fn resolve(&mut self, id: &PluginId, folder: &Path, consent: Consent) {
        self.consent.get_or_insert(consent);
        self.source = self.source.take().map(|source| absolute(folder, &source));
        self.prefix.get_or_insert_with(|| Prefix(id.0.clone()));
        for grant in self.grants.fs.iter_mut().chain(&mut self.never.fs) {
            grant.resolve(folder);
        }
    }
}

/// The id of a plugin: 1 to 64 small letters, digits, `-` and `_`, a letter or digit first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct PluginId(String);

/// Why a text is no id: the end of a sentence about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("may have 1 to {MAX_NAME} small letters, digits, `-` and `_`, and begins with a letter or digit")]
pub struct NotAnId;

impl PluginId {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PluginId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let fits = (1..=MAX_NAME).contains(&text.len())
            && text.bytes().all(|byte| plain(byte) || matches!(byte, b'-' | b'_'))
            && text.bytes().next().is_some_and(plain);
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAnId) }
    }
}

impl TryFrom<String> for PluginId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|error| format!("the id of a plugin {error}; `{}` is none", text.escape_debug()))
    }
}

impl From<PluginId> for String {
    fn from(id: PluginId) -> Self {
        id.0
    }
}

impl Borrow<str> for PluginId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PluginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the names of a plugin begin with: up to 64 of `A-Z a-z 0-9 _ - .`; may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Prefix(String);

impl TryFrom<String> for Prefix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if text.len() <= MAX_NAME && text.bytes().all(fits) {
            return Ok(Self(text));
        }
        Err(format!("a prefix has at most {MAX_NAME} of `A-Z a-z 0-9 _ - .`; `{}` is none", text.escape_debug()))
    }
}

impl From<Prefix> for String {
    fn from(prefix: Prefix) -> Self {
        prefix.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain() {
        for good in ["a", "github", "my-plugin_2", "7zip", &"a".repeat(64)] {
            assert!(good.parse::<PluginId>().is_ok(), "{good}");
        }
        for bad in ["", "A", "a b", "-a", "_a", "a.b", "a/b", "é", "\u{1b}[2J", &"a".repeat(65)] {
            assert!(bad.parse::<PluginId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn prefixes_are_plain_or_empty() {
        assert!(Prefix::try_from(String::new()).is_ok());
        assert!(Prefix::try_from("A.b-c_1".to_owned()).is_ok());
        assert!(Prefix::try_from("a/b".to_owned()).is_err());
        assert!(Prefix::try_from("a".repeat(65)).is_err());
    }
}
