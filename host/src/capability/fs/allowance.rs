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

    /// Bytes that a call may write.
    fn most(&self) -> u64 {
        self.folder.grant.max_bytes().bytes()
    }

    /// Another call begins.
    pub(super) fn refill(&self) {
        self.left.store(self.most(), Ordering::Relaxed);
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
            let written = self.most().saturating_sub(left).saturating_add(bytes);
            self.refuse(Refusal::TooMuch { written }, verb, path)
        })
    }

    /// Gives back what was taken and not written: to the call that runs now, which may be another than took it, and has then
    /// all of its own.
    pub(super) fn give_back(&self, bytes: u64) {
        let more = |left: u64| left.saturating_add(bytes).min(self.most());
        self.left.update(Ordering::Relaxed, Ordering::Relaxed, more);
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
    use std::sync::Mutex;

    use super::*;

    /// In an instance that is kept, what one call began to write may fail when the next one runs already.
    #[test]
    fn what_is_given_back_late_makes_no_call_write_more_than_it_may() {
        let grant = "host = \"/x\"\nguest = \"/x\"\nmode = \"read-write\"\nmax_bytes = \"1KiB\"";
        let grant: Grant = toml::from_str(grant).expect("it is a grant");
        let folder = Folder { grant, mode: Mode::ReadWrite, appending: Mutex::new(()) };
        let uses = Uses::default();
        let allowance = Allowance::new("p".into(), Arc::new(folder), uses.clone());
        allowance.take(1000, "write", "/x/a").expect("there is room");
        allowance.refill();
        allowance.give_back(1000);
        assert!(allowance.take(1025, "write", "/x/a").is_err());
        let told = uses.take_denials().pop().expect("it is refused").sentence;
        assert!(told.contains("1KiB"), "{told}");
        allowance.take(1000, "write", "/x/a").expect("it has all of its own");
        allowance.give_back(10);
        allowance.take(34, "write", "/x/a").expect("what was given back in time is there again");
        assert!(allowance.take(1, "write", "/x/a").is_err());
    }

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
