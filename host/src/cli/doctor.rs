//! `barkeep doctor`: what is missing, and the command that mends it.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::menu::Entry;
use super::{Common, start};
use crate::audit;
use crate::config::{AuditConfig, Lock};
use crate::plugin::Cache;
use crate::runtime::Runtime;

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    what: &'static str,
    state: State,
    /// What was found, and for what is not well, what mends it.
    found: String,
}

/// How it is with a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// As it should be.
    Ok,
    /// Not there, which matters to some alone, for whom it is said.
    Note,
    /// To be mended.
    Bad,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Bad => "BAD",
        }
    }
}

impl Check {
    fn new(what: &'static str, result: Result<String, String>) -> Self {
        Self::or(State::Bad, what, result)
    }

    /// One that is in the state `otherwise` where it is not well.
    fn or(otherwise: State, what: &'static str, result: Result<String, String>) -> Self {
        let state = if result.is_ok() { State::Ok } else { otherwise };
        Self { what, state, found: result.unwrap_or_else(|wrong| wrong) }
    }
}

pub(super) async fn run(common: &Common) -> anyhow::Result<ExitCode> {
    let mut checks = vec![
        Check::new(
            "runtime",
            Runtime::new().map(|_| "WebAssembly runs on this machine".to_owned()).map_err(|error| error.to_string()),
        ),
        Check::new("cache", cache()),
        Check::or(State::Note, "toolchain", toolchain()),
    ];
    match start::config(common) {
        Err(error) => checks.push(Check::new("config", Err(error.to_string()))),
        Ok((config, file)) => {
            checks.push(Check::new("config", Ok(file.display().to_string())));
            checks.push(Check::new("audit", audit(&config.audit)));
            checks.extend(lock(&file).map(|found| Check::new("lock", found)));
            let supervisor = start::loaded(config, &file).await?;
            for entry in Entry::all(&supervisor) {
                checks.push(Check::new("plugin", entry.verdict()));
            }
        }
    }
    common.output.print(&checks, |checks| {
        let line = |check: &Check| format!("{:<5} {:<10} {}\n", check.state.word(), check.what, check.found);
        checks.iter().map(line).collect()
    })?;
    Ok(if checks.iter().any(|check| check.state == State::Bad) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn cache() -> Result<String, String> {
    let folder = start::cache_folder().ok_or_else(|| {
        format!(
            "there is no folder for compiled code, so every start compiles; name one with {}",
            start::CACHE_VARIABLE
        )
    })?;
    Cache::check(&folder).map(|()| format!("compiled code is kept in {}", folder.display()))
}

fn audit(config: &AuditConfig) -> Result<String, String> {
    if !config.enabled {
        return Ok("calls are not recorded: `enabled = false` in [audit] of barkeep.toml".to_owned());
    }
    let settings = start::audit_settings(config)
        .ok_or("there is no folder for the record of calls; name one by `file` in [audit] of barkeep.toml")?;
    let shown = settings.file.display();
    match audit::check(&settings) {
        Ok(()) => Ok(format!("calls are recorded in {shown}")),
        Err(error) => Err(format!("calls are not recorded, because {shown} cannot be written: {error}")),
    }
}

/// What was approved; nothing where there is no lock, which nobody has to have.
fn lock(config: &Path) -> Option<Result<String, String>> {
    let file = Lock::file_of(config);
    let found = |lock: Lock| format!("{} plugins are approved by {}", lock.plugins.len(), file.display());
    file.exists().then(|| Lock::read(&file).map(found).map_err(|error| error.to_string()))
}

/// Only who writes plugins in Rust needs it.
fn toolchain() -> Result<String, String> {
    let present = barkeep_toolchain::present().map(|way| way.to_string());
    present.map_err(|error| format!("needed by who writes plugins in Rust, and by nobody else: {error}"))
}
