//! What one subscriber has yet to hear. Of each resource there is one notice at the most, however often it changed: the
//! client reads it anew, and knows all of it then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Between two notices of one resource: twenty a second. More would make a client read without end, and change nothing of
/// what it knows in the end.
const PAUSE: Duration = Duration::from_millis(50);

/// The resources that one subscriber watches, each with whether it has to hear of it.
#[derive(Default)]
pub(super) struct Notices {
    notices: Mutex<HashMap<Arc<str>, Notice>>,
    added: Notify,
}

struct Notice {
    pending: bool,
    not_before: Instant,
}

impl Notices {
    fn notices(&self) -> MutexGuard<'_, HashMap<Arc<str>, Notice>> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many resources it watches.
    pub(super) fn count(&self) -> usize {
        self.notices().len()
    }

    /// Whether it watches `uri`.
    pub(super) fn holds(&self, uri: &str) -> bool {
        self.notices().contains_key(uri)
    }

    /// Watches `uri`.
    pub(super) fn begin(&self, uri: Arc<str>) {
        self.notices().insert(uri, Notice { pending: false, not_before: Instant::now() });
    }

    /// Watches `uri` no longer. Tells whether it did.
    pub(super) fn end(&self, uri: &str) -> bool {
        self.notices().remove(uri).is_some()
    }

    /// Watches nothing any more. Gives what it did.
    pub(super) fn end_all(&self) -> Vec<Arc<str>> {
        self.notices().drain().map(|(uri, _)| uri).collect()
    }

    /// Takes in that `uri` changed.
    pub(super) fn add(&self, uri: &str) {
        if let Some(notice) = self.notices().get_mut(uri)
            && !notice.pending
        {
            notice.pending = true;
            self.added.notify_one();
        }
    }

    /// The next resource that changed, once it is time to say so. Only one task may wait for it.
    pub(super) async fn next(&self) -> Arc<str> {
        loop {
            match self.take() {
                Ok(uri) => return uri,
                Err(Some(due)) => tokio::select! {
                    () = sleep_until(due) => {}
                    () = self.added.notified() => {}
                },
                Err(None) => self.added.notified().await,
            }
        }
    }

    /// The notice that waits for longest, or when there will be one to give.
    fn take(&self) -> Result<Arc<str>, Option<Instant>> {
        let mut notices = self.notices();
        let pending = notices.iter_mut().filter(|(_, notice)| notice.pending);
        let (uri, notice) = pending.min_by_key(|(_, notice)| notice.not_before).ok_or(None)?;
        let now = Instant::now();
        if notice.not_before > now {
            return Err(Some(notice.not_before));
        }
        *notice = Notice { pending: false, not_before: now + PAUSE };
        Ok(Arc::clone(uri))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_changes_are_one_notice_and_notices_come_no_faster_than_they_may() {
        let notices = Notices::default();
        notices.begin("a".into());
        let begun = Instant::now();
        for round in 0..5 {
            for _ in 0..1000 {
                notices.add("a");
            }
            assert_eq!(&*notices.next().await, "a");
            assert_eq!(begun.elapsed().as_millis(), (PAUSE * round).as_millis().max(u128::from(round > 0)));
        }
        assert!(tokio::time::timeout(PAUSE * 2, notices.next()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_is_heard_of_by_who_waits_for_it_even_while_another_is_held_back() {
        let notices = Notices::default();
        notices.begin("a".into());
        notices.begin("b".into());
        notices.add("a");
        assert_eq!(&*notices.next().await, "a");
        notices.add("a");
        let begun = Instant::now();
        let (heard, ()) = tokio::join!(notices.next(), async { notices.add("b") });
        assert_eq!((&*heard, begun.elapsed()), ("b", Duration::ZERO));
        assert_eq!(&*notices.next().await, "a");
    }

    #[tokio::test]
    async fn nothing_is_heard_of_what_is_not_watched_any_more() {
        let notices = Notices::default();
        notices.begin("a".into());
        notices.add("a");
        notices.add("b");
        assert!(notices.end("a"));
        assert!(!notices.end("b"));
        assert!(futures::FutureExt::now_or_never(notices.next()).is_none());
    }
}
