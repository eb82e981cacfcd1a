//! A built guest, with its manifest inside, put where a host finds it.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Error,
    manifest::{Manifest, SECTION},
    section,
};

/// What [`install`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The file is new, or has new content.
    Written,
    /// The file had just this content and was not touched, so nobody reloads it.
    Unchanged,
}

/// Puts a built component at `target`, with the `plugin.toml` of the `source` folder inside.
///
/// Whoever watches `target` sees the old file or the new, never half of one: it is written beside and renamed.
pub fn install(source: &Path, built: &Path, target: &Path) -> Result<Outcome, Error> {
    let bytes = fs::read(built).map_err(Error::io("read", built))?;
    let invalid = |source| Error::Section { path: built.to_path_buf(), source };
    let bytes = if let Some(manifest) = Manifest::read(source)? {
        let path = source.join(crate::manifest::FILE);
        let json = manifest.json().map_err(|source| Error::Manifest { path, source })?;
        section::set(&bytes, SECTION, &json).map_err(invalid)?
    } else {
        section::get(&bytes, SECTION).map_err(invalid)?;
        bytes
    };
    write(target, &bytes)
}

fn write(target: &Path, bytes: &[u8]) -> Result<Outcome, Error> {
    if fs::read(target).is_ok_and(|old| old == bytes) {
        return Ok(Outcome::Unchanged);
    }
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(Error::io("made", folder))?;
    }
    let beside = beside(target);
    fs::write(&beside, bytes).map_err(Error::io("written", &beside))?;
    fs::rename(&beside, target).map_err(|error| {
        // What is left would be space and nothing else.
        let _ = fs::remove_file(&beside);
        Error::io("written", target)(error)
    })?;
    Ok(Outcome::Written)
}

/// A file in the same folder, so that a rename suffices, which no host takes for a component.
fn beside(target: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}.part", std::process::id()));
    target.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    fn names(folder: &Path) -> Vec<OsString> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn the_manifest_enters_the_component_and_no_other_file_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let built = folder.path().join("built.wasm");
        fs::write(&built, COMPONENT).unwrap();
        fs::write(folder.path().join("plugin.toml"), "description = \"x\"").unwrap();
        let target = folder.path().join("plugins/hello.wasm");
        assert_eq!(install(folder.path(), &built, &target).unwrap(), Outcome::Written);
        let bytes = fs::read(&target).unwrap();
        assert_eq!(section::get(&bytes, SECTION).unwrap(), Some(&br#"{"description":"x","requests":{}}"#[..]));
        assert_eq!(names(&folder.path().join("plugins")), ["hello.wasm"]);
    }

    #[test]
    fn a_component_that_did_not_change_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let built = folder.path().join("built.wasm");
        let target = folder.path().join("hello.wasm");
        fs::write(&built, COMPONENT).unwrap();
        assert_eq!(install(folder.path(), &built, &target).unwrap(), Outcome::Written);
        assert_eq!(install(folder.path(), &built, &target).unwrap(), Outcome::Unchanged);
        fs::write(folder.path().join("plugin.toml"), "description = \"x\"").unwrap();
        assert_eq!(install(folder.path(), &built, &target).unwrap(), Outcome::Written);
    }

    #[test]
    fn a_core_module_is_refused_and_the_old_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let built = folder.path().join("built.wasm");
        let target = folder.path().join("hello.wasm");
        fs::write(&target, "old").unwrap();
        fs::write(&built, b"\0asm\x01\0\0\0").unwrap();
        let text = install(folder.path(), &built, &target).unwrap_err().to_string();
        assert!(text.ends_with("built.wasm: the file is not a WebAssembly component"), "{text}");
        assert_eq!(fs::read(&target).unwrap(), b"old");
    }
}
