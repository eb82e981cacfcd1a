//! Plugins that say that their lists changed: each is asked again, not too often.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Between two times that one plugin is asked: it may say it in a loop, and clients need not hear of it more often.
const PAUSE: Duration = Duration::from_secs(1);

/// Who said it and was not heard yet. Each plugin has one place, however often it says it, so plugins bound it.
#[derive(Default)]
pub(super) struct Said {
    ids: Mutex<BTreeSet<String>>,
    news: Notify,
}

impl Said {
    /// The plugin `id` says that its lists changed.
    pub(super) fn by(&self, id: &str) {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
        self.news.notify_one();
    }

    /// Waits until somebody says it.
    pub(super) async fn anything(&self) {
        self.news.notified().await;
    }

    fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.ids.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Who is to be asked, and when.
#[derive(Default)]
pub(super) struct Relists {
    waiting: BTreeSet<String>,
    /// When each may be asked again.
    next: BTreeMap<String, Instant>,
}

impl Relists {
    /// Who is to be asked now.
    pub(super) fn due(&mut self, said: &Said, now: Instant) -> Vec<String> {
        self.waiting.append(&mut said.take());
        self.next.retain(|_, at| *at > now);
        let due: Vec<String> = self.waiting.iter().filter(|id| !self.next.contains_key(*id)).cloned().collect();
        for id in &due {
            self.waiting.remove(id);
            self.next.insert(id.clone(), now + PAUSE);
        }
        due
    }

    /// To be asked once more: it could not answer.
    pub(super) fn again(&mut self, id: &str, at: Instant) {
        self.waiting.insert(id.to_owned());
        self.next.insert(id.to_owned(), at);
    }

    /// When somebody is to be asked.
    pub(super) fn next(&self) -> Option<Instant> {
        self.waiting.iter().filter_map(|id| self.next.get(id).copied()).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_that_says_it_in_a_loop_is_asked_at_once_and_then_once_a_second() {
        let (said, mut relists, begin) = (Said::default(), Relists::default(), Instant::now());
        let mut asked = Vec::new();
        for ms in (0..2500).step_by(10) {
            said.by("loud");
            if ms == 1500 {
                said.by("other");
            }
            asked.extend(relists.due(&said, begin + Duration::from_millis(ms)).into_iter().map(|id| (ms, id)));
        }
        let loud = |ms| (ms, "loud".to_owned());
        assert_eq!(asked, [loud(0), loud(1000), (1500, "other".to_owned()), loud(2000)]);
        assert_eq!(relists.next(), Some(begin + Duration::from_secs(3)));
    }
}
