//! A stream of wasi:io out of a file: what is near comes at once, the rest from a thread that may wait.

use std::fs::File;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn_blocking};

use super::near;
use super::writing::PIECE;

/// Bytes that are read for a guest that waits for a stream without saying for how many: a page.
const AHEAD: usize = 4096;

/// Reads a file from some place on, one piece at a time.
pub(super) struct Reader {
    file: Arc<File>,
    is_local: bool,
    offset: u64,
    state: State,
}

enum State {
    Idle,
    Busy(AbortOnDropJoinHandle<io::Result<Bytes>>),
    Read(Bytes),
    Failed(io::Error),
    Closed,
}

impl Reader {
    /// Reads `file` from `offset` on. `is_local`: it is on a file system that has at hand what is in memory.
    pub(super) fn new(file: Arc<File>, is_local: bool, offset: u64) -> Self {
        Self { file, is_local, offset, state: State::Idle }
    }

    /// Begins to read at most `size` bytes, where nothing was read yet.
    fn begin(&mut self, size: usize) {
        if !matches!(self.state, State::Idle) {
            return;
        }
        let near = self.is_local.then(|| near::read(&self.file, self.offset, size)).flatten();
        self.state = if let Some(bytes) = near {
            State::of(Ok(bytes))
        } else {
            let (file, offset) = (Arc::clone(&self.file), self.offset);
            State::Busy(spawn_blocking(move || read(&file, offset, size)))
        };
    }

    async fn wait(&mut self) {
        if let State::Busy(task) = &mut self.state {
            self.state = State::of(task.await);
        }
    }
}

impl State {
    fn of(read: io::Result<Bytes>) -> Self {
        match read {
            Ok(bytes) if bytes.is_empty() => Self::Closed,
            Ok(bytes) => Self::Read(bytes),
            Err(error) => Self::Failed(error),
        }
    }
}

/// Reads at most `size` bytes of `file` from `offset` on. It may wait for the disk.
fn read(file: &File, offset: u64, size: usize) -> io::Result<Bytes> {
    let mut bytes = vec![0; size.min(PIECE)];
    loop {
        match read_at(file, &mut bytes, offset) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(read) => {
                bytes.truncate(read);
                return Ok(bytes.into());
            }
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, offset)
}

#[async_trait]
impl Pollable for Reader {
    async fn ready(&mut self) {
        self.begin(AHEAD);
        self.wait().await;
    }
}

#[async_trait]
impl InputStream for Reader {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size > 0 {
            self.begin(size);
        }
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Read(mut bytes) => {
                let some = bytes.split_to(bytes.len().min(size));
                self.offset += some.len() as u64;
                self.state = if bytes.is_empty() { State::Idle } else { State::Read(bytes) };
                Ok(some)
            }
            State::Failed(error) => Err(StreamError::LastOperationFailed(error.into())),
            State::Closed => Err(StreamError::Closed),
            waiting @ (State::Idle | State::Busy(_)) => {
                self.state = waiting;
                Ok(Bytes::new())
            }
        }
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size > 0 {
            self.begin(size);
        }
        self.wait().await;
        self.read(size)
    }

    async fn cancel(&mut self) {
        if let State::Busy(task) = std::mem::replace(&mut self.state, State::Closed) {
            // It cannot be stopped; that it is waited for bounds how many there are.
            task.cancel().await;
        }
    }
}
