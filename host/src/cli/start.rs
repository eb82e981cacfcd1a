//! What every verb that loads plugins begins with: the log, the configuration, the runtime.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use tracing_subscriber::EnvFilter;

use super::Common;
use crate::capability::Shared;
use crate::config::{Config, discover};
use crate::plugin::{Cache, Loader};
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

/// Sends the log to stderr: what `usual` says, unless the user says more.
pub(super) fn log(common: &Common, usual: &str) -> anyhow::Result<()> {
    let filter = match &common.log {
        Some(filter) => EnvFilter::try_new(filter).with_context(|| format!("--log `{filter}` is not a filter"))?,
        // rmcp logs each message that it could not send to a client that is gone.
        None => EnvFilter::new(format!("{usual},rmcp=off")),
    };
    let colours = std::env::var_os("NO_COLOR").is_none() && std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
    Ok(())
}

/// Gets everything ready to load the plugins of `config`.
pub(super) fn reloader(config: Config, file: &Path) -> anyhow::Result<(Reloader, Arc<Supervisor>)> {
    let runtime = Runtime::new().map_err(|error| anyhow!("this machine cannot run WebAssembly: {error}"))?;
    let shared = Shared::new()?;
    let loader = Loader::new(Arc::new(runtime), Cache::open(cache_folder()), Arc::new(shared));
    Ok(Reloader::new(loader, config, Some(file.to_owned())))
}

/// Where compiled code is kept.
pub(super) fn cache_folder() -> Option<PathBuf> {
    match std::env::var_os(CACHE_VARIABLE) {
        Some(folder) if !folder.is_empty() => Some(folder.into()),
        _ => dirs::cache_dir().map(|folder| folder.join("barkeep").join("compiled")),
    }
}
