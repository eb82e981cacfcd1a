//! `[audit]`: the record of who called what, and what was reached.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Memory;

/// The record of calls: one line of JSON for each, and for each use of what a plugin was granted, allowed or refused.
///
/// A change of it is in force at once; `barkeep audit` shows what is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// Whether calls are recorded. They are unless said.
    pub enabled: bool,
    /// The file, to which all your hosts may write at once. Unless said, `audit/audit.jsonl` in your folder of state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// Whether the arguments of calls are recorded as well: the first 4 KiB, without what has the name of a secret. Unless
    /// said, their digest alone.
    pub arguments: bool,
    /// The size of one file: 16MiB unless said, some 30,000 lines, which `barkeep audit` reads in a moment.
    pub max_size: Memory,
    /// How many files are kept, from 2 on; the oldest goes when the newest is full. 8 unless said: with 16MiB each, weeks of
    /// one person's calls.
    pub keep: Keep,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self { enabled: true, file: None, arguments: false, max_size: Memory::mib(16), keep: Keep(8) }
    }
}

/// How many files of a record are kept: from 2 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "usize", into = "usize")]
#[schemars(with = "usize")]
pub struct Keep(usize);

/// With fewer, all that is known would be gone whenever the one file is full.
const LEAST: usize = 2;

/// More are looked through by no person, and by no program in a moment.
const MOST: usize = 1000;

impl Keep {
    /// As a number.
    pub fn as_usize(self) -> usize {
        self.0
    }
}

impl TryFrom<usize> for Keep {
    type Error = String;

    fn try_from(count: usize) -> Result<Self, String> {
        if (LEAST..=MOST).contains(&count) {
            Ok(Self(count))
        } else {
            Err(format!("{count} files cannot be kept, but {LEAST} to {MOST}"))
        }
    }
}

impl From<Keep> for usize {
    fn from(keep: Keep) -> Self {
        keep.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_its_bounds() {
        let parse = |text: &str| toml::from_str::<AuditConfig>(text);
        assert_eq!(parse("").expect("nothing need be said"), AuditConfig::default());
        let small = parse("enabled = false\nfile = \"a\"\narguments = true\nmax_size = \"64KiB\"\nkeep = 2\n");
        assert_eq!(small.expect("it is good").keep.as_usize(), LEAST);
        for bad in ["keep = 1", "keep = 1001", "keep = -1", "max_size = \"1KiB\"", "max_size = \"5GiB\"", "files = 3"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
