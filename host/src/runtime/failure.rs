//! What can go wrong with a call that is the host's to tell: a trap, a deadline, memory, a missing export.

use std::num::NonZeroU32;
use std::time::Duration;

use wasmtime::Trap;

use super::limits::MAX_TABLE;
use super::memory::Crowd;
use super::state::MAX_HANDLES;
use super::words;
use crate::capability::client::Kind;

/// Why the host ended a call. Its text is for people: no path, no backtrace, nothing of the host's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It ran longer than its limit.
    #[error(
        "plugin `{plugin}` took longer than its limit of {limit:?} and was stopped: it worked for {worked:?} of that and waited for the rest; raise `{key}` in [plugins.{plugin}.limits] if it needs more"
    )]
    Deadline {
        /// The plugin.
        plugin: String,
        /// The limit.
        limit: Duration,
        /// The part of it in which it did not wait, in whole milliseconds.
        worked: Duration,
        /// What the limit is called in the configuration.
        key: &'static str,
    },
    /// It worked longer than its limit.
    #[error(
        "plugin `{plugin}` worked for longer than its limit of {limit:?} and was stopped; raise `cpu` in [plugins.{plugin}.limits] if it needs more"
    )]
    Cpu {
        /// The plugin.
        plugin: String,
        /// The limit.
        limit: Duration,
    },
    /// It asked for more memory than its limit.
    #[error(
        "plugin `{plugin}` needed more memory than its limit of {limit} bytes and was stopped; raise `memory` in [plugins.{plugin}.limits] if it needs more"
    )]
    Memory {
        /// The plugin.
        plugin: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// It asked for more memory than there was for it, for others have it.
    #[error(
        "plugin `{plugin}` needed more memory than there was for it, and was stopped: {crowd}; try again when less runs, or raise `memory_total` in barkeep.toml, which is {limit} bytes"
    )]
    Crowded {
        /// The plugin.
        plugin: String,
        /// Who has it.
        crowd: Crowd,
        /// What all may have, in bytes.
        limit: u64,
    },
    /// It asked for a table that is larger than any may be.
    #[error(
        "plugin `{plugin}` needed a table of more than {MAX_TABLE} elements, which is the most for every plugin, and was stopped; no setting raises it: it must hold fewer functions by reference"
    )]
    Table {
        /// The plugin.
        plugin: String,
    },
    /// It crashed.
    #[error("plugin `{plugin}` crashed ({reason}); the call has no result, the next one starts afresh")]
    Trap {
        /// The plugin.
        plugin: String,
        /// What happened, in wasmtime's words.
        reason: String,
    },
    /// Its answer is larger than the host takes in.
    #[error(
        "plugin `{plugin}` answered with more than {limit} bytes, its limit; make it answer in parts, or raise `result` in [plugins.{plugin}.limits]"
    )]
    TooLarge {
        /// The plugin.
        plugin: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// There was no room for its answer.
    #[error(
        "plugin `{plugin}` did what it was called for, but there was no room for its answer of {bytes} bytes: all large answers together have {limit} bytes while they are made ready; ask for less at once, or later"
    )]
    NoRoom {
        /// The plugin.
        plugin: String,
        /// Bytes of the answer.
        bytes: usize,
        /// Bytes of all.
        limit: u64,
    },
    /// There was no room for one more instance.
    #[error(
        "plugin `{plugin}` could not be started because the host is running as many calls as it can; try again in some seconds"
    )]
    Busy {
        /// The plugin.
        plugin: String,
    },
    /// It runs as many calls as it may.
    #[error(
        "plugin `{plugin}` runs {calls} calls, its limit, and none of them ended in time; try again in some seconds, or raise `calls` in [plugins.{plugin}.limits]"
    )]
    Full {
        /// The plugin.
        plugin: String,
        /// The limit.
        calls: NonZeroU32,
    },
    /// It is called too often.
    #[error(
        "plugin `{plugin}` was called more often than its limit of {calls} times a minute; try again in {again_in:?}, or raise `calls_per_minute` in [plugins.{plugin}.limits]"
    )]
    TooOften {
        /// The plugin.
        plugin: String,
        /// The limit.
        calls: NonZeroU32,
        /// When there is room for the next call, in whole seconds.
        again_in: Duration,
    },
    /// It keeps too much open.
    #[error(
        "plugin `{plugin}` held {limit} things open at once (files, streams, requests, timers), which is the most, and was stopped; make it close what it no longer needs"
    )]
    Handles {
        /// The plugin.
        plugin: String,
        /// The limit.
        limit: usize,
    },
    /// It is not called for a while.
    #[error(
        "plugin `{plugin}` rests for {since:?} now, because {failures} calls in a row failed; it is tried again {again}; the last one: {why}"
    )]
    Resting {
        /// The plugin.
        plugin: String,
        /// In a row.
        failures: u32,
        /// For how long it has.
        since: Duration,
        /// When it is tried again, as the end of a sentence.
        again: String,
        /// How the last call failed.
        why: String,
    },
    /// It does not offer what was asked of it.
    #[error("plugin `{plugin}` does not offer {what}")]
    Missing {
        /// The plugin.
        plugin: String,
        /// The interface.
        what: &'static str,
    },
    /// Something that it was granted is taken back while it is called.
    #[error(
        "a call of plugin `{plugin}` was ended because something that it was granted is taken back; what it did until then is done, and a new call has what is granted now"
    )]
    TakenBack {
        /// The plugin.
        plugin: String,
    },
    /// It asks the client for something that it was not granted.
    #[error(
        "plugin `{plugin}` may not ask for {kind}: add \"{kind}\" to client in [plugins.{plugin}.grants] of barkeep.toml"
    )]
    NotGranted {
        /// The plugin.
        plugin: String,
        /// What it asks for.
        kind: Kind,
    },
    /// It asks for something that this client does not offer.
    #[error("plugin `{plugin}` needs to ask for {kind}, which this client does not offer (or not in this form)")]
    CannotBeAsked {
        /// The plugin.
        plugin: String,
        /// What it asks for.
        kind: Kind,
    },
    /// It asked, and has no answer that it can go on with.
    #[error("plugin `{plugin}` asked the client and cannot go on: {wrong}")]
    Unanswered {
        /// The plugin.
        plugin: String,
        /// What is wrong with the answer.
        wrong: String,
    },
    /// It failed after something was refused to it, which is likely why.
    #[error("{failure}\n{}", denied.join("\n"))]
    Denied {
        /// How it failed.
        failure: Box<Failure>,
        /// What was refused, each with what to do.
        denied: Vec<String>,
    },
    /// It answered with something that is not what it says: bad JSON, a schema that is none.
    #[error("plugin `{plugin}` {what}")]
    Invalid {
        /// The plugin.
        plugin: String,
        /// What is wrong, as the end of a sentence about the plugin.
        what: String,
    },
}

