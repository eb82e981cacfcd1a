//! The time that a guest works, apart from the time that it waits; and its turns to work.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, ready};
use std::time::{Duration, Instant};

use super::processors::{Permit, Processors, Queue, Recent, SHARE};

/// How long a guest may work.
#[derive(Debug, Clone, Copy)]
pub(super) enum Most {
    /// So long in all.
    InAll(Duration),
    /// So long at once, and in the long run a tenth of the time that goes by. One that looks at something several times a
    /// second takes a hundredth.
    InTheLongRun(Duration),
}

/// Counts how long one guest works, and gives it its turns.
///
/// A guest runs while its future is polled, and yields at each tick, so the time that polls take is the time that it works.
/// Counting the ticks themselves would tell a guest that is often woken for a moment from none that works all the time.
pub(super) struct Meter<'a> {
    processors: &'a Processors,
    queue: &'a Queue,
    /// Microseconds: an hour, which is the most, fits well.
    worked: AtomicU64,
}

impl<'a> Meter<'a> {
    /// For one call of the plugin of `queue`.
    pub(super) fn new(processors: &'a Processors, queue: &'a Queue) -> Self {
        Self { processors, queue, worked: AtomicU64::new(0) }
    }

    /// How long it worked so far.
    pub(super) fn worked(&self) -> Duration {
        Duration::from_micros(self.worked.load(Ordering::Relaxed))
    }

    /// Runs `work`. Ends it, and gives nothing, once it worked for longer than `most`.
    pub(super) async fn run<F: Future>(&self, most: Most, work: F) -> Option<F::Output> {
        let mut work = pin!(work);
        let begun = Instant::now();
        let mut worked = Duration::ZERO;
        let mut recent = Recent::none(self.queue, begun);
        let mut turn: Option<Pin<Box<dyn Future<Output = Option<Permit>> + Send>>> = None;
        poll_fn(|context| {
            if turn.is_none() && recent.needs_turn(Instant::now()) {
                turn = Some(Box::pin(self.processors.turn(self.queue)));
            }
            let permit = match &mut turn {
                Some(coming) => ready!(coming.as_mut().poll(context)),
                None => None,
            };
            turn = None;
            let before = Instant::now();
            let polled = work.as_mut().poll(context);
            let now = Instant::now();
            let time = now.duration_since(before);
            recent.worked(time, now, permit.is_some());
            drop(permit);
            worked += time;
            self.worked.store(u64::try_from(worked.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
            let may = match most {
                Most::InAll(most) => most,
                Most::InTheLongRun(burst) => burst + begun.elapsed() / SHARE,
            };
            match polled {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending if worked > may => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Works for half a second, in steps.
    async fn work() {
        for _ in 0..1000 {
            std::thread::sleep(Duration::from_micros(500));
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn work_is_counted_and_waiting_is_not() {
        let limit = Duration::from_millis(200);
        let processors = Processors::new(1);
        let queue = processors.queue();
        for most in [Most::InAll(limit), Most::InTheLongRun(limit)] {
            let meter = Meter::new(&processors, &queue);
            assert_eq!(meter.run(most, tokio::time::sleep(2 * limit)).await, Some(()));
            assert!(meter.worked() < limit, "it waited");
            assert_eq!(meter.run(most, work()).await, None);
            assert!(meter.worked() > limit);
        }
    }

    #[tokio::test]
    async fn who_worked_waits_for_a_turn_and_gives_it_back() {
        let processors = Processors::new(1);
        let (queue, other) = (processors.queue(), processors.queue());
        let taken = processors.turn(&other).await;
        let meter = Meter::new(&processors, &queue);
        let both = async {
            tokio::select! {
                biased;
                _ = meter.run(Most::InAll(Duration::from_secs(5)), work()) => false,
                () = tokio::time::sleep(Duration::from_secs(1)) => true,
            }
        };
        assert!(both.await, "there is no turn for it");
        assert!(meter.worked() < Duration::from_millis(400), "it began without one, and went no further");
        drop(taken);
        assert_eq!(meter.run(Most::InAll(Duration::from_secs(5)), work()).await, Some(()));
        assert!(processors.turn(&other).await.is_some());
    }
}
