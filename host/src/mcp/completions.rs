//! `completion/complete`.

use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use super::asking::{self, Brought, Ended};
use super::call::Caller;
use super::consent::{self, Call, What};
use super::error;
use super::server::Server;
use crate::catalog::Catalog;
use crate::plugin::{Outcome, Refused};
use crate::runtime::bindings::exports::barkeep::plugin::completions::CompletionSubject;

pub(super) async fn complete(
    server: &Server,
    request: CompleteRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CompleteResult, ErrorData> {
    let is_ready = |catalog: &Catalog| match &request.r#ref {
        Reference::Prompt(prompt) => catalog.prompt(&prompt.name).is_none_or(|(plugin, _)| plugin.is_in_force()),
        Reference::Resource(resource) => catalog.template(&resource.uri).is_none_or(|plugin| plugin.is_in_force()),
        _ => true,
    };
    let catalog = server.host.catalog_with(is_ready).await;
    let (plugin, of, subject) = match request.r#ref {
        Reference::Prompt(prompt) => {
            let (plugin, item) = catalog.prompt(&prompt.name).ok_or_else(|| error::unknown("prompt", &prompt.name))?;
            (plugin, prompt.name, CompletionSubject::Prompt(item.guest_name.clone()))
        }
        Reference::Resource(resource) => {
            let plugin =
                catalog.template(&resource.uri).ok_or_else(|| error::unknown("resource template", &resource.uri))?;
            (plugin, resource.uri.clone(), CompletionSubject::ResourceTemplate(resource.uri))
        }
        _ => return Err(ErrorData::invalid_params("`ref` must be of type ref/prompt or ref/resource", None)),
    };
    if !plugin.has_completions() {
        return Ok(CompleteResult::default());
    }
    let resolved: Vec<_> =
        request.context.and_then(|context| context.arguments).unwrap_or_default().into_iter().collect();
    let argument = request.argument;
    let caller = Caller::of(server, context);
    let asked_as = asking::request("completion/complete", plugin, &of, &format!("{argument:?} {resolved:?}"));
    let (refused, of_all) = (Refused::default(), (&subject, &argument, &resolved));
    let call = Call { what: What::Completion(&of), refused: &refused };
    let completing =
        consent::with_consent(&caller, plugin, &asked_as, Brought::default(), call, |plugin, _, outbox| {
            let (refused, (subject, argument, resolved)) = (&refused, of_all);
            async move {
                let completing =
                    plugin.complete(subject, &argument.name, &argument.value, resolved, outbox.muted(), refused);
                completing.await.map(Outcome::Complete)
            }
        });
    let completion = match completing.await? {
        Ended::Complete(completion) => completion,
        Ended::Failed(failure) => return Err(error::as_error(&failure)),
        // Nobody is asked in this way here.
        Ended::Asks(_) => return Ok(CompleteResult::default()),
    };
    let cut = completion.values.len() > CompletionInfo::MAX_VALUES;
    let mut info = CompletionInfo::default();
    info.values = completion.values;
    info.values.truncate(CompletionInfo::MAX_VALUES);
    info.total = completion.total;
    info.has_more = if cut { Some(true) } else { completion.has_more };
    Ok(CompleteResult::new(info))
}
