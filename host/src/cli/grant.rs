//! `barkeep grant` and `barkeep revoke`: a grant written into `barkeep.toml`, or taken out of it. A host that runs follows.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use serde::Serialize;
use toml::{Table, Value};

use super::{Common, Usage, start};
use crate::capability::fs::Mode;
use crate::capability::merge::inline;
use crate::capability::risk::Ask;
use crate::capability::{Grants, Requests};
use crate::config::{Config, Edit, Part, PluginId, nearest, unknown_key};
use crate::plugin::manifest::Manifest;
use crate::plugin::read_component;
use crate::supervisor::files;

/// `barkeep grant`.
#[derive(Debug, clap::Args)]
pub(super) struct Grant {
    /// The plugin.
    plugin: String,
    /// What to grant: `fs`, `http`, `tcp`, `env`, `config`, `kv`, `secrets`, `client`, or another kind that `barkeep.toml` knows.
    kind: String,
    /// Which: HOST:GUEST for `fs`, an address for `http`, HOST:PORT for `tcp`, NAME=VALUE for `env` and `config`, else a name; or
    /// the entry as `barkeep.toml` has it, '{ url = "…" }'.
    value: String,
    /// For `http`: the methods; GET and HEAD unless said.
    #[arg(long, value_name = "METHODS", value_delimiter = ',')]
    methods: Vec<String>,
    /// For `http`: a header that Barkeep puts in, in which ${secret:NAME} stands for a secret. May be given more than once.
    #[arg(long = "header", value_name = "NAME=VALUE")]
    headers: Vec<String>,
    /// For `http` and `tcp`: also at private addresses, of this machine and its network.
    #[arg(long)]
    private: bool,
    /// For `fs`: to be changed as well as read.
    #[arg(long)]
    read_write: bool,
}

/// `barkeep revoke`.
#[derive(Debug, clap::Args)]
pub(super) struct Revoke {
    /// The plugin.
    plugin: String,
    /// What to take back: `fs`, `http`, `tcp`, `env`, `config`, `kv`, `secrets`, `client`, or another kind.
    kind: String,
    /// Which: the address, the folder or the name; all of the kind unless said.
    value: Option<String>,
}

#[derive(Serialize)]
struct Report {
    plugin: PluginId,
    file: PathBuf,
    /// Whether the file was changed.
    changed: bool,
    grants: Vec<Ask>,
    #[serde(skip_serializing_if = "Option::is_none")]
    together: Option<String>,
    /// Whether the component asks for it; if not, the grant has no effect.
    asked_for: bool,
    /// Whether it was granted more than this before, and still is.
    has_more: bool,
    /// Granted folders that are not there: without them the plugin is not served.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<PathBuf>,
}

impl Grant {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<ExitCode> {
        let (config, file) = start::config(common)?;
        let id = find(&config, &self.plugin)?;
        let more = self.more(&file)?;
        let grants: Grants = more.clone().try_into()?;
        let changed = Edit::Grant { id: id.clone(), part: Part::Grants, more }.apply(&file)?;
        let after = Config::load(&file)?.plugins.swap_remove(id.as_str()).unwrap_or_default().grants;
        let requests = requests(&config, &id);
        let has = after.asks();
        let folders = after.fs.iter().filter(|known| grants.fs.iter().any(|entry| entry.guest == known.guest));
        let report = Report {
            has_more: !changed && grants.asks().iter().any(|ask| !has.iter().any(|known| known.what == ask.what)),
            missing: folders.map(|known| known.host.clone()).filter(|folder| !folder.is_dir()).collect(),
            asked_for: requests.is_none_or(|requests| requests.want(&grants)),
            together: after.together(),
            grants: grants.asks(),
            plugin: id,
            file,
            changed,
        };
        common.output.print(&report, text)?;
        Ok(ExitCode::SUCCESS)
    }

