//! The streams of wasi:filesystem 0.3: bytes on their way into a file, and the entries of a folder on their way out.

use std::fs::File;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;
use wasmtime::StoreContextMut;
use wasmtime::component::{Destination, Source, StreamConsumer, StreamProducer, StreamResult, VecBuffer};
use wasmtime_wasi::p3::bindings::filesystem::types::{DescriptorType, DirectoryEntry, ErrorCode};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn_blocking};

use super::fault::Fault;
use super::listing::{Entry, EntryKind, Listing, Part};
use super::open::Room;
use super::writing::{At, PIECE, Target};

/// How a stream ended, told once; that it was dropped is no failure.
struct End(Option<oneshot::Sender<Result<(), ErrorCode>>>);

impl End {
    fn tell(&mut self, how: Result<(), ErrorCode>) {
        if let Some(end) = self.0.take() {
            // Nobody may want to know.
            let _ = end.send(how);
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.tell(Ok(()));
    }
}

/// Writes what comes to a file.
pub(super) struct Upload {
    target: Target,
    at: At,
    writing: Option<AbortOnDropJoinHandle<Result<usize, Fault>>>,
    end: End,
}

impl Upload {
    pub(super) fn new(target: Target, at: At, end: oneshot::Sender<Result<(), ErrorCode>>) -> Self {
        Self { target, at, writing: None, end: End(Some(end)) }
    }

    fn failed(&mut self, fault: Fault) -> StreamResult {
        self.end.tell(Err(fault.p3()));
        StreamResult::Dropped
    }
}

impl<D: 'static> StreamConsumer<D> for Upload {
    type Item = u8;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        store: StoreContextMut<'_, D>,
        source: Source<'_, u8>,
        _finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let me = &mut *self;
        let mut source = source.as_direct(store);
        let writing = me.writing.get_or_insert_with(|| {
            let bytes = source.remaining();
            let piece = bytes.get(..PIECE).unwrap_or(bytes).to_vec();
            let (target, at) = (me.target.clone(), me.at);
            spawn_blocking(move || target.write(at, &piece))
        });
        // What is being written is waited for, whoever lost interest: it cannot be stopped.
        let written = ready!(Pin::new(writing).poll(cx));
        me.writing = None;
        Poll::Ready(Ok(match written.and_then(|written| Ok((written, me.at.after(written)?))) {
            Ok((written, at)) => {
                source.mark_read(written);
                me.at = at;
                StreamResult::Completed
            }
            Err(fault) => me.failed(fault),
        }))
    }
}

/// Gives what is in a folder.
pub(super) struct Entries {
    state: State,
    end: End,
}

enum State {
    Starting(AbortOnDropJoinHandle<Result<Listing, Fault>>),
    Started(Listing, Option<AbortOnDropJoinHandle<Part>>),
}

impl Entries {
    pub(super) fn new(dir: Arc<File>, rooms: [Room; 2], end: oneshot::Sender<Result<(), ErrorCode>>) -> Self {
        Self { state: State::Starting(Listing::start(dir, rooms)), end: End(Some(end)) }
    }

    /// The next entries, no more than `most`; none at the end.
    fn poll_some(&mut self, cx: &mut Context<'_>, most: usize) -> Poll<Result<Vec<DirectoryEntry>, Fault>> {
        loop {
            match &mut self.state {
                State::Starting(starting) => {
                    let listing = ready!(Pin::new(starting).poll(cx))?;
                    self.state = State::Started(listing, None);
                }
                State::Started(listing, reading) => {
                    if let Some(task) = reading {
                        let part = ready!(Pin::new(task).poll(cx));
                        *reading = None;
                        listing.put(part);
                    }
                    let some: Result<Vec<_>, _> =
                        std::iter::from_fn(|| listing.next_read()).take(most).map(|entry| entry.map(told)).collect();
                    let some = some?;
                    if !some.is_empty() {
                        return Poll::Ready(Ok(some));
                    }
                    *reading = listing.read_on();
                    if reading.is_none() {
                        return Poll::Ready(Ok(some));
                    }
                }
            }
        }
    }
}

impl<D: 'static> StreamProducer<D> for Entries {
    type Item = DirectoryEntry;
    type Buffer = VecBuffer<DirectoryEntry>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, DirectoryEntry, VecBuffer<DirectoryEntry>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let most = destination.remaining(&mut store).unwrap_or(1);
        if most == 0 {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        Poll::Ready(Ok(match self.poll_some(cx, most) {
            Poll::Pending if finish => StreamResult::Cancelled,
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(entries)) if entries.is_empty() => {
                self.end.tell(Ok(()));
                StreamResult::Dropped
            }
            Poll::Ready(Ok(entries)) => {
                destination.set_buffer(entries.into());
                StreamResult::Completed
            }
            Poll::Ready(Err(fault)) => {
                self.end.tell(Err(fault.p3()));
                StreamResult::Dropped
            }
        }))
    }
}

fn told(entry: Entry) -> DirectoryEntry {
    let type_ = match entry.kind {
        EntryKind::File => DescriptorType::RegularFile,
        EntryKind::Directory => DescriptorType::Directory,
        EntryKind::SymbolicLink => DescriptorType::SymbolicLink,
        EntryKind::Other => DescriptorType::Other(None),
    };
    DirectoryEntry { type_, name: entry.name }
}
