//! `barkeep inspect`: what a file says of itself, and what it shows the model when it is asked, with nothing granted to it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use serde::Serialize;

use super::menu::Shown;
use super::texts::Texts;
use super::{Common, start};
use crate::capability::Requests;
use crate::capability::risk::Ask;
use crate::capability::secrets::Secrets;
use crate::config::{Approval, PluginConfig, PluginId, Prefix};
use crate::plugin::{self, Plugin, manifest::Manifest};

/// `barkeep inspect`.
#[derive(Debug, clap::Args)]
pub(super) struct Inspect {
    /// The component.
    file: PathBuf,
}

#[derive(Serialize)]
struct Facts {
    bytes: usize,
    sha256: String,
    modules: Vec<usize>,
    exports: Vec<String>,
    imports: Vec<String>,
    requests: Option<Vec<Ask>>,
    /// What the requests come to together, where that is more than each alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    together: Option<String>,
    /// None of a file that is not served.
    #[serde(flatten)]
    shows: Option<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Inspect {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<ExitCode> {
        let name = self.file.display();
        let bytes = plugin::read_component(&self.file).map_err(|error| anyhow!("{name} {error}"))?;
        let manifest = Manifest::read(&bytes).with_context(|| format!("{name} is not a plugin"))?;
        let requests = manifest.requests.as_deref().map(Requests::parse).transpose();
        let problem = match (manifest.check(), &requests) {
            (Err(error), _) => Some(error.to_string()),
            (Ok(()), Err(error)) => Some(error.to_string()),
            (Ok(()), Ok(_)) => None,
        };
        let requests = requests.ok().flatten();
        let mut facts = Facts {
            bytes: bytes.len(),
            sha256: plugin::digest(&bytes),
            modules: manifest.modules,
            exports: manifest.exports,
            imports: manifest.imports,
            together: requests.as_ref().and_then(Requests::together),
            requests: requests.as_ref().map(Requests::asks),
            shows: None,
            problem,
        };
        if facts.problem.is_none() {
            let _log = start::log(common, start::BRIEF)?;
            match ask(&self.file).await {
                Ok(plugin) if plugin.digest() == facts.sha256 => {
                    facts.shows = Some(Shown::by(&plugin).with(Texts::of(&plugin).await));
                }
                Ok(_) => facts.problem = Some("the file changed while it was looked at; look again".to_owned()),
                Err(error) => facts.problem = Some(format!("{error:#}")),
            }
        }
        common.output.print(&facts, text)?;
        Ok(if facts.problem.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Loads the component and asks it what it offers, in a sandbox without a grant, under the names that it gives itself.
async fn ask(file: &Path) -> anyhow::Result<Plugin> {
    let id: PluginId = "inspected".parse()?;
    let prefix = Prefix::try_from(String::new()).map_err(anyhow::Error::msg)?;
    let config = PluginConfig { prefix: Some(prefix), ..PluginConfig::default() };
    let loader = start::loader()?;
    Ok(loader.load(&id, &config, file, &Secrets::read(None), &Approval::Anything).await?)
}

fn text(facts: &Facts) -> String {
    let mut text = format!("size      {} bytes, {} modules of", facts.bytes, facts.modules.len());
    for bytes in &facts.modules {
        // Writing to a string does not fail.
        let _ = write!(text, " {bytes}");
    }
    let _ = write!(text, "\nsha256    {}\n", facts.sha256);
    for export in &facts.exports {
        let _ = writeln!(text, "export    {export}");
    }
    for import in &facts.imports {
        let _ = writeln!(text, "import    {import}");
    }
    match &facts.requests {
        None => text.push_str("requests  not said: it gets whatever is granted\n"),
        Some(requests) if requests.is_empty() => text.push_str("requests  nothing\n"),
        Some(requests) => {
            for request in requests {
                let _ = writeln!(text, "requests  {request}\n          risk: {}", request.risk);
            }
        }
    }
    if let Some(together) = &facts.together {
        let _ = writeln!(text, "          {together}");
    }
    for (kind, what) in facts.shows.iter().flat_map(Shown::lines) {
        let _ = writeln!(text, "{kind:<9} {what}");
    }
    if let Some(problem) = &facts.problem {
        let _ = writeln!(text, "problem   {problem}");
    }
    text
}
