//! The connection to a server: opened when it is first used, shared by all that is under way, opened anew when it is lost.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisConnectionInfo, ScriptInvocation};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::address::Way;
use super::measured::{Allowance, Measured};
use super::reason::Reason;
use crate::capability::kv::store::Trouble;
use crate::capability::kv::told::Told;
use crate::capability::net::{Host, Resolver, dial, server_name};
use crate::capability::secrets::Secret;

/// Operations under way at one server. Each may bring [`MAX_BATCH`](crate::capability::kv::MAX_BATCH) either way, which the
/// host holds meanwhile.
const MAX_UNDER_WAY: usize = 8;

/// What a script says: how it ended, and what it found.
pub(super) type Answer = (String, Vec<Option<Vec<u8>>>);

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Reaching the server and logging in, as long as for HTTP.
    pub(super) connecting: Duration,
    /// One operation, waiting for others included: 16 MiB over 20 Mbit a second take seven seconds.
    pub(super) answering: Duration,
}

impl Patience {
    pub(super) const USUAL: Self = Self { connecting: Duration::from_secs(10), answering: Duration::from_secs(10) };
}

/// A server, and as whom it is spoken to.
pub(super) struct Target {
    pub(super) way: Way,
    pub(super) database: u16,
    pub(super) user: Option<Secret>,
    pub(super) password: Option<Secret>,
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        let same = |one: &Option<Secret>, other: &Option<Secret>| {
            one.as_ref().map(Secret::reveal) == other.as_ref().map(Secret::reveal)
        };
        self.way == other.way
            && self.database == other.database
            && same(&self.user, &other.user)
            && same(&self.password, &other.password)
    }
}

/// How names are resolved, and who is trusted.
#[derive(Clone)]
pub(super) struct Network {
    pub(super) resolver: Resolver,
    pub(super) tls: Arc<ClientConfig>,
}

/// The connection to one server.
pub(super) struct Line {
    pub(super) target: Target,
    network: Network,
    patience: Patience,
    state: Mutex<State>,
    turns: Arc<Semaphore>,
    told: Told<Reason>,
}

#[derive(Default)]
struct State {
    open: Option<Arc<Open>>,
    /// How and when the last try to connect failed.
    failed: Option<(Instant, Reason)>,
}

/// A connection, and the task that reads and writes it.
struct Open {
    connection: MultiplexedConnection,
    allowance: Allowance,
    driver: AbortHandle,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Line {
    pub(super) fn new(target: Target, network: Network, patience: Patience) -> Self {
        let turns = Arc::new(Semaphore::new(MAX_UNDER_WAY));
        Self { target, network, patience, state: Mutex::default(), turns, told: Told::new() }
    }

    /// Has the server run a script, once: where the connection is lost meanwhile nobody knows whether it was run. It goes on
    /// when nobody waits for it any more, so that a connection which is of no use is found out.
    pub(super) async fn run(self: &Arc<Self>, script: ScriptInvocation<'static>) -> Result<Answer, Trouble> {
        let began = Instant::now();
        let turn = timeout(self.patience.answering, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| Trouble::Busy)?.map_err(|_| Trouble::Broken)?;
        let line = Arc::clone(self);
        let running = tokio::spawn(async move {
            let _turn = turn;
            line.run_since(began, &script).await.map_err(|reason| line.tell(reason))
        });
        running.await.unwrap_or(Err(Trouble::Broken))
    }

    async fn run_since(&self, began: Instant, script: &ScriptInvocation<'static>) -> Result<Answer, Reason> {
        let open = self.open(began).await?;
        open.allowance.expect_answer(MAX_UNDER_WAY);
        let mut connection = open.connection.clone();
        let answer = timeout(self.patience.answering, script.invoke_async(&mut connection)).await;
        let reason = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => Reason::from(&error),
            Err(_) => Reason::Late,
        };
        if matches!(reason, Reason::Io(_) | Reason::Late) {
            // Nothing comes by it any more, or too late.
            self.forget(&open).await;
        }
        Err(reason)
    }

    /// The connection, opened anew where there is none. Those who came before somebody else failed to open it have failed
    /// with them.
    async fn open(&self, began: Instant) -> Result<Arc<Open>, Reason> {
        let mut state = self.state.lock().await;
        if let Some(open) = state.open.as_ref().filter(|open| !open.driver.is_finished()) {
            return Ok(Arc::clone(open));
        }
        if let Some((_, reason)) = state.failed.filter(|(when, _)| *when > began) {
            return Err(reason);
        }
        state.open = None;
        let opened = timeout(self.patience.connecting, self.connect()).await.unwrap_or(Err(Reason::Late));
        match opened {
            Ok(open) => Ok(Arc::clone(state.open.insert(Arc::new(open)))),
            Err(reason) => {
                state.failed = Some((Instant::now(), reason));
                Err(reason)
            }
        }
    }

    async fn forget(&self, open: &Arc<Open>) {
        self.state.lock().await.open.take_if(|known| Arc::ptr_eq(known, open));
    }

    async fn connect(&self) -> Result<Open, Reason> {
        let failed = |error: io::Error| Reason::Io(error.kind());
        match &self.target.way {
            Way::Tcp { host, port, tls } => {
                let addresses = match host {
                    Host::Ip(address) => vec![(*address, *port).into()],
                    Host::Name(name) => {
                        // Nobody's but its own: no plugin has a space in its name.
                        let asker = format!("Redis {name}");
                        let resolved = self.network.resolver.look_up(&asker, name.clone(), *port).await;
                        resolved.map_err(|_| Reason::Unreachable("its name has no address"))?
                    }
                };
                let tcp = dial(addresses).await.map_err(failed)?;
                tcp.set_nodelay(true).map_err(failed)?;
                if !tls {
                    return self.log_in(tcp).await;
                }
                let name = server_name(host).ok_or(Reason::Unreachable("no certificate could have its name"))?;
                let untrusted = Reason::Unreachable("it does not speak TLS, or its certificate is not trusted");
                let tls = TlsConnector::from(Arc::clone(&self.network.tls)).connect(name, tcp).await;
                self.log_in(tls.map_err(|_| untrusted)?).await
            }
            #[cfg(unix)]
            Way::Unix(path) => self.log_in(tokio::net::UnixStream::connect(path).await.map_err(failed)?).await,
            #[cfg(not(unix))]
            Way::Unix(_) => Err(Reason::Io(io::ErrorKind::Unsupported)),
        }
    }

    async fn log_in(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<Open, Reason> {
        let mut login = RedisConnectionInfo::default().set_db(self.target.database.into()).set_skip_set_lib_name();
        if let Some(user) = &self.target.user {
            login = login.set_username(user.reveal());
        }
        if let Some(password) = &self.target.password {
            login = login.set_password(password.reveal());
        }
        // Time is kept here.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let allowance = Allowance::new();
        let stream = Measured { stream, allowance: allowance.clone() };
        let opened = MultiplexedConnection::new_with_config(&login, stream, config).await;
        let (connection, driver) = opened.map_err(|error| Reason::from(&error))?;
        Ok(Open { connection, allowance, driver: tokio::spawn(driver).abort_handle() })
    }

    /// Tells the log why, and gives what the guest is told.
    fn tell(&self, reason: Reason) -> Trouble {
        if self.told.is_news(reason, Instant::now()) {
            tracing::warn!(server = %self.target.way, "the Redis server of key-value stores fails: {reason}");
        }
        reason.trouble()
    }
}
