//! From a name to its addresses.
//!
//! The system's resolver cannot be interrupted: who asked may be long gone, its thread waits for a server that is silent.
//! So a lookup keeps its turn until it has really ended, and has a thread of its own: the blocking pool of tokio is for
//! files.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::capability::share::Shares;

/// How long resolving a name may take, waiting for a turn included. Resolvers give up on one server after 5 s.
const MAX_RESOLVING: Duration = Duration::from_secs(6);

/// Lookups of one plugin at once, of all its calls: most take some milliseconds, and what is looked up is kept connected.
const MAX_OF_ONE: usize = 8;

/// Lookups of all plugins at once: each has a thread. Eight plugins whose servers are silent keep the others waiting, until
/// the system gives up on theirs.
const MAX_OF_ALL: usize = 64;

/// Asks for the addresses of a name. In tests, a table.
pub(in crate::capability) type Resolve =
    Arc<dyn Fn(String, u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Why a name has no addresses.
#[derive(Debug, thiserror::Error)]
pub(in crate::capability) enum Unresolved {
    /// There was no turn in time.
    #[error(
        "{MAX_OF_ONE} names of a plugin are looked up at once, and {MAX_OF_ALL} of all together; those that were asked for \
         before have no answer yet"
    )]
    Busy,
    /// There was no answer in time.
    #[error("the name was not resolved in time")]
    Late,
    /// There is none.
    #[error("the name was not resolved: {0}")]
    Failed(#[from] io::Error),
}

/// How names are resolved for all plugins. Clones are the same.
#[derive(Clone)]
pub(in crate::capability) struct Resolver {
    resolve: Resolve,
    of_one: Arc<Shares>,
    of_all: Arc<Semaphore>,
}

impl Resolver {
    /// By `resolve`, with no lookup under way.
    pub(in crate::capability) fn new(resolve: Resolve) -> Self {
        let (of_one, of_all) = (Arc::new(Shares::new(MAX_OF_ONE)), Arc::new(Semaphore::new(MAX_OF_ALL)));
        Self { resolve, of_one, of_all }
    }

    /// By the resolver of this machine.
    pub(in crate::capability) fn system() -> Self {
        Self::new(on_threads(|name, port| (name, port).to_socket_addrs().map(Iterator::collect)))
    }

    /// The addresses of `name`, with `port`, for the plugin `asker`.
    ///
    /// # Errors
    ///
    /// When there are none, or not in time. The lookup goes on then, and keeps its turn.
    pub(in crate::capability) async fn look_up(
        &self,
        asker: &str,
        name: String,
        port: u16,
    ) -> Result<Vec<SocketAddr>, Unresolved> {
        let deadline = Instant::now() + MAX_RESOLVING;
        let turns = async {
            // Its own first: while it waits for that, it is in nobody's way.
            let own = self.of_one.turn(asker).await?;
            Some((own, Arc::clone(&self.of_all).acquire_owned().await.ok()?))
        };
        let turns = timeout_at(deadline, turns).await.ok().flatten().ok_or(Unresolved::Busy)?;
        let answer = (self.resolve)(name, port);
        let asking = tokio::spawn(async move {
            let _turns = turns;
            answer.await
        });
        let answer = timeout_at(deadline, asking).await.map_err(|_| Unresolved::Late)?;
        Ok(answer.map_err(io::Error::other)??)
    }
}

/// Has each lookup on a thread of its own, which ends with it.
fn on_threads(look_up: impl Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Clone + Send + Sync + 'static) -> Resolve {
    Arc::new(move |name, port| {
        let look_up = look_up.clone();
        Box::pin(async move {
            let (done, answer) = oneshot::channel();
            let thread = std::thread::Builder::new().name("barkeep-resolve".to_owned());
            thread.spawn(move || {
                // Nobody waits any more where the host ends.
                let _ = done.send(look_up(&name, port));
            })?;
            answer.await.map_err(io::Error::other)?
        })
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Condvar, Mutex};

    use futures::FutureExt as _;
    use futures::future::join_all;

    use super::*;

    const GOOD: &str = "good.example";

    /// A resolver whose threads end when they are let, but for the good name; and how many there were.
    #[derive(Clone, Default)]
    struct Silent {
        threads: Arc<AtomicUsize>,
        ends: Arc<(Mutex<bool>, Condvar)>,
    }

    impl Silent {
        fn resolver(&self) -> Resolver {
            let this = self.clone();
            Resolver::new(on_threads(move |name, port| {
                if name != GOOD {
                    this.threads.fetch_add(1, Ordering::SeqCst);
                    let (ended, end) = &*this.ends;
                    drop(end.wait_while(ended.lock().expect("whole"), |ended| !*ended).expect("whole"));
                }
                Ok(vec![([192, 0, 2, 1], port).into()])
            }))
        }

        fn end(&self) {
            *self.ends.0.lock().expect("whole") = true;
            self.ends.1.notify_all();
        }
    }

    #[tokio::test]
    async fn lookups_that_are_made_and_dropped_keep_few_threads_and_nobody_else_waiting() {
        let silent = Silent::default();
        let resolver = silent.resolver();
        for number in 0..10_000 {
            let asker = ["evil", "worse"][number % 2];
            assert!(resolver.look_up(asker, "silent.example".to_owned(), 1).now_or_never().is_none());
            // What it may have begun goes on.
            tokio::task::yield_now().await;
        }
        let answer = resolver.look_up("good", GOOD.to_owned(), 7).await.expect("there is a turn");
        assert_eq!(answer, [([192, 0, 2, 1], 7).into()]);
        assert_eq!(resolver.of_all.available_permits(), MAX_OF_ALL - 2 * MAX_OF_ONE, "those that are dropped go on");
        assert!(silent.threads.load(Ordering::SeqCst) <= 2 * MAX_OF_ONE);
        silent.end();
        // Each that ends is another's turn.
        let all = (0..3 * MAX_OF_ONE).map(|_| resolver.look_up("evil", GOOD.to_owned(), 7));
        assert!(join_all(all).await.iter().all(Result::is_ok));
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_no_turn_in_time_is_told_why() {
        let never = Resolver::new(Arc::new(|_, _| Box::pin(std::future::pending())));
        let askers: Vec<String> = (0..=MAX_OF_ALL / MAX_OF_ONE).map(|number| number.to_string()).collect();
        let all = askers.iter().flat_map(|asker| {
            (0..MAX_OF_ONE).map(|_| never.look_up(asker, "silent.example".to_owned(), 1)).collect::<Vec<_>>()
        });
        let told: Vec<String> =
            join_all(all).await.into_iter().map(|none| none.expect_err("silent").to_string()).collect();
        let busy: Vec<&String> = told.iter().filter(|words| *words != "the name was not resolved in time").collect();
        assert_eq!(busy.len(), MAX_OF_ONE, "{told:?}");
        assert!(busy[0].starts_with("8 names of a plugin are looked up at once, and 64 of all together"), "{busy:?}");
    }
}
