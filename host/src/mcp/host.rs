//! What all connections share: the plugins, the calls in flight, who watches what, and whom to tell of changes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rmcp::ErrorData;
use tokio::sync::broadcast;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::asking::Seal;
use super::consent::Consents;
use super::news::Audience;
use super::skills::Kept;
use super::tasks::Tasks;
use super::watching::Watching;
use crate::catalog::Catalog;
use crate::supervisor::Supervisor;

/// What all connections share.
pub struct Host {
    pub(super) supervisor: Arc<Supervisor>,
    pub(super) audience: Arc<Audience>,
    pub(super) watching: Arc<Watching>,
    pub(super) seal: Seal,
    pub(super) skills: Kept,
    pub(super) tasks: Arc<Tasks>,
    pub(super) consents: Consents,
    calls: TaskTracker,
    closing: CancellationToken,
    ended_sessions: broadcast::Sender<Arc<str>>,
}

/// Sessions that end while a call hears of another's end. Who misses one ends a few seconds later, with rmcp's patience.
const ENDED_SESSIONS: usize = 64;

/// How long a call waits for what its plugin is granted now: until the supervisor has it, or has taken the plugin out, which
/// it does after five seconds.
const SUCCESSOR: Duration = Duration::from_secs(10);

impl Host {
    /// Serves the plugins of `supervisor`, with `seal` on what clients keep for it, and `tasks` for long calls. Must be called
    /// within a tokio runtime.
    pub fn new(supervisor: Arc<Supervisor>, seal: Seal, tasks: Tasks) -> Arc<Self> {
        let audience = Audience::new(supervisor.news());
        let watching = Watching::new(Arc::clone(&supervisor));
        let (calls, closing) = (TaskTracker::new(), CancellationToken::new());
        let (skills, tasks) = (Kept::default(), Arc::new(tasks));
        let (ended_sessions, _) = broadcast::channel(ENDED_SESSIONS);
        let consents = Consents::default();
        Arc::new(Self { supervisor, audience, watching, seal, skills, tasks, consents, calls, closing, ended_sessions })
    }

    /// Writes what a person allows for ever, or never, into the configuration `file`.
    pub fn write_consents_to(&self, file: PathBuf) {
        self.consents.write_to(file);
    }

    /// Ends the calls of the session `id` over HTTP, which its client has ended.
    pub fn end_session(&self, id: &str) {
        // Nobody hears it when no call is in flight.
        let _ = self.ended_sessions.send(id.into());
    }

    /// Ends once [`Self::end_session`] is called for `id`, from now on: not from when it is first waited for.
    pub(super) fn session_ended(&self, id: &str) -> impl Future<Output = ()> {
        let mut ended = self.ended_sessions.subscribe();
        async move { while !matches!(ended.recv().await, Ok(other) if *other == *id) {} }
    }

    /// The catalog for one request. The first ones wait until the plugins are loaded, rather than see half a menu; of those
    /// that take too long they hear later.
    pub(super) async fn catalog(&self) -> Arc<Catalog> {
        self.supervisor.ready().await;
        self.supervisor.catalog()
    }

    /// The catalog for one request, once the plugins that it calls, of which `is_ready` tells, are in force. One that was
    /// granted more than it is now is waited for until it has what it is granted: calls are not lost while it is loaded.
    pub(super) async fn catalog_with(&self, is_ready: impl Fn(&Catalog) -> bool) -> Arc<Catalog> {
        let mut swaps = self.supervisor.swaps();
        let waiting = async {
            loop {
                let catalog = self.catalog().await;
                // The sender lives in `self`, so waiting does not fail.
                if is_ready(&catalog) || swaps.changed().await.is_err() {
                    return catalog;
                }
            }
        };
        tokio::select! {
            biased;
            catalog = waiting => catalog,
            () = sleep(SUCCESSOR) => self.supervisor.catalog(),
            () = self.closing() => self.supervisor.catalog(),
        }
    }

    /// Counts a call as in flight while the token lives.
    ///
    /// # Errors
    ///
    /// When the host is shutting down.
    pub(super) fn begin_call(&self) -> Result<TaskTrackerToken, ErrorData> {
        if self.closing.is_cancelled() {
            return Err(ErrorData::internal_error("the host is shutting down; call again when it is back", None));
        }
        Ok(self.calls.token())
    }

    /// Takes no new calls, ends what watches resources, and waits for the calls in flight, `most` at the longest. Tells
    /// whether all ended.
    pub async fn drain(&self, most: Duration) -> bool {
        self.closing.cancel();
        tracing::info!("stopping; calls in flight may end");
        let watchers = self.watching.close();
        self.calls.close();
        let ending = async {
            // Each ends at its guest's next tick, by being aborted: that is no error.
            futures::future::join_all(watchers).await;
            self.calls.wait().await;
        };
        tokio::time::timeout(most, ending).await.is_ok()
    }

    /// Ends once [`Self::drain`] has begun.
    pub(super) async fn closing(&self) {
        self.closing.cancelled().await;
    }
}
