//! `prompts/list` and `prompts/get`.

use rmcp::model::{
    CacheScope, GetPromptRequestParams, GetPromptResponse, JsonObject, ListPromptsResult, PaginatedRequestParams,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::Value;

use super::asking::{self, Brought, Ended};
use super::call::Caller;
use super::consent::{self, Call, What};
use super::server::Server;
use super::{error, freshness, page};
use crate::catalog::Catalog;
use crate::plugin::{PromptItem, Refused};

pub(super) async fn list(
    server: &Server,
    request: Option<PaginatedRequestParams>,
) -> Result<ListPromptsResult, ErrorData> {
    let cursor = request.and_then(|request| request.cursor);
    let catalog = server.host.catalog().await;
    let (prompts, next) = page::page(catalog.prompts(), cursor.as_deref(), |prompt| &prompt.name)?;
    // The same for everybody who asks.
    let mut result = ListPromptsResult::with_all_items(prompts)
        .with_ttl_ms(freshness::ttl_ms(catalog.since().prompts))
        .with_cache_scope(CacheScope::Public);
    result.next_cursor = next;
    Ok(result)
}

pub(super) async fn get(
    server: &Server,
    request: GetPromptRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<GetPromptResponse, ErrorData> {
    let is_ready = |catalog: &Catalog| catalog.prompt(&request.name).is_none_or(|(plugin, _)| plugin.is_in_force());
    let catalog = server.host.catalog_with(is_ready).await;
    let (plugin, item) = catalog.prompt(&request.name).ok_or_else(|| error::unknown("prompt", &request.name))?;
    let caller = Caller::of(server, context);
    caller.call.reaches(plugin.id(), plugin.generation());
    let arguments = arguments(item, request.arguments.unwrap_or_default())?;
    let asked_as = asking::request("prompts/get", plugin, &request.name, &format!("{arguments:?}"));
    let brought = Brought { responses: request.input_responses, state: request.request_state };
    let (refused, arguments) = (Refused::default(), &arguments);
    let call = Call { what: What::Prompt(&request.name), refused: &refused };
    let ended = consent::with_consent(&caller, plugin, &asked_as, brought, call, |plugin, told, outbox| {
        let refused = &refused;
        async move { plugin.get_prompt(&item.guest_name, told, arguments, outbox, refused).await }
    })
    .await?;
    match ended {
        Ended::Complete(result) => Ok(result.into()),
        Ended::Asks(questions) => Ok(questions.into()),
        Ended::Failed(failure) => Err(error::as_error(&failure)),
    }
}

/// The arguments as the protocol has them, strings, with those that the prompt needs.
fn arguments(item: &PromptItem, given: JsonObject) -> Result<Vec<(String, String)>, ErrorData> {
    let name = &item.prompt.name;
    let mut arguments = Vec::with_capacity(given.len());
    for (key, value) in given {
        let Value::String(text) = value else {
            let words = format!("Argument `{key}` of prompt `{name}` must be a string");
            return Err(ErrorData::invalid_params(words, None));
        };
        arguments.push((key, text));
    }
    for wanted in item.prompt.arguments.iter().flatten().filter(|wanted| wanted.required == Some(true)) {
        if !arguments.iter().any(|(key, _)| *key == wanted.name) {
            let words = format!("Missing argument `{}` of prompt `{name}`", wanted.name);
            return Err(ErrorData::invalid_params(words, None));
        }
    }
    Ok(arguments)
}