impl Failure {
    /// The same, with what was refused before.
    #[must_use]
    pub fn after(self, denied: Vec<String>) -> Self {
        if denied.is_empty() { self } else { Self::Denied { failure: Box::new(self), denied } }
    }

    /// Turns an error of wasmtime's into words. The error with its backtrace goes to the log.
    pub(super) fn from_error(plugin: &str, error: &wasmtime::Error, answer_limit: usize) -> Self {
        tracing::warn!(plugin, error = words::whole(error), "call failed");
        let plugin = plugin.to_owned();
        if let Some(trap) = error.downcast_ref::<Trap>() {
            return Self::Trap { plugin, reason: trap_in_words(*trap).to_owned() };
        }
        if error.downcast_ref::<wasmtime::PoolConcurrencyLimitError>().is_some() {
            return Self::Busy { plugin };
        }
        if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
            return Self::Trap { plugin, reason: format!("it ended itself with exit code {}", exit.0) };
        }
        let reason = words::reason(error);
        if reason.contains("fuel allocated for hostcalls") {
            return Self::TooLarge { plugin, limit: answer_limit };
        }
        if reason.contains(TABLE_FULL) || reason.contains(HANDLES_FULL) {
            return Self::Handles { plugin, limit: MAX_HANDLES };
        }
        // What else wasmtime refuses is a guest that breaks the rules of the component model: a string that is not
        // UTF-8, a pointer out of bounds, a forged handle. Its own words name nothing of the host.
        Self::Trap { plugin, reason }
    }
}

/// What wasmtime says when there is no room for one more handle: of the host's things, and of the guest's.
const TABLE_FULL: &str = "resource table has no free keys";
const HANDLES_FULL: &str = "store handle limit exceeded";

fn trap_in_words(trap: Trap) -> &'static str {
    match trap {
        Trap::StackOverflow => "it called itself too deeply",
        Trap::MemoryOutOfBounds => "it reached outside its memory",
        Trap::UnreachableCodeReached => "it panicked or aborted; its last words are in the host's log",
        Trap::IntegerDivisionByZero => "it divided by zero",
        Trap::CannotBlockSyncTask => "it waited by WASI 0.3 in a function that is not `async`",
        Trap::Interrupt => "it was interrupted",
        _ => "it broke a rule of WebAssembly; details are in the host's log",
    }
}
