//! A host of one test: a folder of its own, the released binary, clients that know the protocol and pipes that do not.
//!
//! | module | what it is |
//! |---|---|
//! | `environment` | where `cargo xtask test` put what it built |
//! | `folder` | a folder with `barkeep.toml`, plugins and a cache of compiled code |
//! | `process` | the running binary, ended with its owner |
//! | `log` | what it says on stderr |
//! | `host` | `barkeep serve`, over stdio or HTTP |
//! | `client` | rmcp's client, and what it was told |
//! | `pipe` | JSON-RPC by hand, over stdio |
//! | `post` | JSON-RPC by hand, over HTTP |
//! | `component` | bytes of components: changed in place, or made |
//! | `redis` | a real Redis server |
//! | `numbers` | how far the hostile suite goes |

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on panics"
)]

mod client;
mod component;
mod environment;
mod folder;
mod host;
mod log;
mod numbers;
mod pipe;
mod post;
mod process;
#[cfg(unix)]
mod redis;

use std::time::Duration;

pub use client::{Client, Era, Heard, News, text};
pub use component::{Patched, leb, version_in, with_section};
pub use environment::Environment;
pub use folder::Folder;
pub use host::Host;
pub use log::Log;
pub use numbers::short_or_long;
pub use pipe::{Pipe, stateless};
pub use post::{Answer, Post};
pub use process::Process;
#[cfg(unix)]
pub use redis::Redis;

/// How long anything may take that a test waits for. Never the way to see that something happened: only the end of a test
/// that would hang.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for `future`, not for ever.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let patience = numbers::patience();
    tokio::time::timeout(patience, future).await.unwrap_or_else(|_| panic!("{what}: not within {patience:?}"))
}
