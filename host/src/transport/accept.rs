//! Connections of HTTP clients: so many at once, each with so much time to say what it wants, and none kept by who is silent.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Stop;
use super::idle::{Idle, Watched};

/// Connections that are open at once. A client has one or two; each takes a descriptor, and plugins' own connections
/// (512) and files need theirs. When there are more, those that are silent for longest are hung up on; where none is, more
/// wait to be accepted.
pub(super) const MAX_CONNECTIONS: usize = 1024;

/// How long a client may take to send the head of a request, or be idle between two: who says nothing gives its place to
/// others.
pub(super) const TO_SPEAK: Duration = Duration::from_secs(30);

/// How often a connection of HTTP/2 is asked whether it is still there, and how long it may take to say so.
const ASK: Duration = Duration::from_secs(30);
const MAX_SILENCE: Duration = Duration::from_secs(10);

/// Requests at once on one connection of HTTP/2.
const MAX_STREAMS: u32 = 128;

/// How long to wait when the system gives no more descriptors: some will be free then.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);

/// Serves `router` on `listener` until `close`, then lets each connection end its request.
///
/// # Errors
///
/// When the listener fails for good.
pub(super) async fn serve(listener: TcpListener, router: Router, close: Stop) -> io::Result<()> {
    serve_at_most(MAX_CONNECTIONS, listener, router, close).await
}

async fn serve_at_most(most: usize, listener: TcpListener, router: Router, close: Stop) -> io::Result<()> {
    let turns = Arc::new(Semaphore::new(most));
    let idle = Idle::default();
    let connections = GracefulShutdown::new();
    let builder = builder();
    loop {
        let (turn, stream) = tokio::select! {
            accepted = accept(&listener, &turns, &idle) => accepted?,
            () = close.cancelled() => break,
        };
        let watched = idle.connection();
        let service = Watched { service: router.clone(), connection: Arc::clone(&watched) };
        let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = connections.watch(connection.into_owned());
        tokio::spawn(async move {
            let _turn = turn;
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(error, "a connection ended early");
                },
                () = watched.hung_up() => tracing::debug!("a silent connection gave its place to another"),
            }
        });
    }
    connections.shutdown().await;
    Ok(())
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(TO_SPEAK);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(ASK)
        .keep_alive_timeout(MAX_SILENCE)
        .max_concurrent_streams(MAX_STREAMS);
    builder
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    turns: &Arc<Semaphore>,
    idle: &Idle,
) -> io::Result<(OwnedSemaphorePermit, TcpStream)> {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Small answers are not kept waiting for more.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection");
                }
                if turns.available_permits() == 0 {
                    idle.hang_up();
                }
                let turn = Arc::clone(turns).acquire_owned().await.map_err(io::Error::other)?;
                return Ok((turn, stream));
            }
            // That one connection was gone before it was accepted, or there are no descriptors left just now.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_hung_up_on_and_others_are_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().route("/", axum::routing::get(async || "here"));
        let close = Stop::new();
        let serving = tokio::spawn(serve(listener, router, close.clone()));

        let mut silent = TcpStream::connect(address).await.expect("connected");
        let mut client = TcpStream::connect(address).await.expect("connected");
        client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.expect("sent");
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("answered");
        assert!(answer.ends_with("here"), "{answer}");

        // Time moves by itself when all wait.
        silent.write_all(b"GET / HT").await.expect("sent");
        let mut rest = Vec::new();
        silent.read_to_end(&mut rest).await.expect("hung up on");
        close.cancel();
        serving.await.expect("it ends").expect("it ends well");
    }

    #[tokio::test]
    async fn the_one_that_is_silent_for_longest_gives_its_place_to_who_comes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (begun, go_on) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (begins, goes_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        let slow = async move || {
            begins.add_permits(1);
            let _ = goes_on.acquire().await;
            "slow"
        };
        let router = Router::new().route("/", axum::routing::get(slow));
        tokio::spawn(serve_at_most(2, listener, router, Stop::new()));
        let ask = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

        let mut busy = TcpStream::connect(address).await.expect("connected");
        busy.write_all(ask).await.expect("sent");
        begun.acquire().await.expect("it is asked").forget();
        let mut silent = TcpStream::connect(address).await.expect("connected");
        let mut other = TcpStream::connect(address).await.expect("connected");
        other.write_all(ask).await.expect("sent");
        // The silent one is hung up on; the one whose answer is under way is not.
        assert!(matches!(silent.read(&mut [0; 1]).await, Ok(0) | Err(_)));
        begun.acquire().await.expect("it is asked").forget();
        go_on.add_permits(2);
        for mut client in [busy, other] {
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.expect("answered");
            assert!(answer.ends_with("slow"), "{answer}");
        }
    }
}
