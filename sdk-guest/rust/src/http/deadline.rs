//! The time by which a request is done.

use std::time::Duration;

use wasip2::clocks::monotonic_clock::{self, Instant};
use wasip2::io::poll::{self, Pollable};

/// A time on the host's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    /// After this long from now.
    pub(super) fn after(timeout: Duration) -> Self {
        Self(monotonic_clock::now().saturating_add(nanoseconds(timeout)))
    }

    /// Waits until something is ready; tells whether it was before this time.
    pub(super) fn wait(self, for_this: &Pollable) -> bool {
        let timer = monotonic_clock::subscribe_instant(self.0);
        poll::poll(&[for_this, &timer]).contains(&0)
    }
}

/// As the host counts.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_that_no_clock_counts_to_is_the_longest() {
        assert_eq!(nanoseconds(Duration::from_secs(2)), 2_000_000_000);
        assert_eq!(nanoseconds(Duration::MAX), u64::MAX);
    }
}
