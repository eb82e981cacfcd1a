//! `barkeep audit`: who called what, and what was reached.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::Context;

use super::output::{self, Output};
use super::{Common, start};
use crate::audit::{Event, Line, Of, Reader, counted};

/// Between two looks at what was written meanwhile: soon enough for a person who watches.
const LOOK: Duration = Duration::from_millis(200);

/// Lines that `--follow` begins with, unless it is said.
const BEFORE: usize = 10;

/// Lines that `--last` keeps at the most: some hundred MiB.
const MOST: u64 = 200_000;

/// `barkeep audit`.
#[derive(Debug, clap::Args)]
pub(super) struct AuditVerb {
    /// Only what this plugin did.
    #[arg(long, value_name = "ID")]
    plugin: Option<String>,
    /// Only calls of this tool.
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,
    /// Only calls by clients of this name, as they declare it.
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// Only what was denied: refused uses, and calls that had some or were refused themselves.
    #[arg(long)]
    denied: bool,
    /// Only what was written since then: `1h`, `2d`, or a time such as `2026-07-28T09:00:00Z`.
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
    /// Only so many lines, the newest.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST))]
    last: Option<u64>,
    /// Go on with what is written from now on.
    #[arg(short, long)]
    follow: bool,
}

/// A moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since(pub(super) SystemTime);

impl std::str::FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(ago) = humantime::parse_duration(text) {
            return SystemTime::now().checked_sub(ago).map(Self).ok_or_else(|| format!("`{text}` is too long ago"));
        }
        let day = (text.len() == 10).then(|| format!("{text}T00:00:00Z"));
        humantime::parse_rfc3339_weak(day.as_deref().unwrap_or(text))
            .map(Self)
            .map_err(|_| format!("`{text}` is no time, such as `1h`, `2026-07-28` or `2026-07-28T09:00:00Z`"))
    }
}

impl Since {
    /// As lines have it, so that one can be compared with the other.
    pub(super) fn text(self) -> String {
        humantime::format_rfc3339_millis(self.0).to_string()
    }
}

