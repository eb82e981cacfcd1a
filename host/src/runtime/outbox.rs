//! What a guest says to the client while it runs: a bounded queue that never makes the guest wait.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::bindings::barkeep::plugin::client::{LogLevel, Menu};
use crate::capability::Witness;

/// Messages that wait for the client. A guest that says more than the client takes in loses the newest: progress and
/// logs are news, and news that come late are worth nothing.
const CAPACITY: usize = 256;

/// One thing that a guest said.
#[derive(Debug, Clone)]
pub enum Event {
    /// How far the call is.
    Progress {
        /// Grows with each report.
        progress: f64,
        /// Where it ends, where known.
        total: Option<f64>,
        /// In words.
        message: Option<String>,
    },
    /// A log message.
    Log {
        /// How grave it is.
        level: LogLevel,
        /// The part of the plugin that says it.
        logger: Option<String>,
        /// What it says: any JSON value.
        data: serde_json::Value,
    },
    /// One of its lists is no longer what it was.
    ListChanged(Menu),
}

/// Takes in that the resource of this URI is no longer what it was. It has no queue: who watches a resource is told that it
/// changed, not how often, so nothing has to wait, and nothing is lost when a guest says it in a loop.
pub type Updates = Arc<dyn Fn(&str) + Send + Sync>;

/// The guest's end of the queue of one call, and whether anybody still waits for its result.
#[derive(Clone)]
pub struct Outbox {
    sender: Option<mpsc::Sender<Event>>,
    updates: Option<Updates>,
    cancelled: CancellationToken,
    witness: Option<Arc<dyn Witness>>,
}

impl Outbox {
    /// A queue for one call, and where it says that resources changed. `cancelled` tells the guest that nobody waits for it
    /// any more.
    pub fn new(cancelled: CancellationToken, updates: Updates) -> (Self, mpsc::Receiver<Event>) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        (Self { sender: Some(sender), updates: Some(updates), cancelled, witness: None }, receiver)
    }

    /// For calls that nobody listens to, such as the listing at load.
    pub fn closed() -> Self {
        Self { sender: None, updates: None, cancelled: CancellationToken::new(), witness: None }
    }

    /// The same for a call whose uses of its capabilities `witness` takes in.
    #[must_use]
    pub fn witnessed_by(mut self, witness: Option<Arc<dyn Witness>>) -> Self {
        self.witness = witness;
        self
    }

    /// For a call of which nobody hears but who takes in its uses.
    #[must_use]
    pub fn muted(self) -> Self {
        Self::closed().witnessed_by(self.witness)
    }

    pub(super) fn witness(&self) -> Option<Arc<dyn Witness>> {
        self.witness.clone()
    }

    pub(super) fn send(&self, event: Event) {
        if let Some(sender) = &self.sender
            && let Err(error) = sender.try_send(event)
        {
            tracing::debug!(%error, "dropped a message of a guest");
        }
    }

    pub(super) fn updated(&self, uri: &str) {
        if let Some(updates) = &self.updates {
            updates(uri);
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.is_cancelled()
    }
}
