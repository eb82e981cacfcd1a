//! Whose turn it is to use a processor. Guests that work for long take turns, plugin by plugin; those that work a little and
//! wait run at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::engine::TICK;

/// The part of the time that goes by which a call may work without a turn in the long run: a tenth. One that waits for the
/// network or for files between its steps is below that.
pub(super) const SHARE: u32 = 10;

/// What a call may work without a turn at once: most never need more.
const OF_CALL: Allowance = Allowance { burst: TICK, share: SHARE };

/// What all calls of a plugin may together: half a processor. Many that each work a little are much.
const OF_PLUGIN: Allowance = Allowance { burst: Duration::from_millis(50), share: 2 };

/// A step that takes longer than this is one of a guest that works. When it goes on later, it waited for others that work, and
/// that is not counted for it.
const STEP: Duration = Duration::from_millis(1);

/// How many guests can work for long at once: as many as there are processors.
pub(super) fn count() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The turns of the process.
pub(super) struct Processors {
    turns: Arc<Semaphore>,
    count: usize,
}

/// Threads that calls run on: one more than guests that work for long, for whoever needs no turn. Where all processors are
/// busy, the operating system soon takes one away from a guest for it.
pub fn workers() -> usize {
    count() + 1
}

/// The calls of one plugin that wait for turns.
///
/// Of these, no more wait in the queue of the process than could run. A call of another plugin that comes behind them waits
/// for these alone, however many calls this one has: each plugin is served as often as every other.
pub(super) struct Queue {
    turns: Arc<Semaphore>,
    debt: Mutex<Debt>,
}

/// The right to use a processor until it is dropped.
pub(super) struct Permit {
    _of_all: OwnedSemaphorePermit,
    _of_plugin: OwnedSemaphorePermit,
}

impl Processors {
    pub(super) fn new(count: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(count)), count }
    }

    /// The queue of one more plugin.
    pub(super) fn queue(&self) -> Queue {
        let debt = Mutex::new(Debt::none(OF_PLUGIN, Instant::now()));
        Queue { turns: Arc::new(Semaphore::new(self.count)), debt }
    }

    /// A turn of the plugin of `queue`, when it comes. Nobody closes the queues, so it does.
    pub(super) fn turn(&self, queue: &Queue) -> impl Future<Output = Option<Permit>> + Send + 'static {
        let (all, plugin) = (Arc::clone(&self.turns), Arc::clone(&queue.turns));
        async move {
            let of_plugin = plugin.acquire_owned().await.ok()?;
            let of_all = all.acquire_owned().await.ok()?;
            Some(Permit { _of_all: of_all, _of_plugin: of_plugin })
        }
    }
}

impl Queue {
    fn debt(&self) -> MutexGuard<'_, Debt> {
        self.debt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much one call worked of late without a turn.
pub(super) struct Recent<'a> {
    debt: Debt,
    works: bool,
    queue: &'a Queue,
}

impl<'a> Recent<'a> {
    /// For a call that begins.
    pub(super) fn none(queue: &'a Queue, now: Instant) -> Self {
        Self { debt: Debt::none(OF_CALL, now), works: false, queue }
    }

    /// Whether the call must wait for a turn to go on.
    pub(super) fn needs_turn(&mut self, now: Instant) -> bool {
        if self.works {
            self.debt.at = now;
        }
        self.debt.is_due(now) || self.queue.debt().is_due(now)
    }

    /// Takes in one step of it, which ended at `now`.
    pub(super) fn worked(&mut self, time: Duration, now: Instant, had_turn: bool) {
        self.debt.owe(time);
        self.debt.at = now;
        self.works = time >= STEP;
        if !had_turn {
            self.queue.debt().owe(time);
        }
    }
}

/// So much at once, and in the long run one part in so many of the time that goes by.
struct Allowance {
    burst: Duration,
    share: u32,
}

struct Debt {
    allowance: Allowance,
    owed: Duration,
    at: Instant,
}

impl Debt {
    fn none(allowance: Allowance, now: Instant) -> Self {
        Self { allowance, owed: Duration::ZERO, at: now }
    }

    fn is_due(&mut self, now: Instant) -> bool {
        self.owed = self.owed.saturating_sub(now.saturating_duration_since(self.at) / self.allowance.share);
        self.at = now;
        self.owed >= self.allowance.burst
    }

    /// What is twice over the allowance is forgotten, so that who worked for long and then waits is free again soon.
    fn owe(&mut self, time: Duration) {
        self.owed = (self.owed + time).min(self.allowance.burst * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_works_needs_a_turn_and_who_waits_does_not() {
        let queue = Processors::new(1).queue();
        let mut now = Instant::now();
        let mut recent = Recent::none(&queue, now);
        assert!(!recent.needs_turn(now));
        for _ in 0..1000 {
            now += TICK;
            recent.worked(TICK, now, true);
            // It waits for those that work as well, which pays nothing back.
            now += 100 * TICK;
            assert!(recent.needs_turn(now));
        }
        recent.worked(STEP / 10, now, true);
        now += TICK * 2 * SHARE;
        assert!(!recent.needs_turn(now), "it waited");
        for _ in 0..100 {
            recent.worked(STEP / 2, now, false);
            now += STEP * SHARE / 2;
            assert!(!recent.needs_turn(now), "it works a tenth of the time");
        }
    }

    #[test]
    fn many_that_each_work_a_little_need_turns() {
        let queue = Processors::new(1).queue();
        let mut now = Instant::now();
        let mut calls: Vec<_> = (0..100).map(|_| Recent::none(&queue, now)).collect();
        let mut turns = 0;
        for _ in 0..10 {
            for call in &mut calls {
                let turn = call.needs_turn(now);
                turns += usize::from(turn);
                now += STEP / 2;
                call.worked(STEP / 2, now, turn);
            }
        }
        assert!((400..600).contains(&turns), "{turns} of 1000 steps waited for a turn: half of the time is free");
    }

    #[tokio::test]
    async fn a_plugin_with_many_calls_is_served_as_often_as_one_with_one() {
        let processors = Arc::new(Processors::new(2));
        let served = Arc::new(std::sync::Mutex::new(Vec::new()));
        let mut calls = Vec::new();
        for (plugin, count) in [("many", 100), ("one", 1)] {
            let queue = Arc::new(processors.queue());
            for _ in 0..count {
                let (processors, queue, served) = (Arc::clone(&processors), Arc::clone(&queue), Arc::clone(&served));
                calls.push(tokio::spawn(async move {
                    for _ in 0..10 {
                        let _turn = processors.turn(&queue).await;
                        served.lock().expect("whole").push(plugin);
                        tokio::task::yield_now().await;
                    }
                }));
            }
        }
        for call in calls {
            call.await.expect("it ends");
        }
        let served = served.lock().expect("whole");
        let last = served.iter().rposition(|plugin| *plugin == "one").expect("it was served");
        // Its ten turns, before each of which two of the other's may run and two may wait.
        assert!(last < 50, "its tenth turn is the {last}th");
    }
}
