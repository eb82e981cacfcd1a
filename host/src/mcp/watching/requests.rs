//! `resources/subscribe` and `resources/unsubscribe` of older protocol versions, and the URIs of `subscriptions/listen`
//! (2026-07-28).

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rmcp::model::ResourceUpdatedNotificationParam;
use rmcp::service::Peer;
use rmcp::{ErrorData, RoleServer};
use tokio_util::task::AbortOnDropHandle;

use super::notices::Notices;
use super::{MAX_URIS, Refused, Subscriber};
use crate::mcp::host::Host;
use crate::mcp::{error, resources};

/// How long a client may take to take a notice in. One that is stuck hears the next one when it can.
const PATIENCE: Duration = Duration::from_secs(5);

/// What one connection watches.
#[derive(Default)]
pub(in crate::mcp) struct Subscriptions {
    told: OnceLock<Told>,
    /// Of streams that are accepted, and have not begun.
    accepted: Mutex<Vec<Subscriber>>,
}

/// A client of an older protocol version, which hears of everything by its one connection.
struct Told {
    subscriber: Subscriber,
    _telling: AbortOnDropHandle<()>,
}

impl Subscriptions {
    /// `resources/subscribe`.
    ///
    /// # Errors
    ///
    /// When nobody can have the resource, or the client, or all of them, watch as much as they may.
    pub(in crate::mcp) async fn subscribe(
        &self,
        host: &Host,
        uri: &str,
        peer: &Peer<RoleServer>,
    ) -> Result<(), ErrorData> {
        resources::bounded(uri)?;
        if host.catalog().await.readers(uri).is_empty() {
            return Err(error::no_resource(uri, None));
        }
        let told = self.told.get_or_init(|| {
            let subscriber = Subscriber::new(&host.watching);
            let telling = tokio::spawn(tell(Arc::clone(&subscriber.notices), peer.clone()));
            Told { subscriber, _telling: AbortOnDropHandle::new(telling) }
        });
        told.subscriber.subscribe(uri).map_err(|refused| match refused {
            Refused::TooMany => ErrorData::invalid_params(refused.to_string(), None),
            Refused::Full | Refused::Closing => ErrorData::internal_error(refused.to_string(), None),
        })
    }

    /// `resources/unsubscribe`. The specification has no error for what is not subscribed to.
    pub(in crate::mcp) fn unsubscribe(&self, uri: &str) {
        if let Some(told) = self.told.get() {
            told.subscriber.unsubscribe(uri);
        }
    }

    /// Which of the URIs that a `subscriptions/listen` names are accepted: those that some plugin may have, as far as there is
    /// room. The rest is left out, and the client sees that in the acknowledgment (MCP 2026-07-28,
    /// basic/utilities/subscriptions). They are watched from now on, so that nothing that happens after the
    /// acknowledgment is missed.
    pub(in crate::mcp) fn accept(&self, host: &Host, uris: &[String]) -> Vec<String> {
        let subscriber = Subscriber::new(&host.watching);
        let catalog = host.supervisor.catalog();
        // While plugins are being loaded, one of those to come may have anything.
        let loading = !host.supervisor.progress().borrow().ready;
        let can_be = |uri: &str| resources::bounded(uri).is_ok() && (loading || !catalog.readers(uri).is_empty());
        let named = uris.iter().take(MAX_URIS);
        let accepted: Vec<String> =
            named.filter(|uri| can_be(uri) && subscriber.subscribe(uri).is_ok()).cloned().collect();
        if !accepted.is_empty() {
            self.accepted().push(subscriber);
        }
        accepted
    }

    /// Who watches the URIs that were accepted for a stream, which begins.
    pub(in crate::mcp) fn begin(&self, host: &Host, accepted: Option<&[String]>) -> Subscriber {
        let uris: HashSet<&str> = accepted.unwrap_or_default().iter().map(String::as_str).collect();
        let is_of = |subscriber: &Subscriber| {
            subscriber.notices.count() == uris.len() && uris.iter().all(|uri| subscriber.notices.holds(uri))
        };
        let mut waiting = self.accepted();
        match waiting.iter().position(is_of) {
            Some(at) => waiting.remove(at),
            None => Subscriber::new(&host.watching),
        }
    }

    fn accepted(&self) -> MutexGuard<'_, Vec<Subscriber>> {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells `peer` of each notice, until it is dropped.
async fn tell(notices: Arc<Notices>, peer: Peer<RoleServer>) {
    loop {
        let uri = notices.next().await;
        let notice = ResourceUpdatedNotificationParam::new(&*uri);
        match tokio::time::timeout(PATIENCE, peer.notify_resource_updated(notice)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a client could not be told of a changed resource"),
            // It has not heard of it.
            Err(_) => notices.add(&uri),
        }
    }
}
