//! `fs`: folders of the host, each under a path of the guest's, to read or to read and write.
//!
//! The guest reaches them as preopens of wasi:filesystem. Every path that it opens is resolved beneath its preopen:
//! `..`, absolute paths and symbolic links that lead out are refused by wasmtime-wasi.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use super::CapabilityError;

/// Folders that one plugin may have: each is opened for each call.
const MAX_FOLDERS: usize = 32;

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct GuestPath(String);

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

impl TryFrom<String> for GuestPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<GuestPath> for String {
    fn from(path: GuestPath) -> Self {
        path.0
    }
}

impl Grant {
    /// The same with the home folder in place of `~`, and absolute as seen from `folder`.
    pub(crate) fn resolve(&mut self, folder: &Path) {
        self.host = absolute(folder, &self.host);
    }

    /// One line for people.
    pub(super) fn describe(&self, mode: Mode) -> String {
        // Without the `..` that a path seen from the file's folder may have. That it exists was checked.
        let host = std::fs::canonicalize(&self.host).unwrap_or_else(|_| self.host.clone());
        format!("fs {mode} {} as {}", host.display(), self.guest.0)
    }
}

/// `path` as a person writes it in a file in `folder`: absolute, from the home folder, or from that folder.
pub(crate) fn absolute(folder: &Path, path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), dirs::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => folder.join(path),
    }
}

/// What a plugin's author asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The most that it does with files.
    pub mode: Mode,
    /// The reason, for the person who grants it.
    pub why: String,
}

/// What a component says of folders.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asks<'a> {
    /// It says nothing of what it asks for, and so asks for whatever it is granted.
    Unsaid,
    /// It asks for other things.
    ForNone,
    /// It asks for folders.
    For(&'a Request),
}

/// A folder that a plugin has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder {
    host: PathBuf,
    guest: String,
    mode: Mode,
}

/// What the plugin gets of `grants`: no more than it asks for, where it says what it asks for.
///
/// # Errors
///
/// When a folder cannot be opened, or two have one guest path.
pub(super) fn check(grants: &[Grant], asks: Asks<'_>) -> Result<(Vec<Folder>, Vec<String>), CapabilityError> {
    let most = match asks {
        Asks::Unsaid => Mode::ReadWrite,
        Asks::For(request) => request.mode,
        Asks::ForNone => return Ok((Vec::new(), Vec::new())),
    };
    if grants.len() > MAX_FOLDERS {
        return Err(CapabilityError::TooManyFolders { count: grants.len(), most: MAX_FOLDERS });
    }
    let mut folders: Vec<Folder> = Vec::new();
    let mut told = Vec::new();
    for grant in grants {
        // Opened now to tell the user at once; opened again for each call, so that what is mounted later is seen.
        Dir::open_ambient_dir(&grant.host, ambient_authority())
            .map_err(|reason| CapabilityError::Folder { folder: grant.host.display().to_string(), reason })?;
        if folders.iter().any(|folder| folder.guest == grant.guest.0) {
            return Err(CapabilityError::FolderTwice { guest: grant.guest.0.clone() });
        }
        let mode = grant.mode.min(most);
        folders.push(Folder { host: grant.host.clone(), guest: grant.guest.0.clone(), mode });
        told.push(grant.describe(mode));
    }
    Ok((folders, told))
}

/// Gives them to one call. A folder that cannot be opened any more is left out, and the log says so: the plugin then has
/// what remains, and tells that the path is not there.
pub(super) fn build(plugin: &str, folders: &[Folder], wasi: &mut WasiCtxBuilder) {
    for folder in folders {
        let perms = match folder.mode {
            Mode::Read => FsPerms::ReadOnly,
            Mode::ReadWrite => FsPerms::ReadWrite,
        };
        if let Err(error) = wasi.preopened_dir(&folder.host, &folder.guest, perms) {
            tracing::warn!(plugin, guest = folder.guest, "a granted folder cannot be opened: {error:#}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(host: &Path, guest: &str, mode: Mode) -> Grant {
        Grant { host: host.to_owned(), guest: guest.parse().expect("a guest path"), mode }
    }

    #[test]
    fn a_plugin_gets_no_more_than_it_asks_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let grants = [grant(folder.path(), "/a", Mode::ReadWrite)];
        let modes = |asks| check(&grants, asks).expect("it is good").0.iter().map(|f| f.mode).collect::<Vec<_>>();
        let read = Request { mode: Mode::Read, why: "y".into() };
        assert_eq!(modes(Asks::Unsaid), [Mode::ReadWrite]);
        assert_eq!(modes(Asks::For(&read)), [Mode::Read]);
        assert_eq!(modes(Asks::ForNone), []);
    }

    #[test]
    fn folders_that_cannot_be_had_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let gone = folder.path().join("gone");
        let error = check(&[grant(&gone, "/a", Mode::Read)], Asks::Unsaid).expect_err("it is gone").to_string();
        assert!(error.contains("gone"), "{error}");
        let twice = [grant(folder.path(), "/a", Mode::Read), grant(folder.path(), "/a", Mode::Read)];
        assert!(check(&twice, Asks::Unsaid).expect_err("twice").to_string().contains("/a"));
        let many = vec![grant(folder.path(), "/a", Mode::Read); MAX_FOLDERS + 1];
        assert!(check(&many, Asks::Unsaid).expect_err("too many").to_string().contains("32"));
    }

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
        let mut one = grant(Path::new("data"), "/a", Mode::Read);
        one.resolve(Path::new("/etc/barkeep"));
        assert_eq!(one.host, Path::new("/etc/barkeep/data"));
        let home = dirs::home_dir().expect("a home");
        assert_eq!(absolute(Path::new("/x"), Path::new("~/code")), home.join("code"));
        assert_eq!(absolute(Path::new("/x"), Path::new("/abs")), Path::new("/abs"));
    }
}
