//! What is printed: text for people, JSON for programs.

use std::io::{self, Write};

use serde::Serialize;

/// Text for a terminal: what a component or a guest says must not move its cursor, nor hide.
pub(super) use crate::capability::hidden::shown as plain;

/// For whom to print.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON value; of `audit`, one a line.
    Json,
}

impl Output {
    /// Prints `value` as JSON, or what `text` makes of it: what a component or a guest says in it must not move the terminal's
    /// cursor, clear it or rename its window.
    pub(super) fn print<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
        match self {
            Self::Text => say(&plain(&text(value))),
            Self::Json => say(&serde_json::to_string_pretty(value)?),
        }
    }
}

/// Prints to stdout.
pub(super) fn say(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.trim_end_matches('\n'))?;
    Ok(out.flush()?)
}

/// Prints to stderr, where MCP on stdout is not disturbed.
pub(super) fn complain(text: &str) -> io::Result<()> {
    writeln!(io::stderr().lock(), "{}", text.trim_end_matches('\n'))
}
