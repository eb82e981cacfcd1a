//! Threads of the host's own for what takes long: loading, and checking large values. The blocking pool of tokio is not
//! for it: file operations of guests run there, and one that never ends keeps its thread.

use tokio::sync::{Semaphore, oneshot};

/// Parts of loads that run at once: some compile, some read, some take in what a plugin offers.
const LOADS: usize = 4;

/// Checks that run at once; more wait.
const CHECKS: usize = 2;

/// Bytes of stack, of which only what is used is real: schemas are compiled, and values checked, by recursion.
pub(super) const STACK: usize = 64 * 1024 * 1024;

static LOADING: Semaphore = Semaphore::const_new(LOADS);
static CHECKING: Semaphore = Semaphore::const_new(CHECKS);

/// Runs `work`, a part of loading a plugin, on a thread of its own. Nothing, when it panics or there is no thread to be had.
pub(super) async fn load<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    run(&LOADING, "barkeep-load", work).await
}

/// The same for the check of a value.
pub(super) async fn check<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    run(&CHECKING, "barkeep-check", work).await
}

async fn run<T: Send + 'static>(
    turns: &'static Semaphore,
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    // It goes with the thread: who waits may leave, the work goes on.
    let turn = turns.acquire().await.ok()?;
    let (done, result) = oneshot::channel();
    let thread = std::thread::Builder::new().name(name.to_owned()).stack_size(STACK);
    let spawned = thread.spawn(move || {
        let _turn = turn;
        // Nobody waits any more: there is nobody to tell.
        let _ = done.send(work());
    });
    if let Err(error) = spawned {
        tracing::error!(%error, "no thread to be had");
        return None;
    }
    result.await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_gives_nothing_and_its_turn_back() {
        for _ in 0..=LOADS {
            assert_eq!(load(|| panic!("on purpose")).await, None::<()>);
        }
        assert_eq!(load(|| 1).await, Some(1));
    }
}
