//! `barkeep.lock`: which components were approved, and what each shows the model, so that neither changes in silence.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

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

    /// Writes `file`, whole or not at all.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        let text = toml::to_string_pretty(self).map_err(io::Error::other)?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(HEAD.as_bytes())?;
        new.write_all(text.as_bytes())?;
        new.as_file().sync_all()?;
        new.persist(file).map_err(|error| error.error)?;
        Ok(())
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
        lock().write(&file).expect("written");
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
    }
}
