//! What a component asks for: the JSON of its section `barkeep:requests`.

use serde::Deserialize;

use super::{CapabilityError, fs, http};

/// What a component asks for: the JSON of its section `barkeep:requests`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    /// What the plugin is, in one line.
    pub description: String,
    pub(super) requests: Requested,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Requested {
    pub(super) fs: Option<fs::Request>,
    pub(super) http: Vec<http::Request>,
    pub(super) env: Vec<Named>,
    pub(super) config: Vec<Named>,
    pub(super) secrets: Vec<Named>,
    pub(super) client: Vec<Named>,
}

/// A request for something that has a name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The reason, for the person who grants it.
    pub why: String,
}

impl Requests {
    /// Reads the section's JSON.
    ///
    /// # Errors
    ///
    /// When it is not what this version knows: a newer kind of capability, for one.
    pub fn parse(json: &str) -> Result<Self, CapabilityError> {
        serde_json::from_str(json).map_err(|error| CapabilityError::Requests(error.to_string()))
    }

    /// One line for each request, for people.
    pub fn describe(&self) -> Vec<String> {
        let Requested { fs, http, env, config, secrets, client } = &self.requests;
        let named = |kind: &str, named: &Named| format!("{kind} {}: {}", shown(&named.name), shown(&named.why));
        let fs = fs.iter().map(|request| format!("fs {}: {}", request.mode, shown(&request.why)));
        let http = http.iter().map(|request| shown(&request.describe()));
        let env = env.iter().map(|request| named("env", request));
        let config = config.iter().map(|request| named("config", request));
        let secrets = secrets.iter().map(|request| named("secret", request));
        let client = client.iter().map(|request| named("client", request));
        fs.chain(http).chain(env).chain(config).chain(secrets).chain(client).collect()
    }
}

/// A component's words on a terminal: one line, no control characters.
pub(super) fn shown(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_a_newer_kind_are_told() {
        let parse = |json: &str| Requests::parse(json).map(|requests| requests.describe());
        assert!(parse(r#"{"description":"x","requests":{}}"#).expect("it is good").is_empty());
        let error = parse(r#"{"description":"x","requests":{"gpu":[]}}"#).expect_err("it is new").to_string();
        assert!(error.contains("gpu"), "{error}");
        assert!(parse("").is_err());
    }

    #[test]
    fn requests_are_told_in_one_line_each() {
        let json = r#"{"description":"x","requests":{"fs":{"mode":"read","why":"to\nread"},
            "env":[{"name":"LANG","why":"y"}],"secrets":[{"name":"K","why":"z"}]}}"#;
        let told = Requests::parse(json).expect("it is good").describe();
        assert_eq!(told, ["fs read: to read", "env LANG: y", "secret K: z"]);
    }
}
