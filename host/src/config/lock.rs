//! `barkeep.lock`: which components were approved, and what each shows the model, so that neither changes in silence.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::write::{Turn, WriteError, replace};

/// Bytes of the file: the most that one plugin may show, for some hundred plugins.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// What stands at the top of the file.
const HEAD: &str = "# Made by `barkeep update`: what was approved. `barkeep serve --locked` serves nothing else.\n\n";

/// The whole of `barkeep.lock`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lock {
    /// By the ids of the plugins.
    pub plugins: BTreeMap<String, Arc<Pin>>,
}

/// One plugin as it was approved. Resources are listed for each request, so what they are called is not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pin {
    /// The SHA-256 of its component, in hexadecimal.
    pub component: String,
    /// What clients are told of each tool, as JSON, by the plugin's own names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tools: BTreeMap<String, String>,
    /// The same of its prompts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub prompts: BTreeMap<String, String>,
    /// The same of its resource templates, by the templates.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub templates: BTreeMap<String, String>,
}

/// What a plugin may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Approval {
    /// Whatever its file is.
    #[default]
    Anything,
    /// What was approved.
    Only(Arc<Pin>),
    /// Nothing: it was never approved.
    Nothing,
}

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The file cannot be read.
    #[error("{} cannot be read: {reason}; `barkeep update` makes it", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The operating system's words.
        reason: io::Error,
    },
    /// The file is none that we made.
    #[error("{} is not what `barkeep update` writes: {words}; put it back, or remove it and approve again", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        words: String,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Lock {
    /// The lock that belongs to the configuration `config_file`: beside it.
    pub fn file_of(config_file: &Path) -> PathBuf {
        config_file.with_extension("lock")
    }

    /// Reads `file`.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is no lock.
    pub fn read(file: &Path) -> Result<Self, LockError> {
        let unreadable = |reason| LockError::Unreadable { file: file.to_owned(), reason };
        let malformed = |words| LockError::Malformed { file: file.to_owned(), words };
        let size = std::fs::metadata(file).map_err(unreadable)?.len();
        if size > MAX_FILE {
            return Err(malformed(format!("it has {size} bytes; {MAX_FILE} is the most")));
        }
        let text = std::fs::read_to_string(file).map_err(unreadable)?;
        toml::from_str(&text).map_err(|error| malformed(error.message().to_owned()))
    }

    /// Changes `file` as it is now, whatever another program did to it meanwhile, and makes it where it is not there. It is
    /// written whole or not at all.
    ///
    /// # Errors
    ///
    /// When it cannot be read or written, or is no lock.
    pub fn change(file: &Path, change: impl FnOnce(&mut Self)) -> Result<(), LockError> {
        let _turn = Turn::take(file)?;
        let mut lock = match Self::read(file) {
            Err(LockError::Unreadable { reason, .. }) if reason.kind() == io::ErrorKind::NotFound => Self::default(),
            read => read?,
        };
        change(&mut lock);
        let text = toml::to_string_pretty(&lock)
            .map_err(|error| LockError::Malformed { file: file.to_owned(), words: error.to_string() })?;
        Ok(replace(file, &format!("{HEAD}{text}"))?)
    }

    /// What the plugin `id` may be.
    pub fn approval(&self, id: &str) -> Approval {
        self.plugins.get(id).map_or(Approval::Nothing, |pin| Approval::Only(Arc::clone(pin)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let tools = [("greet".to_owned(), r#"{"description":"It's a \"greeting\".\nTwo lines."}"#.to_owned())];
        let pin = Pin { component: "00ff".to_owned(), tools: tools.into(), ..Pin::default() };
        Lock { plugins: [("hello".to_owned(), Arc::new(pin))].into() }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = Lock::file_of(&folder.path().join("barkeep.toml"));
        assert_eq!(file, folder.path().join("barkeep.lock"));
        Lock::change(&file, |new| *new = lock()).expect("written");
        let read = Lock::read(&file).expect("it is ours");
        assert_eq!(read, lock());
        assert_eq!(read.approval("hello"), Approval::Only(Arc::clone(&lock().plugins["hello"])));
        assert_eq!(read.approval("other"), Approval::Nothing);
    }

    #[test]
    fn what_is_no_lock_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("barkeep.lock");
        let words = |text: &str| {
            std::fs::write(&file, text).expect("written");
            Lock::read(&file).expect_err("it is none").to_string()
        };
        assert!(Lock::read(&file).expect_err("it is not there").to_string().contains("`barkeep update` makes it"));
        assert!(words("[plugins.a]\ncomponent = 5\n").contains("put it back"));
        assert!(words("[plugins.a]\ncomponents = \"\"\n").contains("components"));
        assert!(words("plugins = [").contains("put it back"));
        let conflict = "[plugins.a]\n<<<<<<< HEAD\ncomponent = \"00\"\n=======\ncomponent = \"ff\"\n>>>>>>> other\n";
        assert!(words(conflict).contains("put it back"));
        let change = Lock::change(&file, |lock| *lock = self::lock());
        assert!(change.expect_err("it is none").to_string().contains("put it back"));
        assert_eq!(std::fs::read_to_string(&file).expect("it is there"), conflict);
    }
    #[test]
    fn many_approvals_at_once_lose_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("barkeep.lock");
        std::thread::scope(|scope| {
            for number in 0..16 {
                let (file, pin) = (&file, Arc::clone(&lock().plugins["hello"]));
                scope.spawn(move || {
                    Lock::change(file, |lock| drop(lock.plugins.insert(number.to_string(), pin))).expect("changed");
                });
            }
        });
        assert_eq!(Lock::read(&file).expect("it is ours").plugins.len(), 16);
    }

    #[cfg(unix)]
    #[test]
    fn it_is_a_file_like_others_and_what_is_read_only_stays_as_it_is() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("barkeep.lock"), folder.path().join("link.lock"));
        std::fs::write(folder.path().join("other"), "").expect("written");
        let mode = |file: &Path| std::fs::metadata(file).expect("it is there").permissions().mode() & 0o777;
        Lock::change(&file, |new| *new = lock()).expect("written");
        assert_eq!(mode(&file), mode(&folder.path().join("other")));
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        Lock::change(&link, |lock| lock.plugins.clear()).expect("written");
        assert!(std::fs::symlink_metadata(&link).expect("it is there").is_symlink());
        assert_eq!(Lock::read(&file).expect("it is ours"), Lock::default());
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).expect("changed");
        let error = Lock::change(&file, |new| *new = lock()).expect_err("it is read-only").to_string();
        assert!(error.ends_with("barkeep.lock cannot be written: it is marked as read-only"), "{error}");
        assert_eq!(Lock::read(&file).expect("it is ours"), Lock::default());
    }
}
