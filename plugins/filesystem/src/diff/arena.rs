//! Paths through the grid of two texts, as lists that share their beginnings.

use super::myers::Run;

/// Nodes held at a time. At 16 bytes each this is 32 MB.
const NODES: usize = 2_000_000;

/// Where a list ends; `NONE` for the empty list.
pub(super) type Node = u32;

/// The empty list.
pub(super) const NONE: Node = u32::MAX;

struct Slot {
    run: Run,
    before: Node,
    /// Lists that go on from here, and paths that end here.
    holders: u32,
}

/// The nodes of all lists. A list that nobody holds any more is given back at once: most paths are short-lived.
#[derive(Default)]
pub(super) struct Arena {
    slots: Vec<Slot>,
    free: Vec<Node>,
}

impl Arena {
    /// The list `before` and `run` after it, held once by the caller. `before` is held once more. None when full.
    pub(super) fn push(&mut self, before: Node, run: Run) -> Option<Node> {
        self.hold(before);
        let slot = Slot { run, before, holders: 1 };
        if let Some(node) = self.free.pop() {
            *self.slots.get_mut(node as usize)? = slot;
            return Some(node);
        }
        if self.slots.len() == NODES {
            return None;
        }
        self.slots.push(slot);
        u32::try_from(self.slots.len() - 1).ok()
    }

    /// One more holder of the list.
    pub(super) fn hold(&mut self, node: Node) {
        if let Some(slot) = self.slots.get_mut(node as usize) {
            slot.holders += 1;
        }
    }

    /// One holder less.
    pub(super) fn release(&mut self, mut node: Node) {
        while let Some(slot) = self.slots.get_mut(node as usize) {
            slot.holders -= 1;
            if slot.holders > 0 {
                return;
            }
            self.free.push(node);
            node = slot.before;
        }
    }

    /// The last run of the list, and the list before it.
    pub(super) fn last(&self, node: Node) -> Option<(Run, Node)> {
        self.slots.get(node as usize).map(|slot| (slot.run, slot.before))
    }

    /// The runs of the list, from its beginning.
    pub(super) fn runs(&self, mut node: Node) -> Vec<Run> {
        let mut runs = Vec::new();
        while let Some((run, before)) = self.last(node) {
            runs.push(run);
            node = before;
        }
        runs.reverse();
        runs
    }

    /// How many nodes are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::myers::Change;
    use super::*;

    #[test]
    fn lists_share_beginnings_and_give_back_what_nobody_holds() {
        let mut arena = Arena::default();
        let run = |change, count| Run { change, count };
        let trunk = arena.push(NONE, run(Change::Same, 1)).unwrap();
        let left = arena.push(trunk, run(Change::Added, 2)).unwrap();
        let right = arena.push(trunk, run(Change::Removed, 3)).unwrap();
        arena.release(trunk);
        assert_eq!(arena.runs(left), [run(Change::Same, 1), run(Change::Added, 2)]);
        arena.release(left);
        assert_eq!(arena.held(), 2);
        arena.release(right);
        assert_eq!(arena.held(), 0);
    }
}
