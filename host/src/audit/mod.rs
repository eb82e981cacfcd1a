//! The record of who called what, and what was reached: one line of JSON for each, in a file of bounded size, written off the
//! path of the call.
//!
//! | module | what it is |
//! |---|---|
//! | `line` | one line, as it is written and read |
//! | `arguments` | the digest of a call's arguments, and what is shown of them |
//! | `call` | one call: what it does with its capabilities, and how it ended |
//! | `writer` | the queue, and the thread that empties it |
//! | `file` | the file, which many hosts write to: locked, appended to, rotated |
//! | `read` | reads all files, and follows them |
//! | `learn`, `requests` | the smallest grants that cover what was used |
//!
//! A call never waits for the disk: a queue that is full loses lines, and the record says how many. A call pays a microsecond
//! for its line and one for each use; digesting a MiB of arguments takes most of one millisecond.

mod arguments;
mod call;
mod file;
mod learn;
mod line;
mod read;
mod requests;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use uuid::Uuid;

pub use call::{Call, Ended, Subject};
pub use learn::Learned;
use line::cut;
pub use line::{Client, Decision, Event, Line, Of};
pub use read::Reader;
use writer::Writer;

/// How long the end of the host waits for what is not yet written.
const CLOSING: Duration = Duration::from_secs(2);

/// Where the record is kept, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The file that is written to. Older ones lie beside it, with a number after its name.
    pub file: PathBuf,
    /// Bytes of one file.
    pub max_size: u64,
    /// Files, this one included.
    pub keep: usize,
    /// Whether the arguments of calls are shown, beside their digest.
    pub arguments: bool,
}

/// So many of something, for people.
pub fn counted(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// Whether a record by `settings` could be written now.
///
/// # Errors
///
/// In the operating system's words.
pub fn check(settings: &Settings) -> std::io::Result<()> {
    file::File::new(settings.clone()).append(b"")
}

/// The record of one host, or none. Clones share it, and what becomes of it.
#[derive(Clone, Default)]
pub struct Audit(Arc<ArcSwapOption<Open>>);

struct Open {
    writer: Writer,
    settings: Settings,
    /// Tells this process from others in the names of calls.
    host: Arc<str>,
    calls: Arc<AtomicU64>,
}

/// What became of a plugin.
#[derive(Debug)]
pub struct News<'a> {
    /// The plugin.
    pub plugin: &'a str,
    /// What happened to it.
    pub event: Event,
    /// Which generation serves now.
    pub generation: Option<u64>,
    /// The SHA-256 of its component, in hexadecimal.
    pub sha256: Option<&'a str>,
    /// What it may reach, for people.
    pub grants: Option<&'a [String]>,
    /// Why, where it is not served.
    pub why: Option<&'a str>,
}

impl<'a> News<'a> {
    /// Of `plugin`, which is served no longer, unless something else is said.
    pub fn of(plugin: &'a str) -> Self {
        Self { plugin, event: Event::Gone, generation: None, sha256: None, grants: None, why: None }
    }
}

impl Audit {
    /// No record.
    pub fn off() -> Self {
        Self::default()
    }

    /// A record by `settings`, which begins with a line that says so. Where it cannot be written the log says why, and all else
    /// goes on.
    pub fn start(settings: Settings) -> Self {
        let audit = Self::off();
        audit.follow(Some(settings));
        audit
    }

    /// Records by `settings` from now on, or not at all. What was taken in before is written where it was to be.
    pub fn follow(&self, settings: Option<Settings>) {
        let before = self.0.load_full();
        if before.as_ref().map(|open| &open.settings) == settings.as_ref() {
            return;
        }
        let next = settings.and_then(|settings| Open::start(settings, before.as_deref()));
        drop(before);
        let Some(before) = self.0.swap(next.map(Arc::new)) else { return };
        // It waits for the disk, which whoever follows the configuration must not. Where there is no thread it is closed by
        // the last who has it.
        let closing = thread::Builder::new().name("audit-end".to_owned()).spawn(move || before.end(Event::Configured));
        if let Err(error) = closing {
            tracing::warn!(%error, "the record of calls that was kept until now ends without saying so");
        }
    }

    /// What the names of this host's calls begin with; none where there is no record.
    pub fn host(&self) -> Option<Arc<str>> {
        self.0.load().as_ref().map(|open| Arc::clone(&open.host))
    }

    /// A call begins.
    pub fn begin(&self, subject: Subject<'_>) -> Call {
        Call::begin(self, subject)
    }

    /// Something became of a plugin.
    pub fn plugin(&self, news: &News<'_>) {
        let open = self.0.load();
        let Some(open) = &*open else { return };
        let mut line = Line::now(Of::Plugin);
        line.host = Some((&*open.host).into());
        line.plugin = Some(news.plugin.into());
        line.event = Some(news.event);
        line.generation = news.generation;
        line.sha256 = news.sha256.map(Into::into);
        line.grants = news.grants.map(<[String]>::to_vec);
        line.why = news.why.map(cut);
        open.writer.write(&line);
    }

    /// Writes what waits, and takes in nothing more. Waits no longer than some seconds. Tells whether all was written.
    pub fn close(&self) -> bool {
        self.0.load().as_ref().is_none_or(|open| open.end(Event::Ended))
    }
}

impl Open {
    /// The record of the same host as `before`, if there was one.
    fn start(settings: Settings, before: Option<&Self>) -> Option<Self> {
        let writer = Writer::start(settings.clone())?;
        let begins = if before.is_some() { Event::Configured } else { Event::Started };
        let (host, calls) = match before {
            Some(before) => (Arc::clone(&before.host), Arc::clone(&before.calls)),
            None => (Uuid::new_v4().simple().to_string().chars().take(12).collect::<String>().into(), Arc::default()),
        };
        let open = Self { writer, settings, host, calls };
        open.host_line(begins);
        Some(open)
    }

    /// Once: what comes later is not taken in.
    fn end(&self, event: Event) -> bool {
        self.host_line(event);
        self.writer.close(CLOSING)
    }

    fn host_line(&self, event: Event) {
        let mut line = Line::now(Of::Host);
        line.host = Some((&*self.host).into());
        line.event = Some(event);
        line.version = Some(env!("CARGO_PKG_VERSION").into());
        line.process = Some(std::process::id());
        self.writer.write(&line);
    }

    fn next_call(&self) -> String {
        format!("{}-{}", self.host, self.calls.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl Drop for Open {
    /// What is still in the queue when nobody has the record any more is written.
    fn drop(&mut self) {
        self.end(Event::Ended);
    }
}

#[cfg(test)]
mod tests;
