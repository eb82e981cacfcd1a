//! What happens to the sockets of one instance: what it may look up, connect to, and how many it may have.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::sockets::SocketAddrUse;

use super::refusal::{Refusal, Wish, granting};
use super::{Grant, Network, Place, Ports, Rules};
use crate::capability::net::address::not_public;
use crate::capability::net::{Host, Resolver, Unresolved};
use crate::capability::{Kind, Uses};

/// Sockets of one instance at once: what its requests by `http` may be.
pub(super) const MAX_OF_INSTANCE: usize = 16;

/// Addresses of one name that are handed out, as many as are tried for `http`.
const MAX_ADDRESSES: usize = 8;

/// Addresses that are remembered, with their names. The oldest go: a guest that connects looks the name up just before.
const MAX_KNOWN: usize = 256;

/// Refusals that are logged. A guest that tries on would fill the log with the same.
const MAX_LOGGED: usize = 20;

/// What happens to the sockets of one instance. Clones are the same gate.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    rules: Arc<Rules>,
    plugin: Arc<str>,
    resolver: Resolver,
    uses: Uses,
    known: Mutex<VecDeque<(IpAddr, Host)>>,
    /// How many sockets this instance, its plugin, and all plugins may yet have.
    sockets: [Arc<Semaphore>; 3],
    /// The places of the sockets that there are, by their handles.
    open: Mutex<HashMap<u32, Seat>>,
    /// The places of sockets of which there is no handle any more, but maybe a stream.
    kept: Mutex<Vec<Seat>>,
    refused: AtomicUsize,
}

/// A socket's place among those of its instance, of its plugin, and of all; free again when it is dropped.
pub(super) struct Seat(#[expect(dead_code, reason = "held")] Vec<OwnedSemaphorePermit>);

/// Why a name has no addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoAddress {
    /// It is refused.
    Refused,
    /// It is no name.
    Unclear,
    /// It is not known.
    Unknown,
    /// The resolver did not answer in time.
    Late,
}

impl Gate {
    pub(super) fn new(rules: Arc<Rules>, plugin: Arc<str>, network: &Network, uses: Uses) -> Self {
        let own = Arc::new(Semaphore::new(MAX_OF_INSTANCE));
        let sockets = [own, Arc::clone(&rules.sockets), Arc::clone(&network.sockets)];
        let resolver = network.resolver.clone();
        let (known, open, kept) = (Mutex::default(), Mutex::default(), Mutex::default());
        let refused = AtomicUsize::new(0);
        Self(Arc::new(Inner { rules, plugin, resolver, uses, known, sockets, open, kept, refused }))
    }

    /// Has WASI ask before it connects. Lookups and sockets come by [`link`](super::link) alone.
    pub(crate) fn guard(&self, wasi: &mut WasiCtxBuilder) {
        let gate = self.clone();
        wasi.allow_tcp(true).allow_udp(false).allow_ip_name_lookup(false).socket_addr_check(move |address, wish| {
            let allowed = gate.allows(address, wish);
            Box::pin(async move { allowed })
        });
    }

    pub(super) fn allows(&self, address: SocketAddr, wish: SocketAddrUse) -> bool {
        match wish {
            SocketAddrUse::TcpConnect => self.connect(address),
            // What the operating system chooses when a socket connects.
            SocketAddrUse::TcpBind if address.ip().is_unspecified() && address.port() == 0 => true,
            SocketAddrUse::TcpBind | SocketAddrUse::TcpListen | SocketAddrUse::TcpAccept => {
                self.refuse(&Refusal::Never, &Wish::Listen);
                false
            }
            SocketAddrUse::UdpBind | SocketAddrUse::UdpSend | SocketAddrUse::UdpReceive => false,
        }
    }

