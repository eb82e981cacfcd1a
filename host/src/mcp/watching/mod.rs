//! Who watches which resource, and the one watcher that each watched resource has.
//!
//! | file | idea |
//! |---|---|
//! | `mod` | the register: resources, their subscribers, their watchers |
//! | `notices` | what one subscriber has yet to hear: each resource once, and not too often |
//! | `requests` | `resources/subscribe` and its kin, and the URIs of `subscriptions/listen` |
//! | `watcher` | one resource: the guest that watches it, again and again |
//!
//! A resource is in the register while somebody watches it, and its watcher's task ends with its place there.

mod notices;
mod requests;
mod watcher;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;

use crate::runtime::Updates;
use crate::supervisor::Supervisor;
use notices::Notices;
pub(super) use requests::Subscriptions;

/// Guests that watch at once. Each holds an instance for as long as somebody watches: a quarter of those that there are, so
/// that most stay for calls.
const MAX_WATCHERS: usize = 128;

/// Resources that one client watches, and that one `subscriptions/listen` names: as many as a person could follow.
const MAX_URIS: usize = 100;

/// Subscriptions of all clients together. Each is a URI of 8 KiB at the most and some bookkeeping: this many are 128 MiB,
/// where all are as long as they may be.
const MAX_SUBSCRIPTIONS: usize = 16 * 1024;

/// Who watches what.
pub(super) struct Watching {
    supervisor: Arc<Supervisor>,
    register: Mutex<Register>,
    /// Whose guests may run.
    turns: Semaphore,
}

#[derive(Default)]
struct Register {
    resources: HashMap<Arc<str>, Resource>,
    subscriptions: usize,
    next_subscriber: u64,
    closed: bool,
}

/// A resource that somebody watches.
struct Resource {
    subscribers: HashMap<u64, Arc<Notices>>,
    watcher: AbortOnDropHandle<()>,
}

/// Why a resource cannot be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// The client watches as much as it may.
    #[error("A client may watch {MAX_URIS} resources at the most")]
    TooMany,
    /// All clients together do.
    #[error("The clients of this host watch as much as they may; try again later")]
    Full,
    /// The host is shutting down.
    #[error("the host is shutting down")]
    Closing,
}

impl Watching {
    /// Nobody yet.
    pub(super) fn new(supervisor: Arc<Supervisor>) -> Arc<Self> {
        Arc::new(Self { supervisor, register: Mutex::default(), turns: Semaphore::new(MAX_WATCHERS) })
    }

    /// What calls into the plugin `id` say of resources goes on to who watches these.
    pub(super) fn updates(self: &Arc<Self>, id: &str) -> Updates {
        let (watching, id) = (Arc::clone(self), id.to_owned());
        Arc::new(move |uri| watching.updated(&id, uri))
    }

    /// Takes in that the plugin `id` says that the resource `uri` changed.
    fn updated(&self, id: &str, uri: &str) {
        if !self.register().resources.contains_key(uri) {
            return;
        }
        // A plugin speaks for what it may have itself.
        if self.supervisor.catalog().readers(uri).iter().any(|reader| reader.id() == id) {
            self.tell(uri);
        } else {
            tracing::debug!(plugin = id, uri, "not passed on: it says that a resource changed that is not its own");
        }
    }

    /// Tells all who watch it that the resource `uri` changed.
    fn tell(&self, uri: &str) {
        if let Some(resource) = self.register().resources.get(uri) {
            for notices in resource.subscribers.values() {
                notices.add(uri);
            }
        }
    }

