//! From a name to its addresses.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

/// How long resolving a name may take. Resolvers give up on one server after 5 s.
pub(in crate::capability) const MAX_RESOLVING: Duration = Duration::from_secs(6);

/// Resolves a name. In tests, a table.
pub(in crate::capability) type Resolve =
    Arc<dyn Fn(String, u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// The resolver of this machine.
pub(in crate::capability) fn system() -> Resolve {
    Arc::new(|name, port| Box::pin(async move { Ok(tokio::net::lookup_host((name, port)).await?.collect()) }))
}
