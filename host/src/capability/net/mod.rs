//! What all that goes out to the network shares: [hosts](host) as they are written, and what kind of
//! [address](address) one leads to.

pub(super) mod address;
mod host;

pub(super) use host::{Host, Hosts};
