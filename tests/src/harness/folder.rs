//! A folder with `barkeep.toml`, plugins and a cache of compiled code, removed with its owner.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;
use tokio::process::Command;

use super::{Environment, within};

/// What a process needs of this machine's environment; the rest would let a developer's settings into the tests.
const KEPT: [&str; 5] = ["PATH", "TMPDIR", "SystemRoot", "TEMP", "TMP"];

/// A folder of one test.
#[derive(Debug)]
pub struct Folder {
    folder: TempDir,
}

impl Folder {
    /// A folder with this `barkeep.toml`.
    pub fn new(config: &str) -> Self {
        let folder = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        folder.write("barkeep.toml", config);
        folder
    }

    /// A folder whose `plugins/` is served, with `guests` of `tests/guests/` in it.
    pub fn with_guests(guests: &[&str]) -> Self {
        let folder = Self::new("folder = \"plugins\"\n");
        fs::create_dir(folder.path("plugins")).expect("a folder");
        for guest in guests {
            folder.put_guest(guest, &format!("plugins/{guest}.wasm"));
        }
        folder
    }

    /// The path of `name` in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file as careful programs do: another one first, then renamed over it.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let file = self.path(name);
        let folder = file.parent().expect("it is in the folder");
        fs::create_dir_all(folder).expect("a folder");
        let mut new = tempfile::NamedTempFile::new_in(folder).expect("a file");
        new.write_all(bytes.as_ref()).expect("written");
        new.persist(&file).expect("renamed");
    }

    /// Writes a file as careless programs do: emptied, then filled.
    pub fn overwrite(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).expect("written");
    }

    /// Changes `barkeep.toml`.
    pub fn configure(&self, config: &str) {
        self.write("barkeep.toml", config);
    }

    /// Removes a file.
    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("removed");
    }

    /// Puts a guest of `tests/guests/` at `name`.
    pub fn put_guest(&self, guest: &str, name: &str) {
        let file = Environment::guest(guest);
        let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.write(name, bytes);
    }

    /// `barkeep` with these arguments, in this folder, with nothing of this machine's settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(Environment::barkeep());
        command.args(arguments).current_dir(self.root()).env_clear();
        for name in KEPT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("HOME", self.path("home")).env("BARKEEP_CACHE", self.path("cache"));
        command.env("BARKEEP_STATE", self.path("state"));
        // A developer's keyring is none of the tests'.
        command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", self.path("no-bus").display()));
        command
    }

    /// Runs `barkeep` with these arguments to its end.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        command.stdin(std::process::Stdio::null()).kill_on_drop(true);
        within("the command ends", command.output()).await.expect("it can be started")
    }
}
