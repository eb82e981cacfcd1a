//! What a process says on stderr, line by line, and the wait for a line.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::watch;

use super::numbers::patience;

/// The lines so far. Clones share them.
#[derive(Debug, Clone)]
pub struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    news: watch::Receiver<usize>,
}

impl Log {
    /// Reads `stream` in a task of its own until it ends.
    pub fn read(stream: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let (sender, news) = watch::channel(0);
        let log = Self { lines: Arc::default(), news };
        let lines = Arc::clone(&log.lines);
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                lines.lock().unwrap_or_else(PoisonError::into_inner).push(text);
                sender.send_modify(|count| *count += 1);
                line.clear();
            }
        });
        log
    }

    /// All lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many lines there are: what is waited for after it is news.
    pub fn mark(&self) -> usize {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The lines so far that have `text` in them.
    pub fn having(&self, text: &str) -> Vec<String> {
        self.lines().into_iter().filter(|line| line.contains(text)).collect()
    }

    /// Waits for a line with `text` in it, from the beginning.
    pub async fn wait_for(&self, text: &str) -> String {
        self.wait_after(0, text).await
    }

    /// Waits for a line with `text` in it, after the first `mark` lines.
    pub async fn wait_after(&self, mark: usize, text: &str) -> String {
        self.wait_at_most(patience(), mark, text).await
    }

    /// As [`Self::wait_after`], but for what may take longer, such as a compiler.
    pub async fn wait_at_most(&self, patience: Duration, mark: usize, text: &str) -> String {
        self.wait(patience, mark, text, |_| true).await
    }

    /// Waits for a line with `text` in it that is `wanted`, from the beginning.
    pub async fn wait_until(&self, text: &str, wanted: impl Fn(&str) -> bool) -> String {
        self.wait(patience(), 0, text, wanted).await
    }

    async fn wait(&self, patience: Duration, mark: usize, text: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut news = self.news.clone();
        let find = || self.lines().into_iter().skip(mark).find(|line| line.contains(text) && wanted(line));
        let waiting = async {
            loop {
                news.borrow_and_update();
                if let Some(line) = find() {
                    return Some(line);
                }
                if news.changed().await.is_err() {
                    return find();
                }
            }
        };
        let found = tokio::time::timeout(patience, waiting).await;
        let why = match found {
            Ok(Some(line)) => return line,
            Ok(None) => "the process ended without it".to_owned(),
            Err(_) => format!("not within {patience:?}"),
        };
        panic!("waiting for `{text}` in the log: {why}; it says:\n{}", self.lines().join("\n"));
    }
}
