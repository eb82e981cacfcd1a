//! Whether a file is still the one that was read: its length, its time and, where there is one, its inode.

use std::fs::Metadata;
use std::path::Path;
use std::time::SystemTime;

/// What tells two states of a file apart without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl Stamp {
    /// The state of the file at `path`; none when there is no file.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok().filter(Metadata::is_file)?;
        Some(Self { length: metadata.len(), modified: metadata.modified().ok(), inode: inode(&metadata) })
    }

    /// Whether there is nothing in the file.
    pub(super) fn is_empty(self) -> bool {
        self.length == 0
    }
}

/// Which folder is at `path`; none when there is none.
pub(super) fn folder(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().filter(Metadata::is_dir).map(|metadata| inode(&metadata))
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

// Windows gives no such number without opening the file; its times have a resolution of 100 ns.
#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_renamed_over_is_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        std::fs::write(&one, "a").expect("written");
        std::fs::write(&two, "b").expect("written");
        let before = Stamp::of(&one);
        assert_eq!(before, Stamp::of(&one));
        std::fs::rename(&two, &one).expect("renamed");
        assert_ne!(before, Stamp::of(&one));
        assert_eq!(Stamp::of(&two), None);
        assert_eq!(Stamp::of(folder.path()), None);
    }
}
