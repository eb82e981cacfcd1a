//! A component, compiled and linked: makes instances and runs calls on them, within limits.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre};

use super::counts::Counts;
use super::engine::Runtime;
use super::exports::Exports;
use super::failure::Failure;
use super::limits::{Bound, MemoryLimit, Reached};
use super::memory::{Crowd, Held};
use super::meter::{Meter, Most};
use super::outbox::Outbox;
use super::output::Output;
use super::state::{MAX_HANDLES, State};
use super::turns::Full;
use crate::capability::{Denial, Sandbox};

/// Bytes that a guest may hand to the host at once, however little it may answer: the largest pieces that streams have.
const LEAST_RESULT: usize = 1024 * 1024;

/// Bytes of a page of memory.
const PAGE: u64 = 64 * 1024;

/// What one call may take, and on which instance it runs.
#[derive(Debug, Clone, Copy)]
pub struct CallLimits {
    /// Bytes of memory of an instance.
    pub memory: u64,
    /// How long a call may take.
    pub time: Duration,
    /// How long a call may take that can go on as a task.
    pub task_time: Duration,
    /// How long a call may work, apart from the time that it waits.
    pub cpu: Duration,
    /// Bytes of an answer, and of all else that a guest hands to the host at once.
    pub result: usize,
    /// Calls at once.
    pub calls: NonZeroU32,
    /// Calls a minute.
    pub calls_per_minute: NonZeroU32,
    /// Whether one instance takes all calls, one after the other.
    pub keep_warm: bool,
}

/// Which of the limits of time is a call's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Somebody waits for it.
    Call,
    /// It can go on as a task, for which nobody waits.
    Task,
}

/// Calls that wait for a warm instance. More are refused: they would only time out.
const MAX_WAITING: usize = 64;

/// An instance with the store it lives in.
pub struct Live {
    /// The store.
    pub store: Store<State>,
    /// The instance.
    pub instance: Instance,
    reached: Reached,
}

/// How a call of a guest ended.
pub struct Ended<R> {
    /// What it gave, or why the host ended it.
    pub result: Result<R, Failure>,
    /// What was refused to it on the way, each with what would allow it.
    pub denied: Vec<Denial>,
}

impl<R> Ended<R> {
    fn before_it_ran(failure: Failure) -> Self {
        Self { result: Err(failure), denied: Vec::new() }
    }
}

/// The one instance of a plugin with `instance = "plugin"`, and whose turn it is.
struct Warm {
    idle: Mutex<Option<Live>>,
    turn: Semaphore,
    waiting: Semaphore,
}

/// A component that is ready to run.
pub struct Template {
    runtime: Arc<Runtime>,
    pre: InstancePre<State>,
    exports: Exports,
    plugin: Arc<str>,
    output: Output,
    limits: CallLimits,
    warm: Option<Warm>,
    counts: Arc<Counts>,
    /// Bytes that the largest memory of an instance begins with.
    first: u64,
}

impl Template {
    /// Links `component`.
    ///
    /// # Errors
    ///
    /// When it imports something that Barkeep does not have; the error names it.
    pub fn new(
        runtime: Arc<Runtime>,
        component: &Component,
        plugin: Arc<str>,
        limits: CallLimits,
    ) -> wasmtime::Result<Self> {
        let pre = runtime.linker().instantiate_pre(component)?;
        let counts = Counts::of(&runtime, &limits);
        Ok(Self::of(runtime, pre, plugin, limits, counts))
    }

    /// Whether one instance is kept from call to call, with what it remembers.
    pub fn keeps_instance(&self) -> bool {
        self.warm.is_some()
    }

    /// The same component under other limits, without an instance of it yet.
    #[must_use]
    pub fn afresh(&self, limits: CallLimits) -> Self {
        self.again(limits, Counts::of(&self.runtime, &limits))
    }

    /// The same for a call that is to have an instance of its own, and counts like all others.
    #[must_use]
    pub fn apart(this: &Arc<Self>) -> Arc<Self> {
        if this.keeps_instance() {
            let limits = CallLimits { keep_warm: false, ..this.limits };
            return Arc::new(this.again(limits, Arc::clone(&this.counts)));
        }
        Arc::clone(this)
    }

    fn again(&self, limits: CallLimits, counts: Arc<Counts>) -> Self {
        Self::of(Arc::clone(&self.runtime), self.pre.clone(), Arc::clone(&self.plugin), limits, counts)
    }

