//! What all that goes out to the network shares: [hosts](host) as they are written, how a name is [resolved](resolve),
//! what kind of [address](address) it leads to, how that is [connected](dial) to, and [whom to trust](tls) there.

pub(super) mod address;
mod dial;
mod host;
mod resolve;
pub(super) mod tls;

pub(super) use dial::{dial, server_name};
pub(super) use host::{Host, Hosts};
#[cfg(test)]
pub(super) use resolve::Resolve;
pub(super) use resolve::{Resolver, Unresolved};
