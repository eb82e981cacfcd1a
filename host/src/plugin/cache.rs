//! Compiled code on disk, so that the second start takes milliseconds.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Bytes of the checksum at the front of an entry.
const CHECKSUM: usize = 32;

/// Bytes of all entries together. Each save of a source makes a new one; those that were not used for longest go.
const MAX_CACHE: u64 = 1024 * 1024 * 1024;

/// A folder of compiled components, named by the digest of the component and by the engine that compiled it.
///
/// Whoever can write to the folder can run code in this process, so it is the user's own: made with mode 0700, and not
/// used at all when others may write to it.
pub struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// Opens the cache in `folder`, which is made if it is not there. When it cannot be made, or is not safe, nothing is
    /// cached: that costs time, not correctness.
    pub fn open(folder: Option<PathBuf>) -> Self {
        let usable = folder.filter(|folder| match prepare(folder) {
            Ok(()) => true,
            Err(reason) => {
                tracing::warn!(%reason, "compiled code is not cached");
                false
            }
        });
        if let Some(folder) = &usable {
            prune(folder, MAX_CACHE);
        }
        Self { folder: usable }
    }

    /// Whether compiled code can be kept in `folder`.
    ///
    /// # Errors
    ///
    /// Why not, in words.
    pub fn check(folder: &Path) -> Result<(), String> {
        prepare(folder)
    }

    /// The component in `bytes`, from the cache or compiled now. Compiling takes from 10 ms to 10 s: call it where
    /// blocking is fine.
    ///
    /// # Errors
    ///
    /// When `bytes` do not compile.
    pub fn load(&self, engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Component> {
        let Some(entry) = self.folder.as_ref().map(|folder| folder.join(name(engine, bytes))) else {
            return Component::new(engine, bytes);
        };
        if let Some(component) = read(engine, &entry) {
            return Ok(component);
        }
        let component = Component::new(engine, bytes)?;
        match component.serialize().map_err(std::io::Error::other).and_then(|code| write(&entry, &code)) {
            Ok(()) => {}
            Err(error) => tracing::warn!(%error, "compiled code could not be cached"),
        }
        Ok(component)
    }
}

fn name(engine: &Engine, bytes: &[u8]) -> String {
    let mut compatibility = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut compatibility);
    format!("{}-{:016x}.cwasm", digest(bytes), compatibility.finish())
}

/// The SHA-256 of `bytes`, in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let hash = Sha256::digest(bytes);
    hash.iter().fold(String::with_capacity(hash.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn read(engine: &Engine, entry: &Path) -> Option<Component> {
    let stored = fs::read(entry).ok()?;
    // So that what is used stays. Where the time cannot be set, it is only removed earlier.
    let _ = fs::File::options().append(true).open(entry).and_then(|file| file.set_modified(SystemTime::now()));
    let (checksum, code) = stored.split_at_checked(CHECKSUM)?;
    if Sha256::digest(code).as_slice() != checksum {
        tracing::warn!("an entry of the compile cache is damaged; compiling again");
        return None;
    }
    // SAFETY: `deserialize` must be given bytes that `serialize` made. The folder is writable by this user alone
    // (`prepare`), only `write` puts entries there, whole and by rename, and the checksum rules out damage. wasmtime
    // itself refuses code of another version or configuration.
    #[expect(unsafe_code, reason = "the proof is above")]
    match unsafe { Component::deserialize(engine, code) } {
        Ok(component) => Some(component),
        Err(error) => {
            tracing::warn!(%error, "an entry of the compile cache cannot be used; compiling again");
            None
        }
    }
}

fn write(entry: &Path, code: &[u8]) -> std::io::Result<()> {
    let folder = entry.parent().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&Sha256::digest(code))?;
    file.write_all(code)?;
    file.persist(entry)?;
    Ok(())
}

/// Removes the entries that were not used for longest, until the others have at most `most` bytes.
fn prune(folder: &Path, most: u64) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let entries = entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "cwasm"));
    let mut entries: Vec<_> = entries
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some((metadata.modified().ok()?, metadata.len(), entry.path()))
        })
        .collect();
    entries.sort_by_key(|(used, ..)| std::cmp::Reverse(*used));
    let mut total = 0;
    for (_, bytes, path) in entries {
        total += bytes;
        // Another process may have removed it already.
        if total > most
            && let Err(error) = fs::remove_file(path)
        {
            tracing::debug!(%error, "an old entry of the compile cache stays");
        }
    }
}