    fn of(
        runtime: Arc<Runtime>,
        pre: InstancePre<State>,
        plugin: Arc<str>,
        limits: CallLimits,
        counts: Arc<Counts>,
    ) -> Self {
        let warm = limits.keep_warm.then(|| Warm {
            idle: Mutex::new(None),
            turn: Semaphore::new(1),
            waiting: Semaphore::new(MAX_WAITING),
        });
        let first = pre.component().resources_required().and_then(|needs| needs.max_initial_memory_size);
        let first = first.unwrap_or_default().saturating_mul(PAGE);
        let output = Output::new(Arc::clone(&plugin));
        Self { exports: Exports::of(&pre), runtime, pre, plugin, output, limits, warm, counts, first }
    }

    /// What it exports.
    pub fn exports(&self) -> &Exports {
        &self.exports
    }

    /// Runs `work` on an instance: a fresh one in a sandbox of its own that is dropped afterwards, or the warm one when it
    /// is this call's turn. The clock runs from then on, at this `pace`.
    ///
    /// Dropping the returned future stops the guest at its next tick and frees all it had.
    pub async fn run<R, F>(
        &self,
        pace: Pace,
        sandbox: impl FnOnce() -> Sandbox,
        outbox: Outbox,
        work: impl FnOnce(Live) -> F,
    ) -> Ended<R>
    where
        F: Future<Output = (Live, wasmtime::Result<R>)>,
    {
        let ended = match &self.warm {
            None => self.run_fresh(sandbox, outbox, work, Some(pace)).await,
            Some(warm) => self.run_warm(warm, sandbox, outbox, work, pace).await,
        };
        ended.unwrap_or_else(Ended::before_it_ran)
    }

    /// Ends `work` when it takes, or works, for longer than it may.
    async fn timed<T>(&self, pace: Pace, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let (limit, key) = match pace {
            Pace::Call => (self.limits.time, "time"),
            Pace::Task => (self.limits.task_time, "task_time"),
        };
        let meter = Meter::new(self.runtime.processors(), &self.counts.queue);
        let ended = tokio::time::timeout(limit, meter.run(Most::InAll(self.limits.cpu), work)).await;
        let worked = Duration::from_millis(u64::try_from(meter.worked().as_millis()).unwrap_or(u64::MAX));
        tracing::debug!(plugin = &*self.plugin, ?worked, "a call has worked");
        match ended {
            Ok(Some(result)) => result,
            Ok(None) => Err(self.overworked()),
            Err(_) => Err(Failure::Deadline { plugin: self.plugin.to_string(), limit, worked, key }),
        }
    }

    /// Runs `work` on a fresh instance for as long as it takes. It may wait for ever, but not work for ever: no longer than a
    /// call may, and a share of the time that goes by.
    pub async fn run_on<R, F>(
        &self,
        sandbox: impl FnOnce() -> Sandbox,
        outbox: Outbox,
        work: impl FnOnce(Live) -> F,
    ) -> Ended<R>
    where
        F: Future<Output = (Live, wasmtime::Result<R>)>,
    {
        let meter = Meter::new(self.runtime.processors(), &self.counts.queue);
        let most = Most::InTheLongRun(self.limits.cpu);
        match meter.run(most, self.run_fresh(sandbox, outbox, work, None)).await {
            Some(Ok(ended)) => ended,
            Some(Err(failure)) => Ended::before_it_ran(failure),
            None => Ended::before_it_ran(self.overworked()),
        }
    }

    async fn run_fresh<R, F>(
        &self,
        sandbox: impl FnOnce() -> Sandbox,
        outbox: Outbox,
        work: impl FnOnce(Live) -> F,
        pace: Option<Pace>,
    ) -> Result<Ended<R>, Failure>
    where
        F: Future<Output = (Live, wasmtime::Result<R>)>,
    {
        // A watch may last for ever: it takes no turn from the calls of its plugin.
        let share = if pace.is_some() { &self.counts.share } else { &self.counts.watchers };
        let _turn = self.runtime.turns().take(share).await.map_err(|full| self.full(full))?;
        // Others end in time, and make room: the clock runs when there is some.
        let held = self.room().await?;
        let running = async {
            let live = self.instantiate(sandbox(), outbox, held).await?;
            let (live, result) = work(live).await;
            Ok(self.ended(&live, result))
        };
        match pace {
            Some(pace) => self.timed(pace, running).await,
            None => running.await,
        }
    }

