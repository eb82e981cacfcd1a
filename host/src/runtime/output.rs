//! What a guest prints: line by line to the host's log, cut, and at a bounded rate. Never to the host's own stdout.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::AsyncWrite;
use tokio::runtime::Handle;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

/// Bytes of a line that are logged; the rest of it is dropped. Long enough for any message, short enough for a log.
const MAX_LINE: usize = 4096;

/// Lines that one plugin may log in a window. A flood is the plugin's to lose, not the host's disk's.
const LINES_PER_WINDOW: u32 = 200;

/// The window.
const WINDOW: Duration = Duration::from_secs(1);

/// Lines that one plugin may log in a minute: 4 MiB at the most, so that one that floods for a day does not fill a disk.
const LINES_PER_MINUTE: u32 = 1000;

/// So long is that.
const MINUTE: Duration = Duration::from_mins(1);

/// The log of one plugin's output, shared by all its calls.
#[derive(Clone)]
pub struct Output(Arc<Shared>);

struct Shared {
    plugin: Arc<str>,
    budget: Mutex<Budget>,
}

struct Budget {
    since: Instant,
    lines: u32,
    minute: Instant,
    lines_of_minute: u32,
    /// Lines that are not in the log, which was not told of them yet.
    dropped: u64,
}

/// What becomes of a line.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Log,
    /// None; it is the first of those that the log is to be told of, or one more.
    Nowhere {
        first: bool,
    },
}

impl Output {
    /// The output of `plugin`.
    pub fn new(plugin: Arc<str>) -> Self {
        let now = Instant::now();
        let budget = Budget { since: now, lines: 0, minute: now, lines_of_minute: 0, dropped: 0 };
        Self(Arc::new(Shared { plugin, budget: Mutex::new(budget) }))
    }

    /// A stream for wasi:cli, named `stdout` or `stderr`.
    pub(super) fn stream(&self, name: &'static str) -> Stream {
        Stream { output: self.clone(), name }
    }

    /// Takes one line's worth of the budget.
    fn admit(&self, now: Instant) -> Place {
        let mut budget = self.0.budget.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(budget.since) >= WINDOW {
            budget.since = now;
            budget.lines = 0;
        }
        if now.duration_since(budget.minute) >= MINUTE {
            budget.minute = now;
            budget.lines_of_minute = 0;
        }
        if budget.lines < LINES_PER_WINDOW && budget.lines_of_minute < LINES_PER_MINUTE {
            budget.lines += 1;
            budget.lines_of_minute += 1;
            return Place::Log;
        }
        budget.dropped += 1;
        Place::Nowhere { first: budget.dropped == 1 }
    }

    fn log(&self, stream: &'static str, line: &[u8], cut: bool) {
        if let Place::Nowhere { first } = self.admit(Instant::now()) {
            if first {
                self.tell_later();
            }
            return;
        }
        // Control characters would let a guest rewrite the terminal that shows the log.
        let mut text: String = String::from_utf8_lossy(line).escape_debug_controls();
        if cut {
            text.push('…');
        }
        tracing::info!(plugin = &*self.0.plugin, stream, "{text}");
    }

    /// Tells how many lines are missing, with those that come to be in a window's time. It needs no further line for that: there
    /// may be none. Where there is nobody to wait, they are told when the last call is over and no other can come.
    fn tell_later(&self) {
        let shared = Arc::downgrade(&self.0);
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                tokio::time::sleep(WINDOW).await;
                if let Some(shared) = shared.upgrade() {
                    shared.tell();
                }
            });
        }
    }
}