    /// The grants that are meant, as the file is to have them.
    fn more(&self, file: &Path) -> Result<Table, Usage> {
        let wrong = |words: String| Usage(format!("`{} {}` is no grant: {words}", self.kind, self.value));
        let of_kind = |value: Value| Table::from_iter([(self.kind.clone(), value)]);
        let check = |more: &Table| more.clone().try_into::<Grants>().map(|_| ());
        self.check_flags()?;
        let written = inline(&self.value).filter(|value| !matches!(value, Value::Boolean(_) | Value::Integer(_)));
        let value = match (self.kind.as_str(), written) {
            (_, Some(value)) => value,
            ("http", None) => Value::Table(self.http().map_err(wrong)?),
            ("tcp", None) => Value::Table(self.tcp().map_err(wrong)?),
            ("fs", None) => Value::Table(self.fs(file).map_err(wrong)?),
            ("kv", None) => Value::Table(Table::from_iter([("bucket".to_owned(), Value::from(self.value.as_str()))])),
            _ => Value::from(self.value.as_str()),
        };
        // As one of a list, as it is, or as a key with its value: whatever this kind takes.
        let alone = of_kind(Value::Array(vec![value.clone()]));
        let Err(error) = check(&alone) else { return Ok(alone) };
        if check(&of_kind(value.clone())).is_ok() {
            return Ok(of_kind(value));
        }
        if let Some((name, value)) = self.value.split_once('=') {
            let named = of_kind(Value::Table(Table::from_iter([(name.to_owned(), Value::from(value))])));
            if check(&named).is_ok() {
                return Ok(named);
            }
        }
        if let Some(words) = unknown_key(error.message()) {
            return Err(Usage(words.replace("unknown key", "unknown kind of grant")));
        }
        let words = error.message().replace('\n', "; ");
        let hint = if words.contains("expected a map") { "give NAME=VALUE".to_owned() } else { words };
        Err(wrong(hint))
    }

    fn check_flags(&self) -> Result<(), Usage> {
        let of_http = !self.methods.is_empty() || !self.headers.is_empty();
        if of_http && self.kind != "http" {
            return Err(Usage(format!("--methods and --header are for `http`, not for `{}`", self.kind)));
        }
        if self.private && !["http", "tcp"].contains(&self.kind.as_str()) {
            return Err(Usage(format!("--private is for `http` and `tcp`, not for `{}`", self.kind)));
        }
        if self.read_write && self.kind != "fs" {
            return Err(Usage(format!("--read-write is for `fs`, not for `{}`", self.kind)));
        }
        if (of_http || self.private || self.read_write) && self.value.trim_start().starts_with(['{', '[']) {
            return Err(Usage("an entry that is written out says all of it: leave out the flags".to_owned()));
        }
        Ok(())
    }

    fn http(&self) -> Result<Table, String> {
        let mut entry = Table::from_iter([("url".to_owned(), Value::from(self.value.as_str()))]);
        if !self.methods.is_empty() {
            entry.insert("methods".to_owned(), Value::from(self.methods.clone()));
        }
        if !self.headers.is_empty() {
            let pair = |header: &String| {
                let (name, value) =
                    header.split_once('=').ok_or_else(|| format!("--header `{header}` is not NAME=VALUE"))?;
                Ok((name.to_owned(), Value::from(value)))
            };
            let headers = self.headers.iter().map(pair).collect::<Result<Table, String>>()?;
            entry.insert("headers".to_owned(), Value::Table(headers));
        }
        if self.private {
            entry.insert("private".to_owned(), Value::from(true));
        }
        Ok(entry)
    }

    /// `HOST:PORT`. An IPv6 address has brackets here.
    fn tcp(&self) -> Result<Table, String> {
        let parts = self.value.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']'));
        let (host, port) = parts.ok_or("give it as HOST:PORT, such as db.internal:5432")?;
        let port = port.parse::<u16>().map_or_else(|_| Value::from(port), |port| Value::from(i64::from(port)));
        let mut entry = Table::from_iter([("host".to_owned(), Value::from(host)), ("port".to_owned(), port)]);
        if self.private {
            entry.insert("private".to_owned(), Value::from(true));
        }
        Ok(entry)
    }

    fn fs(&self, file: &Path) -> Result<Table, String> {
        let (host, guest) = host_and_guest(&self.value);
        let guest =
            guest.ok_or("give it as HOST:GUEST, the folder here and its path for the plugin, such as ~/code:/code")?;
        let mode = if self.read_write { Mode::ReadWrite } else { Mode::Read };
        Ok(folder(&as_seen_from(file, host), guest, mode))
    }
}

