//! `tcp`: outgoing connections, by host and port.
//!
//! A guest speaks wasi:sockets, 0.2 or 0.3: it resolves a name, gets addresses, and connects to one of them. The grant is
//! by name, so the [`gate`] ties them together:
//!
//! 1. A lookup is made for a name that an entry covers, and for no other.
//! 2. Of its addresses, the guest gets those that it may connect to: none that is not the internet's, unless the entry says
//!    `private = true`. The gate remembers them, with the name.
//! 3. A connection is made to an address that the gate remembers, to a port of an entry that covers its name; or to an
//!    address that an entry names itself. A later answer of the resolver changes nothing about what was looked at.
//!
//! What is sent is the plugin's affair: no rule of `http` is about it. UDP, listening, and binding to an address are
//! refused. Sockets are counted from when they are made ([`link`]), and closed with the instance that made them.

mod gate;
mod link;
mod place;
mod refusal;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::Uses;
use super::net::address::not_public;
use super::net::{Host, Resolver};
pub use gate::Gate;
pub use link::View;
pub(super) use link::link;
pub use place::{Place, Ports};
use refusal::Refusal;

/// Sockets of all calls of one plugin at once. 1,024 open files is what a process may have as a rule, and one plugin must
/// leave some to the others, and to its own requests by `http`.
const MAX_OF_PLUGIN: usize = 64;

/// Sockets of all plugins at once: a quarter of those files, of which connections by `http` may have half.
const MAX_OF_ALL: usize = 256;

/// What the sockets of all plugins share: the resolver, and how many there may yet be.
pub(super) struct Network {
    resolver: Resolver,
    sockets: Arc<Semaphore>,
}

impl Network {
    /// With this resolver, and no socket yet.
    pub(super) fn new(resolver: Resolver) -> Self {
        Self { resolver, sockets: Arc::new(Semaphore::new(MAX_OF_ALL)) }
    }
}

/// One entry of `tcp = [...]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The host: a name, `*.` or `**.` before a name, an address, a network, or `*`.
    pub host: Place,
    /// The port: a number, a range such as `"5432-5440"`, or `"*"`.
    pub port: Ports,
    /// Whether private, loopback and link-local addresses may be reached by it: this machine and its network.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
}

impl Grant {
    /// Whether it allows all that `before` did.
    pub(super) fn still_grants(&self, before: &Self) -> bool {
        let Self { host, port, private } = before;
        self.host == *host && self.port == *port && (self.private || !private)
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        let private = if self.private { ", also at private addresses" } else { "" };
        format!("tcp {}:{}{private}", self.host, self.port)
    }

    fn reaches(&self, ip: IpAddr) -> bool {
        self.private || not_public(ip).is_none()
    }
}

/// What a component's author asks for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The host.
    pub host: Place,
    /// The port.
    pub port: Ports,
    /// The reason, for the person who grants it.
    pub why: String,
}

/// What a plugin may connect to: what both its author asks for and its user grants.
#[derive(Debug)]
pub struct Rules {
    entries: Vec<Grant>,
    requests: Option<Vec<Request>>,
    sockets: Arc<Semaphore>,
}

/// What the plugin may connect to. `requests` are those of the component; a component that says nothing asks for whatever
/// it is granted.
pub(super) fn check(grants: &[Grant], requests: Option<&[Request]>) -> Rules {
    let sockets = Arc::new(Semaphore::new(MAX_OF_PLUGIN));
    Rules { entries: grants.to_vec(), requests: requests.map(<[_]>::to_vec), sockets }
}

impl Rules {
    /// What happens to the sockets of one instance.
    pub(super) fn build(self: &Arc<Self>, plugin: &Arc<str>, network: &Network, uses: &Uses) -> Gate {
        Gate::new(Arc::clone(self), Arc::clone(plugin), network, uses.clone())
    }

    /// Whether the addresses of `name` may be asked for: where it may be connected to at one port at least.
    fn look_up(&self, name: &Host) -> Result<(), Refusal> {
        let asked = |requests: &Vec<Request>| requests.iter().any(|request| request.host.covers(name));
        if !self.requests.as_ref().is_none_or(asked) {
            return Err(Refusal::NotRequested);
        }
        if self.entries.iter().any(|entry| entry.host.covers(name)) {
            return Ok(());
        }
        // The author may have said which port it is for. A guest that is refused a lookup does not come to connect, so that
        // all else that tells of a port is where its other hosts have one.
        let asked = self.requests.iter().flatten().find(|request| request.host.covers(name));
        Err(match (asked, self.usual_port()) {
            (Some(request), _) => Refusal::NotGranted { port: Some(request.port.clone()) },
            (None, Some(port)) => Refusal::LikeOthers { port },
            (None, None) => Refusal::NotGranted { port: None },
        })
    }

    /// The one port, or range, of all that it may connect to.
    fn usual_port(&self) -> Option<Ports> {
        let first = &self.entries.first()?.port;
        self.entries.iter().all(|entry| entry.port == *first).then(|| first.clone())
    }

    /// Whether `ip` may be handed out as an address of `name`.
    fn hand_out(&self, name: &Host, ip: IpAddr) -> Result<(), Refusal> {
        let mut covering = self.entries.iter().filter(|entry| entry.host.covers(name)).peekable();
        let first = covering.peek().copied();
        match (covering.any(|entry| entry.reaches(ip)), first, not_public(ip)) {
            (true, _, _) => Ok(()),
            (false, Some(by), Some(kind)) => Err(Refusal::NotPublic { by: Box::new(by.clone()), address: ip, kind }),
            _ => Err(Refusal::NotGranted { port: None }),
        }
    }

    /// Whether a connection may be made to `ip`, known as `host`, which may be itself.
    fn connect(&self, host: &Host, ip: IpAddr, port: u16) -> Result<(), Refusal> {
        let asked = |request: &Request| request.host.covers(host) && request.port.cover(port);
        if !self.requests.as_ref().is_none_or(|requests| requests.iter().any(asked)) {
            return Err(Refusal::NotRequested);
        }
        let covering = self.entries.iter().filter(|entry| entry.host.covers(host) && entry.port.cover(port));
        let covering: Vec<&Grant> = covering.collect();
        match (covering.first(), not_public(ip)) {
            (None, _) => Err(Refusal::NotGranted { port: Some(Ports::one(port)) }),
            (Some(_), None) => Ok(()),
            (Some(_), Some(_)) if covering.iter().any(|entry| entry.private) => Ok(()),
            (Some(by), Some(kind)) => Err(Refusal::NotPublic { by: Box::new(Grant::clone(by)), address: ip, kind }),
        }
    }
}
