//! `plugin.toml`: what a plugin is, and what its author says it needs.
//!
//! It lies beside the plugin's `Cargo.toml`. The build carries it into the component as JSON of the same shape, in the
//! custom section [`SECTION`], where a host reads it without running the plugin.
//!
//! ```toml
//! description = "Reads and writes files"
//!
//! [requests]
//! fs = { mode = "read-write", why = "to work on the files you name" }
//! http = [{ url = "https://api.github.com/**", methods = ["GET"], why = "to read issues" }]
//! tcp = [{ host = "db.internal", port = 5432, why = "to query the database" }]
//! env = [{ name = "LANG", why = "to answer in your language" }]
//! config = [{ name = "unit", why = "to answer in your units" }]
//! kv = [{ name = "cache", why = "to ask less often" }]
//! secrets = [{ name = "TOKEN", why = "to act for you" }]
//! client = [{ name = "elicitation", why = "to ask before it acts" }]
//! ```

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};

use crate::Error;

/// The file's name.
pub const FILE: &str = "plugin.toml";

/// The custom section that holds it in a component.
pub const SECTION: &str = "barkeep:requests";

/// Bytes of JSON that a host reads at most. Requests are a page of text.
const MAX_JSON: usize = 64 * 1024;

/// The whole of `plugin.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// One line for people who choose plugins.
    pub description: String,
    /// What the plugin needs. It gets that only where it is granted too.
    #[serde(default)]
    pub requests: Requests,
}

/// What a plugin needs, by kind of grant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Requests {
    /// Folders; which ones is for the user to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fs: Option<Fs>,
    /// Hosts that it calls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<Http>,
    /// Hosts that it connects to by TCP.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tcp: Vec<Tcp>,
    /// Environment variables that it reads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<Named>,
    /// Keys that it reads by `wasi:config`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub config: Vec<Named>,
    /// Key-value stores that it opens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kv: Vec<Named>,
    /// Secrets that it uses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Named>,
    /// Questions that it puts to the client: `elicitation`, `sampling`, `roots`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub client: Vec<Named>,
}

/// A request for folders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fs {
    /// The most that it does with them.
    pub mode: Mode,
    /// The reason, for the person who grants it.
    pub why: String,
}

/// What is done with files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Files are read.
    Read,
    /// Files are read and changed.
    ReadWrite,
}

/// A request for outgoing HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// The addresses, as a pattern: `https://HOST/PATH`, where `**` stands for any rest of a path.
    pub url: String,
    /// The methods, in capitals.
    pub methods: Vec<String>,
    /// The reason, for the person who grants it.
    pub why: String,
}

/// A request for connections by TCP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tcp {
    /// The host: a name, `*.` before a name, an address or a network, or `*`.
    pub host: String,
    /// The port.
    pub port: Port,
    /// The reason, for the person who grants it.
    pub why: String,
}

/// A port, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Port {
    /// One.
    One(u16),
    /// A range, such as `5432-5440`, or `*` for any.
    Several(String),
}

/// A request for something that has a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The reason, for the person who grants it.
    pub why: String,
}

/// What is wrong with a `plugin.toml`, in words.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not TOML, an unknown key, a wrong type; the message shows the line.
    #[error("{0}")]
    Toml(#[from] Box<toml::de::Error>),
    /// A value that cannot be meant.
    #[error("`{key}` {wrong}")]
    Value {
        /// The key, with the number of the entry where there are several.
        key: String,
        /// What is wrong.
        wrong: &'static str,
    },
    /// More than a host reads.
    #[error("the file is too long: a host reads 64 KiB of it at most")]
    TooLong,
}

impl Manifest {
    /// Reads the manifest in a plugin's folder; nothing where there is none.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(Error::io("read", &path))?,
        };
        Self::parse(&text).map(Some).map_err(|source| Error::Manifest { path, source })
    }

    /// Parses and checks the text of a `plugin.toml`.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text).map_err(Box::new)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The content of [`SECTION`].
    pub fn json(&self) -> Result<Vec<u8>, ManifestError> {
        // Structs of strings and lists always serialise; an error could only be one of size.
        let json = serde_json::to_vec(self).map_err(|_| ManifestError::TooLong)?;
        if json.len() > MAX_JSON { Err(ManifestError::TooLong) } else { Ok(json) }
    }

    fn check(&self) -> Result<(), ManifestError> {
        line("description".into(), &self.description)?;
        let Requests { fs, http, tcp, env, config, kv, secrets, client } = &self.requests;
        if let Some(fs) = fs {
            line("requests.fs.why".into(), &fs.why)?;
        }
        for (number, http) in http.iter().enumerate() {
            let key = |end| format!("requests.http[{number}].{end}");
            line(key("why"), &http.why)?;
            let address = http.url.strip_prefix("https://").or_else(|| http.url.strip_prefix("http://"));
            must(
                address.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')),
                key("url"),
                "is no address that begins with https://HOST or http://HOST",
            )?;
            must(!http.methods.is_empty(), key("methods"), "is empty: name the methods, such as \"GET\"")?;
            let capitals = |method: &String| !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
            must(
                http.methods.iter().all(capitals),
                key("methods"),
                "holds a name that is no method in capitals, such as \"GET\"",
            )?;
        }
        for (number, tcp) in tcp.iter().enumerate() {
            let key = |end| format!("requests.tcp[{number}].{end}");
            line(key("why"), &tcp.why)?;
            let host = !tcp.host.is_empty() && !tcp.host.contains([' ', '@']) && !tcp.host.contains("://");
            must(host, key("host"), "is no host, such as \"db.internal\"")?;
            let is_port = |text: &str| text.parse::<u16>().is_ok_and(|port| port > 0);
            let port = match &tcp.port {
                Port::One(port) => *port > 0,
                Port::Several(text) => {
                    text == "*" || is_port(text) || text.split_once('-').is_some_and(|(a, b)| is_port(a) && is_port(b))
                }
            };
            must(port, key("port"), "is no port, no range such as \"5432-5440\", and not \"*\"")?;
        }
        for (kind, list) in [("env", env), ("config", config), ("kv", kv), ("secrets", secrets), ("client", client)] {
            for (number, named) in list.iter().enumerate() {
                let key = |end| format!("requests.{kind}[{number}].{end}");
                line(key("why"), &named.why)?;
                let name = &named.name;
                must(!name.is_empty() && !name.contains(['=', '\0']), key("name"), "is empty, or holds `=`")?;
            }
        }
        Ok(())
    }
}

