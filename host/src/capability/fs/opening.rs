//! Opening files and folders: plain ones alone, so that nothing that is read or written can hang as a pipe does.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use cap_fs_ext::{OpenOptionsFollowExt, OpenOptionsMaybeDirExt, OpenOptionsSyncExt};
use cap_primitives::fs::{FollowSymlinks, OpenOptions, open, stat};
use wasmtime_wasi::filesystem::{self, Descriptor, Dir};
use wasmtime_wasi::runtime::spawn_blocking;
use wasmtime_wasi::{FsPerms, OpenMode};

use super::Mode;
use super::allowance::NAME;
use super::fault::{Code, Fault};
use super::host::Held;
use super::near::{self, System};
use super::open::Room;
use super::refusal::Refusal;

/// What a guest asks for when it opens something: `path-flags`, `open-flags` and `descriptor-flags` of wasi:filesystem.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "they are flags in the interface too, one for one")]
pub(super) struct Ask {
    pub(super) follow: bool,
    pub(super) create: bool,
    pub(super) exclusive: bool,
    pub(super) directory: bool,
    pub(super) truncate: bool,
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) sync: bool,
    pub(super) times: bool,
}

impl Ask {
    /// To set the times of what a path leads to.
    pub(super) fn for_times() -> Self {
        Self { follow: true, times: true, ..Self::default() }
    }

    /// What the guest is told to do by it; nothing, where it was told already.
    pub(super) fn verb(self) -> Option<&'static str> {
        (!self.times).then_some(if self.changes() { "write" } else { "read" })
    }

    /// Whether anything of it cannot be had together, or not at all.
    pub(super) fn check(self) -> Result<(), Fault> {
        if self.sync {
            // Not known to cap-primitives either.
            return Err(Code::Unsupported.into());
        }
        if self.directory && (self.create || self.exclusive || self.truncate) {
            return Err(Code::Invalid.into());
        }
        Ok(())
    }

    /// Whether it would change something.
    pub(super) fn changes(self) -> bool {
        self.create || self.truncate || self.write
    }

    fn following(self) -> FollowSymlinks {
        if self.follow { FollowSymlinks::Yes } else { FollowSymlinks::No }
    }

    fn options(self) -> OpenOptions {
        let mut options = OpenOptions::new();
        // What is not written is read, or the system would not open it.
        options.read(self.read || !self.write).write(self.changes()).truncate(self.truncate);
        options.follow(self.following()).maybe_dir(true);
        // A pipe would make the thread wait for its other end. Plain files do not care.
        options.nonblock(true);
        options
    }

    fn mode(self) -> OpenMode {
        let mut mode = OpenMode::empty();
        mode.set(OpenMode::READ, self.read || !self.write);
        mode.set(OpenMode::WRITE, self.changes());
        mode
    }
}

/// Something that is about to be opened.
pub(super) struct Opening {
    pub(super) dir: Arc<File>,
    /// Whether that is on a file system that has at hand what is in memory.
    pub(super) is_local: bool,
    pub(super) path: String,
    pub(super) ask: Ask,
    /// What a handle for it will stand for.
    pub(super) held: Held,
    pub(super) rooms: [Room; 2],
}

impl Opening {
    /// Opens it, on a thread that may wait unless it is near. Where nobody waits for it any more, it is closed again.
    pub(super) async fn run(self) -> Result<(Descriptor, Held), Fault> {
        if self.is_near() {
            return self.open();
        }
        spawn_blocking(move || {
            self.look()?;
            self.open()
        })
        .await
    }

    /// Whether it is opened at once: a file or a folder that is only read. What is at its path may change meanwhile, as on any
    /// other thread; then it takes a moment longer.
    fn is_near(&self) -> bool {
        let is_plain = |found: File| found.metadata().is_ok_and(|found| found.is_file() || found.is_dir());
        self.is_local
            && !(self.ask.changes() || self.ask.times)
            && near::at(&self.dir, &self.path, self.ask.follow).is_some_and(is_plain)
    }

    /// Refuses what is neither a file nor a folder before it is opened: who waits at the other end of a pipe would go on, and a
    /// device may begin to work. What comes there later is opened, and refused then.
    fn look(&self) -> Result<(), Fault> {
        if self.ask.create && self.ask.exclusive {
            // Nothing that is there is opened by that.
            return Ok(());
        }
        match stat(&self.dir, Path::new(&self.path), self.ask.following()) {
            Ok(found) if !(found.is_file() || found.is_dir() || found.is_symlink()) => Err(self.not_plain()),
            // Where there is nothing, or a link that is not followed, opening it tells what is wrong.
            _ => Ok(()),
        }
    }

