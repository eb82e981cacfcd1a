//! `resources/list`, `resources/templates/list` and `resources/read`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{
    CacheScope, ListResourceTemplatesResult, ListResourcesResult, PaginatedRequestParams, ReadResourceRequestParams,
    ReadResourceResponse, ReadResourceResult,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use tokio::time::{Instant, timeout_at};

use super::asking::{self, Brought, Ended};
use super::call::{self, Caller};
use super::consent::{self, Call, What};
use super::server::Server;
use super::{error, freshness, page};
use crate::catalog::Catalog;
use crate::plugin::{CallError, Plugin, Refused};
use crate::runtime::bindings::barkeep::plugin::types;

/// Resources after which a page ends. Plugins decide how long their own pages are; theirs are put together up to here.
const PAGE: usize = 100;

/// How long one page may take: all plugins together, not each. What is left is on the next page.
const LISTING: Duration = Duration::from_secs(30);

/// Bytes of a URI. Servers on the web refuse longer ones too.
const MAX_URI: usize = 8 * 1024;

/// Pages of one plugin's list hang together by its cursors; between plugins, the order of the catalog goes on. A cursor
/// holds the plugin's id and, after a NUL, the plugin's own cursor.
pub(super) async fn list(
    server: &Server,
    request: Option<PaginatedRequestParams>,
    context: RequestContext<RoleServer>,
) -> Result<ListResourcesResult, ErrorData> {
    let until = Instant::now() + LISTING;
    let catalog = server.host.catalog_with(all_in_force).await;
    let mut plugins: VecDeque<&Arc<Plugin>> =
        catalog.plugins().iter().filter(|plugin| plugin.has_resources()).collect();
    let mut guest_cursor = None;
    if let Some(cursor) = request.and_then(|request| request.cursor) {
        let text = page::decode(&cursor)?;
        let (id, own) = text.split_once('\0').ok_or_else(page::unknown)?;
        while plugins.pop_front_if(|plugin| plugin.id() != id).is_some() {}
        if plugins.is_empty() {
            return Err(page::unknown());
        }
        guest_cursor = (!own.is_empty()).then(|| own.to_owned());
    }
    let caller = Caller::of(server, context);
    let mut resources = Vec::new();
    let mut next = None;
    while let Some(plugin) = plugins.front() {
        if resources.len() >= PAGE || Instant::now() >= until {
            next = Some(format!("{}\0{}", plugin.id(), guest_cursor.unwrap_or_default()));
            break;
        }
        let first_page = guest_cursor.is_none();
        let cursor = guest_cursor.take();
        let Ok(listed) =
            timeout_at(until, call::run(&caller, plugin, |outbox| plugin.list_resources(cursor, outbox.muted()))).await
        else {
            tracing::warn!(plugin = plugin.id(), "its resources are left out: they took too long");
            plugins.pop_front();
            continue;
        };
        match listed? {
            Ok((page, cursor)) => {
                guest_cursor = cursor.filter(|cursor| !cursor.is_empty());
                let idle = page.is_empty();
                resources.extend(page);
                // Empty pages that go on could go on for ever: how far is for the client to say.
                if idle && let Some(cursor) = guest_cursor.take() {
                    next = Some(format!("{}\0{cursor}", plugin.id()));
                    break;
                }
            }
            Err(CallError::Guest(error @ types::Error::InvalidArguments(_))) if !first_page => {
                return Err(ErrorData::invalid_params(error.words().to_owned(), None));
            }
            // One plugin that cannot list must not hide what the others have.
            Err(failure) => {
                tracing::warn!(plugin = plugin.id(), "its resources are left out: {}", error::words(&failure));
            }
        }
        if guest_cursor.is_none() {
            plugins.pop_front();
        }
    }
    let mut result = ListResourcesResult::with_all_items(resources);
    result.next_cursor = next.map(|next| page::encode(&next));
    Ok(result)
}

pub(super) async fn templates(
    server: &Server,
    request: Option<PaginatedRequestParams>,
) -> Result<ListResourceTemplatesResult, ErrorData> {
    let cursor = request.and_then(|request| request.cursor);
    let catalog = server.host.catalog().await;
    let (templates, next) = page::page(catalog.templates(), cursor.as_deref(), |template| &template.uri_template)?;
    // The same for everybody who asks.
    let mut result = ListResourceTemplatesResult::with_all_items(templates)
        .with_ttl_ms(freshness::ttl_ms(catalog.since().resources))
        .with_cache_scope(CacheScope::Public);
    result.next_cursor = next;
    Ok(result)
}

/// Whether all plugins that have resources are in force.
pub(super) fn all_in_force(catalog: &Catalog) -> bool {
    catalog.plugins().iter().filter(|plugin| plugin.has_resources()).all(|plugin| plugin.is_in_force())
}

/// Refuses a URI that is too long.
pub(super) fn bounded(uri: &str) -> Result<(), ErrorData> {
    if uri.len() > MAX_URI {
        return Err(ErrorData::invalid_params(format!("A URI has {MAX_URI} bytes at the most"), None));
    }
    Ok(())
}

/// Asks the plugins that may have the resource, likeliest first, until one does not say that there is no such thing.
pub(super) async fn read(
    server: &Server,
    request: ReadResourceRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<ReadResourceResponse, ErrorData> {
    let uri = request.uri;
    bounded(&uri)?;
    let is_ready = |catalog: &Catalog| catalog.readers(&uri).iter().all(|plugin| plugin.is_in_force());
    let catalog = server.host.catalog_with(is_ready).await;
    let mut brought = Brought { responses: request.input_responses, state: request.request_state };
    let caller = Caller::of(server, context);
    let mut not_found = None;
    let readers = catalog.readers(&uri).into_iter();
    let readers: Vec<_> =
        readers.map(|plugin| (asking::request("resources/read", &plugin, &uri, ""), plugin)).collect();
    // Who asked goes on: those before it said that there is no such thing.
    let asked = readers.iter().position(|(asked_as, _)| consent::belongs(&server.host, asked_as, &brought));
    for (asked_as, plugin) in readers.into_iter().skip(asked.unwrap_or_default()) {
        let brought = std::mem::take(&mut brought);
        let (refused, uri) = (Refused::default(), &uri);
        let call = Call { what: What::Resource(uri), refused: &refused };
        let ended = consent::with_consent(&caller, &plugin, &asked_as, brought, call, |plugin, told, outbox| {
            let refused = &refused;
            async move { plugin.read_resource(uri, told, outbox, refused).await }
        })
        .await?;
        return match ended {
            Ended::Complete(contents) => Ok(ReadResourceResult::new(contents).into()),
            Ended::Asks(questions) => Ok(questions.into()),
            Ended::Failed(CallError::Guest(types::Error::NotFound(words))) => {
                not_found.get_or_insert(words);
                continue;
            }
            Ended::Failed(failure) => Err(error::as_error(&failure)),
        };
    }
    Err(error::no_resource(&uri, not_found))
}
