//! Doubt about a file: what is gone or half written may be so for a moment only.

use std::time::{Duration, Instant};

use super::stamp::Stamp;

/// How long a file must be gone, or half written, before that is believed: linkers and editors remove a file before they
/// write it anew, and write it in several steps.
pub(super) const DOUBT: Duration = Duration::from_secs(1);

/// How often a file in doubt is looked at.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// What one file was seen to be that is not believed yet, and since when.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Doubt(Option<(Option<Stamp>, Instant)>);

impl Doubt {
    /// Whether what `stamp` stands for has been so for long enough. If not, the doubt remains.
    pub(super) fn believes(&mut self, stamp: Option<Stamp>, now: Instant) -> bool {
        let since = match self.0 {
            Some((seen, since)) if seen == stamp => since,
            _ => now,
        };
        let believes = now.duration_since(since) >= DOUBT;
        self.0 = (!believes).then_some((stamp, since));
        believes
    }

    /// There is none any more.
    pub(super) fn clear(&mut self) {
        self.0 = None;
    }

    /// Whether there is any.
    pub(super) fn is_there(self) -> bool {
        self.0.is_some()
    }

    /// Whether it is about `stamp`, if there is any.
    pub(super) fn is_about(self, stamp: Option<Stamp>) -> bool {
        self.0.is_none_or(|(seen, _)| seen == stamp)
    }

    /// Whether a file that is gone has been gone for long enough.
    pub(super) fn is_gone_for_good(self, now: Instant) -> bool {
        matches!(self.0, Some((None, since)) if now.duration_since(since) >= DOUBT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_as_it_is_is_believed_and_what_changes_begins_anew() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let there = Stamp::of(file.path());
        let begin = Instant::now();
        let at = |ms: u64| begin + Duration::from_millis(ms);
        let mut doubt = Doubt::default();
        for (ms, stamp, believes) in
            [(0, None, false), (999, None, false), (1000, there, false), (1999, there, false), (2000, there, true)]
        {
            assert_eq!(doubt.believes(stamp, at(ms)), believes, "after {ms} ms");
            assert_eq!(doubt.is_there(), !believes);
        }
        assert!(
            !doubt.believes(None, at(3000)) && !doubt.is_gone_for_good(at(3999)) && doubt.is_gone_for_good(at(4000))
        );
        doubt.clear();
        assert!(!doubt.is_there() && !doubt.is_gone_for_good(at(9000)));
    }
}
