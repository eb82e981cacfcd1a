//! How often a plugin is called.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Calls are counted by the minute.
const MINUTE: Duration = Duration::from_mins(1);

/// So many calls a minute: all at once, or one after the other as time goes by (the generic cell rate algorithm, ITU-T I.371).
pub(super) struct Rate {
    /// The time that each call takes up.
    interval: Duration,
    /// Until when the time is taken up by the calls so far.
    taken: Mutex<Instant>,
}

impl Rate {
    pub(super) fn a_minute(calls: NonZeroU32, now: Instant) -> Self {
        Self { interval: MINUTE / calls.get(), taken: Mutex::new(now) }
    }

    /// Takes in one call at `now`.
    ///
    /// # Errors
    ///
    /// When there were too many: how long it takes until there is room for the next.
    pub(super) fn take(&self, now: Instant) -> Result<(), Duration> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let with_it = (*taken).max(now) + self.interval;
        let over = with_it.saturating_duration_since(now + MINUTE);
        if !over.is_zero() {
            return Err(over);
        }
        *taken = with_it;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_calls_may_come_at_once_and_then_one_after_the_other() {
        let mut now = Instant::now();
        for calls in [1, 3, 6000, u32::MAX] {
            let rate = Rate::a_minute(NonZeroU32::new(calls).expect("not none"), now);
            let interval = MINUTE / calls;
            if calls < u32::MAX {
                assert_eq!((0..2 * calls).filter(|_| rate.take(now).is_ok()).count(), calls as usize);
                assert_eq!(rate.take(now), Err(interval));
                assert!(rate.take(now + interval / 2).is_err());
            }
            assert_eq!(rate.take(now + interval), Ok(()));
            now += 10 * MINUTE;
            assert_eq!(rate.take(now), Ok(()), "it waited, and has no more than a minute's");
        }
    }
}
