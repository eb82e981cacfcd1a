//! Listing folders: some entries at a time, so that a large folder, listed often at once, fills no memory, and a guest that
//! does not read on holds no thread.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::Arc;

use cap_primitives::fs::{DirEntry, FileType, ReadDir, read_base_dir};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn_blocking};

use super::fault::{Code, Fault};
use super::open::Room;

/// Entries that are read in one step.
const SOME: usize = 128;

/// What is in a folder, one entry after the other.
pub(super) struct Listing {
    part: Part,
    /// The system's descriptor is counted by it.
    _open: Arc<()>,
}

/// What was read, and what reads on while there is more.
#[derive(Default)]
pub(super) struct Part {
    entries: VecDeque<Result<Entry, Fault>>,
    reader: Option<ReadDir>,
}

/// One of them.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) kind: EntryKind,
}

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    File,
    Directory,
    SymbolicLink,
    Other,
}

impl Listing {
    /// Opens `dir` to list it, on a thread that may wait.
    pub(super) fn start(dir: Arc<File>, rooms: [Room; 2]) -> AbortOnDropJoinHandle<Result<Self, Fault>> {
        spawn_blocking(move || {
            let open = Arc::new(());
            let part = Part::read_on(read_base_dir(&dir)?);
            for room in rooms {
                room.taken_by(&open);
            }
            Ok(Self { part, _open: open })
        })
    }

    /// The next of those that were read.
    pub(super) fn next_read(&mut self) -> Option<Result<Entry, Fault>> {
        self.part.entries.pop_front()
    }

    /// Reads on where there is more, on a thread that may wait: what comes of it is to be [put back](Self::put).
    pub(super) fn read_on(&mut self) -> Option<AbortOnDropJoinHandle<Part>> {
        let reader = self.part.reader.take()?;
        Some(spawn_blocking(move || Part::read_on(reader)))
    }

    pub(super) fn put(&mut self, part: Part) {
        self.part = part;
    }
}

impl Part {
    fn read_on(mut reader: ReadDir) -> Self {
        let mut entries = VecDeque::new();
        while entries.len() < SOME {
            match reader.next() {
                Some(entry) => entries.push_back(entry.map_err(Fault::from).and_then(|entry| Entry::of(&entry))),
                None => return Self { entries, reader: None },
            }
        }
        Self { entries, reader: Some(reader) }
    }
}

impl Entry {
    fn of(entry: &DirEntry) -> Result<Self, Fault> {
        let kind = match EntryKind::of(entry.file_type()?) {
            // Not every file system says it in its listings.
            EntryKind::Other => EntryKind::of(entry.metadata()?.file_type()),
            kind => kind,
        };
        let name = entry.file_name().into_string().map_err(|_| Code::IllegalByteSequence)?;
        Ok(Self { name, kind })
    }
}

impl EntryKind {
    fn of(kind: FileType) -> Self {
        if kind.is_file() {
            Self::File
        } else if kind.is_dir() {
            Self::Directory
        } else if kind.is_symlink() {
            Self::SymbolicLink
        } else {
            Self::Other
        }
    }
}
