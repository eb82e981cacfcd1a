//! The memory limit of one store: linear memories and tables together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wasmtime::ResourceLimiter;

/// Bytes that one element of a table costs the host.
const TABLE_ELEMENT_BYTES: u64 = 8;

/// Instances, tables and memories in one store. Far above what language runtimes make, far below what hurts.
const MAX_PARTS: usize = 64;

/// Counts what a store's memories and tables take, and refuses growth over the limit.
pub(super) struct MemoryLimit {
    limit: u64,
    used: u64,
    exceeded: Arc<AtomicBool>,
}

impl MemoryLimit {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, used: 0, exceeded: Arc::default() }
    }

    /// Becomes true once growth was refused. It outlives the store, which a call that fails takes down with it.
    pub(super) fn exceeded(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.exceeded)
    }

    fn grow(&mut self, current: usize, desired: usize, unit: u64) -> bool {
        let more = (desired.saturating_sub(current) as u64).saturating_mul(unit);
        let total = self.used.saturating_add(more);
        if total > self.limit {
            self.exceeded.store(true, Ordering::Relaxed);
            return false;
        }
        self.used = total;
        true
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, most: Option<usize>) -> wasmtime::Result<bool> {
        // What cannot grow for its own reasons takes nothing.
        Ok(most.is_none_or(|most| desired <= most) && self.grow(current, desired, 1))
    }

    fn table_growing(&mut self, current: usize, desired: usize, most: Option<usize>) -> wasmtime::Result<bool> {
        Ok(most.is_none_or(|most| desired <= most) && self.grow(current, desired, TABLE_ELEMENT_BYTES))
    }

    fn instances(&self) -> usize {
        MAX_PARTS
    }

    fn tables(&self) -> usize {
        MAX_PARTS
    }

    fn memories(&self) -> usize {
        MAX_PARTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_counted_over_all_memories_and_tables() {
        let mut limit = MemoryLimit::new(200);
        assert!(limit.memory_growing(0, 100, None).expect("never fails"));
        assert!(limit.table_growing(0, 10, None).expect("never fails"));
        assert!(!limit.exceeded().load(Ordering::Relaxed));
        assert!(!limit.memory_growing(0, 21, None).expect("never fails"));
        assert!(limit.exceeded().load(Ordering::Relaxed));
    }

    #[test]
    fn what_is_over_its_own_maximum_is_refused_and_takes_nothing() {
        let mut limit = MemoryLimit::new(100);
        for _ in 0..10 {
            assert!(!limit.memory_growing(0, 50, Some(49)).expect("never fails"));
            assert!(!limit.table_growing(0, 5, Some(4)).expect("never fails"));
        }
        assert!(!limit.exceeded().load(Ordering::Relaxed), "it is not the limit of memory");
        assert!(limit.memory_growing(0, 100, Some(100)).expect("never fails"));
    }

    #[test]
    fn a_size_that_overflows_is_refused() {
        let mut limit = MemoryLimit::new(u64::MAX - 1);
        assert!(!limit.table_growing(0, usize::MAX, None).expect("never fails"));
    }
}