impl AuditVerb {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<ExitCode> {
        let (config, _) = start::config(common)?;
        let file = start::audit_file(&config.audit).context("this machine has no folder for the record of calls")?;
        let read = || format!("{} cannot be read", file.display());
        let mut reader = Reader::open(&file, self.since.map(|since| since.0)).with_context(read)?;
        let filter = Filter { since: self.since.map(Since::text), verb: &self, output: common.output };
        let last = self.last.or(self.follow.then_some(BEFORE as u64));
        let last = last.map(|last| usize::try_from(last).unwrap_or(usize::MAX));
        let mut out = io::BufWriter::new(io::stdout().lock());
        let mut kept = VecDeque::new();
        let (mut shown, mut foreign) = (false, 0_u64);
        while let Some(text) = reader.next_line().with_context(read)? {
            let line = match filter.show(text) {
                Show::Line(line) => line,
                Show::Nothing => continue,
                Show::Foreign => {
                    foreign += 1;
                    continue;
                }
            };
            shown = true;
            match last {
                None => out.write_all(&line)?,
                Some(last) => {
                    kept.push_back(line);
                    kept.drain(..kept.len().saturating_sub(last));
                }
            }
        }
        for line in &kept {
            out.write_all(line)?;
        }
        out.flush()?;
        let foreign = foreign + reader.left_out();
        if foreign > 0 {
            output::complain(&format!(
                "note: left out, because cut off or not of the record: {}",
                counted(foreign, "line")
            ))?;
        }
        if self.follow {
            loop {
                while let Some(text) = reader.next_line().with_context(read)? {
                    if let Show::Line(line) = filter.show(text) {
                        out.write_all(&line)?;
                    }
                }
                out.flush()?;
                tokio::time::sleep(LOOK).await;
            }
        }
        if !shown && common.output == Output::Text {
            let why = if config.audit.enabled { "" } else { ": `enabled = false` in [audit] of barkeep.toml" };
            output::complain(&format!("nothing of that is recorded in {}{why}", file.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Which lines are shown, and how.
struct Filter<'a> {
    since: Option<String>,
    verb: &'a AuditVerb,
    output: Output,
}

enum Show {
    /// This, with its end.
    Line(Vec<u8>),
    Nothing,
    /// It is none of the record's.
    Foreign,
}

impl Filter<'_> {
    fn show(&self, text: &[u8]) -> Show {
        let Some(line) = Line::read(text) else { return Show::Foreign };
        if !self.wants(&line) {
            return Show::Nothing;
        }
        let mut shown = match self.output {
            Output::Json => text.to_vec(),
            Output::Text => one_line(&output::plain(&words(&line))).into_bytes(),
        };
        shown.push(b'\n');
        Show::Line(shown)
    }

    fn wants(&self, line: &Line<'_>) -> bool {
        let AuditVerb { plugin, tool, client, denied, .. } = self.verb;
        let is = |wanted: &Option<String>, there: Option<&str>| {
            wanted.as_ref().is_none_or(|wanted| there.is_some_and(|there| there == wanted))
        };
        let called = line.name.as_deref().filter(|_| line.method.as_deref() == Some("tools/call"));
        let who = line.client.as_ref().and_then(|client| client.name.as_deref());
        is(plugin, line.plugin.as_deref())
            && is(tool, called)
            && is(client, who)
            && (!denied || line.is_denied())
            && self.since.as_ref().is_none_or(|since| *line.time >= **since)
    }
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}

/// A line for people: when, what, who, how it ended.
fn words(line: &Line<'_>) -> String {
    let said = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().unwrap_or("-").to_owned();
    let mut words = vec![line.time.to_string()];
    match line.line {
        Of::Call => {
            words.extend([said(&line.plugin), said(&line.method), said(&line.name)]);
            let ended = line.ended.map_or_else(|| "-".to_owned(), |ended| ended.to_string());
            words.push(if line.is_denied() { ended.to_uppercase() } else { ended });
            words.extend(line.task.as_ref().map(|task| format!("as {task}")));
            words.extend(line.ms.map(|ms| format!("{ms} ms")));
            words.extend(line.uses.map(|uses| match line.refused {
                Some(refused) => format!("{}, {refused} refused", counted(uses, "use")),
                None => counted(uses, "use"),
            }));
            words.extend(line.client.as_ref().map(|client| {
                let version = client.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
                format!(
                    "by {}{version} over {}",
                    client.name.as_deref().unwrap_or("a client without a name"),
                    client.transport
                )
            }));
            words.extend(line.arguments.as_ref().map(ToString::to_string));
            words.extend(line.why.as_ref().map(ToString::to_string));
        }
        Of::Use => {
            words.extend([said(&line.plugin), said(&line.name)]);
            words.push(format!("{} {}", said(&line.capability), said(&line.what)));
            match line.allowed {
                Some(false) => words.push(format!("REFUSED: {}", said(&line.why))),
                _ => words.push("allowed".to_owned()),
            }
        }
        Of::Consent => {
            words.extend([said(&line.plugin), said(&line.name), said(&line.what)]);
            let answer = line.answer.map_or_else(|| "-".to_owned(), |answer| answer.to_string());
            words
                .push(format!("a person was asked: {}", if line.is_denied() { answer.to_uppercase() } else { answer }));
        }
        Of::Plugin => {
            let event = match line.event {
                Some(Event::Loaded) => "loaded",
                Some(Event::NotLoaded) => "NOT LOADED",
                _ => "gone",
            };
            words.extend([said(&line.plugin), event.to_owned()]);
            words.extend(line.generation.map(|generation| format!("generation {generation}")));
            words.extend(
                line.sha256.as_deref().and_then(|digest| digest.get(..12)).map(|start| format!("sha256 {start}")),
            );
            words.extend(line.grants.as_ref().map(|grants| match grants.as_slice() {
                [] => "may reach nothing".to_owned(),
                grants => format!("may reach: {}", grants.join("; ")),
            }));
            words.extend(line.why.as_ref().map(ToString::to_string));
        }
        Of::Host => {
            words.push(match line.event {
                Some(Event::Dropped) => {
                    format!("MISSING: {}: {}", counted(line.lines.unwrap_or_default(), "line"), said(&line.why))
                }
                Some(Event::Configured) => "[audit] of barkeep.toml changed: the record goes on as it says".to_owned(),
                Some(Event::Started) => format!("barkeep {} begins", said(&line.version)),
                _ => format!("barkeep {} ends", said(&line.version)),
            });
            words.extend(line.process.map(|process| format!("process {process}")));
        }
    }
    words.join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_moments_or_how_long_ago() {
        let since = |text: &str| text.parse::<Since>().map(Since::text);
        assert_eq!(since("2026-07-28"), Ok("2026-07-28T00:00:00.000Z".to_owned()));
        assert_eq!(since("2026-07-28T09:00:00Z"), Ok("2026-07-28T09:00:00.000Z".to_owned()));
        assert!(since("1h").expect("it is a time") < Since(SystemTime::now()).text());
        for bad in ["", "soon", "2026-99-99", "99999999999999y"] {
            assert!(since(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_line_is_one_line_whatever_is_in_it() {
        let text = br#"{"time":"t","line":"use","plugin":"a","name":"b\n\u001b[2J","capability":"http","what":"GET x","allowed":false,"why":"no\r\nnot"}"#;
        let verb =
            AuditVerb { plugin: None, tool: None, client: None, denied: false, since: None, last: None, follow: false };
        let filter = Filter { since: None, verb: &verb, output: Output::Text };
        let Show::Line(shown) = filter.show(text) else { panic!("it is shown") };
        let shown = String::from_utf8(shown).expect("it is text");
        assert_eq!(shown, "t  a  b \\u{1b}[2J  http GET x  REFUSED: no\\r not\n");
        let text =
            br#"{"time":"t","line":"call","plugin":"a","method":"load","name":"a","ended":"ok","uses":1,"refused":1}"#;
        let Show::Line(shown) = filter.show(text) else { panic!("it is shown") };
        assert_eq!(String::from_utf8_lossy(&shown), "t  a  load  a  OK  1 use, 1 refused\n");
        assert!(matches!(filter.show(b"{}"), Show::Foreign));
        assert!(matches!(filter.show(b"\xff"), Show::Foreign));
    }
}
