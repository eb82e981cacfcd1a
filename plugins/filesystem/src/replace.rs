//! A file written at once: others see the old contents or the new ones, never a part.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Write};

use crate::failure::{Failure, Result};

/// Writes `contents` to the real path `path`, new or not.
pub fn write(path: &str, contents: &[u8]) -> Result<()> {
    // What is there already is never opened: it could be a link that was put there since the path was looked at.
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => fill(file, contents).map_err(Failure::of("write", path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => over(path, contents),
        Err(error) => Err(Failure::of("open", path)(error)),
    }
}

/// Writes `contents` beside the file at the real path `path`, then puts that in its place.
pub fn over(path: &str, contents: &[u8]) -> Result<()> {
    let beside = format!("{path}.{}.tmp", random());
    let written = OpenOptions::new().write(true).create_new(true).open(&beside).map_err(Failure::of("open", &beside));
    let renamed = written
        .and_then(|file| fill(file, contents).map_err(Failure::of("write", &beside)))
        .and_then(|()| fs::rename(&beside, path).map_err(Failure::of_rename(&beside, path)));
    if renamed.is_err() {
        // Nothing else can be done about it, and why the write failed matters more.
        let _ = fs::remove_file(&beside);
    }
    renamed
}

fn fill(mut file: File, contents: &[u8]) -> io::Result<()> {
    file.write_all(contents)?;
    file.flush()
}

/// 32 hexadecimal digits that no other writer comes upon: the keys of a hash map come from the system's random numbers. They
/// need not be a secret, since what is there already is not opened.
fn random() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_or_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").to_str().unwrap().to_owned();
        write(&path, b"one").unwrap();
        let before = File::open(&path).unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(io::read_to_string(before).unwrap(), "one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_write_that_fails_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").to_str().unwrap().to_owned();
        fs::create_dir(&path).unwrap();
        let failure = write(&path, b"one").unwrap_err().to_string();
        assert!(failure.starts_with("EISDIR: illegal operation on a directory, rename '"), "{failure}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let failure = write(&format!("{path}/b/c"), b"").unwrap_err().to_string();
        assert_eq!(failure, format!("ENOENT: no such file or directory, open '{path}/b/c'"));
    }

    #[test]
    fn names_beside_are_new_each_time() {
        assert_eq!(random().len(), 32);
        assert_ne!(random(), random());
    }
}
