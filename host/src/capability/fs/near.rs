//! What can be told at once: of files on a disk of this machine, what the system has in memory. Everything else may wait for
//! a disk or a network, and is asked for on a thread that may wait, at the cost of two changes of threads.
//!
//! Only Linux says beforehand whether it would wait. Elsewhere nothing is near.

use std::fs::File;

use bytes::Bytes;

use super::writing::PIECE;

/// Reads at most `size` bytes of `file` from `offset` on, none at its end; nothing where it would have to wait for them, or
/// fails.
pub(super) fn read(file: &File, offset: u64, size: usize) -> Option<Bytes> {
    let mut bytes = vec![0; size.min(PIECE)];
    let read = system::read(file, offset, &mut bytes)?;
    bytes.truncate(read);
    Some(bytes.into())
}

pub(super) use system::{System, at};

#[cfg(target_os = "linux")]
mod system {
    use std::fs::File;
    use std::io::{self, IoSliceMut};

    use rustix::fs::{Mode, OFlags, PROC_SUPER_MAGIC, ResolveFlags, fstatfs, openat2};
    use rustix::io::{ReadWriteFlags, preadv2};

    /// The file systems that have all that is in memory at hand, by the numbers that Linux has for them (`linux/magic.h`):
    /// ext2 to ext4, XFS, Btrfs, F2FS, tmpfs. Those of networks and of other processes ask these even then.
    const LOCAL: [u64; 5] = [0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010, 0x0102_1994];

    /// Which file system a file is on.
    pub(in super::super) struct System {
        /// Whether it has at hand what is in memory.
        pub(in super::super) is_local: bool,
        /// Whether its files show processes.
        pub(in super::super) is_proc: bool,
    }

    impl System {
        pub(in super::super) fn of(file: &File) -> io::Result<Self> {
            let kind = fstatfs(file)?.f_type;
            let is_local = u64::try_from(kind).is_ok_and(|kind| LOCAL.contains(&kind));
            Ok(Self { is_local, is_proc: kind == PROC_SUPER_MAGIC })
        }
    }

    /// What is at `path` beneath the local folder `dir`, open to be looked at and for nothing else; nothing where the system
    /// would have to wait for it or finds none, and where it is on another file system.
    pub(in super::super) fn at(dir: &File, path: &str, follow: bool) -> Option<File> {
        let mut flags = OFlags::PATH | OFlags::CLOEXEC;
        flags.set(OFlags::NOFOLLOW, !follow);
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_XDEV | ResolveFlags::CACHED;
        openat2(dir, path, flags, Mode::empty(), resolve).ok().map(File::from)
    }

    pub(super) fn read(file: &File, offset: u64, bytes: &mut [u8]) -> Option<usize> {
        // Linux takes -1 for the place where the file was left.
        i64::try_from(offset).ok()?;
        preadv2(file, &mut [IoSliceMut::new(bytes)], offset, ReadWriteFlags::NOWAIT).ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::fs::File;
    use std::io;

    /// Which file system a file is on.
    pub(in super::super) struct System {
        /// Whether it has at hand what is in memory.
        pub(in super::super) is_local: bool,
        /// Whether its files show processes.
        pub(in super::super) is_proc: bool,
    }

    impl System {
        pub(in super::super) fn of(_: &File) -> io::Result<Self> {
            Ok(Self { is_local: false, is_proc: false })
        }
    }

    /// Nothing is.
    pub(in super::super) fn at(_: &File, _: &str, _: bool) -> Option<File> {
        None
    }

    pub(super) fn read(_: &File, _: u64, _: &mut [u8]) -> Option<usize> {
        None
    }
}