impl Revoke {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<ExitCode> {
        let (config, file) = start::config(common)?;
        let id = find(&config, &self.plugin)?;
        if let Err(error) = Table::from_iter([(self.kind.clone(), Value::from(0))]).try_into::<Grants>()
            && let Some(words) = unknown_key(error.message())
        {
            return Err(Usage(words.replace("unknown key", "unknown kind of grant")).into());
        }
        let edit = Edit::Revoke { id: id.clone(), kind: self.kind.clone(), value: self.value.clone() };
        if !edit.apply(&file)? {
            let what = self.value.as_deref().map(|value| format!(" {value}")).unwrap_or_default();
            bail!("plugin `{id}` is not granted {}{what}; `barkeep list` shows what it is granted", self.kind);
        }
        let report = serde_json::json!({ "plugin": id, "kind": self.kind, "value": self.value, "file": file });
        common.output.print(&report, |_| {
            let what = self.value.as_deref().unwrap_or("all of it");
            format!("revoked from `{id}`: {} {what}, in {}", self.kind, file.display())
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// `HOST:GUEST`, or `HOST` alone. The colon of `C:\` is none: a guest path begins with `/`.
pub(super) fn host_and_guest(words: &str) -> (&str, Option<&str>) {
    match words.rfind(":/").filter(|at| *at > 0).and_then(|at| words.split_at_checked(at)) {
        Some((host, guest)) => (host, guest.strip_prefix(':')),
        None => (words, None),
    }
}

/// An entry of `fs`.
pub(super) fn folder(host: &str, guest: &str, mode: Mode) -> Table {
    let mut entry =
        Table::from_iter([("host".to_owned(), Value::from(host)), ("guest".to_owned(), Value::from(guest))]);
    if mode == Mode::ReadWrite {
        entry.insert("mode".to_owned(), Value::from(mode.to_string()));
    }
    entry
}

/// A path of the command line as the file is to have it: as it is written, where that means the same in the file.
pub(super) fn as_seen_from(file: &Path, path: &str) -> String {
    let plain = Path::new(path);
    if plain.is_absolute() || plain.starts_with("~") {
        return path.to_owned();
    }
    let here = std::env::current_dir().unwrap_or_default();
    if file.parent() == Some(here.as_path()) { path.to_owned() } else { here.join(plain).display().to_string() }
}

/// The plugin `name` of the configuration, or of its folder.
pub(super) fn find(config: &Config, name: &str) -> anyhow::Result<PluginId> {
    let known: Vec<PluginId> = config.plugins.keys().cloned().chain(files(config).map(|(id, _)| id)).collect();
    if let Some(id) = known.iter().find(|id| id.as_str() == name) {
        return Ok(id.clone());
    }
    match nearest(name, known.iter().map(PluginId::as_str)) {
        Some(id) => bail!("there is no plugin `{name}`; did you mean `{id}`?"),
        None => bail!("there is no plugin `{name}`; `barkeep list` shows which there are"),
    }
}

/// What the component of the plugin `id` asks for; none where it does not say, or cannot be read.
fn requests(config: &Config, id: &PluginId) -> Option<Requests> {
    let named = config.plugins.get(id).and_then(|plugin| plugin.source.clone());
    let file = named.or_else(|| Some(config.folder.as_ref()?.join(format!("{id}.wasm"))))?;
    let manifest = Manifest::read(&read_component(&file).ok()?).ok()?;
    manifest.requests.as_deref().and_then(|json| Requests::parse(json).ok())
}

fn text(report: &Report) -> String {
    let verb = if report.changed { "granted to" } else { "is granted already to" };
    let mut text = format!("{verb} `{}`, in {}\n", report.plugin, report.file.display());
    // Writing to a string does not fail.
    for ask in &report.grants {
        let _ = writeln!(text, "  {ask}\n    risk: {}", ask.risk);
    }
    if let Some(together) = &report.together {
        let _ = writeln!(text, "  {together}");
    }
    if report.has_more {
        let _ = writeln!(
            text,
            "  note: it has more than this already, and keeps it: `barkeep revoke {}` takes a grant back",
            report.plugin
        );
    }
    for folder in &report.missing {
        let _ = writeln!(
            text,
            "  note: there is no folder {}; make it, because without it the plugin is not served",
            folder.display()
        );
    }
    if !report.asked_for {
        let _ = writeln!(
            text,
            "  its author does not ask for it, so it has no effect: `barkeep inspect` shows what is asked for"
        );
    }
    text
}
