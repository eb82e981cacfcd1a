//! `wasm-component-ld`, the program that rustc links `wasm32-wasip2` with.
//!
//! The compiler that rustup installs has it; others (Debian's) do not. It is then built from crates.io, once, into the
//! toolchain's folder.

use std::{
    env::{self, consts::EXE_SUFFIX},
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
};

/// The version that was proved with Debian's rustc 1.96.
const VERSION: &str = "0.5.31";

/// Two cores need up to three minutes.
const LIMIT: Duration = Duration::from_mins(30);

/// Whether this compiler brings the linker along.
pub(crate) fn ships_with(rustc: &Path) -> bool {
    let Some(sysroot) = output(Command::new(rustc).args(["--print", "sysroot"])) else { return false };
    let hosts = fs::read_dir(Path::new(sysroot.trim()).join("lib/rustlib")).into_iter().flatten().flatten();
    let name = format!("wasm-component-ld{EXE_SUFFIX}");
    hosts.into_iter().any(|host| host.path().join("bin").join(&name).is_file())
}

/// The folder in `folder` that has, or will have, the linker.
pub(crate) fn bin(folder: &Path) -> PathBuf {
    folder.join("bin")
}

/// Builds the linker into [`bin`] of the toolchain's folder, unless that version is there.
pub(crate) fn install(folder: &Path, say: &dyn Fn(&str)) -> Result<(), Error> {
    let done = folder.join(format!("wasm-component-ld-{VERSION}"));
    let program_file = bin(folder).join(format!("wasm-component-ld{EXE_SUFFIX}"));
    if done.exists() && program_file.exists() {
        return Ok(());
    }
    say(&format!("building wasm-component-ld {VERSION}, the linker of guests (once, up to three minutes)"));
    let build = folder.join("build");
    let mut cargo = Command::new(program("CARGO", "cargo"));
    cargo
        .args(["install", "wasm-component-ld", "--version", VERSION, "--locked", "--force", "--root"])
        .arg(folder)
        .arg("--target-dir")
        .arg(&build)
        // Without it cargo advises to change PATH.
        .env("PATH", path_with(&bin(folder)));
    run_within(&mut cargo, LIMIT).map_err(|reason| Error::LinkerBuild { reason })?;
    fs::write(&done, "").map_err(Error::io("written", &done))?;
    // Only the program is wanted; what is left of its build is space.
    let _ = fs::remove_dir_all(&build);
    Ok(())
}

/// `PATH` with one folder before all others.
pub(crate) fn path_with(first: &Path) -> OsString {
    let old = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(first.to_path_buf()).chain(env::split_paths(&old));
    // Only a folder with the separator in its name cannot be joined, and no search path can hold that one.
    env::join_paths(folders).unwrap_or(old)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_toolchains_folder_comes_first_on_the_path() {
        let path = path_with(Path::new("/first"));
        assert_eq!(env::split_paths(&path).next(), Some(PathBuf::from("/first")));
    }

    #[test]
    fn a_linker_that_was_built_is_not_built_again() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(bin(folder.path())).unwrap();
        fs::write(bin(folder.path()).join(format!("wasm-component-ld{EXE_SUFFIX}")), "").unwrap();
        fs::write(folder.path().join(format!("wasm-component-ld-{VERSION}")), "").unwrap();
        install(folder.path(), &|line| panic!("{line}")).unwrap();
    }
}
