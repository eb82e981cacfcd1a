//! Whose turn it is to run: so many calls at once in the process, so many of them of one plugin, and so many that wait.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Watchers of one plugin that run at once: a quarter of all that run.
pub(super) const WATCHERS: u32 = 128;

/// Calls that wait for a turn in the whole process. Each keeps its arguments meanwhile.
const MAX_WAITING: usize = 1024;

/// How long a call waits for its turn. A client that is told that the host is busy can do better than wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// The turns of the process.
pub(super) struct Turns {
    all: Semaphore,
    waiting: Semaphore,
}

/// The turns of one plugin.
pub(super) struct Share(Semaphore);

/// One call's turn, while it lives.
pub(super) struct Turn<'a> {
    _of_plugin: SemaphorePermit<'a>,
    _of_all: SemaphorePermit<'a>,
}

/// Why there was no turn in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// The plugin runs as many calls as it may.
    Plugin,
    /// The process does.
    Process,
}

impl Share {
    /// Turns for `calls` calls of one plugin at once.
    pub(super) fn new(calls: u32) -> Self {
        Self(Semaphore::new(calls as usize))
    }
}

impl Turns {
    /// Turns for `calls` calls at once.
    pub(super) fn new(calls: u32) -> Self {
        Self { all: Semaphore::new(calls as usize), waiting: Semaphore::new(MAX_WAITING) }
    }

    /// A turn, once the plugin of `share` and the process have one.
    ///
    /// # Errors
    ///
    /// When too many wait, or it takes too long.
    pub(super) async fn take<'a>(&'a self, share: &'a Share) -> Result<Turn<'a>, Full> {
        if let Ok(of_plugin) = share.0.try_acquire()
            && let Ok(of_all) = self.all.try_acquire()
        {
            return Ok(Turn { _of_plugin: of_plugin, _of_all: of_all });
        }
        let full = || if share.0.available_permits() == 0 { Full::Plugin } else { Full::Process };
        let _place = self.waiting.try_acquire().map_err(|_| full())?;
        let both = async {
            let of_plugin = share.0.acquire().await.ok()?;
            let of_all = self.all.acquire().await.ok()?;
            Some(Turn { _of_plugin: of_plugin, _of_all: of_all })
        };
        tokio::time::timeout(PATIENCE, both).await.ok().flatten().ok_or_else(full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_plugin_takes_no_more_than_its_share_and_is_told_so_in_time() {
        let turns = Turns::new(512);
        let (greedy, modest) = (Share::new(3), Share::new(3));
        let mut taken = Vec::new();
        for _ in 0..3 {
            taken.push(turns.take(&greedy).await.expect("there is one"));
        }
        assert_eq!(turns.take(&greedy).await.err(), Some(Full::Plugin));
        assert!(turns.take(&modest).await.is_ok());
        taken.pop();
        assert!(turns.take(&greedy).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_wait_than_there_is_room_for() {
        let turns = Turns::new(0);
        let share = Share::new(2000);
        let begun = tokio::time::Instant::now();
        let waiting = futures::future::join_all((0..MAX_WAITING).map(|_| turns.take(&share)));
        let late = async {
            tokio::task::yield_now().await;
            assert!(turns.take(&share).await.is_err());
            assert!(begun.elapsed() < PATIENCE);
        };
        tokio::join!(waiting, late);
    }
}
