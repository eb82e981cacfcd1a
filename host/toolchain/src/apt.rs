//! Debian's packages: which are missing, and installing them where that is allowed.

use std::{fs, process::Command, time::Duration};

use crate::process::run_within;

/// The guests' packages are 300 MB with what they need.
const LIMIT: Duration = Duration::from_mins(20);

/// Those of the packages that are not installed, or nothing where there is no `dpkg`.
pub fn missing<'a>(packages: &[&'a str]) -> Option<Vec<&'a str>> {
    // An unknown package makes dpkg-query fail, yet the known ones are listed.
    let listed = Command::new("dpkg-query")
        .args(["--show", "--showformat=${Package} ${db:Status-Status}\n"])
        .args(packages)
        .output()
        .ok()?;
    Some(not_installed(packages, &String::from_utf8_lossy(&listed.stdout)))
}

/// Whether this process may install packages: root, on Debian or a system made from it.
pub fn may_install() -> bool {
    is_root() && fs::read_to_string("/etc/os-release").is_ok_and(|text| is_debian(&text))
}

/// Installs packages, with the mirrors' lists brought up to date first. An error says why in one line.
pub fn install(packages: &[&str]) -> Result<(), String> {
    let apt = || {
        let mut command = Command::new("apt-get");
        // Another apt may be at work, as on a machine that has just started.
        command.env("DEBIAN_FRONTEND", "noninteractive").args(["-q", "-o", "DPkg::Lock::Timeout=300"]);
        command
    };
    // Old lists name files that the mirrors no longer have.
    run_within(apt().arg("update"), LIMIT)?;
    run_within(apt().args(["install", "-y", "--no-install-recommends"]).args(packages), LIMIT)
}

fn not_installed<'a>(packages: &[&'a str], listed: &str) -> Vec<&'a str> {
    let installed =
        |package: &str| listed.lines().any(|line| line.strip_prefix(package).is_some_and(|end| end == " installed"));
    packages.iter().copied().filter(|package| !installed(package)).collect()
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
    fn a_package_counts_as_installed_only_by_its_whole_name_and_state() {
        let listed = "lld-22 installed\nrustc-web config-files\nwasi-libc-dev installed\n";
        assert_eq!(not_installed(&["lld-22", "rustc-web", "wasi-libc"], listed), ["rustc-web", "wasi-libc"]);
        assert!(not_installed(&["lld-22"], listed).is_empty());
    }
}
