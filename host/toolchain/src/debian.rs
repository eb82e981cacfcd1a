//! Building with Debian's packages alone: Debian's compiler, its source of the standard library, its libc.
//!
//! Debian packs no standard library for `wasm32-wasip2`, so cargo builds it (`-Zbuild-std`, which wants
//! `RUSTC_BOOTSTRAP` of a stable compiler). rustc links this target with `wasm-component-ld`, which no package holds:
//! it is built from crates.io, once, into the toolchain's folder. That program in turn starts `wasm-ld`, which Debian
//! calls `wasm-ld-22`: a link of the right name stands beside it.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    Error,
    machine::program,
    process::{output, run_within},
    way::TARGET,
};

/// The version that was proved with Debian's rustc 1.96.
const COMPONENT_LD: &str = "0.5.31";

/// Two cores need one to two minutes.
const COMPONENT_LD_LIMIT: Duration = Duration::from_mins(30);

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
        let bin = folder.join("bin");
        fs::create_dir_all(&bin).map_err(Error::io("made", &bin))?;
        link_wasm_ld(&bin, &file_of("lld-22", "bin/wasm-ld-22")?)?;
        install_component_ld(folder, say)?;
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
            .env("PATH", path_with(&self.bin))
            // These would name another compiler's parts.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO")
            .env_remove("RUSTDOC")
            .env_remove("RUSTUP_TOOLCHAIN");
        command
    }
}

/// `PATH` with one folder before all others.
fn path_with(first: &Path) -> OsString {
    let old = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(first.to_path_buf()).chain(env::split_paths(&old));
    // Only a folder with the separator in its name cannot be joined, and no search path can hold that one.
    env::join_paths(folders).unwrap_or(old)
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

/// Builds `wasm-component-ld` into the toolchain's folder, unless that version is there.
fn install_component_ld(folder: &Path, say: &dyn Fn(&str)) -> Result<(), Error> {
    let done = folder.join(format!("wasm-component-ld-{COMPONENT_LD}"));
    if done.exists() && folder.join("bin/wasm-component-ld").exists() {
        return Ok(());
    }
    say(&format!("building wasm-component-ld {COMPONENT_LD}, the target's linker (once, a minute or two)"));
    let build = folder.join("build");
    let mut cargo = Command::new(program("CARGO", "cargo"));
    cargo
        .args(["install", "wasm-component-ld", "--version", COMPONENT_LD, "--locked", "--force", "--root"])
        .arg(folder)
        .arg("--target-dir")
        .arg(&build);
    run_within(&mut cargo, COMPONENT_LD_LIMIT).map_err(|reason| Error::LinkerBuild { reason })?;
    fs::write(&done, "").map_err(Error::io("written", &done))?;
    // Only the program is wanted; what is left of its build is space.
    let _ = fs::remove_dir_all(&build);
    Ok(())
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

    #[test]
    fn the_toolchains_folder_comes_first_on_the_path() {
        let path = path_with(Path::new("/first"));
        assert_eq!(env::split_paths(&path).next(), Some(PathBuf::from("/first")));
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