/// Text for a person in a list: there, and one line.
fn line(key: String, text: &str) -> Result<(), ManifestError> {
    must(!text.trim().is_empty() && !text.contains(['\n', '\r']), key, "must be one line of text")
}

fn must(holds: bool, key: String, wrong: &'static str) -> Result<(), ManifestError> {
    if holds { Ok(()) } else { Err(ManifestError::Value { key, wrong }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
        description = "Reads issues"
        [requests]
        fs = { mode = "read-write", why = "to keep notes" }
        http = [{ url = "https://api.github.com/**", methods = ["GET", "POST"], why = "to read issues" }]
        tcp = [{ host = "db.internal", port = 5432, why = "to query" }, { host = "*", port = "1-9", why = "to look" }]
        env = [{ name = "LANG", why = "to answer in your language" }]
        secrets = [{ name = "TOKEN", why = "to act for you" }]
    "#;

    fn error(text: &str) -> String {
        Manifest::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_json_has_the_shape_of_the_toml() {
        let json: serde_json::Value = serde_json::from_slice(&Manifest::parse(WHOLE).unwrap().json().unwrap()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "description": "Reads issues",
                "requests": {
                    "fs": { "mode": "read-write", "why": "to keep notes" },
                    "http": [{ "url": "https://api.github.com/**", "methods": ["GET", "POST"], "why": "to read issues" }],
                    "tcp": [
                        { "host": "db.internal", "port": 5432, "why": "to query" },
                        { "host": "*", "port": "1-9", "why": "to look" },
                    ],
                    "env": [{ "name": "LANG", "why": "to answer in your language" }],
                    "secrets": [{ "name": "TOKEN", "why": "to act for you" }],
                }
            })
        );
    }

    #[test]
    fn a_plugin_that_needs_nothing_requests_nothing() {
        let manifest = Manifest::parse("description = \"Says hello\"").unwrap();
        assert_eq!(manifest.json().unwrap(), br#"{"description":"Says hello","requests":{}}"#);
    }

    #[test]
    fn an_unknown_key_is_told_with_its_line_and_the_known_ones() {
        let text = error("description = \"x\"\n[requests]\nfss = { mode = \"read\", why = \"y\" }\n");
        assert!(
            text.contains("line 3") && text.contains("unknown field `fss`") && text.contains("`secrets`"),
            "{text}"
        );
    }

    #[test]
    fn a_wrong_mode_is_told_with_the_right_ones() {
        let text = error("description = \"x\"\n[requests]\nfs = { mode = \"write\", why = \"y\" }\n");
        assert!(text.contains("line 3") && text.contains("`read`") && text.contains("`read-write`"), "{text}");
    }

    #[test]
    fn values_that_cannot_be_meant_are_told_by_their_key() {
        let with = |requests: &str| error(&format!("description = \"x\"\n[requests]\n{requests}"));
        let url = with("http = [{ url = \"api.github.com\", methods = [\"GET\"], why = \"y\" }]");
        assert_eq!(url, "`requests.http[0].url` is no address that begins with https://HOST or http://HOST");
        let methods = with("http = [{ url = \"https://a/\", methods = [\"get\"], why = \"y\" }]");
        assert!(methods.starts_with("`requests.http[0].methods` holds a name"), "{methods}");
        let none = with("http = [{ url = \"https://a/\", methods = [], why = \"y\" }]");
        assert!(none.starts_with("`requests.http[0].methods` is empty"), "{none}");
        let name = with("env = [{ name = \"A\", why = \"y\" }, { name = \"A=B\", why = \"y\" }]");
        assert_eq!(name, "`requests.env[1].name` is empty, or holds `=`");
        let why = with("secrets = [{ name = \"A\", why = \" \" }]");
        assert_eq!(why, "`requests.secrets[0].why` must be one line of text");
        assert_eq!(error("description = \"a\\nb\""), "`description` must be one line of text");
    }

    #[test]
    fn a_manifest_longer_than_a_host_reads_is_refused() {
        let manifest = Manifest { description: "x".repeat(MAX_JSON), requests: Requests::default() };
        assert!(matches!(manifest.json(), Err(ManifestError::TooLong)));
    }

    #[test]
    fn a_folder_without_a_manifest_has_none_and_a_bad_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), None);
        fs::write(folder.path().join(FILE), "descripton = 1").unwrap();
        let text = Manifest::read(folder.path()).unwrap_err().to_string();
        assert!(text.contains("plugin.toml: ") && text.contains("descripton"), "{text}");
    }
}
