//! The shortest diff of two texts: E. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986. Which of several
//! shortest ones is found depends on the order of the search, and that is the order of the npm package `diff`.

use super::arena::{Arena, NONE, Node};

/// What happens to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is in both texts.
    Same,
    /// It is in the old one.
    Removed,
    /// It is in the new one.
    Added,
}

/// Lines one after another to which the same happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) change: Change,
    pub(super) count: usize,
}

/// The furthest that is known on one diagonal: how much of the old text is behind it, and by which runs.
struct Path {
    old: usize,
    runs: Node,
}

/// More work, or more memory, than the search may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMuch;

/// The runs of the shortest diff, if it takes no more than `steps` to find.
pub(super) fn shortest(old: &[&str], new: &[&str], steps: usize) -> Result<Vec<Run>, TooMuch> {
    let mut search = Search { old, new, arena: Arena::default(), paths: Vec::new(), steps };
    let mut start = Path { old: 0, runs: NONE };
    let reached = search.follow(&mut start, 0)?;
    if start.old == old.len() && reached == new.len() {
        return Ok(search.arena.runs(start.runs));
    }
    search.put(0, Some(start));
    // A path that has reached the end of one text goes on along that edge only: diagonals beyond it are not looked at.
    let (mut lowest, mut highest) = (isize::MIN, isize::MAX);
    let longest = isize::try_from(old.len() + new.len()).map_err(|_| TooMuch)?;
    for edits in 1..=longest {
        let mut diagonal = lowest.max(-edits);
        while diagonal <= highest.min(edits) {
            search.pay(1)?;
            let mut path = search.step(diagonal)?;
            if let Some(path) = &mut path {
                let reached = search.follow(path, diagonal)?;
                match (path.old == old.len(), reached == new.len()) {
                    (true, true) => return Ok(search.arena.runs(path.runs)),
                    (true, false) => highest = highest.min(diagonal - 1),
                    (false, true) => lowest = lowest.max(diagonal + 1),
                    (false, false) => {}
                }
            }
            search.put(diagonal, path);
            diagonal += 2;
        }
    }
    Err(TooMuch)
}

/// The diff that shows all between the first and the last change as changed.
pub(super) fn coarse(old: &[&str], new: &[&str]) -> Vec<Run> {
    let before = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let most = old.len().min(new.len()) - before;
    let after = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(old, new)| old == new).count();
    let runs = [
        Run { change: Change::Same, count: before },
        Run { change: Change::Removed, count: old.len() - before - after },
        Run { change: Change::Added, count: new.len() - before - after },
        Run { change: Change::Same, count: after },
    ];
    runs.into_iter().filter(|run| run.count > 0).collect()
}

struct Search<'a> {
    old: &'a [&'a str],
    new: &'a [&'a str],
    arena: Arena,
    /// By diagonal, which is the lines of the old text less those of the new one.
    paths: Vec<Option<Path>>,
    steps: usize,
}

impl Search<'_> {
    /// The best path to `diagonal` by one edit more: along the neighbour that is further on.
    fn step(&mut self, diagonal: isize) -> Result<Option<Path>, TooMuch> {
        let removing = self.take(diagonal - 1);
        let adding = self.get(diagonal + 1).map(|path| (path.old, path.runs));
        let can_remove = removing.as_ref().filter(|path| path.old < self.old.len()).map(|path| (path.old, path.runs));
        let can_add = adding.filter(|(old, _)| {
            let reached = isize::try_from(*old).unwrap_or(isize::MAX) - diagonal;
            0 < reached && reached.unsigned_abs() <= self.new.len()
        });
        let next = match (can_remove, can_add) {
            (None, None) => None,
            (Some((removed, _)), Some((added, runs))) if removed < added => Some((added, runs, Change::Added)),
            (Some((removed, runs)), _) => Some((removed + 1, runs, Change::Removed)),
            (None, Some((added, runs))) => Some((added, runs, Change::Added)),
        };
        let path = match next {
            Some((old, runs, change)) => Some(Path { old, runs: self.edit(runs, change)? }),
            None => None,
        };
        if let Some(removing) = removing {
            self.arena.release(removing.runs);
        }
        Ok(path)
    }

    /// `runs` and one line more.
    fn edit(&mut self, runs: Node, change: Change) -> Result<Node, TooMuch> {
        let longer = match self.arena.last(runs) {
            Some((last, before)) if last.change == change => {
                self.arena.push(before, Run { change, count: last.count + 1 })
            }
            _ => self.arena.push(runs, Run { change, count: 1 }),
        };
        longer.ok_or(TooMuch)
    }

    /// Goes on along the diagonal as long as the lines are the same. Answers how much of the new text is behind.
    fn follow(&mut self, path: &mut Path, diagonal: isize) -> Result<usize, TooMuch> {
        let start = path.old.checked_add_signed(-diagonal).ok_or(TooMuch)?;
        let (old, new) = (self.old.get(path.old..).unwrap_or_default(), self.new.get(start..).unwrap_or_default());
        let rest = old.iter().zip(new);
        let count = rest.take_while(|(old, new)| old == new).count();
        if count > 0 {
            self.pay(count)?;
            let run = Run { change: Change::Same, count };
            let runs = self.arena.push(path.runs, run).ok_or(TooMuch)?;
            self.arena.release(path.runs);
            path.runs = runs;
            path.old += count;
        }
        Ok(start + count)
    }

    fn pay(&mut self, steps: usize) -> Result<(), TooMuch> {
        self.steps = self.steps.checked_sub(steps).ok_or(TooMuch)?;
        Ok(())
    }

    fn get(&self, diagonal: isize) -> Option<&Path> {
        self.paths.get(place(diagonal)).and_then(Option::as_ref)
    }

    fn take(&mut self, diagonal: isize) -> Option<Path> {
        self.paths.get_mut(place(diagonal)).and_then(Option::take)
    }

    fn put(&mut self, diagonal: isize, path: Option<Path>) {
        let place = place(diagonal);
        if self.paths.len() <= place {
            self.paths.resize_with(place + 1, || None);
        }
        if let Some(old) = self.paths.get_mut(place).and_then(|here| std::mem::replace(here, path)) {
            self.arena.release(old.runs);
        }
    }
}

/// Where a diagonal is kept: 0, -1, 1, -2, 2 and so on.
fn place(diagonal: isize) -> usize {
    if diagonal < 0 { diagonal.unsigned_abs() * 2 - 1 } else { diagonal.unsigned_abs() * 2 }
}
