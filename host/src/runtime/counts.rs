//! What the calls of one plugin have together.

use std::sync::Arc;
use std::time::Instant;

use super::engine::Runtime;
use super::memory::Account;
use super::processors::Queue;
use super::rate::Rate;
use super::template::CallLimits;
use super::turns::{Share, WATCHERS};

/// What is counted of all calls of one generation, also of those that have an instance of their own.
pub(super) struct Counts {
    pub(super) share: Share,
    pub(super) watchers: Share,
    pub(super) queue: Queue,
    pub(super) rate: Rate,
    pub(super) memory: Arc<Account>,
}

impl Counts {
    /// Nothing yet.
    pub(super) fn of(runtime: &Runtime, limits: &CallLimits) -> Arc<Self> {
        Arc::new(Self {
            share: Share::new(limits.calls.get()),
            watchers: Share::new(WATCHERS),
            queue: runtime.processors().queue(),
            rate: Rate::a_minute(limits.calls_per_minute, Instant::now()),
            memory: runtime.memory().account(),
        })
    }
}
