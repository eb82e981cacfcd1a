//! The queue of lines, and the thread that empties it into the file.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::file::File;
use super::{Event, Line, Of, Settings};

/// Lines that wait. A line has some 600 bytes, so they come to 2.5 MiB as a rule, and to 50 MiB where each is as long as it
/// may be. A disk that takes a line in 10 µs empties it in 40 ms; one that hangs for as long as it takes 4,096 calls to be
/// made loses lines, because no call waits for the disk: that would let a full disk stop all tools, and let a plugin
/// that fills the record slow the others.
pub(super) const QUEUE: usize = 4096;

/// Bytes that are written in one go: all that wait, from here on no more. With one line more, of 20 KiB at the most, it fits
/// into the smallest file that there may be, of 64 KiB. A line that is in the file is whole, and is there whatever becomes of
/// this process.
const BATCH: usize = 32 * 1024;

/// Between two times that the file is opened and written, unless all that waits is more than one batch: what calls do within it
/// is written together. A call that reads a file has three lines, which would cost it more than the file does. Whoever is killed
/// loses no more than this, and 4,096 lines take longer to come.
const GAP: Duration = Duration::from_millis(2);

/// Between two times that the log says that lines are lost. It would be full of it.
const SAY_AGAIN: Duration = Duration::from_mins(1);

/// Between two looks whether the queue has room for the last message.
const LOOK: Duration = Duration::from_millis(5);

enum Message {
    Line(String),
    /// The last one: who sends it waits for the answer.
    Close(SyncSender<()>),
}

/// The writing end of the queue.
pub(super) struct Writer {
    /// None once it is closed.
    queue: Mutex<Option<SyncSender<Message>>>,
    dropped: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the thread. None where this machine has no more threads, which the log says.
    pub(super) fn start(settings: Settings) -> Option<Self> {
        let (queue, lines) = sync_channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let emptying = Emptying { dropped: Arc::clone(&dropped), said: None, unwritten: 0 };
        let file = File::new(settings);
        let started = thread::Builder::new().name("audit".to_owned()).spawn(move || emptying.run(&lines, &file));
        match started {
            Ok(_) => Some(Self { queue: Mutex::new(Some(queue)), dropped }),
            Err(error) => {
                tracing::error!(%error, "calls are not recorded: there is no thread to write the record");
                None
            }
        }
    }

    /// Puts a line in the queue, or counts it as dropped. Does not wait.
    pub(super) fn write(&self, line: &Line<'_>) {
        let Ok(mut text) = serde_json::to_string(line) else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        };
        text.push('\n');
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.as_ref().is_none_or(|queue| queue.try_send(Message::Line(text)).is_err()) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lines that are dropped and not told of yet.
    #[cfg(test)]
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Waits until all that is in the queue is written, `most` at the longest. Tells whether it is.
    pub(super) fn close(&self, most: Duration) -> bool {
        let Some(queue) = self.queue.lock().unwrap_or_else(PoisonError::into_inner).take() else { return true };
        let until = Instant::now() + most;
        let (done, is_done) = sync_channel(1);
        let mut message = Message::Close(done);
        while let Err(TrySendError::Full(back)) = queue.try_send(message) {
            if Instant::now() >= until {
                return false;
            }
            message = back;
            thread::sleep(LOOK);
        }
        is_done.recv_timeout(until.saturating_duration_since(Instant::now())).is_ok()
    }
}

/// What the thread knows.
struct Emptying {
    dropped: Arc<AtomicU64>,
    /// When the log was last told of lost lines.
    said: Option<Instant>,
    /// Lines that the file did not take.
    unwritten: u64,
}

impl Emptying {
    fn run(mut self, lines: &Receiver<Message>, file: &File) {
        let mut closing = None;
        while closing.is_none() {
            let Ok(first) = lines.recv() else { return };
            let (mut batch, mut count) = (String::new(), 0);
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Line(line) => {
                        batch.push_str(&line);
                        count += 1;
                    }
                    Message::Close(done) => closing = Some(done),
                }
                next = if batch.len() < BATCH && closing.is_none() { lines.try_recv().ok() } else { None };
            }
            self.put(file, &batch, count);
            if batch.len() < BATCH && closing.is_none() {
                thread::sleep(GAP);
            }
        }
        if let Some(done) = closing {
            // Who waited may have lost patience.
            let _ = done.send(());
        }
    }

    /// Writes a batch of `count` lines, and before it how many are missing.
    fn put(&mut self, file: &File, batch: &str, count: u64) {
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        let mut text = String::new();
        for (lines, why) in [
            (dropped, "the queue was full: calls came faster than this machine writes"),
            (self.unwritten, "the file could not be written"),
        ] {
            if lines > 0 {
                let mut line = Line::now(Of::Host);
                line.event = Some(Event::Dropped);
                line.lines = Some(lines);
                line.why = Some(why.into());
                text.extend(serde_json::to_string(&line).ok());
                text.push('\n');
            }
        }
        if dropped > 0 && self.may_say() {
            tracing::warn!(lines = dropped, "the record of calls has lost lines: its queue was full");
        }
        text.push_str(batch);
        if text.is_empty() {
            return;
        }
        match file.append(text.as_bytes()) {
            Ok(()) => {
                if std::mem::take(&mut self.unwritten) > 0 {
                    tracing::info!("calls are recorded again");
                    self.said = None;
                }
            }
            Err(error) => {
                self.unwritten += count;
                // What was dropped is told when there is a file again.
                self.dropped.fetch_add(dropped, Ordering::Relaxed);
                if self.may_say() {
                    tracing::error!("calls are served, but not recorded: {} {error}", file.shown());
                }
            }
        }
    }

    fn may_say(&mut self) -> bool {
        let may = self.said.is_none_or(|said| said.elapsed() >= SAY_AGAIN);
        if may {
            self.said = Some(Instant::now());
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_stops_nothing_and_tells_later_what_is_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("audit").join("audit.jsonl");
        let settings = Settings { file: file.clone(), max_size: 1024 * 1024, keep: 2, arguments: false };
        // Where its folder should be there is a file.
        fs::write(folder.path().join("audit"), "").expect("written");
        let dropped = Arc::new(AtomicU64::new(2));
        let mut emptying = Emptying { dropped, said: None, unwritten: 0 };
        let to = File::new(settings);
        emptying.put(&to, "{\"a\":1}\n", 1);
        emptying.put(&to, "{\"a\":2}\n{\"a\":3}\n", 2);
        fs::remove_file(folder.path().join("audit")).expect("removed");
        emptying.put(&to, "{\"a\":4}\n", 1);
        emptying.put(&to, "", 0);
        let text = fs::read_to_string(&file).expect("it is there");
        let lines: Vec<_> = text.lines().filter_map(|line| Line::read(line.as_bytes())).collect();
        assert_eq!(lines.iter().map(|line| line.lines).collect::<Vec<_>>(), [Some(2), Some(3)], "{text}");
        assert!(text.ends_with("\n{\"a\":4}\n"), "{text}");
    }
}
