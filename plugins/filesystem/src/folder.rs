//! What a folder holds, in one order on every system: that of the bytes of the names.

use crate::failure::{Failure, Result};
use crate::limits;

/// What an entry of a folder is, by itself: a link is a link, wherever it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A socket, a pipe, a device.
    Other,
}

#[cfg(not(target_os = "wasi"))]
impl From<std::fs::FileType> for Kind {
    fn from(found: std::fs::FileType) -> Self {
        match found {
            found if found.is_dir() => Self::Folder,
            found if found.is_file() => Self::File,
            found if found.is_symlink() => Self::Link,
            _ => Self::Other,
        }
    }
}

#[cfg(target_os = "wasi")]
impl From<wasip2::filesystem::types::DescriptorType> for Kind {
    fn from(found: wasip2::filesystem::types::DescriptorType) -> Self {
        use wasip2::filesystem::types::DescriptorType;
        match found {
            DescriptorType::Directory => Self::Folder,
            DescriptorType::RegularFile => Self::File,
            DescriptorType::SymbolicLink => Self::Link,
            _ => Self::Other,
        }
    }
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name. One that is not UTF-8 shows as U+FFFD.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

impl Entry {
    /// Whether it is a folder itself, not a link to one.
    pub fn is_folder(&self) -> bool {
        self.kind == Kind::Folder
    }
}

/// The entries of the folder at the real path `path`.
pub fn entries(path: &str) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut names = 0;
    system::scan(path, |entry| {
        names += entry.name.len();
        if entries.len() == limits::ENTRIES || names > limits::NAMES {
            return Err(Failure::words(format!(
                "{path} holds too much: this plugin lists {} entries at the most, with {} of names",
                limits::ENTRIES,
                limits::mib(limits::NAMES as u64)
            )));
        }
        entries.push(entry);
        Ok(())
    })?;
    entries.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(entries)
}

#[cfg(not(target_os = "wasi"))]
mod system {
    use super::{Entry, Failure, Kind, Result};

    pub(super) fn scan(path: &str, mut found: impl FnMut(Entry) -> Result<()>) -> Result<()> {
        for entry in std::fs::read_dir(path).map_err(Failure::of("scandir", path))? {
            let entry = entry.map_err(Failure::of("scandir", path))?;
            let kind = entry.file_type().map_or(Kind::Other, Kind::from);
            found(Entry { name: entry.file_name().to_string_lossy().into_owned(), kind })?;
        }
        Ok(())
    }
}

/// Past the standard library, which ends a listing at the first name that is not UTF-8 and asks the host again for each
/// entry.
#[cfg(target_os = "wasi")]
mod system {
    use wasip2::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

    use super::{Entry, Failure, Kind, Result};
    use crate::failure::{ENOENT, Reason};
    use crate::preopens;

    pub(super) fn scan(path: &str, mut found: impl FnMut(Entry) -> Result<()>) -> Result<()> {
        let stream = preopens::at(path, |root, below| {
            if below.is_empty() {
                return root.read_directory();
            }
            root.open_at(PathFlags::empty(), below, OpenFlags::DIRECTORY, DescriptorFlags::READ)?.read_directory()
        });
        let refused = |code| Failure::system(Reason::of_code(code), "scandir", path);
        let stream = stream.ok_or_else(|| Failure::system(ENOENT, "scandir", path))?.map_err(refused)?;
        loop {
            let entry = match stream.read_directory_entry() {
                Ok(None) => return Ok(()),
                Ok(Some(entry)) => Entry { name: entry.name, kind: entry.type_.into() },
                Err(ErrorCode::IllegalByteSequence) => Entry { name: "\u{fffd}".to_owned(), kind: Kind::Other },
                Err(code) => return Err(refused(code)),
            };
            found(entry)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_in_the_order_of_their_bytes() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "B", "a.txt", "é", "_"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("ab")).unwrap();
        let entries = entries(folder.path().to_str().unwrap()).unwrap();
        let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["B", "_", "a.txt", "ab", "b", "é"]);
        assert_eq!(entries.iter().filter(|entry| entry.is_folder()).count(), 1);
    }

    #[test]
    fn a_file_has_no_entries() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a").to_str().unwrap().to_owned();
        std::fs::write(&file, "").unwrap();
        let failure = entries(&file).unwrap_err().to_string();
        assert_eq!(failure, format!("ENOTDIR: not a directory, scandir '{file}'"));
    }
}
