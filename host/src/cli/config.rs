//! `barkeep config`.

use std::process::ExitCode;

use super::{Common, output, start};
use crate::config::{Config, discover};

/// `barkeep config`.
#[derive(Debug, Clone, Copy, clap::Subcommand)]
pub(super) enum ConfigVerb {
    /// Which file it is.
    Path,
    /// What it comes to, with all defaults.
    Show,
    /// What it may say, as a JSON Schema, for editors.
    Schema,
}

impl ConfigVerb {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<ExitCode> {
        match self {
            Self::Path => {
                let path = discover(common.config.as_deref())?;
                let path = std::path::absolute(&path).unwrap_or(path);
                common.output.print(&path, |path| path.display().to_string())?;
            }
            Self::Show => {
                let (config, _) = start::config(common)?;
                let toml = config.to_toml()?;
                common.output.print(&config, |_| toml)?;
            }
            Self::Schema => output::say(&serde_json::to_string_pretty(&Config::schema())?)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
