//! `consent`: whether the person is asked for a grant that a call lacks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whom to ask for a grant that a call lacks, where the client has forms for its person: once, always, or never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Consent {
    /// The client that started Barkeep and speaks to it over stdio: it is the user's own. Who comes over HTTP may be another
    /// user of this machine, and is not asked.
    #[default]
    Stdio,
    /// Every client, over HTTP too: whoever reaches the address can then grant plugins what their authors ask for.
    Ask,
    /// Nobody. For clients that let a model answer for its person.
    Deny,
}
