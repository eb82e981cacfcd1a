//! A unified diff of two texts, byte for byte as the npm package `diff` (8.0) prints it: which of several shortest diffs is
//! shown, four lines of context, and its own heading.

mod arena;
mod myers;

use myers::{Change, Run};

/// Lines around a change.
const CONTEXT: usize = 4;

/// Work that finding the shortest diff may take, in steps. Two texts without a line in common take half the square of their
/// lines: this is some 6,000 lines, and less than a second. What takes more is shown as one change.
const STEPS: usize = 20_000_000;

/// The diff that makes `new` of `old`, both of the file `name`.
pub fn unified(name: &str, old: &str, new: &str) -> String {
    let (old, new) = (lines(old), lines(new));
    let runs = myers::shortest(&old, &new, STEPS).unwrap_or_else(|_| myers::coarse(&old, &new));
    let mut out = format!("Index: {name}\n{}\n--- {name}\toriginal\n+++ {name}\tmodified\n", "=".repeat(67));
    let mut hunks = Hunks { old: &old, new: &new, at: (0, 0), open: None, out: &mut out };
    let last = runs.len().saturating_sub(1);
    for (index, run) in runs.iter().enumerate() {
        hunks.add(*run, index == last);
    }
    hunks.close(0);
    out
}

/// The lines of `text`, each with its line feed; the last may be without.
fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::with_capacity(text.matches('\n').count() + 1);
    lines.extend(text.split_inclusive('\n'));
    lines
}

/// Part of both texts with a change in it, and the lines around.
struct Hunk {
    old_start: usize,
    new_start: usize,
    lines: String,
}

/// Puts runs of lines together to hunks.
struct Hunks<'a> {
    old: &'a [&'a str],
    new: &'a [&'a str],
    /// Lines of the old and of the new text that are done.
    at: (usize, usize),
    open: Option<Hunk>,
    out: &'a mut String,
}

impl Hunks<'_> {
    fn add(&mut self, run: Run, last: bool) {
        let (old, new) = self.at;
        match run.change {
            Change::Same => {
                // Two changes with no more than the context of both between them share a hunk.
                let between = run.count <= CONTEXT * 2 && !last;
                if self.open.is_some() {
                    let shown = if between { run.count } else { run.count.min(CONTEXT) };
                    self.show(' ', self.old.get(old..old + shown));
                    if !between {
                        self.close(shown);
                    }
                }
                self.at = (old + run.count, new + run.count);
            }
            Change::Removed => {
                self.begin();
                self.show('-', self.old.get(old..old + run.count));
                self.at.0 += run.count;
            }
            Change::Added => {
                self.begin();
                self.show('+', self.new.get(new..new + run.count));
                self.at.1 += run.count;
            }
        }
    }

    /// Opens a hunk, if none is, with the lines before it.
    fn begin(&mut self) {
        if self.open.is_some() {
            return;
        }
        let (old, new) = self.at;
        let before = CONTEXT.min(old);
        self.open = Some(Hunk { old_start: old - before, new_start: new - before, lines: String::new() });
        self.show(' ', self.old.get(old - before..old));
    }

    fn show(&mut self, mark: char, lines: Option<&[&str]>) {
        let Some(hunk) = &mut self.open else { return };
        for line in lines.unwrap_or_default() {
            hunk.lines.push(mark);
            hunk.lines.push_str(line);
            if !line.ends_with('\n') {
                hunk.lines.push_str("\n\\ No newline at end of file\n");
            }
        }
    }

    /// Writes the open hunk, of which `after` lines of context are shown but not counted yet.
    fn close(&mut self, after: usize) {
        let Some(hunk) = self.open.take() else { return };
        let range = |start: usize, end: usize| {
            let count = end + after - start;
            // An empty range is named by the line before it.
            format!("{},{count}", if count == 0 { start } else { start + 1 })
        };
        let (old, new) = (range(hunk.old_start, self.at.0), range(hunk.new_start, self.at.1));
        self.out.extend(["@@ -", &old, " +", &new, " @@\n", &hunk.lines]);
    }
}

#[cfg(test)]
mod tests;
