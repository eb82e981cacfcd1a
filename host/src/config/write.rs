//! `barkeep.toml` and `barkeep.lock` written whole or not at all, by one program at a time.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long another program is waited for. A change takes milliseconds; who holds the file for longer hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is tried meanwhile.
const TRY: Duration = Duration::from_millis(10);

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Another program holds it.
    #[error("{} is being changed by another program; try again", .0.display())]
    Held(PathBuf),
    /// It, or its folder, cannot be written.
    #[error("{} cannot be written: {reason}", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// The operating system's words.
        reason: io::Error,
    },
}

/// The turn of this program to change a file, held as long as this lives.
pub(super) struct Turn {
    _held: File,
}

impl Turn {
    /// Waits for it. A file system that knows no locks gives it at once.
    pub(super) fn take(file: &Path) -> Result<Self, WriteError> {
        let held = guard(&real(file)).map_err(|reason| unwritable(file, reason))?;
        let until = Instant::now() + PATIENCE;
        loop {
            match held.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(TRY),
                Err(TryLockError::WouldBlock) => return Err(WriteError::Held(file.to_owned())),
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

/// Puts `text` in the place of what is in `file`, with the same rights, or makes the file.
pub(super) fn replace(file: &Path, text: &str) -> Result<(), WriteError> {
    put(&real(file), text).map_err(|reason| unwritable(file, reason))
}

fn put(file: &Path, text: &str) -> io::Result<()> {
    let before = match std::fs::metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        before => Some(before?),
    };
    // It could be, by a new file in its place; but somebody said that it shall not change.
    if before.as_ref().is_some_and(|before| before.permissions().readonly()) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is marked as read-only"));
    }
    let mut new = made_in(folder(file))?;
    new.write_all(text.as_bytes())?;
    if let Some(before) = before {
        same_owner(new.as_file(), &before);
        new.as_file().set_permissions(before.permissions())?;
    }
    new.as_file().sync_all()?;
    new.persist(file).map_err(|error| error.error)?;
    Ok(())
}

fn made_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "other systems have no mode"))]
    let mut builder = tempfile::Builder::new();
    // As all files are made: no secret is in these.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    // Its own words name the new file, which nobody knows.
    builder.tempfile_in(folder).map_err(|error| error.kind().into())
}

fn unwritable(file: &Path, reason: io::Error) -> WriteError {
    WriteError::Unwritable { file: file.to_owned(), reason }
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
