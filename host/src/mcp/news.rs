//! Tells clients which lists changed: by notification those of older protocol versions, on `subscriptions/listen` those of
//! 2026-07-28, beside the resources that they watch. Each hears only of what really changed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::service::{Peer, SubscriptionContext};
use rmcp::{ErrorData, RoleServer};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::host::Host;
use super::watching::Subscriber;
use crate::catalog::Difference;

/// How long one client may take to be told. A client that is stuck must not keep the news from the others.
const PATIENCE: Duration = Duration::from_secs(5);

/// Clients of older protocol versions that are told. More sessions than these are not served at once (see
/// `transport/sessions.rs`), so none is left out.
const MAX_AUDIENCE: usize = 4096;

/// The clients of older protocol versions: each has one connection by which it hears of everything.
#[derive(Default)]
pub(super) struct Audience {
    peers: Mutex<Vec<Peer<RoleServer>>>,
}

impl Audience {
    /// Nobody yet. Must be called within a tokio runtime: a task passes on `news` while the audience lives.
    pub(super) fn new(mut news: broadcast::Receiver<Difference>) -> Arc<Self> {
        let audience = Arc::new(Self::default());
        let listeners = Arc::downgrade(&audience);
        tokio::spawn(async move {
            while let Some(difference) = next(&mut news).await {
                let Some(audience) = listeners.upgrade() else { break };
                audience.tell(difference).await;
            }
        });
        audience
    }

    /// Tells `peer` from now on, until it is gone.
    pub(super) fn join(&self, peer: Peer<RoleServer>) {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.retain(|peer| !peer.is_transport_closed());
        if peers.len() < MAX_AUDIENCE {
            peers.push(peer);
        }
    }

    fn present(&self) -> Vec<Peer<RoleServer>> {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.retain(|peer| !peer.is_transport_closed());
        peers.clone()
    }

    async fn tell(&self, difference: Difference) {
        let telling = self.present().into_iter().map(|peer| async move {
            let telling = tokio::time::timeout(PATIENCE, tell(&peer, difference));
            if let Ok(Err(error)) = telling.await {
                tracing::debug!(%error, "a client could not be told of changed lists");
            }
        });
        futures::future::join_all(telling).await;
    }
}

async fn tell(peer: &Peer<RoleServer>, difference: Difference) -> Result<(), rmcp::ServiceError> {
    if difference.tools {
        peer.notify_tool_list_changed().await?;
    }
    if difference.prompts {
        peer.notify_prompt_list_changed().await?;
    }
    if difference.resources {
        peer.notify_resource_list_changed().await?;
    }
    Ok(())
}

/// What a `subscriptions/listen` hears of.
enum Change {
    Lists(Difference),
    Resource(Arc<str>),
}

/// Serves one `subscriptions/listen` (2026-07-28), with `subscriber` watching its resources. The sink drops what the client
/// did not ask for.
pub(super) async fn listen(
    host: &Host,
    hung_up: &CancellationToken,
    context: &SubscriptionContext,
    subscriber: &Subscriber,
) -> Result<(), ErrorData> {
    let mut news = host.supervisor.news();
    let sink = context.sink();
    let accepted = context.accepted();
    let wants = |flag: Option<bool>| flag == Some(true);
    loop {
        let change = tokio::select! {
            difference = next(&mut news) => difference.map(Change::Lists),
            uri = subscriber.next() => Some(Change::Resource(uri)),
            () = context.cancelled() => None,
            () = hung_up.cancelled() => None,
            () = host.closing() => None,
        };
        let Some(change) = change else { return Ok(()) };
        let told = async {
            let difference = match change {
                Change::Lists(difference) => difference,
                Change::Resource(uri) => return sink.notify_resource_updated(&*uri).await,
            };
            if difference.tools && wants(accepted.tools_list_changed) {
                sink.notify_tool_list_changed().await?;
            }
            if difference.prompts && wants(accepted.prompts_list_changed) {
                sink.notify_prompt_list_changed().await?;
            }
            if difference.resources && wants(accepted.resources_list_changed) {
                sink.notify_resource_list_changed().await?;
            }
            Ok(())
        };
        if let Err(error) = told.await {
            tracing::debug!(%error, "a subscription ended");
            return Ok(());
        }
    }
}

/// The next difference. What was missed by a slow receiver is told as if all lists had changed.
async fn next(news: &mut broadcast::Receiver<Difference>) -> Option<Difference> {
    match news.recv().await {
        Ok(difference) => Some(difference),
        Err(RecvError::Lagged(_)) => Some(Difference { tools: true, prompts: true, resources: true }),
        Err(RecvError::Closed) => None,
    }
}
