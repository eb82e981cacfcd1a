//! `barkeep.toml`: which plugins there are, what each may reach, and how the host serves. Unknown keys are errors.

mod audit;
mod consent;
mod discover;
mod edit;
mod error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod limits;
mod lock;
mod plugin;
mod reference;
mod write;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capability::fs::absolute;
use crate::capability::secrets::Name;

pub use audit::{AuditConfig, Keep};
pub use consent::Consent;
pub use discover::discover;
pub use edit::{Edit, EditError, Part};
pub use error::{ConfigError, Fault, nearest, unknown_key};
pub use limits::{Limits, Memory, MemoryTotal, Time};
pub use lock::{Approval, Lock, LockError, Pin};
pub use plugin::{Instance, PluginConfig, PluginId, Prefix};
pub use reference::{Page, reference};
pub use write::WriteError;

/// Plugins that one host serves. A menu of more is of no use to a model; an accident (a folder of all there is) ends here.
pub const MAX_PLUGINS: usize = 500;

/// Bytes of the file: some kilobytes for each of [`MAX_PLUGINS`].
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// The whole of `barkeep.toml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A folder whose components are plugins, each named by its file, with no grants unless they are named below. Up to 500
    /// plugins are served, those that are named first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// A file of secrets, of lines NAME = "value", that only you can read (mode 0600). The environment goes before it, your
    /// keyring after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets_file: Option<PathBuf>,
    /// The name of a secret that all hosts have which serve the same clients: then any of them takes the answer to a
    /// question that another asked. Read when Barkeep starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_secret: Option<Name>,
    /// Whom to ask for a grant that a call lacks. The client that started Barkeep over stdio unless said.
    pub consent: Consent,
    /// Memory of all instances of all plugins together, such as "8GiB"; one plugin has half of it at the most. Half of what
    /// this machine has unless said, so that the other half is yours. An instance that needs more is refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_total: Option<MemoryTotal>,
    /// What goes to the log on stderr. Read when Barkeep starts.
    pub log: Level,
    /// How MCP is served over HTTP. Read when Barkeep starts.
    pub http: HttpServer,
    /// The record of who called what, and what was reached.
    pub audit: AuditConfig,
    /// The plugins by their ids, in the order in which they are offered.
    pub plugins: IndexMap<PluginId, PluginConfig>,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// What failed.
    Error,
    /// What may be wrong.
    Warn,
    /// What happens: plugins that are loaded, calls that are cancelled, what guests print.
    #[default]
    Info,
    /// What a plugin's author wants to know.
    Debug,
    /// What Barkeep's authors want to know.
    Trace,
}

impl Level {
    /// As a filter of the log has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// `[http]`: how MCP is served over HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HttpServer {
    /// Names by which clients may call this host, such as `tools.example.com`, beside the loopback names and the address
    /// that it listens on.
    pub allowed_hosts: Vec<String>,
    /// Origins of web pages that may call it, such as `https://app.example.com`. None unless said.
    pub allowed_origins: Vec<String>,
}

impl Config {
    /// Reads `file`.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or says something that cannot be meant; with the place in the file.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let unreadable = |reason| ConfigError::Unreadable { file: file.to_owned(), reason };
        let size = std::fs::metadata(file).map_err(unreadable)?.len();
        if size > MAX_FILE {
            return Err(ConfigError::TooLarge { file: file.to_owned(), size, most: MAX_FILE });
        }
        let text = std::fs::read_to_string(file).map_err(unreadable)?;
        let folder = file.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder).map_err(|fault| ConfigError::Fault { file: file.to_owned(), fault })
    }

    /// Reads the text of a configuration that lies in `folder`, from which relative paths are seen.
    ///
    /// # Errors
    ///
    /// When it says something that cannot be meant.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Fault> {
        let mut config: Self = toml::from_str(text).map_err(|error| Fault::of(text, &error))?;
        for file in [&mut config.folder, &mut config.secrets_file, &mut config.audit.file].into_iter().flatten() {
            *file = absolute(folder, file);
        }
        for (id, plugin) in &mut config.plugins {
            plugin.resolve(id, folder, config.consent);
        }
        Ok(config)
    }

    /// What it comes to, with all defaults. Secrets are named in it, never shown.
    ///
    /// # Errors
    ///
    /// When a path in it is not UTF-8, which TOML cannot hold.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }

    /// What the file may say, as a JSON Schema.
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, Fault> {
        Config::parse(text, Path::new("/etc/barkeep"))
    }

    fn fault(text: &str) -> String {
        parse(text).expect_err("it is bad").to_string()
    }

    const WHOLE: &str = r#"
folder = "plugins"
secrets_file = "/run/secrets.toml"
log = "debug"
memory_total = "8GiB"
state_secret = "STATE_KEY"

[http]
allowed_hosts = ["tools.example.com"]
allowed_origins = ["https://app.example.com"]

[audit]
enabled = true
file = "audit.jsonl"
arguments = true
max_size = "1MiB"
keep = 3

[plugins.github]
source = "github.wasm"
prefix = ""
instance = "plugin"

[plugins.github.grants]
http = [{ url = "https://api.github.com/repos/**", methods = ["GET", "POST"],
          headers = { authorization = "Bearer ${secret:GITHUB_TOKEN}" } }]
fs = [{ host = "code", guest = "/code", mode = "read-write" }]
env = { LANG = "C.UTF-8" }
secrets = ["SIGNING_KEY"]

[plugins.github.limits]
memory = "256MiB"
time = "1m 30s"
task_time = "1h"

