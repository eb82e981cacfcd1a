//! What the body of a request may be. Who sends one byte now and then would keep a connection, and what was read of the
//! message, for as long as it likes; and few bytes of JSON may unfold to much memory.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::MAX_MESSAGE;
use super::accept::TO_SPEAK;
use crate::plugin::json::{MAX_VALUES, Values};

/// Bytes of a body that come in a second, after the time to speak: the worst of lines in use has ten times as many. The
/// largest message takes five minutes so.
const LEAST: u64 = 64 * 1024;

/// What is wrong with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Slow,
    Values,
}

impl Wrong {
    fn error(self) -> axum::Error {
        axum::Error::new(io::Error::from(match self {
            Self::Slow => io::ErrorKind::TimedOut,
            Self::Values => io::ErrorKind::FileTooLarge,
        }))
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let (status, words) = match self {
            Self::Slow => (StatusCode::REQUEST_TIMEOUT, "the body came too slowly\n".to_owned()),
            Self::Values => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the message has more than {MAX_VALUES} values, which is the most\n"),
            ),
        };
        (status, [(CONNECTION, HeaderValue::from_static("close"))], words).into_response()
    }
}

/// Refuses a request whose body comes too slowly, by 408, or unfolds to too much, by 413 (RFC 9110, sections 15.5.9 and
/// 15.5.14).
pub(super) async fn check(request: Request, next: Next) -> Response {
    let wrong = Arc::new(OnceLock::new());
    let told = Arc::clone(&wrong);
    let request = request.map(|body| Body::new(Checked::new(body, told)));
    let response = next.run(request).await;
    wrong.get().map_or(response, |wrong| wrong.into_response())
}

/// A body that fails when there is something wrong with it.
struct Checked {
    body: Body,
    begun: Instant,
    received: u64,
    deadline: Pin<Box<Sleep>>,
    values: Values,
    /// Whether it has too many values.
    unfolds: bool,
    wrong: Arc<OnceLock<Wrong>>,
}

impl Checked {
    fn new(body: Body, wrong: Arc<OnceLock<Wrong>>) -> Self {
        let begun = Instant::now();
        let deadline = Box::pin(tokio::time::sleep_until(begun + TO_SPEAK));
        Self { body, begun, received: 0, deadline, values: Values::default(), unfolds: false, wrong }
    }

    /// Looks at the next piece. Tells whether it can be taken in.
    fn take(&mut self, piece: &[u8]) -> bool {
        self.received += piece.len() as u64;
        self.deadline.as_mut().reset(self.begun + TO_SPEAK + Duration::from_secs(self.received / LEAST));
        self.unfolds || self.values.take(piece)
    }

    fn fail(&self, wrong: Wrong) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // It fails once.
        let _ = self.wrong.set(wrong);
        Poll::Ready(Some(Err(wrong.error())))
    }
}

impl http_body::Body for Checked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        while let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let piece = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref().cloned());
            let ended = piece.is_none();
            self.unfolds |= piece.is_some_and(|piece| !self.take(&piece));
            match (self.unfolds, ended || self.received > MAX_MESSAGE as u64) {
                (false, _) => return Poll::Ready(frame),
                (true, true) => return self.fail(Wrong::Values),
                // Who is answered in the middle of sending may see a broken connection in place of the answer: what
                // remains is received, and dropped.
                (true, false) => {}
            }
        }
        match self.deadline.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => self.fail(Wrong::Slow),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::StreamExt as _;
    use http_body_util::{BodyExt as _, StreamBody};

    use super::*;

    /// A body of `pieces` pieces of `bytes` bytes each, one a second.
    async fn read(pieces: usize, bytes: usize) -> Result<usize, axum::Error> {
        let stream = futures::stream::unfold(0, move |sent| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let piece = Frame::data(Bytes::from(vec![b'x'; bytes]));
            (sent < pieces).then(|| (Ok::<_, std::convert::Infallible>(piece), sent + 1))
        });
        let wrong = Arc::new(OnceLock::new());
        let read = Checked::new(Body::new(StreamBody::new(stream)), Arc::clone(&wrong)).collect().await;
        assert_eq!(read.is_err(), wrong.get() == Some(&Wrong::Slow));
        read.map(|read| read.to_bytes().len())
    }

    #[tokio::test]
    async fn a_body_with_too_many_values_is_received_to_its_end_before_it_is_refused() {
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&sent);
        let stream = futures::stream::iter(0..100).map(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::convert::Infallible>(Frame::data(Bytes::from("[0,".repeat(10_000))))
        });
        let wrong = Arc::new(OnceLock::new());
        let checked = Checked::new(Body::new(StreamBody::new(stream)), Arc::clone(&wrong));
        checked.collect().await.expect_err("it unfolds");
        assert_eq!((wrong.get(), sent.load(Ordering::Relaxed)), (Some(&Wrong::Values), 100));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_be_slow_but_not_too_slow() {
        let least = usize::try_from(LEAST).expect("it is small");
        assert_eq!(read(200, least).await.expect("it is fast enough"), 200 * least);
        assert_eq!(read(20, 1).await.expect("it is short"), 20);
        let begun = Instant::now();
        read(1000, 1).await.expect_err("it is too slow");
        assert!(begun.elapsed() <= TO_SPEAK + Duration::from_secs(1));
        read(1000, least / 2).await.expect_err("it is too slow in the long run");
    }
}
