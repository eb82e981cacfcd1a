//! The watcher of one resource: a call of `watch` in the plugin that has it, begun again when the plugin is replaced, and
//! when it ends though somebody still watches.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{SemaphorePermit, mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{MAX_WATCHERS, Watching};
use crate::audit::{self as record, Subject};
use crate::mcp::{audited, error};
use crate::plugin::{CallError, Plugin};
use crate::runtime::bindings::barkeep::plugin::types;
use crate::runtime::{Event, Outbox};

/// Before a watcher that ended begins again, the first time, and between two that were replaced: one that is reloaded, or
/// ends, as soon as it began takes so much of the machine and no more.
const PAUSE: Duration = Duration::from_secs(1);

/// Before it begins again, at the most: who mends what it needs should not have to wait for longer.
const MAX_PAUSE: Duration = Duration::from_mins(1);

/// For how long nobody may have looked at a resource until who watches it is told, once somebody looks again, that it may
/// have changed. What changes in less time before `watch` is called is for the plugin to see.
const UNSEEN: Duration = Duration::from_secs(1);

/// Watches `uri` until it is dropped: the plugins that may have it are asked to, likeliest first, until one does not say
/// that there is no such thing.
pub(super) async fn watch(watching: Arc<Watching>, uri: Arc<str>) {
    let mut watcher = Watcher { swaps: watching.supervisor.swaps(), unseen_since: Instant::now(), watching, uri };
    watcher.watching.supervisor.ready().await;
    loop {
        let next = Instant::now() + PAUSE;
        watcher.watch().await;
        sleep_until(next).await;
        // What subscribers know is of a plugin that was replaced.
        watcher.watching.tell(&watcher.uri);
    }
}

struct Watcher {
    watching: Arc<Watching>,
    uri: Arc<str>,
    swaps: watch::Receiver<()>,
    unseen_since: Instant,
}

/// How one call ended.
enum Ended {
    /// By the host: there is another generation of the plugin, or of one that is likelier to have the resource.
    Replaced,
    /// The plugin has no such resource.
    NotFound,
    /// In these words.
    Otherwise(String),
}

impl Watcher {
    /// Watches until a plugin that matters is replaced.
    async fn watch(&mut self) {
        let readers = self.readers();
        for (at, reader) in readers.iter().enumerate().filter(|(_, reader)| reader.has_watching()) {
            let likelier = readers.get(..=at).unwrap_or_default();
            let mut pause = Duration::ZERO;
            loop {
                let begun = Instant::now();
                let words = match self.call(reader, likelier, pause).await {
                    Ended::Replaced => return,
                    Ended::NotFound => break,
                    Ended::Otherwise(words) => words,
                };
                let did_well = begun.elapsed() > 2 * MAX_PAUSE;
                pause = if did_well { PAUSE } else { (2 * pause).clamp(PAUSE, MAX_PAUSE) };
                tracing::warn!(plugin = reader.id(), uri = &*self.uri, again_in = ?pause, "a watcher ended: {words}");
            }
        }
        // By itself nobody watches it: what subscribers hear is what calls say.
        self.replaced(|now| same(now, &readers)).await;
    }

    /// One call of `watch`, after a pause if it is not the first.
    async fn call(&mut self, plugin: &Plugin, likelier: &[Arc<Plugin>], pause: Duration) -> Ended {
        let (watching, uri, unseen_since) = (Arc::clone(&self.watching), Arc::clone(&self.uri), self.unseen_since);
        let calling = async {
            sleep(pause).await;
            let Some(_turn) = turn(&watching, plugin, &uri).await else { return Ended::Replaced };
            let _said = Said::begun(plugin, &uri);
            if unseen_since.elapsed() >= UNSEEN {
                watching.tell(&uri);
            }
            let (outbox, events) = Outbox::new(CancellationToken::new(), watching.updates(plugin.id()));
            let call = watching.supervisor.audit().begin(Subject { name: &uri, ..Subject::of("watch") });
            call.reaches(plugin.id(), plugin.generation());
            let outbox = outbox.witnessed_by(call.witness(plugin.id(), plugin.generation()));
            let (ended, ()) = tokio::join!(plugin.watch(&uri, outbox), heed(&watching, plugin, events));
            call.note(ended.as_ref().err().map(audited::note));
            call.ended(if ended.is_ok() { record::Ended::Ok } else { record::Ended::Error }, None);
            match ended {
                Ok(()) => Ended::Otherwise("it returned".to_owned()),
                Err(CallError::Guest(types::Error::NotFound(words))) => {
                    tracing::info!(plugin = plugin.id(), uri = &*uri, "not watched: {words}");
                    Ended::NotFound
                }
                Err(failure) => Ended::Otherwise(error::words(&failure)),
            }
        };
        let ended = tokio::select! {
            biased;
            () = plugin.taken_back() => Ended::Replaced,
            ended = calling => ended,
            () = self.replaced(|now| same(now.get(..likelier.len()).unwrap_or_default(), likelier)) => Ended::Replaced,
        };
        if !matches!(ended, Ended::NotFound) {
            self.unseen_since = Instant::now();
        }
        ended
    }

    /// The plugins that may have the resource, likeliest first.
    fn readers(&self) -> Vec<Arc<Plugin>> {
        self.watching.supervisor.catalog().readers(&self.uri)
    }

    /// Ends once the plugins that may have the resource are not as they were.
    async fn replaced(&mut self, as_they_were: impl Fn(&[Arc<Plugin>]) -> bool) {
        // The supervisor lives in `self`, so waiting does not fail.
        while as_they_were(&self.readers()) && self.swaps.changed().await.is_ok() {}
    }
}

fn same(some: &[Arc<Plugin>], others: &[Arc<Plugin>]) -> bool {
    let generations = |plugins: &[Arc<Plugin>]| plugins.iter().map(|plugin| plugin.generation()).collect::<Vec<_>>();
    generations(some) == generations(others)
}

/// A place among the watchers that run at once.
async fn turn<'a>(watching: &'a Watching, plugin: &Plugin, uri: &str) -> Option<SemaphorePermit<'a>> {
    if let Ok(turn) = watching.turns.try_acquire() {
        return Some(turn);
    }
    tracing::warn!(plugin = plugin.id(), uri, "not watched yet: {MAX_WATCHERS} watchers run, which is the most");
    watching.turns.acquire().await.ok()
}

/// Takes in what a watcher says beside updates. It runs for no client, so its words go to the host's log alone.
async fn heed(watching: &Watching, plugin: &Plugin, mut events: mpsc::Receiver<Event>) {
    while let Some(event) = events.recv().await {
        match event {
            Event::Log { level, data, .. } => tracing::debug!(plugin = plugin.id(), ?level, %data, "says"),
            Event::ListChanged(_) => watching.supervisor.relist(plugin.id()),
            Event::Progress { .. } => {}
        }
    }
}

/// Says that a watcher begins, and, however it ends, that it does.
struct Said<'a> {
    plugin: &'a Plugin,
    uri: &'a str,
}

impl<'a> Said<'a> {
    fn begun(plugin: &'a Plugin, uri: &'a str) -> Self {
        tracing::debug!(plugin = plugin.id(), generation = plugin.generation(), uri, "a watcher begins");
        Self { plugin, uri }
    }
}

impl Drop for Said<'_> {
    fn drop(&mut self) {
        let Self { plugin, uri } = self;
        tracing::debug!(plugin = plugin.id(), generation = plugin.generation(), uri, "a watcher ends");
    }
}
