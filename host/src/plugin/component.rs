//! The file of a component: a plain one, of bounded length.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Bytes of a component. Language runtimes have some 20 MiB; what is larger is hardly a plugin, and compiling it would
/// take all the memory there is.
pub(super) const MAX_COMPONENT: u64 = 256 * 1024 * 1024;

/// Why there are no bytes of a component: the end of a sentence about the file.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// It is not there, or not to be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It is too large.
    #[error("has {size} bytes; {MAX_COMPONENT} is the most")]
    TooLarge {
        /// Bytes.
        size: u64,
    },
}

/// Reads `file`. What is no plain file is not: opening a pipe would wait for somebody to write to it, and a device may have
/// no end.
///
/// # Errors
///
/// When it is no plain file, is too large, or cannot be read.
pub fn read_component(file: &Path) -> Result<Vec<u8>, Unread> {
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file").into());
    }
    let opened = File::open(file)?;
    let size = opened.metadata()?.len();
    if size > MAX_COMPONENT {
        return Err(Unread::TooLarge { size });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    // The file may grow while it is read.
    opened.take(MAX_COMPONENT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_file_of_bounded_length_is_read_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let wrong = |file: &Path| read_component(file).expect_err("it is not read").to_string();
        assert!(wrong(folder.path()).contains("no regular file"));
        assert!(wrong(&folder.path().join("none")).starts_with("cannot be read: "));
        let file = folder.path().join("a.wasm");
        std::fs::write(&file, "abc").expect("written");
        assert_eq!(read_component(&file).expect("it is there"), b"abc");
        // Without its bytes on the disk.
        File::options().write(true).open(&file).and_then(|file| file.set_len(MAX_COMPONENT + 1)).expect("made longer");
        assert_eq!(wrong(&file), "has 268435457 bytes; 268435456 is the most");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_is_waited_for_at_a_pipe_and_a_device_is_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("a.wasm");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("it runs").success());
        for file in [&pipe, Path::new("/dev/zero")] {
            assert!(read_component(file).expect_err("it is not read").to_string().contains("no regular file"));
        }
    }
}
