//! One entry of `fs = [...]`: a folder, what may be done there, and how much.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::DeserializeFromStr;

use crate::capability::size::Size;

/// What one call may write to a folder unless its entry says otherwise: more than honest tools write while somebody waits
/// for them, and little enough that a plugin that means harm needs many calls to fill a disk.
const MAX_BYTES: Size = Size::mib(1024);

/// One entry of `fs = [...]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The folder on this machine: absolute, beginning with `~` for the home, or seen from the file's folder.
    pub host: PathBuf,
    /// The path under which the plugin sees it, such as `/code`. May be the same as `host`.
    pub guest: GuestPath,
    /// What the plugin may do there.
    #[serde(default)]
    pub mode: Mode,
    /// How much one call may write there, such as `64MiB`: 1GiB unless said. What it makes files longer by counts, be it
    /// empty, and 4KiB for each new file, folder and link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<Size>,
    /// How long a file may get there by what the plugin writes, such as `10MiB`: as long as it wants unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_file: Option<Size>,
}

/// What may be done with files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Read files and list folders.
    #[default]
    Read,
    /// That, and create, change, rename and remove.
    ReadWrite,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::ReadWrite => "read-write",
        })
    }
}

/// A path of the guest's: absolute, with `/` on every system, and without `.`, `..` and empty names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct GuestPath(String);

impl GuestPath {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GuestPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = text.strip_prefix('/').ok_or("a guest path begins with `/`")?;
        let plain = |name: &str| !matches!(name, "" | "." | "..") && !name.contains(['\\', '\0']);
        if !names.is_empty() && !names.split('/').all(plain) {
            return Err("a guest path has no `.`, `..`, `\\` or empty name in it, and no `/` at its end".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl Grant {
    /// The same with the home folder in place of `~`, and absolute as seen from `folder`.
    pub(crate) fn resolve(&mut self, folder: &Path) {
        self.host = absolute(folder, &self.host);
    }

    /// What allows all that either does, of one folder.
    pub(crate) fn wider(self, other: &Self) -> Self {
        let bounded = self.max_bytes.or(other.max_bytes).is_some();
        Self {
            mode: self.mode.max(other.mode),
            max_bytes: bounded.then(|| self.max_bytes().max(other.max_bytes())),
            max_file: self.max_file.zip(other.max_file).map(|(one, other)| one.max(other)),
            ..self
        }
    }

    /// Whether it allows all that `before` did.
    pub(in crate::capability) fn still_grants(&self, before: &Self) -> bool {
        let Self { host, guest, mode, max_bytes: _, max_file } = before;
        let as_long = self.max_file.is_none_or(|now| max_file.is_some_and(|most| now >= most));
        let as_much = self.max_bytes() >= before.max_bytes();
        self.host == *host && self.guest == *guest && self.mode >= *mode && as_much && as_long
    }

    /// How many bytes one call may write.
    pub(super) fn max_bytes(&self) -> Size {
        self.max_bytes.unwrap_or(MAX_BYTES)
    }

    /// One line for people, where `mode` is what the plugin has of it.
    pub(in crate::capability) fn describe(&self, mode: Mode) -> String {
        // Without the `..` that a path seen from the file's folder may have. That it exists was checked.
        let host = std::fs::canonicalize(&self.host).unwrap_or_else(|_| self.host.clone());
        let mut line = format!("fs {mode} {} as {}", host.display(), self.guest.0);
        if mode == Mode::ReadWrite {
            if let Some(most) = self.max_bytes {
                line = format!("{line}, {most} a call");
            }
            if let Some(most) = self.max_file {
                line = format!("{line}, files up to {most}");
            }
        }
        line
    }
}

/// `path` as a person writes it in a file in `folder`: absolute, from the home folder, or from that folder.
pub(crate) fn absolute(folder: &Path, path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), dirs::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => folder.join(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guest_paths_are_absolute_and_plain() {
        for good in ["/", "/a", "/home/me/code", "/with space"] {
            assert!(good.parse::<GuestPath>().is_ok(), "{good}");
        }
        for bad in ["", "a", "./a", "/a/", "/a//b", "/a/../b", "/.", "C:\\a", "/a\\b", "/\0"] {
            assert!(bad.parse::<GuestPath>().is_err(), "{bad}");
        }
    }

    #[test]
    fn host_paths_are_seen_from_home_or_from_the_files_folder() {
        let mut one: Grant = toml::from_str("host = \"data\"\nguest = \"/a\"").expect("a grant");
        one.resolve(Path::new("/etc/barkeep"));
        assert_eq!(one.host, Path::new("/etc/barkeep/data"));
        let home = dirs::home_dir().expect("a home");
        assert_eq!(absolute(Path::new("/x"), Path::new("~/code")), home.join("code"));
        assert_eq!(absolute(Path::new("/x"), Path::new("/abs")), Path::new("/abs"));
    }

    #[test]
    fn bounds_are_told_where_they_are_said() {
        let told = |bounds: &str, mode| {
            let grant: Grant =
                toml::from_str(&format!("host = \"/x-none\"\nguest = \"/a\"\n{bounds}")).expect("a grant");
            (grant.describe(mode), grant.max_bytes().bytes())
        };
        assert_eq!(told("", Mode::ReadWrite), ("fs read-write /x-none as /a".to_owned(), 1 << 30));
        let bounds = "max_bytes = \"2MiB\"\nmax_file = \"64KiB\"";
        let line = "fs read-write /x-none as /a, 2MiB a call, files up to 64KiB";
        assert_eq!(told(bounds, Mode::ReadWrite), (line.to_owned(), 2 << 20));
        assert_eq!(told(bounds, Mode::Read).0, "fs read /x-none as /a");
    }
}
