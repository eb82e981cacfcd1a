//! A plugin that keeps failing is rested: its calls are refused at once, in words, until one of them may try whether it is
//! well again. What fails slowly, such as a server that it waits for, is not waited for by every client anew.
//!
//! Only what the host had to end counts, not what the plugin itself says of a call. Its watchers have pauses of their own.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use super::cache::digest;
use super::outcome::CallError;
use crate::runtime::Failure;
use crate::runtime::words::{self, MAX_REASON};

/// Calls that fail in a row before a plugin rests. One bad call, tried again by a model that does not understand, is not yet
/// a plugin that is unwell.
const FAILURES: u32 = 5;

/// The first rest. It doubles each time that the try after it fails.
const REST: Duration = Duration::from_secs(10);

/// The longest rest: who mends what the plugin needs should not have to wait for longer.
const MAX_REST: Duration = Duration::from_mins(5);

/// Bytes of a note that are read. One has some hundred.
const MAX_NOTE: usize = 64 * 1024;

/// Where the host notes who rests, for `barkeep list`, which is another process.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    folder: Option<PathBuf>,
    /// Tells apart the hosts of different configurations.
    host: String,
}

/// That a plugin rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    /// Of the component. Another one begins well.
    sha256: String,
    until: SystemTime,
    words: String,
}

impl Notes {
    /// Notes in `folder`, of the host that serves the configuration `config`.
    pub fn kept_in(folder: Option<PathBuf>, config: &std::path::Path) -> Self {
        // Whichever way somebody names the file, it is one host's.
        let file = std::fs::canonicalize(config);
        let mut host = digest(file.as_deref().unwrap_or(config).as_os_str().as_encoded_bytes());
        host.truncate(16);
        Self { folder, host }
    }

    /// How the component of this digest rests in the host that serves it, in words; nothing, when it does not.
    pub fn of(&self, plugin: &str, sha256: &str) -> Option<String> {
        self.at(SystemTime::now(), plugin, sha256)
    }

    fn at(&self, now: SystemTime, plugin: &str, sha256: &str) -> Option<String> {
        let text = std::fs::read_to_string(self.file(plugin)?).ok().filter(|text| text.len() < MAX_NOTE)?;
        let note: Note = serde_json::from_str(&text).ok()?;
        // One that lasts for longer than any was written before the clock was set back: nobody knows whether it is over.
        let left = note.until.duration_since(now).ok().filter(|left| *left <= MAX_REST)?;
        (note.sha256 == sha256).then(|| format!("{}; it is tried again in {:?}", note.words, seconds(left)))
    }

    fn file(&self, plugin: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{plugin}-{}.json", self.host)))
    }

    /// A note is small and seldom written: once in ten seconds at the most.
    fn write(&self, plugin: &str, note: &Note) {
        let Some(file) = self.file(plugin) else { return };
        let written = serde_json::to_vec(note).map_err(std::io::Error::other).and_then(|bytes| {
            file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(&file, bytes)
        });
        if let Err(error) = written {
            tracing::debug!(plugin, %error, "cannot note that it rests");
        }
    }

    fn remove(&self, plugin: &str) {
        // One that is not there is as good as removed.
        self.file(plugin).map(std::fs::remove_file);
    }
}

/// How one generation fares.
pub(super) struct Rest {
    plugin: Arc<str>,
    sha256: String,
    notes: Notes,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// In a row.
    failures: u32,
    resting: Option<Resting>,
}

struct Resting {
    since: Instant,
    until: Instant,
    length: Duration,
    /// Whether a call tries it now.
    tried: bool,
    /// How the last call failed.
    why: String,
}

/// How a call ended, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    Well,
    /// In these words.
    Failed(String),
    /// It says nothing of the plugin.
    Neither,
}