#[cfg(unix)]
fn prepare(folder: &Path) -> Result<(), String> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| format!("its folder cannot be made: {error}"))?;
    let metadata = fs::symlink_metadata(folder).map_err(|error| format!("its folder cannot be read: {error}"))?;
    if !metadata.is_dir() {
        return Err("its folder is not a folder".to_owned());
    }
    if metadata.mode() & 0o022 != 0 {
        return Err("others may write to its folder; take that right away (chmod go-w)".to_owned());
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err("its folder belongs to another user".to_owned());
    }
    Ok(())
}

// On Windows the folder is in the user's profile, which other users cannot write to unless they were let in.
#[cfg(not(unix))]
fn prepare(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("its folder cannot be made: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    fn entry(folder: &Path) -> PathBuf {
        let mut entries =
            fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("an entry").path());
        let entry = entries.next().expect("one entry");
        assert_eq!(entries.next(), None);
        entry
    }

    #[test]
    fn what_was_compiled_is_found_again_and_damage_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let engine = Engine::default();
        let cache = Cache::open(Some(folder.path().join("cache")));
        cache.load(&engine, COMPONENT).expect("it compiles");
        let entry = entry(&folder.path().join("cache"));
        assert!(read(&engine, &entry).is_some());

        let whole = fs::read(&entry).expect("the entry");
        for damage in [&whole[..20], &whole[..whole.len() - 1], &[&whole[..40], b"x", &whole[41..]].concat()] {
            fs::write(&entry, damage).expect("written");
            assert!(read(&engine, &entry).is_none());
            cache.load(&engine, COMPONENT).expect("it compiles again");
            assert!(read(&engine, &entry).is_some());
        }
    }

    /// Whole, by its checksum: wasmtime itself tells what another one compiled, or nobody did.
    #[test]
    fn code_of_another_engine_and_what_is_no_code_is_compiled_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let engine = Engine::default();
        let cache = Cache::open(Some(folder.path().join("cache")));
        cache.load(&engine, COMPONENT).expect("it compiles");
        let entry = entry(&folder.path().join("cache"));
        let other = Engine::new(wasmtime::Config::new().epoch_interruption(true)).expect("an engine");
        let foreign = Component::new(&other, COMPONENT).and_then(|code| code.serialize()).expect("it compiles");
        for code in [&foreign[..], b"no code", b""] {
            write(&entry, code).expect("written");
            assert!(read(&engine, &entry).is_none());
            cache.load(&engine, COMPONENT).expect("it compiles again");
            assert!(read(&engine, &entry).is_some());
        }
    }

    #[test]
    fn what_was_not_used_for_longest_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, age) in [("old.cwasm", 30), ("older.cwasm", 40), ("new.cwasm", 0), ("note.txt", 90)] {
            let path = folder.path().join(name);
            fs::write(&path, [0; 10]).expect("written");
            let used = SystemTime::now() - std::time::Duration::from_secs(age);
            fs::File::options().append(true).open(&path).expect("a file").set_modified(used).expect("set");
        }
        prune(folder.path(), 20);
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .expect("the folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["new.cwasm", "note.txt", "old.cwasm"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_may_write_to_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("changed");
        let cache = Cache::open(Some(folder.path().to_owned()));
        cache.load(&Engine::default(), COMPONENT).expect("it compiles");
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
    }
}