impl Shared {
    /// Tells the log how many lines it does not have.
    fn tell(&self) {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        let dropped = std::mem::take(&mut budget.dropped);
        drop(budget);
        if dropped > 0 {
            tracing::warn!(plugin = &*self.plugin, dropped, "dropped lines of output: too many a second");
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.tell();
    }
}

trait EscapeControls {
    fn escape_debug_controls(&self) -> String;
}

impl EscapeControls for str {
    fn escape_debug_controls(&self) -> String {
        let mut out = String::with_capacity(self.len());
        for c in self.chars() {
            if c.is_control() && c != '\t' {
                out.extend(c.escape_default());
            } else {
                out.push(c);
            }
        }
        out
    }
}

/// One of a guest's two output streams.
pub(super) struct Stream {
    output: Output,
    name: &'static str,
}

impl IsTerminal for Stream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Lines { output: self.output.clone(), name: self.name, line: Vec::new(), cut: false })
    }
}

/// Cuts what is written into lines.
struct Lines {
    output: Output,
    name: &'static str,
    line: Vec<u8>,
    cut: bool,
}

impl Lines {
    fn push(&mut self, part: &[u8]) {
        let room = MAX_LINE - self.line.len();
        self.cut |= part.len() > room;
        self.line.extend(part.iter().take(room));
    }

    fn end(&mut self) {
        if !self.line.is_empty() {
            self.output.log(self.name, &self.line, self.cut);
        }
        self.line.clear();
        self.cut = false;
    }
}

impl AsyncWrite for Lines {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let mut parts = bytes.split(|byte| *byte == b'\n');
        if let Some(first) = parts.next() {
            self.push(first);
        }
        for part in parts {
            self.end();
            self.push(part);
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.end();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::logged::logged;

    impl Output {
        fn dropped(&self) -> u64 {
            self.0.budget.lock().expect("no panic").dropped
        }
    }

    #[test]
    fn a_flood_is_cut_at_the_window_and_counted() {
        let output = Output::new("p".into());
        let start = Instant::now();
        for _ in 0..LINES_PER_WINDOW {
            assert_eq!(output.admit(start), Place::Log);
        }
        for number in 0..50 {
            assert_eq!(output.admit(start), Place::Nowhere { first: number == 0 });
        }
        assert_eq!(output.admit(start + WINDOW), Place::Log);
        let told = logged(|| output.0.tell());
        assert!(
            told.len() == 1 && told[0].contains("dropped lines of output") && told[0].ends_with("dropped=50"),
            "{told:?}"
        );
    }

    /// Nobody waits for the end of the window here: it is told when the plugin goes.
    #[test]
    fn what_was_dropped_last_is_told_when_the_plugin_goes() {
        let output = Output::new("p".into());
        let lines = logged(|| {
            let mut stream = Lines { output: output.clone(), name: "stdout", line: Vec::new(), cut: false };
            while output.dropped() < 50 {
                stream.push(b"flood");
                stream.end();
            }
            drop((output, stream));
        });
        assert!(lines.last().is_some_and(|line| line.ends_with("dropped=50")), "{lines:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_dropped_is_told_once_the_window_is_over_though_no_line_follows() {
        let output = Output::new("p".into());
        for _ in 0..2 {
            while output.dropped() == 0 {
                output.log("stdout", b"flood", false);
            }
            tokio::time::sleep(WINDOW * 2).await;
            assert_eq!(output.dropped(), 0);
        }
    }

    #[test]
    fn a_flood_that_goes_on_is_cut_at_the_minute() {
        let output = Output::new("p".into());
        let start = Instant::now();
        let flood = (0..60).flat_map(|second| (0..2 * LINES_PER_WINDOW).map(move |_| start + WINDOW * second));
        assert_eq!(flood.filter(|now| output.admit(*now) == Place::Log).count(), LINES_PER_MINUTE as usize);
        assert_eq!(output.admit(start + MINUTE), Place::Log);
    }

    #[test]
    fn a_line_is_cut_and_its_terminal_escapes_are_shown_not_obeyed() {
        let mut lines = Lines { output: Output::new("p".into()), name: "stdout", line: Vec::new(), cut: false };
        lines.push(&vec![b'a'; MAX_LINE + 1]);
        assert_eq!(lines.line.len(), MAX_LINE);
        assert!(lines.cut);
        assert_eq!("\u{1b}[2Jx\r".escape_debug_controls(), "\\u{1b}[2Jx\\r");
    }
}
