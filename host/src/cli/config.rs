//! `barkeep config`.

use std::process::ExitCode;

use anyhow::Context;

use super::{Common, output, start};
use crate::config::{Config, discover, reference};

/// `barkeep config`.
#[derive(Debug, Clone, clap::Subcommand)]
pub(super) enum ConfigVerb {
    /// Which file it is.
    Path,
    /// What it comes to, with all defaults.
    Show,
    /// What it may say, as a JSON Schema, for editors.
    Schema,
    /// What it may say, for people: a page for each part, such as `fs` or `limits`.
    Reference {
        /// The page; the names of all unless said.
        page: Option<String>,
    },
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
            Self::Reference { page } => show_reference(page.as_deref(), common)?,
            Self::Schema => output::say(&serde_json::to_string_pretty(&Config::schema())?)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show_reference(page: Option<&str>, common: &Common) -> anyhow::Result<()> {
    let pages = reference();
    let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
    let Some(wanted) = page else {
        common.output.print(&names, |names| names.join("\n"))?;
        return Ok(());
    };
    let page = pages.iter().find(|page| page.name == wanted);
    let page = page.with_context(|| format!("there is no page `{wanted}`; there are {}", names.join(", ")))?;
    common.output.print(&page.text, |text| text.trim_end().to_owned())?;
    Ok(())
}
