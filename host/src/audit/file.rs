//! The file of the record, which all hosts of a user append to.
//!
//! One file for all hosts, not one for each: clients that speak over stdio start a host each, often for a minute, and
//! a hundred small files would soon be all that is kept. Each batch of lines is appended in one write under a lock, so that
//! lines stay whole, and the file is opened anew for it, so that it does not matter who renamed or removed it meanwhile.
//!
//! A file that is full gets the next number after its name and is never touched again but to be removed: who follows the
//! record knows by that what it has yet to read. No crate does this: those that rotate (tracing-appender, file-rotate,
//! logroller) take the file to be one process's own.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::Settings;

/// How long another host may hold the lock. It does for some microseconds, unless it was stopped in the middle: then this
/// one goes on, and the operating system alone keeps lines whole.
const PATIENCE: Duration = Duration::from_secs(1);

/// Between two tries to take it.
const LOOK: Duration = Duration::from_millis(1);

/// Digits of the number of a full file.
const DIGITS: usize = 6;

pub(super) struct File(Settings);

impl File {
    pub(super) fn new(settings: Settings) -> Self {
        Self(settings)
    }

    /// Its name, for the log.
    pub(super) fn shown(&self) -> std::path::Display<'_> {
        self.0.file.display()
    }

    /// Appends lines, which are in the file as a whole or not at all.
    pub(super) fn append(&self, lines: &[u8]) -> io::Result<()> {
        let _lock = self.lock()?;
        let (mut file, mut size) = self.open()?;
        let added = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        if size > 0 && size.saturating_add(added) > self.0.max_size {
            drop(file);
            self.rotate()?;
            (file, size) = self.open()?;
        }
        // Who was killed in the middle of a line, on a full disk for one, left its start: the next begins on its own line.
        let written = if size > 0 && !ends_line(&mut file)? {
            file.write_all(&[b"\n", lines].concat())
        } else {
            file.write_all(lines)
        };
        written.inspect_err(|_| {
            // Half a line helps nobody. Where that fails too, the next write begins a line of its own.
            let _ = file.set_len(size);
        })
    }

    fn open(&self) -> io::Result<(fs::File, u64)> {
        let opened = options().append(true).read(true).create(true).open(&self.0.file);
        let file = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.make_folder()?;
                options().append(true).read(true).create(true).open(&self.0.file)?
            }
            opened => opened?,
        };
        let size = file.metadata()?.len();
        Ok((file, size))
    }

    fn make_folder(&self) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        self.0.file.parent().map_or(Ok(()), |folder| builder.create(folder))
    }

    /// Holds the other hosts back until it is dropped.
    fn lock(&self) -> io::Result<fs::File> {
        let mut name = self.0.file.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        let path = self.0.file.with_file_name(name);
        let open = || options().write(true).create(true).truncate(false).open(&path);
        let file = match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.make_folder()?;
                open()?
            }
            opened => opened?,
        };
        let until = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Err(fs::TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(LOOK),
                // Where it is not to be had, as on some network drives, it is done without.
                _ => return Ok(file),
            }
        }
    }

    /// Puts the full file aside, and removes those that are too many.
    fn rotate(&self) -> io::Result<()> {
        let before = full(&self.0.file)?;
        let number = before.last().map_or(1, |(number, _)| number + 1);
        fs::rename(&self.0.file, numbered(&self.0.file, number))?;
        // With this one put aside, and the new one.
        let most = self.0.keep.saturating_sub(2);
        for (_, old) in before.iter().rev().skip(most) {
            // One that cannot be removed now is too many the next time as well.
            if let Err(error) = fs::remove_file(old) {
                tracing::warn!("an old file of the record of calls cannot be removed: {} {error}", old.display());
            }
        }
        Ok(())
    }
}

/// How the files are opened: nobody but their owner reads them.
fn options() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "other systems have no mode"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn ends_line(file: &mut fs::File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}

/// The full file of this number.
fn numbered(file: &Path, number: u64) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{number:0DIGITS$}"));
    file.with_file_name(name)
}

/// The full files beside `file`, oldest first.
pub(super) fn full(file: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut full = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let other = entry.file_name();
        let digits = other.to_str().and_then(|other| other.strip_prefix(&*name)?.strip_prefix('.'));
        let digits = digits.filter(|digits| digits.len() >= DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit()));
        if let Some(number) = digits.and_then(|digits| digits.parse().ok()) {
            full.push((number, entry.path()));
        }
    }
    full.sort_unstable();
    Ok(full)
}
