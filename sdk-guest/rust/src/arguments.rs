//! Arguments, from JSON to the types of a plugin.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// A type that a tool, a prompt or a template takes: any that is deserialized and has a JSON Schema.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the arguments of a tool, a prompt or a resource template",
    label = "put `#[arguments]` on this struct",
    note = "or derive `serde::Deserialize` and `schemars::JsonSchema` for it"
)]
pub trait Arguments: DeserializeOwned + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema> Arguments for T {}

/// A tool's arguments, from the text of a JSON object.
pub fn from_json<T: Arguments>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| Error::InvalidArguments(words(&error)))
}

/// Serde's words, without a place in a text that nobody has seen: the host has written it anew.
fn words(error: &serde_json::Error) -> String {
    let mut words = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    if let Some(rest) = words.strip_suffix(&place) {
        words.truncate(rest.len());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[arguments]
    #[derive(Debug, PartialEq)]
    struct Page {
        title: String,
        number: Option<u8>,
    }

    use barkeep_sdk::arguments;

    #[test]
    fn json_becomes_the_struct() {
        let page = Page { title: "a".into(), number: None };
        assert_eq!(from_json(r#"{"title":"a"}"#), Ok(page));
    }

    #[test]
    fn what_does_not_fit_is_told_in_serdes_words() {
        let wrong = |json: &str| from_json::<Page>(json).unwrap_err();
        assert_eq!(wrong("{}"), Error::invalid_arguments("missing field `title`"));
        let number = wrong(r#"{"title":"a","number":300}"#);
        assert_eq!(number, Error::invalid_arguments("invalid value: integer `300`, expected u8"));
        assert!(matches!(wrong(""), Error::InvalidArguments(_)));
        assert!(matches!(wrong(&"[".repeat(100_000)), Error::InvalidArguments(_)));
    }
}
