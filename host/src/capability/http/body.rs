//! What is sent and received, counted.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep};
use wasmtime_wasi_http::{Error, WasiBody};

use super::error::{BodyError, receiving};
use super::header::Injection;
use super::mask::{Mask, Masking};
use crate::capability::size::Size;

/// Bytes of one body, sent or received, where a grant does not say otherwise: more than any answer of a plugin can hold,
/// less than a machine would notice. Bodies pass through; this bounds how much a guest can make the network carry.
pub(super) const USUAL: Size = Size::mib(64);

/// What a grant has that does not say otherwise.
pub(super) fn usual() -> Size {
    USUAL
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
pub(super) fn is_usual(size: &Size) -> bool {
    *size == USUAL
}

/// How long one body may be, and who is told when it is longer.
pub(super) struct Bound {
    pub(super) most: u64,
    /// It is given the size, where that is known before all of it came.
    pub(super) tell: Box<dyn Fn(Option<u64>) + Send>,
}

impl Bound {
    /// Whether so many bytes are too many. `said` is by what says itself how long it will be.
    fn refuses(&self, bytes: u64, said: bool) -> bool {
        let refused = bytes > self.most;
        if refused {
            (self.tell)(said.then_some(bytes));
        }
        refused
    }
}

/// The body of a request: as long as it says, and no longer than is allowed.
pub(super) struct Upload {
    body: WasiBody,
    said: Option<u64>,
    sent: u64,
    bound: Bound,
    injection: Injection,
}

impl Upload {
    /// `said` is what the request's `content-length` says.
    pub(super) fn new(body: WasiBody, said: Option<u64>, bound: Bound, injection: Injection) -> Result<Self, Error> {
        if let Some(size) = said.filter(|said| bound.refuses(*said, true)) {
            return Err(Error::HttpRequestBodySize(Some(size)));
        }
        Ok(Self { body, said, sent: 0, bound, injection })
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let failed = |error| Poll::Ready(Some(Err(BodyError(Arc::new(error)))));
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return failed(error),
            // A server must not wait for the rest, or take the next request for it.
            None if self.said.is_some_and(|said| said != self.sent) => {
                return failed(Error::HttpRequestBodySize(Some(self.sent)));
            }
            None => return Poll::Ready(None),
        };
        match frame.into_data() {
            Ok(data) => {
                self.sent += u64::try_from(data.len()).unwrap_or(u64::MAX);
                if self.said.is_some_and(|said| self.sent > said) || self.bound.refuses(self.sent, false) {
                    return failed(Error::HttpRequestBodySize(Some(self.sent)));
                }
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Err(frame) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                let size: usize = trailers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
                if size > super::header::MAX_SIZE {
                    return failed(Error::HttpRequestTrailerSectionSize(u32::try_from(size).ok()));
                }
                let trailers = self.injection.keep(trailers);
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.said {
            Some(said) => SizeHint::with_exact(said.saturating_sub(self.sent)),
            None => self.body.size_hint(),
        }
    }
}

/// The body of an answer, with all that is under way until it ends.
pub(super) struct Answer {
    body: Incoming,
    received: u64,
    bound: Bound,
    masking: Masking,
    /// Come, but what was held back goes first.
    trailers: Option<HeaderMap>,
    between: Duration,
    /// Runs while nothing comes.
    waiting: Option<Pin<Box<Sleep>>>,
    ended: bool,
    _turns: [OwnedSemaphorePermit; 2],
}

impl Answer {
    /// `between` is how long it may be silent. Dropping it, read to its end or not, gives the turns back.
    pub(super) fn new(
        body: Incoming,
        bound: Bound,
        mask: Mask,
        between: Duration,
        turns: [OwnedSemaphorePermit; 2],
    ) -> Result<Self, Error> {
        if let Some(size) = body.size_hint().exact().filter(|size| bound.refuses(*size, true)) {
            return Err(Error::HttpResponseBodySize(Some(size)));
        }
        let masking = Masking::new(mask);
        let (trailers, waiting) = (None, None);
        Ok(Self { body, received: 0, bound, masking, trailers, between, waiting, ended: false, _turns: turns })
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        loop {
            if let Some(trailers) = this.trailers.take() {
                return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) else {
                let between = this.between;
                ready!(this.waiting.get_or_insert_with(|| Box::pin(sleep(between))).as_mut().poll(cx));
                this.ended = true;
                return Poll::Ready(Some(Err(Error::ConnectionReadTimeout)));
            };
            this.waiting = None;
            let data = match frame {
                None => {
                    this.ended = true;
                    this.masking.rest()
                }
                Some(Err(error)) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(receiving(&error))));
                }
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        this.received += u64::try_from(data.len()).unwrap_or(u64::MAX);
                        if this.bound.refuses(this.received, false) {
                            this.ended = true;
                            return Poll::Ready(Some(Err(Error::HttpResponseBodySize(Some(this.received)))));
                        }
                        this.masking.next(data)
                    }
                    Err(frame) => {
                        let mut trailers = frame.into_trailers().unwrap_or_default();
                        this.masking.headers(&mut trailers);
                        this.trailers = Some(trailers);
                        this.masking.rest()
                    }
                },
            };
            // All of it may be held back; an empty piece would look like nothing to come.
            if !data.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        (self.ended && self.trailers.is_none()) || self.masking.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.masking.is_empty() { self.body.size_hint() } else { SizeHint::default() }
    }
}
