//! `barkeep learn`: the smallest grants that cover what a plugin was seen to use.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use super::audit::Since;
use super::grant::find;
use super::output::Output;
use super::serve::Serve;
use super::{Common, output, start};
use crate::audit::{Learned, Line, Reader, counted};
use crate::capability::Grants;
use crate::config::{Config, PluginId};

/// `barkeep learn`.
#[derive(Debug, clap::Args)]
pub(super) struct Learn {
    /// The plugin.
    plugin: PluginId,
    /// Serve streamable HTTP at this address meanwhile, instead of stdio.
    #[arg(long, value_name = "ADDR", env = "BARKEEP_HTTP", conflicts_with = "from_audit")]
    http: Option<String>,
    /// Learn from what is recorded already, and serve nothing.
    #[arg(long)]
    from_audit: bool,
    /// Only from what was recorded since then: `1h`, `2d`, or a time such as `2026-07-28T09:00:00Z`.
    #[arg(long, value_name = "TIME", requires = "from_audit")]
    since: Option<Since>,
}

impl Learn {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<ExitCode> {
        let (mut config, file) = start::config(common)?;
        let granted = config.plugins.get(&self.plugin).map(|plugin| plugin.grants.clone()).unwrap_or_default();
        if self.from_audit {
            let record =
                start::audit_file(&config.audit).context("this machine has no folder for the record of calls")?;
            let since = self.since.map(Since::text);
            let wanted = |line: &Line<'_>| since.as_ref().is_none_or(|since| *line.time >= **since);
            output::say(&self.learn(common, &record, self.since, &granted, wanted)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        // Before anybody works with it in vain.
        find(&config, self.plugin.as_str())?;
        let (_folder, record) = recorded(&mut config)?;
        let over_http = self.http.is_some();
        output::complain(&format!(
            "call what `{}` offers; once this ends, it prints the grants that cover what was used",
            self.plugin
        ))?;
        let audit = Serve::at(self.http.clone()).serve(common, config, file).await?;
        let host = audit.host().context("calls were not recorded: the log says why")?;
        let of_this_host = |line: &Line<'_>| {
            line.call.as_deref().and_then(|call| call.rsplit_once('-')).is_some_and(|(of, _)| of == &*host)
        };
        let learned = self.learn(common, &record, None, &granted, of_this_host)?;
        // Over stdio, stdout is the client's.
        if over_http {
            output::say(&learned)?;
        } else {
            output::complain(&learned)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The grants that cover the lines of the record that are `wanted`.
    fn learn(
        &self,
        common: &Common,
        record: &Path,
        since: Option<Since>,
        granted: &Grants,
        wanted: impl Fn(&Line<'_>) -> bool,
    ) -> anyhow::Result<String> {
        let read = || format!("{} cannot be read", record.display());
        let mut reader = Reader::open(record, since.map(|since| since.0)).with_context(read)?;
        let (mut learned, mut missing) = (Learned::default(), 0);
        while let Some(text) = reader.next_line().with_context(read)? {
            let Some(line) = Line::read(text) else { continue };
            missing += line.lines.unwrap_or_default();
            if line.plugin.as_deref() == Some(self.plugin.as_str()) && wanted(&line) {
                learned.see(&line);
            }
        }
        if learned.is_empty() {
            bail!("no use of a capability by `{}` is recorded there; call its tools, and learn again", self.plugin);
        }
        if missing > 0 {
            output::complain(&format!(
                "note: missing in the record: {}; what they said is not learned",
                counted(missing, "line")
            ))?;
        }
        let grants = learned.grants(self.plugin.as_str(), granted);
        match common.output {
            Output::Text => Ok(output::plain(&grants)),
            Output::Json => Ok(serde_json::to_string_pretty(&grants.parse::<toml::Table>()?)?),
        }
    }
}

/// Makes sure that calls are recorded: where the configuration wants none, in a folder that goes with its owner.
fn recorded(config: &mut Config) -> anyhow::Result<(Option<tempfile::TempDir>, PathBuf)> {
    let kept = config.audit.enabled.then(|| start::audit_file(&config.audit)).flatten();
    if let Some(file) = kept {
        return Ok((None, file));
    }
    let folder = tempfile::tempdir().context("there is no folder for a record of calls")?;
    let file = folder.path().join("audit.jsonl");
    config.audit.enabled = true;
    config.audit.file = Some(file.clone());
    Ok((Some(folder), file))
}