    /// The addresses of `name` that may be connected to.
    pub(super) async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, NoAddress> {
        let host = match name.parse::<Ipv6Addr>() {
            Ok(address) => Ok(Host::Ip(IpAddr::V6(address).to_canonical())),
            Err(_) => Host::parse(name),
        };
        let host = host.map_err(|what| {
            self.refuse(&Refusal::Unclear(what), &Wish::LookUp(None));
            NoAddress::Unclear
        })?;
        let name = match &host {
            // An address is what it is. Whether it may be connected to is seen when it is.
            Host::Ip(address) => return Ok(vec![*address]),
            Host::Name(name) => name.clone(),
        };
        let wish = Wish::LookUp(Some(host.clone()));
        let refuse = |refusal: Refusal| {
            self.refuse(&refusal, &wish);
            NoAddress::Refused
        };
        self.0.rules.look_up(&host).map_err(refuse)?;
        self.0.uses.allowed(Kind::Tcp, || (wish.what(), None));
        let all = self.0.resolver.look_up(&self.0.plugin, name, 0).await.map_err(|why| {
            tracing::debug!(plugin = &*self.0.plugin, error = %why, "a name was not resolved");
            match why {
                Unresolved::Busy => {
                    self.refuse(&Refusal::Lookups, &wish);
                    NoAddress::Late
                }
                Unresolved::Late => NoAddress::Late,
                Unresolved::Failed(_) => NoAddress::Unknown,
            }
        })?;
        let mut refused = None;
        let mut addresses = Vec::new();
        for ip in all.into_iter().map(|address| address.ip().to_canonical()) {
            match self.0.rules.hand_out(&host, ip) {
                Ok(()) if !addresses.contains(&ip) && addresses.len() < MAX_ADDRESSES => addresses.push(ip),
                Ok(()) => {}
                Err(refusal) => refused = Some(refusal),
            }
        }
        match refused {
            Some(refusal) if addresses.is_empty() => return Err(refuse(refusal)),
            _ if addresses.is_empty() => return Err(NoAddress::Unknown),
            _ => {}
        }
        let mut known = lock(&self.0.known);
        for ip in &addresses {
            known.retain(|(address, of)| address != ip || *of != host);
            known.push_back((*ip, host.clone()));
        }
        let spare = known.len().saturating_sub(MAX_KNOWN);
        known.drain(..spare);
        Ok(addresses)
    }

    /// Whether a connection may be made to `address`: by a name that it was handed out for, or as itself.
    pub(super) fn connect(&self, address: SocketAddr) -> bool {
        let (ip, port) = (address.ip().to_canonical(), address.port());
        let known = lock(&self.0.known);
        // The name that was looked up last is the one that is meant.
        let names = known.iter().rev().filter(|(address, _)| *address == ip).map(|(_, name)| name.clone());
        let hosts: Vec<Host> = names.chain([Host::Ip(ip)]).collect();
        drop(known);
        let mut refused = None;
        for host in hosts {
            match self.0.rules.connect(&host, ip, port) {
                Ok(()) => {
                    self.0.uses.allowed(Kind::Tcp, || {
                        let (place, private) = (Place::of(&host), not_public(ip).is_some());
                        let least = Grant { host: place, port: Ports::one(port), private };
                        (Wish::Connect(host, port).what(), Some(granting(least)))
                    });
                    return true;
                }
                Err(refusal) => {
                    refused.get_or_insert((refusal, host));
                }
            }
        }
        if let Some((refusal, host)) = refused {
            self.refuse(&refusal, &Wish::Connect(host, port));
        }
        false
    }

    /// A place for one more socket, if there is one. Nobody waits for it: who has them all would wait for itself.
    pub(super) fn seat(&self) -> Option<Seat> {
        let taken = self.0.sockets.iter().map(|places| Arc::clone(places).try_acquire_owned().ok());
        let seat = taken.collect::<Option<Vec<_>>>().map(Seat);
        if seat.is_none() {
            self.refuse(&Refusal::TooMany, &Wish::Open);
        }
        seat
    }

    /// Tells that there are no datagrams.
    pub(super) fn no_datagrams(&self) {
        self.refuse(&Refusal::Never, &Wish::Datagrams);
    }

    /// Keeps the place of the socket that has this handle.
    pub(super) fn opened(&self, handle: u32, seat: Seat) {
        lock(&self.0.open).insert(handle, seat);
    }

    /// Gives the place back, once the socket of this handle is closed.
    pub(super) fn closed(&self, handle: u32) {
        lock(&self.0.open).remove(&handle);
    }

    /// Keeps the place for as long as the instance lives: the socket's streams may outlive its handle.
    pub(super) fn let_go(&self, handle: u32) {
        if let Some(seat) = lock(&self.0.open).remove(&handle) {
            lock(&self.0.kept).push(seat);
        }
    }

    fn refuse(&self, refusal: &Refusal, wish: &Wish) {
        let denial = refusal.deny(&self.0.plugin, wish);
        let address = match refusal {
            Refusal::NotPublic { address, .. } => Some(tracing::field::display(address)),
            _ => None,
        };
        if self.0.refused.fetch_add(1, Ordering::Relaxed) < MAX_LOGGED {
            tracing::warn!(plugin = &*self.0.plugin, address, "{}", denial.sentence);
        }
        self.0.uses.refused(Kind::Tcp, &wish.what(), denial);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
