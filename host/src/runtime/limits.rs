//! The memory limits of one store: linear memories and tables together, and each table.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use wasmtime::ResourceLimiter;

use super::memory::{Crowd, Held};

/// Bytes that one element of a table costs the host.
const TABLE_ELEMENT_BYTES: u64 = 8;

/// Elements of one table: functions that are called by reference. Language runtimes have some ten thousand, and twice that
/// where they are built for debugging. The pool keeps room for as many in each of its tables, so it is the same for all.
pub const MAX_TABLE: usize = 100_000;

/// Instances, tables and memories in one store. Far above what language runtimes make, far below what hurts.
const MAX_PARTS: usize = 64;

/// The bound at which growth was last refused to a store. It outlives the store, which a call that fails takes down with it.
#[derive(Clone, Default)]
pub(super) struct Reached(Arc<AtomicU8>);

/// A bound on what a store may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// Of all its memories and tables.
    Memory,
    /// Of one table.
    Table,
    /// Of what is shared with others.
    Shared(Crowd),
}

impl Reached {
    /// Which one it was, of late.
    pub(super) fn which(&self) -> Option<Bound> {
        match self.0.load(Ordering::Relaxed) {
            1 => Some(Bound::Memory),
            2 => Some(Bound::Table),
            3 => Some(Bound::Shared(Crowd::All)),
            4 => Some(Bound::Shared(Crowd::Plugin)),
            _ => None,
        }
    }

    /// What was refused to an earlier call, which did without it, is not why this one fails.
    pub(super) fn forget(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn set(&self, bound: Bound) {
        let number = match bound {
            Bound::Memory => 1,
            Bound::Table => 2,
            Bound::Shared(Crowd::All) => 3,
            Bound::Shared(Crowd::Plugin) => 4,
        };
        self.0.store(number, Ordering::Relaxed);
    }
}

/// Counts what a store's memories and tables take, and refuses growth over the limit.
pub(super) struct MemoryLimit {
    limit: u64,
    used: u64,
    /// Of the memory of all: no less than is used.
    held: Held,
    reached: Reached,
}

impl MemoryLimit {
    /// So many bytes, for a store that begins with what is `held` for it.
    pub(super) fn new(limit: u64, held: Held) -> Self {
        Self { limit, used: 0, held, reached: Reached::default() }
    }

    /// Its instance is made: what it did not need it gives back.
    pub(super) fn settle(&mut self) {
        self.held.keep(self.used);
    }

    /// Tells once growth was refused.
    pub(super) fn reached(&self) -> Reached {
        self.reached.clone()
    }

    fn grow(&mut self, current: usize, desired: usize, unit: u64) -> bool {
        let more = (desired.saturating_sub(current) as u64).saturating_mul(unit);
        let total = self.used.saturating_add(more);
        if total > self.limit {
            self.reached.set(Bound::Memory);
            return false;
        }
        if let Err(crowd) = self.held.grow(total) {
            self.reached.set(Bound::Shared(crowd));
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
        // The pool says its own bound as if it were the table's; a table that says less has reached no limit of ours.
        if desired > MAX_TABLE && most.is_none_or(|most| most >= MAX_TABLE) {
            self.reached.set(Bound::Table);
            return Ok(false);
        }
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
    use crate::runtime::memory::Memory;

    /// A limit of its own beside one of all that is never reached.
    fn limit(bytes: u64) -> MemoryLimit {
        MemoryLimit::new(bytes, Memory::new(u64::MAX).account().nothing())
    }

    #[test]
    fn what_all_have_is_a_bound_too() {
        let memory = Memory::new(200);
        let mut first = MemoryLimit::new(1000, memory.account().nothing());
        assert!(first.memory_growing(0, 100, None).expect("never fails"));
        assert!(!first.memory_growing(100, 101, None).expect("never fails"));
        assert_eq!(first.reached().which(), Some(Bound::Shared(Crowd::Plugin)));
        let mut second = MemoryLimit::new(1000, memory.account().nothing());
        let mut third = MemoryLimit::new(1000, memory.account().nothing());
        assert!(second.memory_growing(0, 60, None).expect("never fails"));
        assert!(!third.memory_growing(0, 41, None).expect("never fails"));
        assert_eq!(third.reached().which(), Some(Bound::Shared(Crowd::All)));
        drop(first);
        assert!(third.memory_growing(0, 41, None).expect("never fails"));
    }

    #[test]
    fn growth_is_counted_over_all_memories_and_tables() {
        let mut limit = limit(200);
        assert!(limit.memory_growing(0, 100, None).expect("never fails"));
        assert!(limit.table_growing(0, 10, None).expect("never fails"));
        assert_eq!(limit.reached().which(), None);
        assert!(!limit.memory_growing(0, 21, None).expect("never fails"));
        assert_eq!(limit.reached().which(), Some(Bound::Memory));
        limit.reached().forget();
        assert_eq!(limit.reached().which(), None);
    }

    #[test]
    fn what_is_over_its_own_maximum_is_refused_and_takes_nothing() {
        let mut limit = limit(100);
        for _ in 0..10 {
            assert!(!limit.memory_growing(0, 50, Some(49)).expect("never fails"));
            assert!(!limit.table_growing(0, 5, Some(4)).expect("never fails"));
            assert!(!limit.table_growing(0, MAX_TABLE + 1, Some(4)).expect("never fails"));
        }
        assert_eq!(limit.reached().which(), None, "it is not a limit of ours");
        assert!(limit.memory_growing(0, 100, Some(100)).expect("never fails"));
    }

    #[test]
    fn a_table_has_its_own_bound_which_is_also_the_pools() {
        for most in [None, Some(MAX_TABLE), Some(MAX_TABLE + 1)] {
            let mut limit = limit(u64::MAX);
            assert!(limit.table_growing(0, MAX_TABLE, most).expect("never fails"));
            assert!(!limit.table_growing(MAX_TABLE, MAX_TABLE + 1, most).expect("never fails"));
            assert_eq!(limit.reached().which(), Some(Bound::Table));
        }
    }

    #[test]
    fn a_size_that_overflows_is_refused() {
        let mut limit = limit(u64::MAX - 1);
        assert!(!limit.table_growing(0, usize::MAX, None).expect("never fails"));
    }
}
