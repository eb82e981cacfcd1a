//! A file opened to be read, and the kind of what is at a path.
//!
//! In the sandbox past the standard library, which asks the host for more than is needed here: each question costs a change
//! between the two, and one about a path a walk along it.

use crate::failure::{EISDIR, Failure, Result};
use crate::folder::Kind;

pub use system::{Opened, kind};

#[cfg(not(target_os = "wasi"))]
mod system {
    use std::fs::{self, File};
    use std::io::{Read, Seek, SeekFrom};

    use super::{Kind, refuse};
    use crate::failure::{Failure, Result};

    /// A plain file, opened to be read.
    pub struct Opened {
        file: File,
        size: u64,
    }

    impl Opened {
        /// Opens the file at the real path `path`. That there is none is blamed on `call`.
        pub fn open(path: &str, call: &'static str) -> Result<Self> {
            let found = fs::metadata(path).map_err(Failure::of(call, path))?;
            refuse(found.file_type().into(), path)?;
            Ok(Self { file: File::open(path).map_err(Failure::of("open", path))?, size: found.len() })
        }

        /// Its size in bytes when it was opened; zero where the system does not tell.
        pub fn size(&self) -> u64 {
            self.size
        }

        /// Bytes from `offset` on: some, `most` at the most, and none at its end.
        pub fn read(&self, offset: u64, most: usize) -> Result<Vec<u8>> {
            let mut bytes = vec![0; most];
            let mut file = &self.file;
            let read = file.seek(SeekFrom::Start(offset)).and_then(|_| file.read(&mut bytes));
            bytes.truncate(read.map_err(Failure::of("read", ""))?);
            Ok(bytes)
        }
    }

    /// The kind of what is at the path `path` itself, a link among them. Failures are those of `call` on `about`.
    pub fn kind(path: &str, call: &'static str, about: &str) -> Result<Kind> {
        Ok(fs::symlink_metadata(path).map_err(Failure::of(call, about))?.file_type().into())
    }
}

#[cfg(target_os = "wasi")]
mod system {
    use wasip2::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

    use super::{Kind, refuse};
    use crate::failure::{ENOENT, Failure, Reason, Result};
    use crate::preopens;

    /// A plain file, opened to be read.
    pub struct Opened {
        file: Descriptor,
        size: u64,
    }

    impl Opened {
        /// Opens the file at the real path `path`. That there is none is blamed on `call`.
        pub fn open(path: &str, call: &'static str) -> Result<Self> {
            let opened = preopens::at(path, |root, below| {
                let below = if below.is_empty() { "." } else { below };
                root.open_at(PathFlags::SYMLINK_FOLLOW, below, OpenFlags::empty(), DescriptorFlags::READ)
            });
            let file = opened.unwrap_or(Err(ErrorCode::NoEntry)).map_err(|code| match code {
                // What is neither file nor folder the host does not open.
                ErrorCode::NotPermitted if kind(path, call, path) == Ok(Kind::Other) => super::unread(path),
                ErrorCode::NoEntry | ErrorCode::NotDirectory | ErrorCode::Loop => {
                    Failure::system(Reason::of_code(code), call, path)
                }
                code => Failure::system(Reason::of_code(code), "open", path),
            })?;
            let found = file.stat().map_err(|code| Failure::system(Reason::of_code(code), call, path))?;
            refuse(found.type_.into(), path)?;
            Ok(Self { file, size: found.size })
        }

        /// Its size in bytes when it was opened; zero where the system does not tell.
        pub fn size(&self) -> u64 {
            self.size
        }

        /// Bytes from `offset` on: some, `most` at the most, and none at its end.
        pub fn read(&self, offset: u64, most: usize) -> Result<Vec<u8>> {
            let read = self.file.read(most as u64, offset);
            read.map(|(bytes, _)| bytes).map_err(|code| Failure::system(Reason::of_code(code), "read", ""))
        }
    }

    /// The kind of what is at the path `path` itself, a link among them. Failures are those of `call` on `about`.
    pub fn kind(path: &str, call: &'static str, about: &str) -> Result<Kind> {
        let refused = |reason| Failure::system(reason, call, about);
        let found = preopens::at(path, |root, below| {
            let below = if below.is_empty() { "." } else { below };
            root.stat_at(PathFlags::empty(), below)
        });
        let found = found.ok_or_else(|| refused(ENOENT))?.map_err(|code| refused(Reason::of_code(code)))?;
        Ok(found.type_.into())
    }
}

/// Refuses what is no plain file. A pipe that nobody writes to would never end.
fn refuse(kind: Kind, path: &str) -> Result<()> {
    match kind {
        Kind::File => Ok(()),
        Kind::Folder => Err(Failure::system(EISDIR, "read", "")),
        Kind::Link | Kind::Other => Err(unread(path)),
    }
}

fn unread(path: &str) -> Failure {
    Failure::words(format!("{path} is neither a file nor a folder, and is not read"))
}
