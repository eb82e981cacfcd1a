//! Glob patterns with the rules of the npm package `minimatch` (10.2) and its option `dot`.
//!
//! Written for paths of a walk, seen from where it began: names separated by single `/`, none of them empty, `.` or `..`.
//!
//! - `*` and `?` match within a name, a leading dot too; `**`, where it is a whole name, any number of names, at the end at
//!   least one.
//! - `[a-z]`, `[!a-z]`, `[[:alpha:]]`; `{a,b}`, `{1..9}`; `?(a|b)`, `*(..)`, `+(..)`, `@(..)`, `!(..)`; `\` takes the
//!   meaning from what follows.
//! - A pattern that begins with `!` matches what the rest does not; one that begins with `#` matches nothing.
//!
//! Not followed is where the package is at odds with these rules: `!(..)` in another group or before another `!(..)`, and `\|`.
//!
//! JavaScript counts UTF-16 units, and so do `?` and `[..]` here: two of them match one character beyond U+FFFF.

mod brace;
mod class;
mod name;
mod parse;

use name::Name;

/// Characters of a pattern.
const LENGTH: usize = 64 * 1024;

/// One name of a pattern, or any number of them.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// `**`.
    Names,
    /// What one name must be like.
    Name(Name),
}

/// A pattern, ready to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// What braces expand to; one must match.
    choices: Vec<Vec<Part>>,
    negated: bool,
}

impl Pattern {
    /// Reads a pattern. Every text is one, up to a length.
    ///
    /// # Errors
    ///
    /// When it is too long, or its braces stand for too many patterns.
    pub fn new(pattern: &str) -> Result<Self, &'static str> {
        if pattern.encode_utf16().count() > LENGTH {
            return Err("pattern is too long");
        }
        if pattern.starts_with('#') || pattern.is_empty() {
            return Ok(Self { choices: Vec::new(), negated: false });
        }
        let rest = pattern.trim_start_matches('!');
        let negated = (pattern.len() - rest.len()) % 2 == 1;
        let choices = brace::expand(rest)?.iter().map(|choice| parts(choice)).collect();
        Ok(Self { choices, negated })
    }

    /// Whether `path` matches.
    pub fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        self.choices.iter().any(|parts| fits(parts, &names)) != self.negated
    }
}

/// The names of a pattern. Several slashes are one, `a/..` is nothing, `**/**` is `**`.
fn parts(pattern: &str) -> Vec<Part> {
    let mut characters: Vec<char> = pattern.chars().collect();
    characters.dedup_by(|next, last| *next == '/' && *last == '/');
    let single: String = characters.into_iter().collect();
    let mut parts: Vec<&str> = Vec::new();
    for part in single.split('/') {
        match (part, parts.last()) {
            ("**", Some(&"**")) => {}
            ("..", Some(last)) if !matches!(*last, "" | "." | ".." | "**") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.into_iter().map(|part| if part == "**" { Part::Names } else { Part::Name(Name::new(part)) }).collect()
}

/// Whether the names match the parts, each its own.
fn fits(parts: &[Part], names: &[&str]) -> bool {
    // How many names may be behind once the parts so far are.
    let mut behind = vec![false; names.len() + 1];
    if let Some(first) = behind.first_mut() {
        *first = true;
    }
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Names => {
                let at_end = index + 1 == parts.len();
                let first = behind.iter().position(|behind| *behind).map_or(usize::MAX, |at| at + usize::from(at_end));
                for (count, behind) in behind.iter_mut().enumerate() {
                    *behind = count >= first;
                }
            }
            Part::Name(part) => {
                let next = |count: usize, name: &&str| behind.get(count) == Some(&true) && part.matches(name);
                let after = names.iter().enumerate().map(|(count, name)| next(count, name));
                behind = std::iter::once(false).chain(after).collect();
            }
        }
    }
    behind.last() == Some(&true)
}

#[cfg(test)]
mod tests;