    /// Lets nobody watch any more, and ends all watchers. Gives their tasks, for who wants to wait until they have ended.
    pub(super) fn close(&self) -> Vec<AbortOnDropHandle<()>> {
        let mut register = self.register();
        register.closed = true;
        let watchers: Vec<_> = register.resources.drain().map(|(_, resource)| resource.watcher).collect();
        watchers.iter().for_each(AbortOnDropHandle::abort);
        watchers
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        self.register.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One client that watches resources: a connection of an older protocol version, or a `subscriptions/listen`. It watches
/// until it is dropped.
pub(super) struct Subscriber {
    watching: Arc<Watching>,
    id: u64,
    notices: Arc<Notices>,
}

impl Subscriber {
    /// A client that watches nothing yet.
    fn new(watching: &Arc<Watching>) -> Self {
        let mut register = watching.register();
        register.next_subscriber += 1;
        let id = register.next_subscriber;
        drop(register);
        Self { watching: Arc::clone(watching), id, notices: Arc::default() }
    }

    /// Watches `uri`. Doing so again changes nothing. Must be called within a tokio runtime: a task watches while anybody
    /// does.
    fn subscribe(&self, uri: &str) -> Result<(), Refused> {
        let mut register = self.watching.register();
        if register.closed {
            return Err(Refused::Closing);
        }
        let uri: Arc<str> = uri.into();
        if !self.notices.holds(&uri) {
            if self.notices.count() >= MAX_URIS {
                return Err(Refused::TooMany);
            }
            if register.subscriptions >= MAX_SUBSCRIPTIONS {
                return Err(Refused::Full);
            }
            register.subscriptions += 1;
            self.notices.begin(Arc::clone(&uri));
            let resource = register.resources.entry(Arc::clone(&uri)).or_insert_with(|| Resource {
                subscribers: HashMap::new(),
                watcher: AbortOnDropHandle::new(tokio::spawn(watcher::watch(Arc::clone(&self.watching), uri))),
            });
            resource.subscribers.insert(self.id, Arc::clone(&self.notices));
        }
        Ok(())
    }

    /// Watches `uri` no longer, if it did.
    fn unsubscribe(&self, uri: &str) {
        let mut register = self.watching.register();
        if self.notices.end(uri) {
            register.leave(self.id, uri);
        }
    }

    /// The next resource that changed.
    pub(super) async fn next(&self) -> Arc<str> {
        self.notices.next().await
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let mut register = self.watching.register();
        for uri in self.notices.end_all() {
            register.leave(self.id, &uri);
        }
    }
}

impl Register {
    fn leave(&mut self, subscriber: u64, uri: &str) {
        self.subscriptions = self.subscriptions.saturating_sub(1);
        let Some(resource) = self.resources.get_mut(uri) else { return };
        resource.subscribers.remove(&subscriber);
        if resource.subscribers.is_empty() {
            self.resources.remove(uri);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watching() -> Arc<Watching> {
        Watching::new(Supervisor::of_nothing())
    }

    fn watched(watching: &Watching) -> usize {
        watching.register().resources.len()
    }

    #[tokio::test]
    async fn a_resource_is_watched_while_somebody_watches_it() {
        let watching = watching();
        let [one, other] = [(); 2].map(|()| Subscriber::new(&watching));
        for subscriber in [&one, &other, &one] {
            subscriber.subscribe("a://1").expect("it may");
        }
        one.subscribe("a://2").expect("it may");
        assert_eq!((watched(&watching), watching.register().subscriptions), (2, 3));
        one.unsubscribe("a://1");
        one.unsubscribe("a://1");
        assert_eq!((watched(&watching), watching.register().subscriptions), (2, 2));
        drop(other);
        assert_eq!(watched(&watching), 1);
        drop(one);
        assert_eq!((watched(&watching), watching.register().subscriptions), (0, 0));
    }

    #[tokio::test]
    async fn only_who_watches_a_resource_hears_of_it() {
        let watching = watching();
        let [one, other] = [(); 2].map(|()| Subscriber::new(&watching));
        one.subscribe("a://1").expect("it may");
        other.subscribe("a://2").expect("it may");
        for uri in ["a://1", "a://2", "a://3"] {
            watching.tell(uri);
        }
        assert_eq!((&*one.next().await, &*other.next().await), ("a://1", "a://2"));
        assert!(futures::FutureExt::now_or_never(one.next()).is_none());
    }

    #[tokio::test]
    async fn a_plugin_does_not_speak_for_what_it_does_not_have() {
        let watching = watching();
        let subscriber = Subscriber::new(&watching);
        subscriber.subscribe("a://1").expect("it may");
        watching.updates("stranger")("a://1");
        assert!(futures::FutureExt::now_or_never(subscriber.next()).is_none());
    }

    #[tokio::test]
    async fn one_client_and_all_together_watch_so_much_and_no_more() {
        let watching = watching();
        let full = |subscriber: &Subscriber| {
            (0..MAX_URIS).all(|number| subscriber.subscribe(&format!("a://{number}")).is_ok())
        };
        let mut subscribers = vec![Subscriber::new(&watching)];
        assert!(full(&subscribers[0]));
        assert_eq!(subscribers[0].subscribe("a://one more"), Err(Refused::TooMany));
        assert_eq!(subscribers[0].subscribe("a://0"), Ok(()));
        for _ in 1..MAX_SUBSCRIPTIONS / MAX_URIS {
            subscribers.push(Subscriber::new(&watching));
            assert!(full(&subscribers[subscribers.len() - 1]));
        }
        let last = Subscriber::new(&watching);
        assert!(!full(&last));
        assert_eq!(last.subscribe("a://one more"), Err(Refused::Full));
        subscribers.pop();
        assert_eq!(last.subscribe("a://one more"), Ok(()));
    }

    #[tokio::test]
    async fn nobody_watches_once_the_host_shuts_down() {
        let watching = watching();
        let subscriber = Subscriber::new(&watching);
        subscriber.subscribe("a://1").expect("it may");
        for watcher in watching.close() {
            assert!(watcher.await.is_err_and(|error| error.is_cancelled()));
        }
        assert_eq!(watched(&watching), 0);
        assert_eq!(subscriber.subscribe("a://2"), Err(Refused::Closing));
    }
}
