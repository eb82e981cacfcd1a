//! Turns at something that all plugins use, so many for each of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So many turns for each who asks, by name. They are the same for all calls of a plugin, and after it was loaded anew.
#[derive(Debug)]
pub(super) struct Shares {
    each: usize,
    /// Those that somebody has a turn of, or waits for.
    taken: Mutex<HashMap<Box<str>, Weak<Semaphore>>>,
}

impl Shares {
    /// With `each` turns for each.
    pub(super) fn new(each: usize) -> Self {
        Self { each, taken: Mutex::default() }
    }

    /// A turn of `who`, once there is one. It is given back when it is dropped, wherever it is then.
    pub(super) async fn turn(&self, who: &str) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        self.of(who).acquire_owned().await.ok()
    }

    fn of(&self, who: &str) -> Arc<Semaphore> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turns) = taken.get(who).and_then(Weak::upgrade) {
            return turns;
        }
        taken.retain(|_, turns| turns.strong_count() > 0);
        let turns = Arc::new(Semaphore::new(self.each));
        taken.insert(who.into(), Arc::downgrade(&turns));
        turns
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn each_has_so_many_turns_and_who_has_none_is_forgotten() {
        let shares = Shares::new(2);
        let turn = |who| shares.turn(who).now_or_never().flatten();
        let taken = [turn("a"), turn("a"), turn("b")];
        assert!(taken.iter().all(Option::is_some) && turn("a").is_none());
        drop(taken);
        assert!(turn("a").is_some());
        assert_eq!(shares.taken.lock().expect("whole").len(), 1, "`b` has none any more");
    }
}
