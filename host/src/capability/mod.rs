//! What plugins may reach: one file for each kind of grant, each of the same shape.
//!
//! | name | what it does |
//! |---|---|
//! | `Grant` | what `barkeep.toml` says |
//! | `link` | adds host functions to the linker, once |
//! | `check` | at load: what both the configuration grants and the component asks for |
//! | `build` | gives that to one call |
//!
//! Nothing listed means nothing granted.

pub mod client;
pub mod config;
pub mod env;
pub mod fs;
pub mod http;
pub mod secrets;
mod uses;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wasmtime::component::Linker;
use wasmtime_wasi::{WasiCtxBuilder, WasiView};
use wasmtime_wasi_http::{WasiHttpHooks, WasiHttpView};

use secrets::{Secret, Secrets};
pub use uses::{Denial, Kind, Use, Uses, Witness};

/// What one plugin is granted: `[plugins.ID.grants]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Grants {
    /// Folders, each under a path of the plugin's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fs: Vec<fs::Grant>,
    /// Hosts that it may call, with the headers that Barkeep puts in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<http::Grant>,
    /// Environment variables, with their values.
    #[serde(skip_serializing_if = "env::Grant::is_empty")]
    pub env: env::Grant,
    /// Values that it reads by `wasi:config`.
    #[serde(skip_serializing_if = "config::Grant::is_empty")]
    pub config: config::Grant,
    /// Names of secrets that it may read itself, as environment variables. Secrets in headers need no such grant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: secrets::Grant,
    /// Which questions it may put to the person or the model on the other end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub client: client::Grant,
}

impl Grants {
    /// Whether all that `before` granted is still granted, with the same secrets in it. What was granted since does not
    /// matter.
    pub fn still_grant(&self, now: &Secrets, before: &Self, then: &Secrets) -> bool {
        let Self { fs, http, env, config, secrets, client } = before;
        fs.iter().all(|grant| self.fs.contains(grant))
            && http.iter().all(|grant| self.http.contains(grant))
            && env.iter().all(|(name, value)| self.env.get(name) == Some(value))
            && config.iter().all(|(key, value)| self.config.get(key) == Some(value))
            && secrets.iter().all(|name| self.secrets.contains(name))
            && client.iter().all(|kind| self.client.contains(kind))
            && before.secret_names().all(|name| now.same(then, name))
    }

    /// The secrets that go into it.
    fn secret_names(&self) -> impl Iterator<Item = &secrets::Name> {
        let in_headers = self.http.iter().flat_map(|grant| grant.headers.values()).flat_map(secrets::Template::names);
        self.secrets.iter().chain(in_headers)
    }
}

