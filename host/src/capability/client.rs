//! `client`: which questions a plugin may put to the person or the model on the other end.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Named;

/// `client = ["elicitation", ...]`.
pub type Grant = Vec<Kind>;

/// A kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// To the person: a form to fill in, a page to visit.
    Elicitation,
    /// To the model: a conversation to go on with. It costs the user tokens.
    Sampling,
    /// To the program: which folders it works in.
    Roots,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Elicitation => "elicitation",
            Self::Sampling => "sampling",
            Self::Roots => "roots",
        })
    }
}

/// What the plugin gets of `grant`: what it asks for as well, where it says what it asks for.
pub(super) fn check(grant: &Grant, requests: Option<&[Named]>) -> Vec<Kind> {
    let asked =
        |kind: &&Kind| requests.is_none_or(|requests| requests.iter().any(|asked| asked.name == kind.to_string()));
    let mut granted: Vec<Kind> = Vec::new();
    for kind in grant.iter().filter(asked) {
        if !granted.contains(kind) {
            granted.push(*kind);
        }
    }
    granted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_gets_what_it_asks_for_and_is_granted() {
        let asked = [Named { name: "sampling".into(), why: "y".into() }];
        let grant = vec![Kind::Elicitation, Kind::Sampling, Kind::Sampling];
        assert_eq!(check(&grant, Some(&asked)), [Kind::Sampling]);
        assert_eq!(check(&grant, None), [Kind::Elicitation, Kind::Sampling]);
        assert!(check(&grant, Some(&[])).is_empty());
        assert!(check(&Vec::new(), Some(&asked)).is_empty());
    }
}
