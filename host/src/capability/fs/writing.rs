//! Writing to files: each piece is counted, and the file's length looked at, in the step that writes it.

use std::fs::File;
use std::io;
use std::sync::{Arc, MutexGuard, PoisonError};

use bytes::Bytes;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn_blocking};

use super::allowance::Allowance;
use super::fault::{Code, Fault};

/// Bytes that one write of a stream takes.
pub(super) const PIECE: usize = 64 * 1024;

/// A file that is open for a call to write.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) file: Arc<File>,
    pub(super) allowance: Arc<Allowance>,
    pub(super) path: Arc<str>,
}

/// Where to write.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    Offset(u64),
    End,
}

impl At {
    /// The same after so many bytes.
    pub(super) fn after(self, bytes: usize) -> Result<Self, Fault> {
        match self {
            Self::Offset(offset) => offset.checked_add(bytes as u64).map(Self::Offset).ok_or(Code::Overflow.into()),
            Self::End => Ok(Self::End),
        }
    }
}

impl Target {
    /// Writes some of `bytes`, and says how many. It may wait for the disk.
    pub(super) fn write(&self, at: At, bytes: &[u8]) -> Result<usize, Fault> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let _turn = self.turn(at);
        let now = self.file.metadata()?.len();
        let offset = match at {
            At::Offset(offset) => offset,
            At::End => now,
        };
        let length = offset.checked_add(bytes.len() as u64).ok_or(Code::FileTooLarge)?;
        self.allowance.may_grow(now, length, &self.path)?;
        // What is left out before it becomes part of the file, though no disk has it yet.
        let taken = (bytes.len() as u64).saturating_add(offset.saturating_sub(now));
        self.allowance.take(taken, "write", &self.path)?;
        let written = match at {
            At::Offset(offset) => write_at(&self.file, bytes, offset),
            At::End => append(&self.file, bytes),
        };
        match written {
            Ok(written) => {
                self.allowance.give_back((bytes.len() - written.min(bytes.len())) as u64);
                Ok(written)
            }
            Err(error) => {
                self.allowance.give_back(taken);
                Err(error.into())
            }
        }
    }

    /// All appends of a plugin to a folder take turns where files may not get too long, or where the system has no one step
    /// for them.
    fn turn(&self, at: At) -> Option<MutexGuard<'_, ()>> {
        let folder = &self.allowance.folder;
        let needed = matches!(at, At::End) && (cfg!(not(target_os = "linux")) || folder.grant.max_file.is_some());
        needed.then(|| folder.appending.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes it `length` bytes long. It may wait for the disk.
    pub(super) fn set_size(&self, length: u64) -> Result<(), Fault> {
        let now = self.file.metadata()?.len();
        self.allowance.may_grow(now, length, &self.path)?;
        let taken = length.saturating_sub(now);
        self.allowance.take(taken, "write", &self.path)?;
        self.file.set_len(length).map_err(|error| {
            self.allowance.give_back(taken);
            error.into()
        })
    }

    fn write_all(&self, mut at: At, mut bytes: Bytes) -> Result<At, Fault> {
        while !bytes.is_empty() {
            let written = match self.write(at, &bytes) {
                Err(Fault::Io(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
                written => written?,
            };
            if written == 0 {
                return Err(io::Error::from(io::ErrorKind::WriteZero).into());
            }
            at = at.after(written)?;
            bytes = bytes.split_off(written);
        }
        Ok(at)
    }
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::write_at(file, bytes, offset)
}

#[cfg(windows)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_write(file, bytes, offset)
}

/// Puts `bytes` to the end of `file`, wherever that is by then.
#[cfg(target_os = "linux")]
fn append(file: &File, bytes: &[u8]) -> io::Result<usize> {
    use rustix::io::{ReadWriteFlags, pwritev2};
    Ok(pwritev2(file, &[io::IoSlice::new(bytes)], 0, ReadWriteFlags::APPEND)?)
}

/// The same by a flag of the descriptor, which is the call's own.
#[cfg(all(unix, not(target_os = "linux")))]
fn append(file: &File, bytes: &[u8]) -> io::Result<usize> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let flags = fcntl_getfl(file)?;
    fcntl_setfl(file, flags | OFlags::APPEND)?;
    let written = rustix::io::write(file, bytes);
    fcntl_setfl(file, flags)?;
    Ok(written?)
}

/// The same, where another process that appends at the same moment may be written over.
#[cfg(windows)]
fn append(file: &File, bytes: &[u8]) -> io::Result<usize> {
    write_at(file, bytes, file.metadata()?.len())
}

/// A stream of wasi:io into a file: one piece at a time.
pub(super) struct Writer {
    target: Target,
    at: At,
    state: State,
}

enum State {
    Ready,
    Busy(AbortOnDropJoinHandle<Result<At, Fault>>),
    Failed(Fault),
    Closed,
}

impl Writer {
    pub(super) fn new(target: Target, at: At) -> Self {
        Self { target, at, state: State::Ready }
    }

    /// The error of the write before, once.
    fn failed(&mut self) -> StreamResult<()> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Failed(fault) => Err(fault.into()),
            State::Closed => Err(StreamError::Closed),
            state => {
                self.state = state;
                Ok(())
            }
        }
    }
}

#[async_trait]
impl Pollable for Writer {
    async fn ready(&mut self) {
        if let State::Busy(task) = &mut self.state {
            self.state = match task.await {
                Ok(at) => {
                    self.at = at;
                    State::Ready
                }
                Err(fault) => State::Failed(fault),
            };
        }
    }
}

#[async_trait]
impl OutputStream for Writer {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if !matches!(self.state, State::Ready) || bytes.len() > PIECE {
            return Err(StreamError::trap("more is written than check-write allows"));
        }
        let (target, at) = (self.target.clone(), self.at);
        self.state = State::Busy(spawn_blocking(move || target.write_all(at, bytes)));
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.failed()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.failed()?;
        Ok(if matches!(self.state, State::Ready) { PIECE } else { 0 })
    }

    async fn cancel(&mut self) {
        if let State::Busy(task) = std::mem::replace(&mut self.state, State::Closed) {
            // It cannot be stopped; that it is waited for bounds how many there are.
            task.cancel().await;
        }
    }
}
