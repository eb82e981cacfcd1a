//! What the body of a request may be. Who sends one byte now and then would keep a connection, and what was read of the
//! message, for as long as it likes; few bytes of JSON may unfold to much memory; and a message is held whole until it is answered.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

use super::MAX_MESSAGE;
use super::accept::TO_SPEAK;
use crate::plugin::json::{MAX_VALUES, Values};

/// Bytes of a body that come in a second, after the time to speak: the worst of lines in use has ten times as many. The
/// largest message takes five minutes so.
const LEAST: u64 = 64 * 1024;

/// Bytes with which a body begins that come out of the room of small ones.
const SMALL: u64 = 64 * 1024;

/// KiB of bodies that are held at once until they are answered, of what they begin with and of what is over that: sixteen of
/// the largest messages each. With all connections and their streams it would be 2 TiB.
const ROOM: usize = 256 * 1024;

/// The room that there is for bodies. What is small has its own, so that a few that are large keep nobody else out.
pub(super) struct Room {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Self {
        Self::of(ROOM)
    }
}

impl Room {
    fn of(kib: usize) -> Self {
        let room = || Arc::new(Semaphore::new(kib));
        Self { small: room(), large: room() }
    }
}

/// What is wrong with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Slow,
    Values,
    Full,
}

impl Wrong {
    fn error(self) -> axum::Error {
        axum::Error::new(io::Error::from(match self {
            Self::Slow => io::ErrorKind::TimedOut,
            Self::Values => io::ErrorKind::FileTooLarge,
            Self::Full => io::ErrorKind::OutOfMemory,
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
            Self::Full => (
                StatusCode::SERVICE_UNAVAILABLE,
                "too many large messages are being answered; try again later\n".to_owned(),
            ),
        };
        (status, [(CONNECTION, HeaderValue::from_static("close"))], words).into_response()
    }
}

/// What is known of a body while its request is answered.
#[derive(Default)]
struct Known {
    wrong: OnceLock<Wrong>,
    /// The room that it takes, small and large.
    held: Mutex<[Option<OwnedSemaphorePermit>; 2]>,
}

/// Refuses a request whose body comes too slowly, by 408, or unfolds to too much, by 413, or finds no room, by 503 (RFC 9110,
/// sections 15.5.9, 15.5.14 and 15.6.4).
pub(super) async fn check(State(room): State<Arc<Room>>, request: Request, next: Next) -> Response {
    let known = Arc::new(Known::default());
    let body = Arc::clone(&known);
    let request = request.map(|stream| Body::new(Checked::new(stream, room, body)));
    let response = next.run(request).await;
    known.wrong.get().map_or(response, |wrong| wrong.into_response())
}

/// A body that fails when there is something wrong with it.
struct Checked {
    body: Body,
    begun: Instant,
    received: u64,
    deadline: Pin<Box<Sleep>>,
    values: Values,
    room: Arc<Room>,
    /// Why it is not taken in.
    refused: Option<Wrong>,
    known: Arc<Known>,
}

impl Checked {
    fn new(body: Body, room: Arc<Room>, known: Arc<Known>) -> Self {
        let begun = Instant::now();
        let deadline = Box::pin(tokio::time::sleep_until(begun + TO_SPEAK));
        Self { body, begun, received: 0, deadline, values: Values::default(), room, refused: None, known }
    }

    /// Looks at the next piece, whether it can be taken in.
    fn take(&mut self, piece: &[u8]) {
        self.received += piece.len() as u64;
        self.deadline.as_mut().reset(self.begun + TO_SPEAK + Duration::from_secs(self.received / LEAST));
        if self.refused.is_none() {
            self.refused = match (self.values.take(piece), self.hold()) {
                (false, _) => Some(Wrong::Values),
                (true, false) => Some(Wrong::Full),
                (true, true) => None,
            };
        }
    }

    /// Takes the room that it needs by now, if there is as much. It is given back with the answer: until then the pieces may
    /// be kept.
    fn hold(&self) -> bool {
        let mut held = self.known.held.lock().unwrap_or_else(PoisonError::into_inner);
        let [small, large] = &mut *held;
        let first = self.received.min(SMALL);
        enlarge(small, &self.room.small, first) && enlarge(large, &self.room.large, self.received - first)
    }

    fn fail(&self, wrong: Wrong) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // It fails once.
        let _ = self.known.wrong.set(wrong);
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
            if let Some(piece) = piece {
                self.take(&piece);
            }
            match (self.refused, ended || self.received > MAX_MESSAGE as u64) {
                (None, _) => return Poll::Ready(frame),
                (Some(wrong), true) => return self.fail(wrong),
                // Who is answered in the middle of sending may see a broken connection in place of the answer: what
                // remains is received, and dropped.
                (Some(_), false) => {}
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

/// Has `held` be for so many bytes, if there is `room`.
fn enlarge(held: &mut Option<OwnedSemaphorePermit>, room: &Arc<Semaphore>, bytes: u64) -> bool {
    let needed = usize::try_from(bytes.div_ceil(1024)).unwrap_or(usize::MAX);
    let more = needed.saturating_sub(held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits));
    let Ok(more) = Arc::clone(room).try_acquire_many_owned(u32::try_from(more).unwrap_or(u32::MAX)) else {
        return false;
    };
    match held {
        Some(held) => held.merge(more),
        None => *held = Some(more),
    }
    true
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use futures::StreamExt as _;
    use http_body_util::{BodyExt as _, StreamBody};
    use tokio::sync::mpsc;
    use tower_service::Service as _;

    use super::*;

    /// Bytes of a body that is large, and of one that is not.
    const LARGE: usize = 192 * 1024;
    const LITTLE: usize = 64 * 1024;

    /// A body of `pieces` pieces of `bytes` bytes each, one a second.
    async fn read(pieces: usize, bytes: usize) -> Result<usize, axum::Error> {
        let stream = futures::stream::unfold(0, move |sent| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let piece = Frame::data(Bytes::from(vec![b'x'; bytes]));
            (sent < pieces).then(|| (Ok::<_, Infallible>(piece), sent + 1))
        });
        let known = Arc::new(Known::default());
        let read = Checked::new(Body::new(StreamBody::new(stream)), Arc::default(), Arc::clone(&known)).collect().await;
        assert_eq!(read.is_err(), known.wrong.get() == Some(&Wrong::Slow));
        read.map(|read| read.to_bytes().len())
    }

    #[tokio::test]
    async fn a_body_with_too_many_values_is_received_to_its_end_before_it_is_refused() {
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&sent);
        let stream = futures::stream::iter(0..100).map(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Frame::data(Bytes::from("[0,".repeat(10_000))))
        });
        let known = Arc::new(Known::default());
        let checked = Checked::new(Body::new(StreamBody::new(stream)), Arc::default(), Arc::clone(&known));
        checked.collect().await.expect_err("it unfolds");
        assert_eq!((known.wrong.get(), sent.load(Ordering::Relaxed)), (Some(&Wrong::Values), 100));
    }

    #[tokio::test]
    async fn bodies_that_are_held_at_once_have_a_bound_and_a_few_large_ones_leave_room_for_the_small() {
        let (arrived, mut arrivals) = mpsc::unbounded_channel();
        let answers = Arc::new(Semaphore::new(0));
        let may_answer = Arc::clone(&answers);
        let answer = async move |body: Bytes| {
            arrived.send(body.len()).expect("awaited");
            may_answer.acquire().await.expect("it is not closed").forget();
        };
        // 128 KiB, of each kind.
        let router = Router::new().route("/", post(answer)).layer(from_fn_with_state(Arc::new(Room::of(128)), check));
        let ask = |bytes: usize| {
            let stream =
                futures::stream::iter((0..bytes / 1024).map(|_| Ok::<_, Infallible>(Bytes::from(vec![b'x'; 1024]))));
            let request = axum::http::Request::post("/").body(Body::from_stream(stream)).expect("a request");
            let mut router = router.clone();
            tokio::spawn(async move { router.call(request).await })
        };
        let large = ask(LARGE);
        assert_eq!(arrivals.recv().await, Some(LARGE));
        let refused = ask(LARGE).await.expect("no panic").expect("it is answered");
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        let words = refused.into_body().collect().await.expect("a body").to_bytes();
        assert_eq!(words, "too many large messages are being answered; try again later\n");
        let small = ask(LITTLE);
        assert_eq!(arrivals.recv().await, Some(LITTLE));
        answers.add_permits(3);
        for one in [large, small] {
            assert_eq!(one.await.expect("no panic").expect("it is answered").status(), StatusCode::OK);
        }
        // What was answered is held no more.
        assert_eq!(ask(LARGE).await.expect("no panic").expect("it is answered").status(), StatusCode::OK);
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
