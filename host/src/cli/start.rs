//! What every verb that loads plugins begins with: the log, the configuration, the runtime.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use super::{Common, progress};
use crate::audit::{Audit, Settings};
use crate::capability::Shared;
use crate::config::{AuditConfig, Config, discover};
use crate::plugin::{Cache, Loader, Notes};
use crate::runtime::Runtime;
use crate::supervisor::{Reloader, Supervisor};

/// The environment variable that moves the folder of compiled code.
pub(super) const CACHE_VARIABLE: &str = "BARKEEP_CACHE";

/// Reads the configuration that `common` leads to.
pub(super) fn config(common: &Common) -> anyhow::Result<(Config, PathBuf)> {
    let file = discover(common.config.as_deref())?;
    let file = std::path::absolute(&file).unwrap_or(file);
    Ok((Config::load(&file)?, file))
}

/// What a verb logs that does one thing and ends: what may be wrong, and what guests print.
pub(super) const BRIEF: &str = "warn,barkeep::runtime::output=info";

/// What the configuration wants logged.
pub(super) fn wanted(config: &Config) -> String {
    format!("warn,barkeep={}", config.log.as_str())
}

/// Lines of the log that wait to be written. A client that starts this process and never reads its stderr must not make
/// it wait: what is over is lost.
const MAX_LINES: usize = 4096;

/// Sends the log to stderr: what `usual` says, unless the user says more. What waits is written when the guard is dropped.
pub(super) fn log(common: &Common, usual: &str) -> anyhow::Result<WorkerGuard> {
    let filter = match &common.log {
        Some(filter) => EnvFilter::try_new(filter).with_context(|| format!("--log `{filter}` is not a filter"))?,
        // rmcp logs each message that it could not send to a client that is gone.
        None => EnvFilter::new(format!("{usual},rmcp=off")),
    };
    let colours = std::env::var_os("NO_COLOR").is_none() && std::io::IsTerminal::is_terminal(&std::io::stderr());
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(MAX_LINES).finish(std::io::stderr());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(colours).init();
    Ok(guard)
}

/// Gets everything ready to load the plugins of `config`.
pub(super) fn reloader(config: Config, file: &Path) -> anyhow::Result<(Reloader, Arc<Supervisor>)> {
    let audit = recording(&config.audit).map_or_else(Audit::off, Audit::start);
    let loader = loader()?.audited(audit).noting(resting(file));
    let (reloader, supervisor) = Reloader::new(loader, config, Some(file.to_owned()));
    Ok((reloader.told_of_secrets_by(secrets_notice()), supervisor))
}

/// Loads plugins on this machine.
pub(super) fn loader() -> anyhow::Result<Loader> {
    let runtime = Runtime::new().map_err(|error| anyhow!("this machine cannot run WebAssembly: {error}"))?;
    let shared = Shared::new(state_folder().map(|folder| folder.join("kv")))?;
    Ok(Loader::new(Arc::new(runtime), Cache::open(cache_folder()), Arc::new(shared)))
}

/// The plugins of `config`, loaded, with a bar on the terminal while they are compiled.
pub(super) async fn loaded(config: Config, file: &Path) -> anyhow::Result<Arc<Supervisor>> {
    let (mut reloader, supervisor) = reloader(config, file)?;
    tokio::join!(reloader.load(), progress::show(&supervisor));
    Ok(supervisor)
}

/// Lets this process have more open files and connections than shells give by default, which is 1,024 and less.
#[cfg(unix)]
pub(super) fn raise_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(DESCRIPTORS, |most| most.min(DESCRIPTORS));
    if limit.current.is_some_and(|current| current < wanted) {
        limit.current = Some(wanted);
        // Where it is not allowed, it goes on with what it has.
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::debug!(%error, "no more open files than the shell gives");
        }
    }
}

/// Windows has no such limit.
#[cfg(not(unix))]
pub(super) fn raise_descriptors() {}

/// What all bounds on connections and files come to together, several times over; macOS gives no more.
#[cfg(unix)]
const DESCRIPTORS: u64 = 10_240;

/// The environment variable that moves the folder of what outlives the host: tasks, key-value stores, the record of calls.
const STATE_VARIABLE: &str = "BARKEEP_STATE";

/// Where what outlives the host is kept.
fn state_folder() -> Option<PathBuf> {
    match std::env::var_os(STATE_VARIABLE) {
        Some(folder) if !folder.is_empty() => Some(folder.into()),
        // Linux alone has a folder for state.
        _ => dirs::state_dir().or_else(dirs::data_local_dir).map(|folder| folder.join("barkeep")),
    }
}

/// Where tasks are kept.
pub(super) fn tasks_folder() -> Option<PathBuf> {
    state_folder().map(|folder| folder.join("tasks"))
}

/// Where the host of the configuration `file` notes which plugins rest.
pub(super) fn resting(file: &Path) -> Notes {
    Notes::kept_in(state_folder().map(|folder| folder.join("resting")), file)
}

/// The file of the record of calls; none where this machine has no folder for it.
pub(super) fn audit_file(config: &AuditConfig) -> Option<PathBuf> {
    config.file.clone().or_else(|| state_folder().map(|folder| folder.join("audit").join("audit.jsonl")))
}

/// How calls are recorded, if they are. None where this machine has no folder for it.
pub(super) fn audit_settings(config: &AuditConfig) -> Option<Settings> {
    let (max_size, keep) = (config.max_size.as_u64(), config.keep.as_usize());
    audit_file(config).map(|file| Settings { file, max_size, keep, arguments: config.arguments })
}

/// How calls are recorded, if the configuration wants it.
pub(super) fn recording(config: &AuditConfig) -> Option<Settings> {
    if !config.enabled {
        return None;
    }
    let settings = audit_settings(config);
    if settings.is_none() {
        tracing::warn!("calls are not recorded: there is no folder for it; name one with {STATE_VARIABLE}");
    }
    settings
}

/// The file that changes when `barkeep secret` changes a secret: of a change in the keyring nothing else tells.
pub(super) fn secrets_notice() -> Option<PathBuf> {
    state_folder().map(|folder| folder.join("secrets-changed"))
}

/// Where compiled code is kept.
pub(super) fn cache_folder() -> Option<PathBuf> {
    match std::env::var_os(CACHE_VARIABLE) {
        Some(folder) if !folder.is_empty() => Some(folder.into()),
        _ => dirs::cache_dir().map(|folder| folder.join("barkeep").join("compiled")),
    }
}
