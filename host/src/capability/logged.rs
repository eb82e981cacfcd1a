//! What the log is told in a test.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// The lines that `work` logs, on this thread.
pub(crate) fn logged(work: impl FnOnce()) -> Vec<String> {
    let written = Written::default();
    let to = written.clone();
    let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || to.clone()).finish();
    tracing::subscriber::with_default(log, work);
    let bytes = std::mem::take(&mut *written.0.lock().expect("no panic"));
    String::from_utf8(bytes).expect("it is text").lines().map(str::to_owned).collect()
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