    fn open(self) -> Result<(Descriptor, Held), Fault> {
        let Plain { file, is_dir, is_local } = self.create_or_open()?;
        if self.ask.directory && !is_dir {
            return Err(Code::NotDirectory.into());
        }
        let perms = perms(self.held.allowance.folder.mode);
        let (descriptor, file) = if is_dir {
            let dir = Dir::new(file, perms, self.ask.mode(), false);
            let file = Arc::clone(&dir.dir);
            (Descriptor::Dir(dir), file)
        } else {
            let opened = filesystem::File::new(file, perms, self.ask.mode(), false);
            let file = Arc::clone(&opened.file);
            (Descriptor::File(opened), file)
        };
        for room in self.rooms {
            room.taken_by(&file);
        }
        Ok((descriptor, Held { is_local, ..self.held }))
    }

    fn create_or_open(&self) -> Result<Plain, Fault> {
        if self.ask.create && !self.ask.exclusive {
            // What is there already is not new, and counts nothing.
            match self.plain(&self.ask.options()) {
                Err(Fault::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
                other => return other,
            }
        }
        if self.ask.times {
            // Handles need some kind of access; folders, and files that may only be read, are not opened for writing.
            match self.plain(self.ask.options().read(false).write(true)) {
                Err(Fault::Io(error)) if may_be_read(&error) => {}
                other => return other,
            }
        }
        if !self.ask.create {
            return self.plain(&self.ask.options());
        }
        let Held { allowance, path: whole, .. } = &self.held;
        allowance.take(NAME, "create", whole)?;
        let mut options = self.ask.options();
        let made = self.plain(if self.ask.exclusive { options.create_new(true) } else { options.create(true) });
        made.inspect_err(|_| allowance.give_back(NAME))
    }

    fn plain(&self, options: &OpenOptions) -> Result<Plain, Fault> {
        plain(&self.dir, Path::new(&self.path), options).map_err(|why| match why {
            NotOpened::NotPlain => self.not_plain(),
            NotOpened::Io(error) => error.into(),
        })
    }

    fn not_plain(&self) -> Fault {
        let Held { allowance, path, .. } = &self.held;
        allowance.refuse(Refusal::NotPlain, "open", path)
    }
}

fn may_be_read(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::IsADirectory)
}

/// What a mode is called by wasmtime-wasi, which checks it again.
pub(super) fn perms(mode: Mode) -> FsPerms {
    match mode {
        Mode::Read => FsPerms::ReadOnly,
        Mode::ReadWrite => FsPerms::ReadWrite,
    }
}

enum NotOpened {
    NotPlain,
    Io(io::Error),
}

/// A file, or a folder.
struct Plain {
    file: File,
    is_dir: bool,
    is_local: bool,
}

/// Opens a plain file or a folder beneath `dir`. What was opened is looked at, and not only what was there before.
fn plain(dir: &File, path: &Path, options: &OpenOptions) -> Result<Plain, NotOpened> {
    let file = open(dir, path, options).map_err(|error| {
        // A pipe without a reader, a socket, a device that is not there.
        if is_no_such_device(&error) { NotOpened::NotPlain } else { NotOpened::Io(error) }
    })?;
    let kind = file.metadata().map_err(NotOpened::Io)?.file_type();
    let system = System::of(&file).map_err(NotOpened::Io)?;
    // Files of the latter hold the memory and the environment of this process, with secrets in them, and could be written.
    // Whoever grants `/` does not mean these.
    if !(kind.is_dir() || kind.is_file()) || system.is_proc {
        return Err(NotOpened::NotPlain);
    }
    Ok(Plain { file, is_dir: kind.is_dir(), is_local: system.is_local })
}

#[cfg(unix)]
fn is_no_such_device(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::NXIO, Errno::NODEV, Errno::OPNOTSUPP].map(Errno::raw_os_error).map(Some).contains(&error.raw_os_error())
}

#[cfg(not(unix))]
fn is_no_such_device(_: &io::Error) -> bool {
    false
}