    async fn run_warm<R, F>(
        &self,
        warm: &Warm,
        sandbox: impl FnOnce() -> Sandbox,
        outbox: Outbox,
        work: impl FnOnce(Live) -> F,
        pace: Pace,
    ) -> Result<Ended<R>, Failure>
    where
        F: Future<Output = (Live, wasmtime::Result<R>)>,
    {
        let _place = warm.waiting.try_acquire().map_err(|_| self.busy())?;
        // Those before it may each take their time; who would wait for longer than one of them is better told so.
        let turn = tokio::time::timeout(self.limits.time, warm.turn.acquire()).await;
        let _turn = turn.ok().and_then(Result::ok).ok_or_else(|| self.busy())?;
        self.timed(pace, self.run_kept(warm, sandbox, outbox, work)).await
    }

    async fn run_kept<R, F>(
        &self,
        warm: &Warm,
        sandbox: impl FnOnce() -> Sandbox,
        outbox: Outbox,
        work: impl FnOnce(Live) -> F,
    ) -> Result<Ended<R>, Failure>
    where
        F: Future<Output = (Live, wasmtime::Result<R>)>,
    {
        let idle = warm.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        let live = match idle {
            Some(mut live) => {
                live.store.data_mut().set_outbox(outbox);
                live.reached.forget();
                self.arm(&mut live.store);
                live
            }
            None => self.instantiate(sandbox(), outbox, self.room().await?).await?,
        };
        let (mut live, result) = work(live).await;
        let ended = self.ended(&live, result);
        // An instance that trapped is in no state to be called again.
        if ended.result.is_ok() {
            live.store.data_mut().set_outbox(Outbox::closed());
            *warm.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(live);
        }
        Ok(ended)
    }

    fn ended<R>(&self, live: &Live, result: wasmtime::Result<R>) -> Ended<R> {
        let denied = live.store.data().uses.take_denials();
        Ended { result: result.map_err(|error| self.failure(&error, &live.reached)), denied }
    }

    /// The memory that an instance begins with, once there is some for it.
    async fn room(&self) -> Result<Held, Failure> {
        let least = self.first.min(self.limits.memory);
        self.counts.memory.hold(least).await.map_err(|crowd| self.crowded(crowd))
    }

    async fn instantiate(&self, sandbox: Sandbox, outbox: Outbox, held: Held) -> Result<Live, Failure> {
        let state = State::new(sandbox, &self.output, MemoryLimit::new(self.limits.memory, held), outbox);
        let reached = state.memory.reached();
        let mut store = Store::new(self.runtime.engine(), state);
        store.limiter(|state| &mut state.memory);
        store.set_max_component_handles(2 * MAX_HANDLES);
        self.arm(&mut store);
        match self.pre.instantiate_async(&mut store).await {
            Ok(instance) => {
                store.data_mut().memory.settle();
                Ok(Live { store, instance, reached })
            }
            Err(error) => Err(self.failure(&error, &reached)),
        }
    }

    /// A busy guest yields at each tick, which is when deadlines and cancelled calls take hold.
    fn arm(&self, store: &mut Store<State>) {
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store.set_hostcall_fuel(self.limits.result.max(LEAST_RESULT));
    }

    /// A guest that fails after growth was refused to it most likely fails for that.
    fn failure(&self, error: &wasmtime::Error, reached: &Reached) -> Failure {
        let failure = Failure::from_error(&self.plugin, error, self.limits.result.max(LEAST_RESULT));
        let plugin = self.plugin.to_string();
        match reached.which() {
            Some(Bound::Memory) => Failure::Memory { plugin, limit: self.limits.memory },
            Some(Bound::Table) => Failure::Table { plugin },
            Some(Bound::Shared(crowd)) => self.crowded(crowd),
            None => failure,
        }
    }

    /// Counts one more call of a client. Those by which the host asks what there is are not counted.
    ///
    /// # Errors
    ///
    /// When there were too many of late.
    pub fn may_be_called(&self) -> Result<(), Failure> {
        self.counts.rate.take(Instant::now()).map_err(|wait| {
            let again_in = Duration::from_secs(wait.as_secs() + 1);
            Failure::TooOften { plugin: self.plugin.to_string(), calls: self.limits.calls_per_minute, again_in }
        })
    }

    fn full(&self, full: Full) -> Failure {
        match full {
            Full::Plugin => Failure::Full { plugin: self.plugin.to_string(), calls: self.limits.calls },
            Full::Process => self.busy(),
        }
    }

    fn crowded(&self, crowd: Crowd) -> Failure {
        Failure::Crowded { plugin: self.plugin.to_string(), crowd, limit: self.runtime.memory().most() }
    }

    fn busy(&self) -> Failure {
        Failure::Busy { plugin: self.plugin.to_string() }
    }

    fn overworked(&self) -> Failure {
        Failure::Cpu { plugin: self.plugin.to_string(), limit: self.limits.cpu }
    }
}
