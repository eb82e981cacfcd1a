//! Notices that files change: events of the operating system for speed, a sweep for what they miss.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use notify_debouncer_full::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use tokio::sync::Notify;

/// How long a file must be left alone before it is read: editors and compilers write in several steps.
const SETTLE: Duration = Duration::from_millis(50);

/// How often files are looked at without an event: network drives and some containers send none, and a folder that is
/// not there yet cannot be watched. Looking costs one system call a file.
pub(super) const SWEEP: Duration = Duration::from_secs(2);

/// Watches folders.
pub(super) struct Watch {
    debouncer: Option<Debouncer<RecommendedWatcher, RecommendedCache>>,
    folders: HashSet<PathBuf>,
    changed: Arc<Notify>,
}

impl Watch {
    /// Begins to watch nothing.
    pub(super) fn new() -> Self {
        let changed = Arc::new(Notify::new());
        let notify = Arc::clone(&changed);
        let debouncer = new_debouncer(SETTLE, None, move |result: DebounceEventResult| match result {
            // Reading a file is an event too, and the answer to events is to read files.
            Ok(events) if events.iter().all(|event| event.kind.is_access() && !closed_after_writing(event.kind)) => {}
            Ok(_) => notify.notify_one(),
            Err(errors) => {
                tracing::debug!(?errors, "watching files");
                notify.notify_one();
            }
        });
        let debouncer = debouncer.inspect_err(
            |error| tracing::warn!(%error, "no events for changed files on this machine; looking every 2 s"),
        );
        Self { debouncer: debouncer.ok(), folders: HashSet::new(), changed }
    }

    /// Watches `wanted`, and no other folders.
    pub(super) fn set(&mut self, wanted: &HashSet<PathBuf>) {
        let Some(debouncer) = &mut self.debouncer else { return };
        for gone in self.folders.difference(wanted) {
            // A folder that was removed takes its watch with it.
            let _ = debouncer.unwatch(gone);
        }
        let mut watched: HashSet<PathBuf> = self.folders.intersection(wanted).cloned().collect();
        for folder in wanted.difference(&self.folders) {
            match debouncer.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    watched.insert(folder.clone());
                }
                // The sweep sees it when it is there.
                Err(error) => tracing::debug!(%error, "a folder cannot be watched yet"),
            }
        }
        self.folders = watched;
    }

    /// Waits until something may have changed, `most` at the longest.
    pub(super) async fn changed(&self, most: Duration) {
        // Time is up: that is the sweep.
        let _ = tokio::time::timeout(most, self.changed.notified()).await;
    }
}

fn closed_after_writing(kind: notify_debouncer_full::notify::EventKind) -> bool {
    use notify_debouncer_full::notify::EventKind;
    use notify_debouncer_full::notify::event::{AccessKind, AccessMode};
    kind == EventKind::Access(AccessKind::Close(AccessMode::Write))
}
