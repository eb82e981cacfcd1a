//! What is wrong with a configuration, in words, with its place.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no file.
    #[error(
        "there is no configuration: write one to {here} or {home}, or name it with --config; an empty file serves nothing, \
         and `folder = \"plugins\"` serves each component in that folder"
    )]
    None {
        /// The place for one project.
        here: String,
        /// The place for everything this user serves.
        home: String,
    },
    /// The file cannot be read.
    #[error("{} cannot be read: {reason}{}", file.display(), remedy(file, reason))]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The operating system's words.
        reason: io::Error,
    },
    /// The file is too large.
    #[error(
        "{} has {size} bytes; {most} is the most: name the right file, or leave some of its plugins to another host",
        file.display()
    )]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// Its bytes.
        size: u64,
        /// The limit.
        most: u64,
    },
    /// The file says something that cannot be meant.
    #[error("{}, {fault}", file.display())]
    Fault {
        /// The file.
        file: PathBuf,
        /// What, and where.
        fault: Fault,
    },
}

/// What to do where a file cannot be read.
fn remedy(file: &Path, reason: &io::Error) -> String {
    if reason.kind() == io::ErrorKind::NotFound {
        return format!("; write it, or let `barkeep add COMPONENT --config {}` make it", file.display());
    }
    String::new()
}

/// Something in the text that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    words: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.words)
    }
}

impl std::error::Error for Fault {}

/// How alike two names are (Jaro-Winkler, 1.0 is the same) for one to be taken for a slip of the other.
const ALIKE: f64 = 0.8;

impl Fault {
    pub(super) fn of(text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or(text);
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: last_line.chars().count() + 1,
            words: unknown_key(error.message()).unwrap_or_else(|| one_line(error.message())),
        }
    }
}

/// What the text has in it is told, and does nothing to the terminal that it is told on.
fn one_line(message: &str) -> String {
    let lines: Vec<String> = message.lines().map(|line| line.chars().map(shown).collect()).collect();
    lines.join("; ")
}

fn shown(c: char) -> String {
    if c.is_control() { c.escape_default().to_string() } else { c.to_string() }
}

/// The one of the names `known` for which `name` is most likely meant, if for any.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = known.map(|known| (strsim::jaro_winkler(name, known), known));
    likeness.filter(|(alike, _)| *alike >= ALIKE).max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, known)| known)
}

/// An unknown key: serde's "unknown field `a`, expected one of `b`, `c`", said with the nearest key.
pub fn unknown_key(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field `")?;
    let (key, expected) = rest.split_once("`, expected ")?;
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    let hint = nearest(key, known.iter().copied())
        .map_or_else(|| ".".to_owned(), |nearest| format!("; did you mean `{nearest}`?"));
    let key = one_line(key);
    Some(format!("unknown key `{key}`{hint} Known here: `{}`", known.join("`, `")))
}
