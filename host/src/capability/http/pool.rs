//! The connections of all plugins, kept for the next request.

use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::RootCertStore;
use tokio::sync::Semaphore;

use super::body::Upload;
use super::connect::Connector;
use crate::capability::CapabilityError;
use crate::capability::net::{Resolver, tls};

/// How long a connection is kept that nobody uses. Servers close after 60 s as a rule, some after 5 s; what is older has
/// a fair chance to be closed just when it is wanted.
const IDLE: Duration = Duration::from_secs(30);

/// Connections to one host that are kept: what one call may use at once.
const MAX_IDLE: usize = super::gate::MAX_OF_CALL;

/// Connections of this process, in use and kept. 1,024 open files is what a process may have as a rule; the other half is
/// for clients, plugins' files and what is compiled.
const MAX_OPEN: usize = 512;

/// How often a connection of HTTP/2 with requests under way is asked whether it is still there, and how long it may take
/// to say so. Without it, one that a firewall has forgotten would be given to every later request.
const ASK: Duration = Duration::from_secs(20);
const MAX_SILENCE: Duration = Duration::from_secs(10);

/// Bytes of an answer's headers: four times what servers send at the most.
const MAX_HEADER: usize = 64 * 1024;

/// Headers of one answer.
const MAX_HEADERS: usize = 128;

/// Bytes that a server may send by HTTP/2 before the guest reads them: of one answer, and by one connection. The host holds
/// them beside the memory that plugins have, with [all connections](MAX_OPEN) 512 MiB at the most; what is usual would be
/// 2 MiB and 5 MiB, and 2.5 GiB. A server that is a tenth of a second away still sends one answer with 2.5 MB a second.
pub(super) const WINDOW: u32 = 256 * 1024;
pub(super) const WINDOW_OF_CONNECTION: u32 = 1024 * 1024;

/// Bytes of one request that wait to be sent by HTTP/2: as many as come back.
const MAX_UNSENT: usize = 256 * 1024;

/// The connections of all plugins, and what is trusted about the other side.
///
/// There are two sets: one in which all connections lead to public addresses, and one for the requests that may go
/// anywhere. A connection that one plugin was allowed to make is thus no way for another.
#[derive(Clone)]
pub struct Pool {
    public: Client<Connector, Upload>,
    any: Client<Connector, Upload>,
}

impl Pool {
    /// No connection yet. Servers are trusted that `roots` vouch for.
    ///
    /// # Errors
    ///
    /// When there is no TLS to be had.
    pub(in crate::capability) fn new(roots: Arc<RootCertStore>, resolver: &Resolver) -> Result<Self, CapabilityError> {
        let tls = tls::client(roots, &[b"h2", b"http/1.1"])
            .map_err(|error| CapabilityError::Http(format!("needs TLS: {error}")))?;
        let free = Arc::new(Semaphore::new(MAX_OPEN));
        let client = |private| {
            client(Connector { resolver: resolver.clone(), tls: Arc::clone(&tls), private, free: Arc::clone(&free) })
        };
        Ok(Self { public: client(false), any: client(true) })
    }

    /// The connections for requests that may go to private addresses, or not.
    pub(super) fn client(&self, private: bool) -> &Client<Connector, Upload> {
        if private { &self.any } else { &self.public }
    }
}

fn client(connector: Connector) -> Client<Connector, Upload> {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(MAX_IDLE)
        .http1_max_buf_size(MAX_HEADER)
        .http1_max_headers(MAX_HEADERS)
        .http2_initial_stream_window_size(WINDOW)
        .http2_initial_connection_window_size(WINDOW_OF_CONNECTION)
        .http2_max_send_buf_size(MAX_UNSENT)
        .http2_keep_alive_interval(ASK)
        .http2_keep_alive_timeout(MAX_SILENCE)
        .http2_max_header_list_size(u32::try_from(MAX_HEADER).unwrap_or(u32::MAX))
        .build(connector)
}
