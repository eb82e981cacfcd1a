//! An input that tells when it ends. rmcp waits some seconds, at the end of its input, for the answers to all requests;
//! a subscription is a request that is answered only when somebody ends it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::sync::CancellationToken;

/// Reads from another input, and cancels a token when there is no more to come.
#[derive(Debug)]
pub(super) struct TellsItsEnd<R> {
    input: R,
    ended: CancellationToken,
}

impl<R> TellsItsEnd<R> {
    pub(super) fn new(input: R, ended: CancellationToken) -> Self {
        Self { input, ended }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for TellsItsEnd<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.input).poll_read(context, buffer));
        let nothing = buffer.filled().len() == before && buffer.remaining() > 0;
        if read.is_err() || nothing {
            self.ended.cancel();
        }
        Poll::Ready(read)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    struct Broken;

    impl AsyncRead for Broken {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Err(io::Error::other("the pipe broke")))
        }
    }

    #[tokio::test]
    async fn the_end_is_told_once_everything_was_read() {
        let ended = CancellationToken::new();
        let mut input = TellsItsEnd::new(&b"all"[..], ended.clone());
        let mut buffer = [0; 3];
        input.read_exact(&mut buffer).await.expect("three bytes");
        assert!(!ended.is_cancelled());
        assert_eq!(input.read(&mut buffer).await.expect("the end"), 0);
        assert!(ended.is_cancelled());
    }

    #[tokio::test]
    async fn a_failure_is_an_end() {
        let ended = CancellationToken::new();
        let mut input = TellsItsEnd::new(Broken, ended.clone());
        input.read(&mut [0; 1]).await.expect_err("a failure");
        assert!(ended.is_cancelled());
    }
}
