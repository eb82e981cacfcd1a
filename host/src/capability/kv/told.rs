//! What the log is told of what keeps values: who asks in a loop would fill it with the same.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the log is told of one reason.
const AGAIN: Duration = Duration::from_mins(1);

/// Reasons that it is told in that time. What keeps values fails in few ways; a reason may have in it what differs each time.
const MOST: usize = 8;

/// Reasons that the log knows.
#[derive(Debug)]
pub(super) struct Told<R>(Mutex<Vec<(R, Instant)>>);

impl<R: PartialEq> Told<R> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Whether the log is to be told of `reason` at the time `now`; if so, it knows from then on.
    pub(super) fn is_news(&self, reason: R, now: Instant) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(_, when)| now.duration_since(*when) < AGAIN);
        let is_news = known.len() < MOST && known.iter().all(|(known, _)| *known != reason);
        if is_news {
            known.push((reason, now));
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_news_once_in_a_while_also_among_others() {
        let (told, now) = (Told::new(), Instant::now());
        for (reason, seconds, is_news) in [
            ("a", 0, true),
            ("a", 1, false),
            ("b", 2, true),
            ("a", 3, false),
            ("b", 59, false),
            ("a", 60, true),
            ("b", 61, false),
        ] {
            assert_eq!(told.is_news(reason, now + Duration::from_secs(seconds)), is_news, "{reason} after {seconds} s");
        }
    }

    #[test]
    fn reasons_without_end_are_told_as_far_as_they_may_be() {
        let (told, now) = (Told::new(), Instant::now());
        assert_eq!((0..1000).filter(|number| told.is_news(*number, now)).count(), MOST);
        assert!(told.is_news(1000, now + AGAIN));
    }
}