/// What a component asks for: the JSON of its section `barkeep:requests`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    /// What the plugin is, in one line.
    pub description: String,
    requests: Requested,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Requested {
    fs: Option<fs::Request>,
    http: Vec<http::Request>,
    env: Vec<Named>,
    config: Vec<Named>,
    secrets: Vec<Named>,
    client: Vec<Named>,
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
fn shown(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Why a plugin cannot have what it is granted: the end of a sentence about the plugin.
#[derive(Debug, thiserror::Error)]
pub enum CapabilityError {
    /// A folder cannot be opened.
    #[error("its folder {folder} cannot be opened: {reason}; make it, or mend `host` in its grant `fs`")]
    Folder {
        /// The folder.
        folder: String,
        /// The operating system's words.
        reason: std::io::Error,
    },
    /// Two folders under one path.
    #[error("two of its folders have the guest path {guest}; give each its own")]
    FolderTwice {
        /// The path.
        guest: String,
    },
    /// Too many folders.
    #[error("it is granted {count} folders; {most} is the most")]
    TooManyFolders {
        /// As granted.
        count: usize,
        /// The limit.
        most: usize,
    },
    /// A variable that cannot be one.
    #[error("its variable `{name}` cannot be set: {reason}")]
    Env {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A value that cannot be given by `wasi:config`.
    #[error("its config `{key}` cannot be given: {reason}")]
    Config {
        /// Its key.
        key: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A secret that is not there.
    #[error("its secret {name} is not there: {reason}")]
    Secret {
        /// Its name.
        name: String,
        /// What is wrong, or what to do.
        reason: String,
    },
    /// A grant of `http` that cannot be used.
    #[error("its grant `http` {0}")]
    Http(String),
    /// The component's requests are not to be understood.
    #[error("what the component asks for is not known to this version of Barkeep: {0}")]
    Requests(String),
}

/// What all plugins share: connections.
pub struct Shared {
    pool: http::Pool,
}

impl Shared {
    /// No connection yet.
    ///
    /// # Errors
    ///
    /// When this machine has no certificates to trust.
    pub fn new() -> Result<Self, CapabilityError> {
        Ok(Self { pool: http::Pool::new()? })
    }
}

/// What the grants of a plugin come to for one call.
pub struct Sandbox {
    /// WASI: folders, environment. Nothing is inherited from the host.
    pub wasi: WasiCtxBuilder,
    /// What happens to outgoing HTTP requests.
    pub http: Box<dyn WasiHttpHooks>,
    /// Values that it reads by `wasi:config`.
    pub config: config::Values,
    /// What it does with them, and what is refused on the way.
    pub uses: Uses,
}

/// What one plugin may reach: what both it asks for and is granted.
pub struct Capabilities {
    plugin: Arc<str>,
    shared: Arc<Shared>,
    fs: Vec<fs::Folder>,
    http: Arc<http::Rules>,
    env: Vec<(String, String)>,
    config: Arc<config::Grant>,
    secrets: Vec<(String, Secret)>,
    client: Vec<client::Kind>,
    told: Vec<String>,
}

/// Adds what plugins may import beside Barkeep's own interfaces. What is linked is not yet granted.
///
/// # Errors
///
/// When an interface is there twice.
pub fn link<T: WasiView + WasiHttpView + config::View + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi::p3::add_to_linker(linker)?;
    http::link(linker)?;
    config::link(linker)
}

impl Capabilities {
    /// What `plugin` may reach, of `grants` and, where the component says it, of the JSON of its requests.
    ///
    /// # Errors
    ///
    /// When something of it cannot be had.
    pub fn check(
        plugin: Arc<str>,
        grants: &Grants,
        requests: Option<&str>,
        secrets: &Secrets,
        shared: Arc<Shared>,
    ) -> Result<Self, CapabilityError> {
        let requests = requests.map(Requests::parse).transpose()?.map(|all| all.requests);
        let requests = requests.as_ref();
        let asks = match requests.map(|requests| requests.fs.as_ref()) {
            None => fs::Asks::Unsaid,
            Some(None) => fs::Asks::ForNone,
            Some(Some(request)) => fs::Asks::For(request),
        };
        let (fs, mut told) = fs::check(&grants.fs, asks)?;
        let http = http::check(&grants.http, requests.map(|requests| requests.http.as_slice()), secrets)?;
        let env = env::check(&grants.env, requests.map(|requests| requests.env.as_slice()))?;
        let config = config::check(&grants.config, requests.map(|requests| requests.config.as_slice()))?;
        let secrets = secrets::check(&grants.secrets, requests.map(|requests| requests.secrets.as_slice()), secrets)?;
        let client = client::check(&grants.client, requests.map(|requests| requests.client.as_slice()));
        if requests.is_none_or(|requests| !requests.http.is_empty()) {
            told.extend(grants.http.iter().map(http::Grant::describe));
        }
        told.extend(env.iter().map(|(name, _)| format!("env {name}")));
        told.extend(config.keys().map(|key| format!("config {}", shown(key))));
        told.extend(secrets.iter().map(|(name, _)| format!("secret {name}")));
        told.extend(client.iter().map(|kind| format!("client {kind}")));
        Ok(Self { plugin, shared, fs, http: Arc::new(http), env, config, secrets, client, told })
    }

    /// One line for each thing that it has, for people.
    pub fn describe(&self) -> &[String] {
        &self.told
    }

    /// Whether it may reach nothing at all.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// Which questions it may put to the client.
    pub fn client(&self) -> &[client::Kind] {
        &self.client
    }

    /// Its state for one call.
    pub fn build(&self) -> Sandbox {
        let mut wasi = WasiCtxBuilder::new();
        // Refused address by address already; without these a guest learns it at once.
        wasi.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
        let uses = Uses::default();
        fs::build(&self.plugin, &self.fs, &mut wasi);
        env::build(&self.env, &mut wasi);
        secrets::build(&self.secrets, &mut wasi);
        let http = self.http.build(&self.plugin, &self.shared.pool, &uses);
        let config = config::build(&self.plugin, &self.config, &uses);
        Sandbox { wasi, http, config, uses }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_and_secrets_that_were_given_are_told_from_those_that_are_given_no_longer() {
        let grants = |text: &str| toml::from_str::<Grants>(text).expect("grants");
        let secrets = |text: &str| {
            let file = tempfile::NamedTempFile::new().expect("a file");
            std::fs::write(file.path(), text).expect("written");
            Secrets::read(Some(file.path()))
        };
        let fs = |mode: &str| format!("fs = [{{ host = \"/x\", guest = \"/x\", mode = \"{mode}\" }}]\n");
        let header = "http = [{ url = \"https://a.example/**\", headers = { authorization = \"Bearer ${secret:BARKEEP_T}\" } }]\n";
        let (one, two) = (secrets("BARKEEP_T = \"1\"\n"), secrets("BARKEEP_T = \"2\"\n"));
        for (before, now, still) in [
            ("", fs("read").as_str(), true),
            (&fs("read"), "", false),
            (&fs("read"), &format!("{}env = {{ A = \"b\" }}\nclient = [\"roots\"]\n", fs("read")), true),
            (&fs("read-write"), &fs("read"), false),
            ("env = { A = \"1\" }", "env = { A = \"2\" }", false),
            ("config = { a = \"1\" }", "config = { a = \"2\" }", false),
            ("client = [\"roots\", \"sampling\"]", "client = [\"roots\"]", false),
            (header, header, true),
            (header, "secrets = [\"BARKEEP_T\"]", false),
        ] {
            assert_eq!(grants(now).still_grant(&one, &grants(before), &one), still, "{before} -> {now}");
        }
        for uses in [header, "secrets = [\"BARKEEP_T\"]"] {
            for (now, still) in [(&one, true), (&two, false), (&secrets(""), false), (&secrets("no TOML"), false)] {
                assert_eq!(grants(uses).still_grant(now, &grants(uses), &one), still, "{uses}");
            }
        }
        assert!(grants(&fs("read")).still_grant(&two, &grants(&fs("read")), &one), "it has no secret");
    }

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
