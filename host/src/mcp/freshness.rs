//! How long a client may keep a list without asking again (MCP 2026-07-28, server/utilities/caching).

use std::time::{Duration, Instant};

/// The part of its age that a list is taken to last on: a tenth, as caches of the web guess (RFC 9111, 4.2.2). A plugin
/// that its author saves every minute is asked for again soon, one that nobody touches is not.
const SHARE: u32 = 10;

/// The longest that a client is told to keep a list. Those that listen hear of a change at once; who does not is behind by
/// no more than this.
const MOST: Duration = Duration::from_mins(5);

/// Milliseconds for which a list may be kept that is as it is `since` then.
pub(super) fn ttl_ms(since: Instant) -> u64 {
    let share = (since.elapsed() / SHARE).min(MOST);
    u64::try_from(share.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_not_kept_and_what_is_old_not_for_ever() {
        let ago = |time: Duration| ttl_ms(Instant::now().checked_sub(time).expect("there was such a time"));
        assert!(ago(Duration::ZERO) < 100);
        assert!((1000..1100).contains(&ago(Duration::from_secs(10))));
        assert_eq!(ago(Duration::from_hours(2)), 300_000);
    }
}
