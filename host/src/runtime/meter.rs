//! The time that a guest works, apart from the time that it waits.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

/// The part of the time that goes by which a guest may work in the long run: a tenth. One that looks at something several
/// times a second takes a hundredth.
const SHARE: u32 = 10;

/// Runs `work`, which may wait for ever. Ends it, and gives nothing, once it worked for longer than `burst` and its share of
/// the time since it began.
///
/// A guest runs while its future is polled, and yields at each tick, so the time that polls take is the time that it works.
pub(super) async fn metered<F: Future>(burst: Duration, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    let begun = Instant::now();
    let mut worked = Duration::ZERO;
    poll_fn(|context| {
        let before = Instant::now();
        let polled = work.as_mut().poll(context);
        worked += before.elapsed();
        match polled {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if worked > burst + begun.elapsed() / SHARE => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_counted_and_waiting_is_not() {
        let burst = Duration::from_millis(5);
        let waits = tokio::time::sleep(10 * burst);
        assert_eq!(metered(burst, waits).await, Some(()));
        let works = async {
            for _ in 0..1000 {
                std::thread::sleep(burst / 5);
                tokio::task::yield_now().await;
            }
        };
        assert_eq!(metered(burst, works).await, None);
    }
}