impl Verdict {
    fn of<T>(result: &Result<T, CallError>) -> Self {
        let failure = match result {
            Ok(_) | Err(CallError::Guest(_)) => return Self::Well,
            Err(CallError::Host(failure)) => failure,
        };
        match failure {
            Failure::Deadline { .. }
            | Failure::Cpu { .. }
            | Failure::Memory { .. }
            | Failure::Table { .. }
            | Failure::Trap { .. }
            | Failure::TooLarge { .. }
            | Failure::Handles { .. }
            | Failure::Invalid { .. } => Self::Failed(words::start(failure, MAX_REASON)),
            // What was refused is likely why it failed, and a grant is the user's to give.
            Failure::Denied { .. }
            | Failure::Busy { .. }
            | Failure::Full { .. }
            | Failure::Crowded { .. }
            | Failure::NoRoom { .. }
            | Failure::TooOften { .. }
            | Failure::Missing { .. }
            | Failure::NotGranted { .. }
            | Failure::TakenBack { .. }
            | Failure::CannotBeAsked { .. }
            | Failure::Unanswered { .. }
            | Failure::Resting { .. } => Self::Neither,
        }
    }
}

impl Rest {
    pub(super) fn new(plugin: Arc<str>, sha256: String, notes: Notes) -> Self {
        Self { plugin, sha256, notes, state: Mutex::default() }
    }

    /// Runs a call, unless the plugin rests.
    pub(super) async fn unless<T>(&self, call: impl Future<Output = Result<T, CallError>>) -> Result<T, CallError> {
        let mut admitted = Admitted { tries: self.admit(Instant::now())?, rest: self };
        let result = call.await;
        self.ended(Verdict::of(&result), admitted.tries, Instant::now());
        admitted.tries = false;
        result
    }

    /// Whether this call is the one that tries a plugin that rested.
    fn admit(&self, now: Instant) -> Result<bool, Failure> {
        let mut state = self.state();
        let failures = state.failures;
        let Some(resting) = &mut state.resting else { return Ok(false) };
        if resting.until <= now && !resting.tried {
            resting.tried = true;
            return Ok(true);
        }
        let again = if resting.tried {
            "once the call that tries it now has ended".to_owned()
        } else {
            format!("in {:?}", seconds(resting.until.duration_since(now)))
        };
        let since = seconds(now.duration_since(resting.since));
        Err(Failure::Resting { plugin: self.plugin.to_string(), failures, since, again, why: resting.why.clone() })
    }

    fn ended(&self, verdict: Verdict, tried: bool, now: Instant) {
        let mut state = self.state();
        let plugin = &*self.plugin;
        match verdict {
            Verdict::Well => {
                state.failures = 0;
                if state.resting.take().is_some() {
                    self.notes.remove(plugin);
                    tracing::info!(plugin, "well again");
                }
            }
            // Began before the rest: it is no news.
            Verdict::Failed(_) if state.resting.is_some() && !tried => {}
            Verdict::Failed(why) => {
                state.failures = state.failures.saturating_add(1);
                let before = state.resting.take();
                if before.is_none() && state.failures < FAILURES {
                    return;
                }
                let length = before.as_ref().map_or(REST, |before| MAX_REST.min(before.length * 2));
                let (since, until) = (before.map_or(now, |before| before.since), now + length);
                let failures = state.failures;
                tracing::warn!(plugin, failures, "rests for {length:?}, because its calls keep failing: {why}");
                let words = format!("{failures} calls in a row failed, the last one: {why}");
                self.notes
                    .write(plugin, &Note { sha256: self.sha256.clone(), until: SystemTime::now() + length, words });
                state.resting = Some(Resting { since, until, length, tried: false, why });
            }
            Verdict::Neither if tried => state.untried(),
            Verdict::Neither => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The try told nothing: the next call is one.
    fn untried(&mut self) {
        if let Some(resting) = &mut self.resting {
            resting.tried = false;
        }
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        if self.state().resting.is_some() {
            self.notes.remove(&self.plugin);
        }
    }
}

/// A call that runs. One that tries and is cancelled leaves the try to another.
struct Admitted<'a> {
    tries: bool,
    rest: &'a Rest,
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        if self.tries {
            self.rest.state().untried();
        }
    }
}

/// Whole seconds, of which there is always one more to wait.
fn seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() + 1)
}

#[cfg(test)]
mod tests;
