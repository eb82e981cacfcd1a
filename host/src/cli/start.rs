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

/// Sends the log to stderr.
pub(super) fn log(common: &Common, config: &Config) -> anyhow::Result<()> {
    // rmcp logs each message that it could not send to a client that is gone; wasmtime and hyper log for their authors.
    let level = config.log.as_str();
    let filter = match &common.log {
        Some(filter) => EnvFilter::try_new(filter).with_context(|| format!("--log `{filter}` is not a filter"))?,
        None => EnvFilter::new(format!("warn,barkeep={level},rmcp=off")),
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
