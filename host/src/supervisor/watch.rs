//! Notices that files change: events of the operating system for speed, a sweep for what they miss.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use notify_debouncer_full::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use tokio::sync::Notify;

use super::stamp;

/// How long a file must be left alone before it is read: editors and compilers write in several steps.
const SETTLE: Duration = Duration::from_millis(50);

/// How often files are looked at without an event: network drives and some containers send none, and a folder that is
/// not there yet cannot be watched. Looking costs one system call a file.
pub(super) const SWEEP: Duration = Duration::from_secs(2);

/// Watches folders.
pub(super) struct Watch {
    debouncer: Option<Debouncer<RecommendedWatcher, RecommendedCache>>,
    /// What is watched, and which folder that was: a watch stays with a folder that is moved away.
    folders: HashMap<PathBuf, u64>,
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
        Self { debouncer: debouncer.ok(), folders: HashMap::new(), changed }
    }

    /// Watches `wanted`, and no other folders.
    pub(super) fn set(&mut self, wanted: &HashSet<PathBuf>) {
        let Some(debouncer) = &mut self.debouncer else { return };
        self.folders.retain(|folder, which| {
            let stays = wanted.contains(folder) && stamp::folder(folder) == Some(*which);
            if !stays {
                // A folder that was removed takes its watch with it.
                let _ = debouncer.unwatch(folder);
            }
            stays
        });
        for folder in wanted {
            if self.folders.contains_key(folder) {
                continue;
            }
            // The sweep sees it when it is there.
            let Some(which) = stamp::folder(folder) else { continue };
            match debouncer.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.folders.insert(folder.clone(), which);
                    // What happened in it before is not told.
                    self.changed.notify_one();
                }
                Err(error) => tracing::debug!(%error, "a folder cannot be watched"),
            }
        }
    }

    /// Waits until something may have changed.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}

fn closed_after_writing(kind: notify_debouncer_full::notify::EventKind) -> bool {
    use notify_debouncer_full::notify::EventKind;
    use notify_debouncer_full::notify::event::{AccessKind, AccessMode};
    kind == EventKind::Access(AccessKind::Close(AccessMode::Write))
}
