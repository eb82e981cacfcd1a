//! `tools/list` and `tools/call`.

use std::sync::Arc;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
    PaginatedRequestParams, ProtocolVersion,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::asking::{self, Brought};
use super::call::Caller;
use super::server::Server;
use super::{audited, consent, error, freshness, page, tasks};
use crate::audit::Ended;
use crate::catalog::Catalog;
use crate::plugin::{CallError, Fault, Plugin, Refused, ToolItem};
use crate::runtime::Pace;

/// Bytes of arguments from which on they are counted.
const LARGE: usize = 64 * 1024;

/// KiB of large arguments that all calls may hold together: sixteen of the largest messages. Read into memory they are
/// several times that.
const HELD: usize = 256 * 1024;

static HOLDING: Semaphore = Semaphore::const_new(HELD);

pub(super) async fn list(
    server: &Server,
    request: Option<PaginatedRequestParams>,
) -> Result<ListToolsResult, ErrorData> {
    let cursor = request.and_then(|request| request.cursor);
    let catalog = server.host.catalog().await;
    let (tools, next) = page::page(catalog.tools(), cursor.as_deref(), |tool| &tool.name)?;
    // The same for everybody who asks.
    let mut result = ListToolsResult::with_all_items(tools)
        .with_ttl_ms(freshness::ttl_ms(catalog.since().tools))
        .with_cache_scope(CacheScope::Public);
    result.next_cursor = next;
    Ok(result)
}

/// A call of a client that knows tasks may go on as one.
pub(super) async fn call(
    server: &Server,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let is_ready = |catalog: &Catalog| catalog.tool(&request.name).is_none_or(|(plugin, _)| plugin.is_in_force());
    let catalog = server.host.catalog_with(is_ready).await;
    let (plugin, item) = catalog.tool(&request.name).ok_or_else(|| error::unknown("tool", &request.name))?;
    let Some(place) = tasks::place(&server.host, plugin, item, &context)? else {
        return run(&Caller::of(server, context), plugin, item, Pace::Call, request).await;
    };
    let gone = context.ct.clone();
    let caller = Arc::new(Caller::patient(server, context));
    let running = {
        let (caller, plugin, item) = (Arc::clone(&caller), Arc::clone(plugin), Arc::clone(item));
        async move { run(&caller, &plugin, &item, Pace::Task, request).await }
    };
    place.run(&caller, gone, running).await
}

async fn run(
    caller: &Caller,
    plugin: &Arc<Plugin>,
    item: &ToolItem,
    pace: Pace,
    request: CallToolRequestParams,
) -> Result<CallToolResponse, ErrorData> {
    caller.call.reaches(plugin.id(), plugin.generation());
    let arguments = Value::Object(request.arguments.unwrap_or_default());
    let (arguments, faults) = item.input.check(arguments).await;
    if !faults.is_empty() {
        // Not in which way: that may tell what is in them.
        caller.call.note(Some((Ended::Refused, Some("the arguments do not fit the tool's schema".to_owned()))));
        return misfit(&caller.context, misfit_of(item, &faults));
    }
    let arguments = into_text(arguments);
    let _held = if arguments.len() > LARGE {
        let size = u32::try_from(arguments.len() / 1024).unwrap_or(u32::MAX);
        let Ok(held) = HOLDING.try_acquire_many(size) else {
            let busy = plugin.busy().into();
            caller.call.note(Some(audited::note(&busy)));
            return Ok(error::as_result(&busy).into());
        };
        Some(held)
    } else {
        None
    };
    let asked_as = asking::request("tools/call", plugin, &request.name, &arguments);
    let brought = Brought { responses: request.input_responses, state: request.request_state };
    let (refused, arguments) = (Refused::default(), &arguments);
    let asked = consent::Call { what: consent::What::Tool(&item.tool), refused: &refused };
    let ended = consent::with_consent(caller, plugin, &asked_as, brought, asked, |plugin, told, outbox| {
        let refused = &refused;
        async move { plugin.call_tool(item, told, arguments, pace, outbox, refused).await }
    })
    .await?;
    Ok(match ended {
        asking::Ended::Complete(result) => result.into(),
        asking::Ended::Asks(questions) => questions.into(),
        // What ended the work of a task is told apart from what the tool itself says of it.
        asking::Ended::Failed(failure @ CallError::Host(_)) if caller.board().is_some() => {
            return Err(error::as_error(&failure));
        }
        asking::Ended::Failed(failure) => error::as_result(&failure).into(),
    })
}

/// The text of a value, which is not kept beside it.
#[expect(clippy::needless_pass_by_value, reason = "it ends here")]
fn into_text(value: Value) -> String {
    value.to_string()
}

/// Where and how the arguments do not fit the tool's schema.
fn misfit_of(item: &ToolItem, faults: &[Fault]) -> String {
    let faults = faults.iter().map(|fault| match fault.path.as_str() {
        "" => fault.words.clone(),
        path => format!("at {path}: {}", fault.words),
    });
    let faults: Vec<String> = faults.collect();
    format!("The arguments do not fit the schema of `{}`: {}", item.tool.name, faults.join("; "))
}

/// Since 2025-11-25 (SEP-1303) a misfit is the tool's result, so that the model reads it and mends its call; before, it
/// is an error of the protocol.
fn misfit(context: &RequestContext<RoleServer>, fault: String) -> Result<CallToolResponse, ErrorData> {
    if context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2025_11_25) {
        return Ok(CallToolResult::error(vec![ContentBlock::text(fault)]).into());
    }
    Err(ErrorData::invalid_params(fault, None))
}
