//! The memory of all guests together, and how much of it each plugin has.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sysinfo::System;
use tokio::sync::Notify;

/// One plugin has no more than this part of what all have: many calls of one must leave the others theirs.
const PART: u64 = 2;

/// How long an instance waits for the memory that it begins with. As long as a call waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where it cannot be told how much this machine has. Most have more.
const UNTOLD: u64 = 4 << 30;

/// With less than this nothing runs at ease: it is twice what two instances have at the most, unless something is said.
const LEAST: u64 = 512 << 20;

/// What all guests have where nothing is said: half of what this machine has, or of what its container may have, so that the
/// other half is the person's own.
pub(super) fn of_machine() -> u64 {
    let Ok(mut system) = System::new() else { return UNTOLD };
    system.refresh_memory();
    let all = system.total_memory();
    let most = system.cgroup_limits().map_or(all, |limits| limits.total_memory.min(all));
    if most == 0 { UNTOLD } else { (most / 2).max(LEAST) }
}

/// Bytes of all guests.
pub(super) struct Memory {
    most: AtomicU64,
    used: AtomicU64,
    freed: Notify,
}

/// Bytes of one plugin's guests.
pub(super) struct Account {
    of_all: Arc<Memory>,
    used: AtomicU64,
}

/// Bytes of one guest, until it is dropped.
pub(super) struct Held {
    account: Arc<Account>,
    bytes: u64,
}

/// Why there is no more memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crowd {
    /// All guests have as much as they may.
    All,
    /// Those of this plugin have.
    Plugin,
}

impl fmt::Display for Crowd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all plugins together have as much as they may",
            Self::Plugin => "no plugin may have more than half of what all may have together",
        })
    }
}

impl Memory {
    /// So many bytes for all.
    pub(super) fn new(most: u64) -> Arc<Self> {
        Arc::new(Self { most: AtomicU64::new(most), used: AtomicU64::new(0), freed: Notify::new() })
    }

    /// So many from now on. What guests have already they keep.
    pub(super) fn set_most(&self, most: u64) {
        self.most.store(most, Ordering::Relaxed);
        self.freed.notify_waiters();
    }

    /// How many it is.
    pub(super) fn most(&self) -> u64 {
        self.most.load(Ordering::Relaxed)
    }

    /// For one more plugin.
    pub(super) fn account(self: &Arc<Self>) -> Arc<Account> {
        Arc::new(Account { of_all: Arc::clone(self), used: AtomicU64::new(0) })
    }
}

/// Adds `bytes`, unless it comes to more than `most`.
fn take(used: &AtomicU64, bytes: u64, most: u64) -> bool {
    let more = |used: u64| used.checked_add(bytes).filter(|used| *used <= most);
    used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
}

impl Account {
    /// The bytes that a guest begins with, when there is room for them.
    ///
    /// # Errors
    ///
    /// When there is none for too long, or never can be.
    pub(super) async fn hold(self: &Arc<Self>, bytes: u64) -> Result<Held, Crowd> {
        let mut held = self.nothing();
        let waiting = async {
            loop {
                let mut freed = std::pin::pin!(self.of_all.freed.notified());
                // From before the look on, so that nothing is missed.
                freed.as_mut().enable();
                match held.grow(bytes) {
                    Err(_) if bytes <= self.of_all.most() / PART => freed.await,
                    taken => return taken,
                }
            }
        };
        let Ok(taken) = tokio::time::timeout(PATIENCE, waiting).await else { return held.grow(bytes).map(|()| held) };
        taken.map(|()| held)
    }

    /// For a guest that has nothing yet.
    pub(super) fn nothing(self: &Arc<Self>) -> Held {
        Held { account: Arc::clone(self), bytes: 0 }
    }

    fn take(&self, bytes: u64) -> Result<(), Crowd> {
        let most = self.of_all.most();
        if !take(&self.used, bytes, most / PART) {
            return Err(Crowd::Plugin);
        }
        if !take(&self.of_all.used, bytes, most) {
            self.used.fetch_sub(bytes, Ordering::Relaxed);
            return Err(Crowd::All);
        }
        Ok(())
    }
}

impl Held {
    /// Holds so many bytes in all from now on, if they are more.
    ///
    /// # Errors
    ///
    /// When there are no more: it holds what it held.
    pub(super) fn grow(&mut self, bytes: u64) -> Result<(), Crowd> {
        let more = bytes.saturating_sub(self.bytes);
        self.account.take(more)?;
        self.bytes += more;
        Ok(())
    }

    /// Gives back what is over so many bytes.
    pub(super) fn keep(&mut self, bytes: u64) {
        let less = self.bytes.saturating_sub(bytes);
        if less == 0 {
            return;
        }
        self.bytes -= less;
        self.account.used.fetch_sub(less, Ordering::Relaxed);
        self.account.of_all.used.fetch_sub(less, Ordering::Relaxed);
        self.account.of_all.freed.notify_waiters();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.keep(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_plugin_has_half_and_all_have_all() {
        let memory = Memory::new(100);
        let (one, two, three) = (memory.account(), memory.account(), memory.account());
        let mut first = one.hold(30).await.expect("there is room");
        assert_eq!(first.grow(51), Err(Crowd::Plugin));
        assert_eq!(first.grow(50), Ok(()));
        assert_eq!(one.hold(1).await.err(), Some(Crowd::Plugin));
        let second = two.hold(40).await.expect("there is room");
        let mut third = three.hold(10).await.expect("there is room");
        assert_eq!(third.grow(11), Err(Crowd::All));
        assert_eq!(three.hold(51).await.err(), Some(Crowd::Plugin), "it never could");
        first.keep(45);
        assert_eq!(third.grow(15), Ok(()));
        drop((first, second, third));
        assert_eq!(memory.used.load(Ordering::Relaxed), 0);
        assert_eq!(one.used.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_begins_waits_for_room() {
        let memory = Memory::new(100);
        let (one, two, three) = (memory.account(), memory.account(), memory.account());
        let (held, _other) = (one.hold(50).await.expect("room"), two.hold(50).await.expect("room"));
        let waiting = tokio::spawn(async move { three.hold(50).await.map(|held| held.bytes) });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(held);
        assert_eq!(waiting.await.expect("it ends"), Ok(50));
        memory.set_most(60);
        assert_eq!(one.hold(30).await.err(), Some(Crowd::All), "what is there is kept, and nothing is added");
        memory.set_most(200);
        assert!(one.hold(30).await.is_ok());
    }

    #[test]
    fn a_size_that_overflows_is_refused() {
        let memory = Memory::new(u64::MAX);
        let mut held = memory.account().nothing();
        assert_eq!(held.grow(1), Ok(()));
        assert_eq!(held.grow(u64::MAX), Err(Crowd::Plugin));
    }
}
