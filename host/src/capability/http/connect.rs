//! Connections: a name is resolved once, its addresses are looked at, and those very addresses are connected to.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::error::ConnectError;
use super::target::Target;
use crate::capability::net::address::not_public;
use crate::capability::net::{Host, Resolver, Unresolved, dial, server_name};

/// How long reaching the other side may take, TLS included. A connection that takes longer is lost, or of no use to
/// somebody who waits for an answer.
pub(super) const MAX_CONNECTING: Duration = Duration::from_secs(10);

/// How long a connection waits for another to be closed, when there are as many as there may be.
const MAX_WAITING: Duration = Duration::from_secs(3);

tokio::task_local! {
    /// The plugin whose request is sent: hyper's client tells its connector nothing but the address.
    pub(super) static ASKER: Arc<str>;
}

/// Makes connections for hyper's client.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) resolver: Resolver,
    pub(super) tls: Arc<rustls::ClientConfig>,
    /// Whether addresses that are not the internet's are connected to.
    pub(super) private: bool,
    /// How many connections may yet be opened.
    pub(super) free: Arc<Semaphore>,
}

impl tower_service::Service<Uri> for Connector {
    type Response = Stream;
    type Error = ConnectError;
    type Future = BoxFuture<'static, Result<Stream, ConnectError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        let asker = ASKER.try_with(Arc::clone).unwrap_or_default();
        Box::pin(async move { connector.connect(&uri, &asker).await })
    }
}

impl Connector {
    async fn connect(&self, uri: &Uri, asker: &str) -> Result<Stream, ConnectError> {
        let invalid = |what: &str| ConnectError::Io(io::Error::new(io::ErrorKind::InvalidInput, what));
        let target = Target::parse(uri).map_err(invalid)?;
        let permit = timeout(MAX_WAITING, Arc::clone(&self.free).acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok).ok_or(ConnectError::Full)?;
        let addresses = self.addresses(&target, asker).await?;
        let reached = async {
            let tcp = dial(addresses).await.map_err(ConnectError::Io)?;
            // Small writes, such as a request without a body, are not kept waiting for more.
            tcp.set_nodelay(true).map_err(ConnectError::Io)?;
            if target.scheme == super::target::Scheme::Http {
                return Ok(Stream { io: TokioIo::new(Box::new(tcp)), h2: false, _permit: permit });
            }
            let name = server_name(&target.host).ok_or_else(|| invalid("no name that a certificate could have"))?;
            let tls = TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp).await.map_err(ConnectError::Tls)?;
            let h2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
            Ok(Stream { io: TokioIo::new(Box::new(tls)), h2, _permit: permit })
        };
        timeout(MAX_CONNECTING, reached).await.unwrap_or(Err(ConnectError::Timeout))
    }

    /// The addresses of `target` that may be connected to.
    async fn addresses(&self, target: &Target, asker: &str) -> Result<Vec<SocketAddr>, ConnectError> {
        let all = match &target.host {
            Host::Ip(address) => vec![SocketAddr::new(*address, target.port)],
            Host::Name(name) => self.resolver.look_up(asker, name.clone(), target.port).await?,
        };
        let mut refused = None;
        let mut allowed: Vec<SocketAddr> = Vec::new();
        for address in all {
            match not_public(address.ip()) {
                Some(kind) if !self.private => refused = Some((address.ip(), kind)),
                _ => allowed.push(address),
            }
        }
        match refused {
            Some((address, kind)) if allowed.is_empty() => return Err(ConnectError::NotPublic { address, kind }),
            _ if allowed.is_empty() => return Err(Unresolved::Failed(io::Error::other("it has no address")).into()),
            _ => {}
        }
        Ok(allowed)
    }
}

/// Bytes both ways.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// One connection, plain or by TLS.
pub(super) struct Stream {
    io: TokioIo<Box<dyn Duplex>>,
    h2: bool,
    /// Given back when it is closed.
    _permit: OwnedSemaphorePermit,
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        if self.h2 { Connected::new().negotiated_h2() } else { Connected::new() }
    }
}

impl Read for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }
}
