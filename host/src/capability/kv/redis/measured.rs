//! A stream whose other end says no more than it was asked for.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::capability::kv::{MAX_BATCH, MAX_KEY, MAX_KEYS};

/// Bytes of one answer: values with as many versions and lengths, or a page of keys.
const MAX_ANSWER: usize = MAX_BATCH + MAX_KEYS * MAX_KEY;

/// How many bytes may yet be read. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowance(Arc<AtomicUsize>);

impl Allowance {
    /// For logging in.
    pub(super) fn new() -> Self {
        let allowance = Self::default();
        allowance.expect_answer(1);
        allowance
    }

    /// One more answer is waited for, of `most` at once.
    pub(super) fn expect_answer(&self, most: usize) {
        let more = |left: usize| Some(left.saturating_add(MAX_ANSWER).min(most.saturating_mul(MAX_ANSWER)));
        // It never gives up.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    fn take(&self, bytes: usize) -> io::Result<()> {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        taken.map(|_| ()).map_err(|_| io::ErrorKind::FileTooLarge.into())
    }
}

/// The stream. The parser of answers keeps all of one until it is whole: a server could otherwise fill the host's memory.
pub(super) struct Measured<S> {
    pub(super) stream: S,
    pub(super) allowance: Allowance,
}

impl<S: AsyncRead + Unpin> AsyncRead for Measured<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        Poll::Ready(self.allowance.take(buf.filled().len() - before))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Measured<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
