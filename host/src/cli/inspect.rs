//! `barkeep inspect`.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use serde::Serialize;

use super::Common;
use crate::capability::Requests;
use crate::capability::risk::Ask;
use crate::plugin::{self, manifest::Manifest};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Inspect {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<ExitCode> {
        let name = self.file.display();
        let bytes = std::fs::read(&self.file).with_context(|| format!("{name} cannot be read"))?;
        let manifest = Manifest::read(&bytes).with_context(|| format!("{name} is not a plugin"))?;
        let requests = manifest.requests.as_deref().map(Requests::parse).transpose();
        let problem = match (manifest.check(), &requests) {
            (Err(error), _) => Some(error.to_string()),
            (Ok(()), Err(error)) => Some(error.to_string()),
            (Ok(()), Ok(_)) => None,
        };
        let requests = requests.ok().flatten();
        let facts = Facts {
            bytes: bytes.len(),
            sha256: plugin::digest(&bytes),
            modules: manifest.modules,
            exports: manifest.exports,
            imports: manifest.imports,
            together: requests.as_ref().and_then(Requests::together),
            requests: requests.as_ref().map(Requests::asks),
            problem,
        };
        common.output.print(&facts, text)?;
        Ok(if facts.problem.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
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
    if let Some(problem) = &facts.problem {
        let _ = writeln!(text, "problem   {problem}");
    }
    text
}
