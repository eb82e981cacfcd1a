//! The file written whole or not at all, by one program at a time.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::EditError;

/// How long another program is waited for. A change takes milliseconds; who holds the file for longer hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is tried meanwhile.
const TRY: Duration = Duration::from_millis(10);

/// The turn of this program to change a file, held as long as this lives.
pub(super) struct Turn {
    _held: File,
}

impl Turn {
    /// Waits for it. A file system that knows no locks gives it at once.
    pub(super) fn take(file: &Path) -> Result<Self, EditError> {
        let unwritable = |reason| EditError::Unwritable { file: file.to_owned(), reason };
        let held = guard(&real(file)).map_err(unwritable)?;
        let until = Instant::now() + PATIENCE;
        loop {
            match held.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(TRY),
                Err(TryLockError::WouldBlock) => return Err(EditError::Held(file.to_owned())),
                Err(TryLockError::Error(error)) => {
                    tracing::debug!(%error, "the folder of the configuration cannot be locked");
                    break;
                }
            }
        }
        Ok(Self { _held: held })
    }
}

/// What is locked: the folder, because the file itself is another one after each change.
#[cfg(unix)]
fn guard(file: &Path) -> io::Result<File> {
    File::open(folder(file))
}

/// Folders cannot be locked on Windows; a file beside it stands for it.
#[cfg(not(unix))]
fn guard(file: &Path) -> io::Result<File> {
    File::options().create(true).write(true).truncate(false).open(file.with_extension("toml.turn"))
}

/// The file that a link leads to: it is written, and the link stays.
fn real(file: &Path) -> PathBuf {
    std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts `text` in the place of what is in `file`, with the same rights.
pub(super) fn replace(file: &Path, text: &str) -> io::Result<()> {
    let file = real(file);
    let before = std::fs::metadata(&file)?;
    let mut new = tempfile::NamedTempFile::new_in(folder(&file))?;
    new.write_all(text.as_bytes())?;
    same_owner(new.as_file(), &before);
    new.as_file().set_permissions(before.permissions())?;
    new.as_file().sync_all()?;
    new.persist(&file).map_err(|error| error.error)?;
    Ok(())
}

/// Root may change a file of somebody else's, whose it stays. Others cannot give files away.
#[cfg(unix)]
fn same_owner(new: &File, before: &std::fs::Metadata) {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    if let Err(error) = fchown(new, Some(before.uid()), Some(before.gid())) {
        tracing::debug!(%error, "the configuration has another owner now");
    }
}

#[cfg(not(unix))]
fn same_owner(_: &File, _: &std::fs::Metadata) {}
