//! The real machine behind [`Machine`].

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    apt,
    process::{output, run_within},
    way::{self, DEBIAN_PACKAGES, Machine, NoWay, TARGET, Way},
};

/// Seconds without a byte after which rustup gives up. Its own default of 180 is long for a way that has a successor.
const RUSTUP_STALL: &str = "20";

/// The target is 20 MB: a network that needs longer is better served by Debian's mirrors.
const RUSTUP_LIMIT: Duration = Duration::from_mins(5);

/// The way to build guests that this machine has already; nothing is installed.
///
/// # Errors
///
/// When it has none; the error lists the commands of each way.
pub fn present() -> Result<Way, NoWay> {
    // Only what is found out by trying is kept in a folder.
    way::present(&ThisMachine::new(Path::new("")))
}

/// This machine, and the folder where what was found out about it is kept.
pub(crate) struct ThisMachine {
    settled: PathBuf,
}

impl ThisMachine {
    /// `folder` is the toolchain's own, `target/toolchain`.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { settled: folder.join("settled-on-debian") }
    }

    /// Remembers that rustup was tried in vain. Forgetting it costs time and nothing else, so an error is none.
    pub(crate) fn settle_on_debian(&self) {
        if !self.settled.exists() {
            let _ = fs::write(&self.settled, "rustup could not install wasm32-wasip2; delete this file to try again\n");
        }
    }
}

/// The program that the environment names, or the one of that name on `PATH`.
pub(crate) fn program(variable: &str, name: &str) -> PathBuf {
    env::var_os(variable).map_or_else(|| PathBuf::from(name), PathBuf::from)
}

impl Machine for ThisMachine {
    fn has_target(&self) -> bool {
        let rustc = program("RUSTC", "rustc");
        let found = output(Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]));
        found.is_some_and(|folder| Path::new(folder.trim()).is_dir())
    }

    fn settled_on_debian(&self) -> bool {
        self.settled.exists()
    }

    fn add_target(&self) -> Result<(), String> {
        let mut rustup = Command::new("rustup");
        rustup.args(["target", "add", TARGET]);
        rustup.env("RUSTUP_MAX_RETRIES", "1").env("RUSTUP_DOWNLOAD_TIMEOUT", RUSTUP_STALL);
        run_within(&mut rustup, RUSTUP_LIMIT)
    }

    fn missing_packages(&self) -> Option<Vec<&'static str>> {
        apt::missing(&DEBIAN_PACKAGES)
    }

    fn may_install(&self) -> bool {
        apt::may_install()
    }

    fn install(&self, packages: &[&'static str]) -> Result<(), String> {
        apt::install(packages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_settled_until_the_file_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let machine = ThisMachine::new(folder.path());
        assert!(!machine.settled_on_debian());
        machine.settle_on_debian();
        assert!(machine.settled_on_debian());
        fs::remove_file(folder.path().join("settled-on-debian")).unwrap();
        assert!(!machine.settled_on_debian());
    }
}
