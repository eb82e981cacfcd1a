//! Connections on which nothing is under way: when there are as many as there may be, the one that was silent for longest
//! gives its place to who comes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures::future::BoxFuture;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio_util::sync::CancellationToken;
use tower_service::Service;

/// The silent connections, the one that is so for longest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Idle(Arc<Mutex<Silent>>);

#[derive(Debug, Default)]
struct Silent {
    next: u64,
    connections: BTreeMap<u64, CancellationToken>,
}

impl Idle {
    fn change<T>(&self, change: impl FnOnce(&mut Silent) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Hangs up on the connection that is silent for longest, if one is.
    pub(super) fn hang_up(&self) {
        if let Some((_, connection)) = self.change(|silent| silent.connections.pop_first()) {
            connection.cancel();
        }
    }

    /// A connection that was just made, and says nothing yet.
    pub(super) fn connection(&self) -> Arc<Connection> {
        let connection = Connection { idle: self.clone(), end: CancellationToken::new(), state: Mutex::default() };
        connection.falls_silent();
        Arc::new(connection)
    }
}

/// One connection: what is under way on it.
#[derive(Debug)]
pub(super) struct Connection {
    idle: Idle,
    end: CancellationToken,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    under_way: usize,
    /// Its place among the silent ones.
    silent: u64,
}

impl Connection {
    /// Ends when its place is needed.
    pub(super) async fn hung_up(&self) {
        self.end.cancelled().await;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn falls_silent(&self) {
        let end = self.end.clone();
        self.state().silent = self.idle.change(|silent| {
            silent.next += 1;
            silent.connections.insert(silent.next, end);
            silent.next
        });
    }

    fn begins(self: &Arc<Self>) -> UnderWay {
        let mut state = self.state();
        state.under_way += 1;
        self.idle.change(|silent| silent.connections.remove(&state.silent));
        drop(state);
        UnderWay(Arc::clone(self))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let place = self.state().silent;
        self.idle.change(|silent| silent.connections.remove(&place));
    }
}

/// A request that is under way.
struct UnderWay(Arc<Connection>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.under_way -= 1;
        let silent = state.under_way == 0;
        drop(state);
        if silent {
            self.0.falls_silent();
        }
    }
}

/// A service that tells when a request is under way: from its head to the end of its answer.
#[derive(Debug, Clone)]
pub(super) struct Watched<S> {
    pub(super) service: S,
    pub(super) connection: Arc<Connection>,
}

impl<S> Service<Request<Incoming>> for Watched<S>
where
    S: Service<Request<Incoming>, Response = Response>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let under_way = self.connection.begins();
        let answering = self.service.call(request);
        Box::pin(async move {
            let response = answering.await?;
            Ok(response.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    let _ = &under_way;
                    frame
                }))
            }))
        })
    }
}
