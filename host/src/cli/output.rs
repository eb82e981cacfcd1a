//! What is printed: text for people, JSON for programs.

use std::io::{self, Write};

use serde::Serialize;

/// For whom to print.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON value.
    Json,
}

impl Output {
    /// Prints `value` as JSON, or what `text` makes of it.
    pub(super) fn print<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
        match self {
            Self::Text => say(&plain(&text(value))),
            Self::Json => say(&serde_json::to_string_pretty(value)?),
        }
    }
}

/// Text for a terminal: what a component or a guest says must not move its cursor, clear it or rename its window.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && !matches!(c, '\n' | '\t') {
            plain.extend(c.escape_default());
        } else {
            plain.push(c);
        }
    }
    plain
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_a_terminal_are_shown_not_obeyed() {
        assert_eq!(plain("a\tb\n\u{1b}[2J\r\u{9b}1m"), "a\tb\n\\u{1b}[2J\\r\\u{9b}1m");
        assert_eq!(plain("Grüße 🎉"), "Grüße 🎉");
    }
}