[plugins.off]
enabled = false
"#;

    #[test]
    fn an_empty_file_grants_nothing_and_serves_nothing() {
        assert_eq!(parse("").expect("it is good"), Config::default());
    }

    #[test]
    fn everything_that_the_file_may_say_is_read() {
        let config = parse(WHOLE).expect("it is good");
        assert_eq!(config.folder.as_deref(), Some(Path::new("/etc/barkeep/plugins")));
        let github = &config.plugins["github"];
        assert_eq!(github.source.as_deref(), Some(Path::new("/etc/barkeep/github.wasm")));
        assert_eq!(github.grants.fs[0].host, Path::new("/etc/barkeep/code"));
        assert_eq!(config.memory_total.map(MemoryTotal::as_u64), Some(8 << 30));
        assert_eq!(github.limits.memory.as_u64(), 256 * 1024 * 1024);
        assert_eq!(github.limits.time.as_duration().as_secs(), 90);
        assert_eq!(github.limits.task_time.as_duration().as_secs(), 3600);
        assert_eq!(github.instance, Instance::Plugin);
        assert_eq!(github.prefix("github"), "");
        assert_eq!(config.plugins["off"].prefix("off"), "off");
        assert!(!config.plugins["off"].enabled);
        assert_eq!(config.plugins.keys().map(PluginId::as_str).collect::<Vec<_>>(), ["github", "off"]);
    }

    #[test]
    fn what_it_comes_to_can_be_read_back() {
        let config = parse(WHOLE).expect("it is good");
        let shown = config.to_toml().expect("it is TOML");
        assert_eq!(parse(&shown).expect("it is good"), config, "{shown}");
    }

    #[test]
    fn an_unknown_key_is_told_with_its_place_and_the_nearest_known_one() {
        let text = fault("[plugins.a.limits]\ntime = \"1s\"\n  memry = \"1MiB\"\n");
        assert_eq!(
            text,
            "line 3, column 3: unknown key `memry`; did you mean `memory`? Known here: `memory`, `time`, `task_time`, `cpu`, `result`, `calls`, `calls_per_minute`"
        );
        let far = fault("zzzzzzzz = 1\n");
        assert!(
            far.contains("line 1, column 1") && far.contains("Known here: `folder`") && !far.contains("did you"),
            "{far}"
        );
        let nested = fault("[plugins.a]\n[plugins.a.grants]\nfs = [{ hots = \"x\", guest = \"/x\" }]\n");
        assert!(nested.contains("line 3") && nested.contains("did you mean `host`?"), "{nested}");
        assert!(fault("[plugin.a]\n").contains("did you mean `plugins`?"));
    }

    #[test]
    fn a_wrong_type_or_value_is_told_with_its_place() {
        for (text, place, words) in [
            ("log = 3", "line 1, column 7", "wanted string"),
            ("\n\nlog = \"loud\"", "line 3", "unknown variant `loud`"),
            ("[plugins.a.limits]\nmemory = \"many\"", "line 2, column 10", "many"),
            ("[plugins.a.limits]\nmemory = \"1KiB\"", "line 2", "64KiB"),
            ("memory_total = \"1MiB\"", "line 1", "16MiB"),
            ("[plugins.a.limits]\ntime = \"0s\"", "line 2", "1ms"),
            ("[plugins.a.limits]\ntime = \"5 parsecs\"", "line 2", "parsecs"),
            ("[plugins.\"A b\"]", "line 1", "small letters"),
            ("[plugins.a]\nprefix = \"a b\"", "line 2", "`a b`"),
            ("[plugins.a.grants]\nenv = [\"A\"]", "line 2", "map"),
            ("[plugins.a.grants]\nfs = [{ host = \"x\", guest = \"x\" }]", "line 2", "begins with `/`"),
            ("[plugins.a.grants]\nhttp = [{ url = \"api.example.com\" }]", "line 2", "http"),
            ("[plugins.a.grants]\nsecrets = [\"${secret:A}\"]", "line 2", "no name of a secret"),
            ("a = ", "line 1", ""),
            ("[plugins.a]\n[plugins.a]\n", "line 2", ""),
        ] {
            let told = fault(text);
            assert!(told.contains(place) && told.contains(words), "{text:?}: {told}");
        }
    }

    /// Found by the fuzz target `configuration`.
    #[test]
    fn what_is_told_is_one_line_that_moves_no_terminal() {
        for text in ["log = \"\\u001b[2J\"", "\"a\\nb\" = 1", "[plugins.\"a\\r\\u009b\"]", "a = \"\u{1}\""] {
            let told = fault(text);
            assert!(!told.chars().any(char::is_control), "{told:?}");
        }
    }

    #[test]
    fn the_schema_knows_every_key_of_the_whole_file() {
        let schema = serde_json::to_value(Config::schema()).expect("it is JSON");
        let validator = jsonschema::validator_for(&schema).expect("it is a schema");
        let whole: serde_json::Value = toml::from_str(WHOLE).expect("it is TOML");
        assert!(
            validator.is_valid(&whole),
            "{:?}",
            validator.iter_errors(&whole).map(|e| e.to_string()).collect::<Vec<_>>()
        );
        assert!(!validator.is_valid(&serde_json::json!({ "folders": "x" })));
    }

    #[test]
    fn a_file_that_is_not_there_is_told() {
        let error = Config::load(Path::new("/nowhere/barkeep.toml")).expect_err("it is not there").to_string();
        assert!(error.starts_with("/nowhere/barkeep.toml cannot be read"), "{error}");
        assert!(error.ends_with("let `barkeep add COMPONENT --config /nowhere/barkeep.toml` make it"), "{error}");
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        file.as_file().set_len(MAX_FILE + 1).expect("made longer");
        let error = Config::load(file.path()).expect_err("it is too large").to_string();
        assert!(error.contains("4194304 is the most: name the right file"), "{error}");
    }
}
