//! `barkeep update`: shows what is not as it was approved, word by word, and approves it after a yes.

use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use serde::Serialize;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::consent::is_yes;
use super::{Common, output, start};
use crate::config::Lock;
use crate::plugin::{Change, changes};

/// Lines around a change that are shown.
const AROUND: usize = 1;

/// `barkeep update`.
#[derive(Debug, clap::Args)]
pub(super) struct Update {
    /// The plugins; all, unless some are named.
    plugins: Vec<String>,
    /// Approve without asking.
    #[arg(long)]
    yes: bool,
}

/// What differs in one plugin.
#[derive(Serialize)]
struct Differs {
    id: String,
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct Report {
    plugins: Vec<Differs>,
    /// Plugins that were approved and are no more.
    gone: Vec<String>,
    approved: bool,
}

impl Update {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<ExitCode> {
        let (config, file) = start::config(common)?;
        let _log = start::log(common, start::BRIEF)?;
        let lock_file = Lock::file_of(&file);
        let lock = if lock_file.exists() { Lock::read(&lock_file)? } else { Lock::default() };
        let supervisor = start::loaded(config, &file).await?;
        let statuses = supervisor.report().plugins;
        let catalog = supervisor.catalog();
        for id in &self.plugins {
            if !statuses.iter().any(|status| status.id == *id) && !lock.plugins.contains_key(id) {
                bail!("there is no plugin `{id}`; `barkeep list` shows which there are");
            }
        }
        let meant = |id: &str| self.plugins.is_empty() || self.plugins.iter().any(|other| other == id);
        let mut report = Report { plugins: Vec::new(), gone: Vec::new(), approved: false };
        let mut pins = Vec::new();
        for status in statuses.iter().filter(|status| meant(&status.id)) {
            let Some(plugin) = catalog.plugin(&status.id) else {
                let problem = status.problem.as_deref().unwrap_or("it is not served");
                let others = if statuses.len() > 1 { "; name the others to approve them without it" } else { "" };
                bail!("`{}` cannot be approved: {problem}{others}", status.id);
            };
            let pin = plugin.pin();
            let changes = changes(&lock.plugins.get(&status.id).map(|pin| (**pin).clone()).unwrap_or_default(), &pin);
            if !changes.is_empty() {
                pins.push((status.id.clone(), Arc::new(pin)));
                report.plugins.push(Differs { id: status.id.clone(), changes });
            }
        }
        report.gone = lock.plugins.keys().filter(|id| meant(id)).cloned().collect();
        report.gone.retain(|id| !statuses.iter().any(|status| status.id == *id));
        let nothing = report.plugins.is_empty() && report.gone.is_empty();
        report.approved = nothing || self.yes || ask(&report)?;
        // Also where there is nothing to approve yet: `serve --locked` asks for the file.
        if report.approved && (!nothing || !lock_file.exists()) {
            Lock::change(&lock_file, |lock| {
                lock.plugins.retain(|id, _| !report.gone.contains(id));
                lock.plugins.extend(pins);
            })?;
        }
        common.output.print(&report, |report| match (nothing, report.approved) {
            (true, _) => "nothing changed since it was approved".to_owned(),
            (_, true) if self.yes => format!("{}approved", text(report)),
            (_, true) => "approved".to_owned(),
            _ => "nothing was approved".to_owned(),
        })?;
        Ok(if report.approved { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Shows what changed, and asks the person at the terminal.
fn ask(report: &Report) -> anyhow::Result<bool> {
    output::complain(&output::plain(&text(report)))?;
    if !std::io::stdin().is_terminal() {
        bail!("nobody is there to approve it: give --yes");
    }
    output::complain("Approve all of this? [y/N]")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(is_yes(&answer))
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    for id in &report.gone {
        let _ = writeln!(text, "{id}: is gone");
    }
    for Differs { id, changes } in &report.plugins {
        let _ = writeln!(text, "{id}");
        for change in changes {
            let _ = writeln!(text, "  {change}");
            for line in difference(change).lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
    }
    text
}

/// What changed, line by line, with the words in brackets: `[-old-]` and `{+new+}`.
fn difference(change: &Change) -> String {
    let [before, after] = [&change.before, &change.after].map(|side| side.as_deref().map(spread).unwrap_or_default());
    let diff = TextDiff::from_lines(&before, &after);
    let mut text = String::new();
    for group in diff.grouped_ops(AROUND) {
        for line in group.iter().flat_map(|op| diff.iter_inline_changes(op)) {
            let (sign, open, close) = match line.tag() {
                ChangeTag::Delete => ('-', "[-", "-]"),
                ChangeTag::Insert => ('+', "{+", "+}"),
                ChangeTag::Equal => (' ', "", ""),
            };
            text.push(sign);
            for (changed, words) in line.iter_strings_lossy() {
                let words = output::plain(words.trim_end_matches('\n'));
                if changed { text.extend([open, &words, close]) } else { text.push_str(&words) }
            }
            text.push('\n');
        }
    }
    text
}

/// JSON over several lines; what is no JSON as it is.
fn spread(text: &str) -> String {
    let value = serde_json::from_str::<Value>(text);
    let spread = value.ok().and_then(|value| serde_json::to_string_pretty(&value).ok());
    format!("{}\n", spread.as_deref().unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(before: Option<&str>, after: Option<&str>) -> String {
        let [before, after] = [before, after].map(|side| side.map(str::to_owned));
        difference(&Change { kind: "tool", name: "a".to_owned(), before, after })
    }

    #[test]
    fn a_change_of_words_is_shown_by_word() {
        let shown = changed(
            Some(r#"{"title":"A","description":"Sends a mail to you."}"#),
            Some(r#"{"title":"A","description":"Sends a mail to everybody."}"#),
        );
        assert!(shown.contains("to [-you.") && shown.contains("to {+everybody."), "{shown}");
        assert!(!shown.contains("[-Sends"), "{shown}");
    }

    #[test]
    fn what_is_new_or_gone_is_shown_whole() {
        assert!(changed(None, Some(r#"{"description":"New."}"#)).contains("+  \"description\": \"New.\""));
        assert!(changed(Some("00ff"), None).starts_with("-00ff"));
    }

    #[test]
    fn what_hides_in_a_change_is_shown() {
        let shown = changed(Some(r#"{"a":"x"}"#), Some("{\"a\":\"x\u{e0041}\"}"));
        assert!(shown.contains("\\u{e0041}"), "{shown}");
    }
}
