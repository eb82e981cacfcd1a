//! The real machine behind [`Machine`].

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    process::{output, run_within},
    way::{DEBIAN_PACKAGES, Machine, TARGET},
};

/// Seconds without a byte after which rustup gives up. Its own default of 180 is long for a way that has a successor.
const RUSTUP_STALL: &str = "20";

/// The target is 20 MB: a network that needs longer is better served by Debian's mirrors.
const RUSTUP_LIMIT: Duration = Duration::from_mins(5);

/// Debian's packages are 300 MB with what they need.
const APT_LIMIT: Duration = Duration::from_mins(20);

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
        // An unknown package makes dpkg-query fail, yet the known ones are listed.
        let listed = Command::new("dpkg-query")
            .args(["--show", "--showformat=${Package} ${db:Status-Status}\n"])
            .args(DEBIAN_PACKAGES)
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&listed.stdout);
        let installed =
            |package: &&str| text.lines().any(|line| line.strip_prefix(*package).is_some_and(|end| end == " installed"));
        Some(DEBIAN_PACKAGES.into_iter().filter(|package| !installed(package)).collect())
    }

    fn may_install(&self) -> bool {
        is_root() && fs::read_to_string("/etc/os-release").is_ok_and(|text| is_debian(&text))
    }

    fn install(&self, packages: &[&'static str]) -> Result<(), String> {
        let apt = || {
            let mut command = Command::new("apt-get");
            command.env("DEBIAN_FRONTEND", "noninteractive").arg("-q");
            command
        };
        // Old lists name files that the mirrors no longer have.
        run_within(apt().arg("update"), APT_LIMIT)?;
        run_within(apt().args(["install", "-y", "--no-install-recommends"]).args(packages), APT_LIMIT)
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // The owner of one's own entry is the effective user, told without a call that needs `unsafe`.
    fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// Whether an `os-release` file is that of Debian or of a system made from it.
fn is_debian(os_release: &str) -> bool {
    os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split_whitespace())
        .any(|id| id == "debian")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_and_what_is_made_from_it_are_known() {
        assert!(is_debian("PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n"));
        assert!(is_debian("ID=ubuntu\nID_LIKE=debian\n"));
        assert!(is_debian("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(!is_debian("ID=fedora\nHOME_URL=\"https://debian.example\"\n"));
    }

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
