//! What all that goes out to the network shares: [hosts](host) as they are written, how a name is [resolved](resolve), and
//! what kind of [address](address) it leads to.

pub(super) mod address;
mod host;
mod resolve;

pub(super) use host::{Host, Hosts};
pub(super) use resolve::{MAX_RESOLVING, Resolve, system};
