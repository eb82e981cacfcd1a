//! One line of the record.

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Ended;

/// Bytes of a name or a sentence in a line. Names of tools have 128 characters at the most; what is longer is a URI, or no
/// name.
const MAX_TEXT: usize = 1024;

/// Of what a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// Of a call, when it ended.
    Call,
    /// Of one use of a capability by a call, or of what was refused to it.
    Use,
    /// Of what a person answered who was asked for a grant that a call lacked.
    Consent,
    /// Of what became of a plugin.
    Plugin,
    /// Of the host itself.
    Host,
}

/// What happened, in the lines of plugins and of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The host began.
    Started,
    /// The host ended in order. One that was killed does not say so.
    Ended,
    /// The configuration says another place or way: the record goes on there, or ends, and begins here.
    Configured,
    /// Lines are missing here.
    Dropped,
    /// A generation of the plugin serves.
    Loaded,
    /// A newer file, or other grants, are not served.
    NotLoaded,
    /// The plugin is served no longer.
    Gone,
}

/// What a person answers who is asked for a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It is allowed for this call alone.
    Once,
    /// It is allowed, and written into the configuration.
    Always,
    /// It is not, and not to be asked for again.
    Never,
    /// It is not, this time.
    Declined,
    /// Nobody answered.
    Unanswered,
}

impl Decision {
    /// Whether the call goes on with it.
    pub fn allows(self) -> bool {
        matches!(self, Self::Once | Self::Always)
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Once => "once",
            Self::Always => "always",
            Self::Never => "never",
            Self::Declined => "declined",
            Self::Unanswered => "unanswered",
        })
    }
}

/// Who called, as it says itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its name, as it declares it: nobody checks that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `stdio` or `http`.
    pub transport: Cow<'static, str>,
    /// Which session over HTTP, by a digest: whoever has the session's own name could speak in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// One line. What it does not say is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line<'a> {
    /// When it was written: a call's at its end. RFC 3339, UTC, in milliseconds.
    pub time: Cow<'a, str>,
    /// Of what it is.
    pub line: Of,
    /// Which host wrote it, in the lines that are of no call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Cow<'a, str>>,
    /// Which call: the same in all its lines, and in no other's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Cow<'a, str>>,
    /// Who called; none where the host itself did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Cow<'a, Client>>,
    /// Which plugin was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<Cow<'a, str>>,
    /// Which generation of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// The method of MCP; `watch` and `load` are the host's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Cow<'a, str>>,
    /// What was called: the name of the tool or prompt, the URI of the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// What happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// Of which kind the capability is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<Cow<'a, str>>,
    /// What was reached, or was to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<Cow<'a, str>>,
    /// Whether it was allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<bool>,
    /// What a person answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Decision>,
    /// The SHA-256 of the arguments, as JSON without spaces, the keys of objects in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments_sha256: Option<Cow<'a, str>>,
    /// The arguments themselves, where the configuration asks for them: cut, and without what is called a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Cow<'a, str>>,
    /// How the call ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// How long it took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<f64>,
    /// How many uses of capabilities it had, the refused ones included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u64>,
    /// How many of them were refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<u64>,
    /// The task that the call went on as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Cow<'a, str>>,
    /// The SHA-256 of a component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Cow<'a, str>>,
    /// What a plugin may reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Vec<String>>,
    /// How many lines are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<u64>,
    /// The version of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Cow<'a, str>>,
    /// The id of its process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<u32>,
    /// Why, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Cow<'a, str>>,
    /// The least grants that cover the use, as `barkeep.toml` has them, but for what the host puts into requests, and values
    /// of `config`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<Value>,
}

impl<'a> Line<'a> {
    /// A line of this moment that says nothing yet.
    pub(super) fn now(line: Of) -> Self {
        Self {
            time: humantime::format_rfc3339_millis(SystemTime::now()).to_string().into(),
            line,
            host: None,
            call: None,
            client: None,
            plugin: None,
            generation: None,
            method: None,
            name: None,
            event: None,
            capability: None,
            what: None,
            allowed: None,
            answer: None,
            arguments_sha256: None,
            arguments: None,
            ended: None,
            ms: None,
            uses: None,
            refused: None,
            task: None,
            sha256: None,
            grants: None,
            lines: None,
            version: None,
            process: None,
            why: None,
            needs: None,
        }
    }

    /// Whether something was denied: a use, the call as a whole, or a part of what it did.
    pub fn is_denied(&self) -> bool {
        self.allowed == Some(false)
            || self.refused.is_some_and(|refused| refused > 0)
            || matches!(self.ended, Some(Ended::Denied | Ended::Refused))
    }

    /// Reads a line of the file; none when it is no line of the record.
    pub fn read(text: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }
}

/// The start of `text`, as much of it as a line has room for.
pub(super) fn cut(text: &str) -> Cow<'_, str> {
    start(text, MAX_TEXT)
}

/// The start of `text`, `most` bytes of it and dots where there is more.
pub(super) fn start(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return text.into();
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}...", text.get(..end).unwrap_or_default()).into()
}
