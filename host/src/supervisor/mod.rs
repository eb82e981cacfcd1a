//! Owns the plugins: loads them, watches their files and the configuration, and swaps the catalog when something changed.
//!
//! [`Supervisor`] is what the rooms above see: the catalog of the moment, news of its changes, and what became of each
//! plugin. [`Reloader`] does the work, in one task of its own, off the path of every call.
//!
//! | module | what it is |
//! |---|---|
//! | `settings` | the configuration and the secrets in force |
//! | `wanted` | which plugins there should be |
//! | `entry` | what is known of one plugin, and what follows from it |
//! | `reload` | the rounds: look, load, take in, publish |
//! | `publish` | the catalog of what is loaded |
//! | `relist` | plugins whose lists changed |
//! | `watch`, `stamp`, `doubt` | whether a file changed, and whether to believe it |

mod doubt;
mod entry;
mod publish;
mod relist;
mod reload;
mod settings;
mod stamp;
mod wanted;
mod watch;

use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwap;
use tokio::sync::{broadcast, watch as progress};

use crate::audit::Audit;
use crate::catalog::{Catalog, Difference};
pub use reload::Reloader;
pub use wanted::files;

/// News of changed lists that wait for a slow client. What it loses it need not hear: one later notice of the same kind
/// tells it as much.
const NEWS: usize = 64;

/// How one plugin of the configuration fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its id; for a file whose name is no id, the file's name.
    pub id: String,
    /// Which generation serves, if any does.
    pub generation: Option<u64>,
    /// Why its newest file or grants are not served: the end of a sentence about the plugin.
    pub problem: Option<String>,
}

/// How all of it fares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Why the newest configuration is not in force.
    pub config_problem: Option<String>,
    /// Each plugin, in the order of the configuration.
    pub plugins: Vec<Status>,
}

/// How far the first loading is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Plugins that are loaded, or failed.
    pub done: usize,
    /// Plugins in all.
    pub total: usize,
    /// Whether there is a catalog: what comes later is news.
    pub ready: bool,
}

/// What is served, and how it fares.
pub struct Supervisor {
    audit: Audit,
    catalog: ArcSwap<Catalog>,
    news: broadcast::Sender<Difference>,
    swaps: progress::Sender<()>,
    progress: progress::Sender<Progress>,
    report: RwLock<Report>,
    relist: relist::Said,
}

impl Supervisor {
    fn new(audit: Audit) -> Arc<Self> {
        Arc::new(Self {
            audit,
            catalog: ArcSwap::default(),
            news: broadcast::Sender::new(NEWS),
            swaps: progress::Sender::default(),
            progress: progress::Sender::default(),
            report: RwLock::default(),
            relist: relist::Said::default(),
        })
    }

    /// One that never loads anything.
    #[cfg(test)]
    pub(crate) fn of_nothing() -> Arc<Self> {
        Self::new(Audit::off())
    }

    /// The record of calls.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// The catalog of this moment. A call takes it once and keeps to it.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.catalog.load_full()
    }

    /// Waits until every plugin was loaded, or found bad, for the first time; those that take too long come later.
    pub async fn ready(&self) {
        // The sender lives in `self`, so waiting does not fail.
        let _ = self.progress.subscribe().wait_for(|progress| progress.ready).await;
    }

    /// How far the first loading is.
    pub fn progress(&self) -> progress::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Which lists change, from now on.
    pub fn news(&self) -> broadcast::Receiver<Difference> {
        self.news.subscribe()
    }

    /// Each new catalog, whether its lists differ or not: seen as a change once it is in force.
    pub fn swaps(&self) -> progress::Receiver<()> {
        self.swaps.subscribe()
    }

    /// How the plugins fare.
    pub fn report(&self) -> Report {
        self.report.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks for the plugin `id` to be listed again: it said that its lists changed.
    pub fn relist(&self, id: &str) {
        self.relist.by(id);
    }

    fn publish(&self, mut catalog: Catalog, report: Report) {
        *self.report.write().unwrap_or_else(PoisonError::into_inner) = report;
        let before = self.catalog.load_full();
        let difference = catalog.replace(&before);
        self.catalog.store(Arc::new(catalog));
        self.swaps.send_replace(());
        // Lists wait for the end of the first loading: until then nobody has seen one that could have changed.
        let seen = self.progress.borrow().ready;
        if seen && !difference.is_empty() {
            // Nobody listens: nobody has to be told.
            let _ = self.news.send(difference);
        }
    }
}
