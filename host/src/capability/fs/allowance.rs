//! What one call may do in one folder, and what it has written there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::fault::Fault;
use super::refusal::{Refusal, granting};
use super::{Folder, Grant, Mode};
use crate::capability::{Kind, Uses, shown};

/// Bytes that a new file, folder or link counts beside what is written to it: a block of most disks. Else a call could fill
/// a disk with names.
pub(super) const NAME: u64 = 4096;

/// Bytes of a path that are told.
const MAX_PATH: usize = 512;

/// Refusals in one folder that are logged for each call. A guest that tries on would fill the log with the same.
const MAX_LOGGED: usize = 20;

/// What one call may do in one folder.
pub(super) struct Allowance {
    plugin: Arc<str>,
    uses: Uses,
    pub(super) folder: Arc<Folder>,
    left: AtomicU64,
    logged: AtomicUsize,
}

impl Allowance {
    pub(super) fn new(plugin: Arc<str>, folder: Arc<Folder>, uses: Uses) -> Self {
        let left = AtomicU64::new(folder.grant.max_bytes().bytes());
        Self { plugin, uses, folder, left, logged: AtomicUsize::new(0) }
    }

    /// Another call begins.
    pub(super) fn refill(&self) {
        self.left.store(self.folder.grant.max_bytes().bytes(), Ordering::Relaxed);
        self.logged.store(0, Ordering::Relaxed);
    }

    /// That the guest does `verb` to `path`, for which it needs `mode`.
    pub(super) fn allowed(&self, verb: &str, path: &str, mode: Mode) {
        self.uses.allowed(Kind::Fs, || (what(verb, path), Some(granting(Grant { mode, ..self.folder.grant.clone() }))));
    }

    /// That it does not.
    pub(super) fn refuse(&self, refusal: Refusal, verb: &str, path: &str) -> Fault {
        let what = what(verb, path);
        let denial = refusal.deny(&self.plugin, &self.folder, &what);
        if self.logged.fetch_add(1, Ordering::Relaxed) < MAX_LOGGED {
            tracing::warn!(plugin = &*self.plugin, "{}", denial.sentence);
        }
        self.uses.refused(Kind::Fs, &what, denial);
        refusal.code().into()
    }

    /// Whether anything may be changed in the folder.
    pub(super) fn may_change(&self, verb: &str, path: &str) -> Result<(), Fault> {
        match self.folder.mode {
            Mode::ReadWrite => Ok(()),
            Mode::Read => Err(self.refuse(Refusal::ReadOnly, verb, path)),
        }
    }

    /// Takes `bytes` of what the call may write, before they are written.
    pub(super) fn take(&self, bytes: u64, verb: &str, path: &str) -> Result<(), Fault> {
        let taken = self.left.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        taken.map(|_| ()).map_err(|left| {
            let written = (self.folder.grant.max_bytes().bytes() - left).saturating_add(bytes);
            self.refuse(Refusal::TooMuch { written }, verb, path)
        })
    }

    /// Gives back what was taken and not written.
    pub(super) fn give_back(&self, bytes: u64) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether a file of `now` bytes may become `length` bytes long.
    pub(super) fn may_grow(&self, now: u64, length: u64, path: &str) -> Result<(), Fault> {
        match self.folder.grant.max_file {
            Some(most) if length > most.bytes() && length > now => {
                Err(self.refuse(Refusal::TooLong { length }, "write", path))
            }
            _ => Ok(()),
        }
    }
}

/// A use, for people. Paths are the guest's own.
fn what(verb: &str, path: &str) -> String {
    let end = path.char_indices().map(|(at, _)| at).find(|at| *at > MAX_PATH);
    match end.and_then(|end| path.get(..end)) {
        Some(start) => format!("{verb} {}...", shown(start)),
        None => format!("{verb} {}", shown(path)),
    }
}

/// `path` as seen from the folder or file that the guest knows as `base`.
pub(super) fn joined(base: &str, path: &str) -> String {
    match path {
        "" | "." => base.to_owned(),
        path if path.starts_with('/') => path.to_owned(),
        path => format!("{}/{path}", base.trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_as_the_guest_has_them_and_in_one_line() {
        for (base, path, whole) in [
            ("/code", "a.txt", "/code/a.txt"),
            ("/code", ".", "/code"),
            ("/code", "../x", "/code/../x"),
            ("/", "a", "/a"),
            ("/code", "/etc/passwd", "/etc/passwd"),
        ] {
            assert_eq!(joined(base, path), whole);
        }
        assert_eq!(what("read", "/a\nb"), "read /a b");
        let long = what("read", &"ä".repeat(600));
        assert!(long.len() < 600 && long.ends_with("ä..."), "{long}");
    }
}
