//! Building with Debian's packages alone: Debian's compiler, its source of the standard library, its libc.
//!
//! Debian packs no standard library for `wasm32-wasip2`, so cargo builds it (`-Zbuild-std`, which wants
//! `RUSTC_BOOTSTRAP` of a stable compiler). The linker of this target, which no package holds, in turn starts `wasm-ld`,
//! which Debian calls `wasm-ld-22`: a link of the right name stands beside it.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Error, linker, process::output, way::TARGET};

/// Where Debian put its parts, and the folder of those that Debian lacks.
#[derive(Debug)]
pub(crate) struct Debian {
    cargo: PathBuf,
    rustc: PathBuf,
    wasi_lib: PathBuf,
    bin: PathBuf,
}

impl Debian {
    /// Finds the packages' files and makes what they lack in `folder`.
    pub(crate) fn prepare(folder: &Path, say: &dyn Fn(&str)) -> Result<Self, Error> {
        let bin = linker::bin(folder);
        fs::create_dir_all(&bin).map_err(Error::io("made", &bin))?;
        link_wasm_ld(&bin, &file_of("lld-22", "bin/wasm-ld-22")?)?;
        linker::install(folder, say)?;
        let libc = file_of("wasi-libc", "wasm32-wasi/libc.a")?;
        Ok(Self {
            cargo: file_of("cargo-web", "bin/cargo")?,
            rustc: file_of("rustc-web", "bin/rustc")?,
            wasi_lib: libc.parent().map_or_else(PathBuf::new, Path::to_path_buf),
            bin,
        })
    }

    /// Debian's cargo, set up for [`TARGET`]; the caller adds the verb's own arguments after `build`.
    pub(crate) fn cargo_build(&self) -> Command {
        let mut flags = OsString::from("-Lnative=");
        flags.push(&self.wasi_lib);
        let mut command = Command::new(&self.cargo);
        command
            .args(["build", "--target", TARGET, "-Zbuild-std=std,panic_abort"])
            .env("RUSTC", &self.rustc)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_ENCODED_RUSTFLAGS", flags)
            .env("PATH", linker::path_with(&self.bin))
            // These would name another compiler's parts.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO")
            .env_remove("RUSTDOC")
            .env_remove("RUSTUP_TOOLCHAIN");
        command
    }
}

/// The installed file of a package whose path ends so.
fn file_of(package: &'static str, end: &'static str) -> Result<PathBuf, Error> {
    let listed = output(Command::new("dpkg").args(["-L", package])).unwrap_or_default();
    pick(&listed, end).ok_or(Error::PackageFile { package, file: end })
}

/// The first of the listed paths that ends in these whole names.
fn pick(listed: &str, end: &str) -> Option<PathBuf> {
    listed.lines().map(Path::new).find(|path| path.ends_with(end)).map(Path::to_path_buf)
}

fn link_wasm_ld(bin: &Path, wasm_ld: &Path) -> Result<(), Error> {
    let link = bin.join("wasm-ld");
    if fs::read_link(&link).is_ok_and(|old| old == wasm_ld) {
        return Ok(());
    }
    if link.symlink_metadata().is_ok() {
        fs::remove_file(&link).map_err(Error::io("removed", &link))?;
    }
    symlink(wasm_ld, &link).map_err(Error::io("made", &link))
}

#[cfg(unix)]
fn symlink(original: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(original, link)
}

#[cfg(not(unix))]
fn symlink(original: &Path, link: &Path) -> std::io::Result<()> {
    fs::copy(original, link).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_file_is_found_by_whole_names() {
        let listed = "/.\n/usr/bin\n/usr/bin/rustc-old\n/usr/bin/rustc\n/usr/share/rustc/bin/rustc\n";
        assert_eq!(pick(listed, "bin/rustc"), Some(PathBuf::from("/usr/bin/rustc")));
        assert_eq!(pick(listed, "bin/cargo"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_an_older_linker_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        link_wasm_ld(folder.path(), Path::new("/old")).unwrap();
        link_wasm_ld(folder.path(), Path::new("/new")).unwrap();
        link_wasm_ld(folder.path(), Path::new("/new")).unwrap();
        assert_eq!(fs::read_link(folder.path().join("wasm-ld")).unwrap(), Path::new("/new"));
    }
}
