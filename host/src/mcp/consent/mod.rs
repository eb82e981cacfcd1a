//! Asking the person for a grant that a call lacked: once, always, or never.
//!
//! The question is the host's own, and goes the way of a plugin's: as a form, by the stateless protocol, by a request to a
//! client of an older version, or in a task. It is asked only where nothing else can come of it than what the plugin's
//! author asks for, at most once for a call, and not too often ([`Consents`]).
//!
//! | module | what it is |
//! |---|---|
//! | `question` | about what a person is asked, and in which words |
//! | `answer` | what is answered, and what follows from it |
//! | `patience` | how often anybody is asked, and what was answered |
//! | `tickets` | what was allowed to a call that did not come yet |

mod answer;
mod patience;
mod question;
mod tickets;

use std::sync::Arc;
use std::time::Instant;

use rmcp::ErrorData;
use rmcp::model::{InputRequest, InputRequiredResult, Tool};

use self::answer::{Verdict, form};
pub(super) use self::patience::Consents;
use self::question::Question;
use self::tickets::{Allowed, To};
use super::asking::{self, Brought, Ended, MAX_ROUNDS, ask, check, rounds, to_request};
use super::call::Caller;
use super::host::Host;
use super::server::is_stateless;
use crate::capability::{Denial, Grants};
use crate::plugin::{CallError, Outcome, Plugin, Refused};
use crate::runtime::bindings::barkeep::plugin::types as wit;
use crate::runtime::{Failure, Outbox};

/// The name of the question. A plugin's questions are asked in other rounds.
const KEY: &str = "barkeep_consent";

/// A call that may lack a grant.
pub(super) struct Call<'a> {
    /// What is called.
    pub(super) what: What<'a>,
    /// What is refused to it.
    pub(super) refused: &'a Refused,
}

/// What is called, by the name that clients use.
pub(super) enum What<'a> {
    /// A tool.
    Tool(&'a Tool),
    /// A prompt.
    Prompt(&'a str),
    /// A resource, by its URI.
    Resource(&'a str),
    /// Values for an argument of this prompt or template.
    Completion(&'a str),
}

impl What<'_> {
    /// Whether it can be run again without harm. A tool says so itself; the others give what there is, and clients ask for
    /// them as often as they like.
    fn repeats(&self) -> bool {
        let Self::Tool(tool) = self else { return true };
        let hints = tool.annotations.as_ref();
        hints.is_some_and(|hints| hints.read_only_hint == Some(true) || hints.idempotent_hint == Some(true))
    }

    /// Whether it can be answered by questions in the stateless protocol (MCP 2026-07-28, server/utilities/mrtr).
    fn takes_questions(&self) -> bool {
        !matches!(self, Self::Completion(_))
    }

    /// As a part of its plugin, for people.
    fn of_it(&self) -> String {
        let (kind, name) = match self {
            Self::Tool(tool) => ("its tool", &*tool.name),
            Self::Prompt(name) => ("its prompt", *name),
            Self::Resource(uri) => ("its resource", *uri),
            Self::Completion(of) => ("its completion of", *of),
        };
        // A client says the URI.
        let cut: String = name.chars().take(MAX_NAME).collect();
        let dots = if cut.len() < name.len() { "..." } else { "" };
        format!("{kind} `{cut}{dots}`")
    }
}

/// Characters of the name of what is called: those of a tool have no more, and of a URI the start tells enough.
const MAX_NAME: usize = 128;

/// What tells the state of our question for `request` from those of a plugin's.
fn ours(request: &str) -> String {
    format!("consent {request}")
}

/// Whether what the client brought is the state of this request, of a plugin's question or of ours.
pub(super) fn belongs(host: &Host, request: &str, brought: &Brought) -> bool {
    let sealed = brought.state.as_deref();
    asking::belongs(host, request, brought)
        || sealed.is_some_and(|sealed| host.seal.open::<Question>(sealed, &ours(request)).is_ok())
}

/// The same as [`rounds`], but asks the person for what the call lacked. `work` is given the plugin that it calls: with what
/// was allowed for this call alone.
///
/// # Errors
///
/// Those of [`rounds`].
pub(super) async fn with_consent<T, F>(
    caller: &Caller,
    plugin: &Arc<Plugin>,
    request: &str,
    brought: Brought,
    call: Call<'_>,
    work: impl Fn(Arc<Plugin>, wit::RequestContext, Outbox) -> F,
) -> Result<Ended<T>, ErrorData>
where
    F: Future<Output = Result<Outcome<T>, CallError>>,
{
    let consents = &caller.host.consents;
    // The state of a question of ours is none of a plugin's, and the other way round.
    let of_ours = ours(request);
    let answered = brought.state.as_deref().and_then(|sealed| caller.host.seal.open::<Question>(sealed, &of_ours).ok());
    if let Some(mut question) = answered {
        let replies = check(&[(KEY.to_owned(), form())], brought.responses.unwrap_or_default());
        let reply = replies.map_err(|wrong| ErrorData::invalid_params(wrong, None))?.pop().map(|answer| answer.reply);
        let brought = Brought { responses: question.responses.take(), state: question.state.take() };
        return match question.verdict(caller, plugin, request, reply, call.what.repeats()).await {
            Verdict::Again(more) => Box::pin(run_with(caller, plugin, request, brought, more, &work)).await,
            Verdict::Later(words) | Verdict::No(words) => Ok(said(words)),
        };
    }
    let client = caller.who();
    let to = To { client: &client, digest: plugin.digest(), request, state: brought.state.as_deref() };
    // What was allowed, and is never to be allowed since, is not.
    let more = consents.take_ticket(to, plugin.generation(), Instant::now());
    if let Some(more) = more.filter(|more| !more.each.iter().any(|one| is_never(consents, plugin, one))) {
        return Box::pin(run_with(caller, plugin, request, brought, more, &work)).await;
    }
    let again = brought.clone();
    let ended = rounds(caller, plugin, request, brought, |told, outbox| work(Arc::clone(plugin), told, outbox)).await?;
    let denied = lacks(&ended, call.refused);
    // There is no way to ask where the answer to a request cannot be questions, but to clients of older versions.
    if is_stateless(&caller.context) && !call.what.takes_questions() {
        return Ok(ended);
    }
    let Some(mut question) = Question::about(caller, plugin, denied) else { return Ok(ended) };
    let Ok(asked) = to_request(question.ask(plugin, &call.what)) else { return Ok(ended) };
    let reply = if let Some(board) = caller.board() {
        let asking = board.ask(MAX_ROUNDS + 1, vec![(KEY.to_owned(), form())], vec![(KEY.to_owned(), asked)]);
        caller.while_wanted(asking).await?.ok().and_then(|mut answers| answers.pop()).map(|answer| answer.reply)
    } else if is_stateless(&caller.context) {
        (question.responses, question.state) = (again.responses, again.state);
        // What is too large to be kept is not asked.
        let Ok(sealed) = caller.host.seal.close(question, &of_ours) else { return Ok(ended) };
        let requests = [(KEY.to_owned(), asked)].into_iter().collect();
        return Ok(Ended::Asks(InputRequiredResult::new(Some(requests), Some(sealed))));
    } else {
        caller.while_wanted(answer(caller, asked)).await?
    };
    match question.verdict(caller, plugin, request, reply, call.what.repeats()).await {
        Verdict::Again(more) => {
            caller.call.note(None);
            Box::pin(run_with(caller, plugin, request, again, more, &work)).await
        }
        Verdict::Later(words) => Ok(said(words)),
        Verdict::No(_) => Ok(ended),
    }
}

/// Runs the call with `more` granted, and what follows from it in later requests.
async fn run_with<T, F>(
    caller: &Caller,
    plugin: &Plugin,
    request: &str,
    brought: Brought,
    more: Allowed,
    work: &impl Fn(Arc<Plugin>, wit::RequestContext, Outbox) -> F,
) -> Result<Ended<T>, ErrorData>
where
    F: Future<Output = Result<Outcome<T>, CallError>>,
{
    let apart = match plugin.with(&more.grants()) {
        Ok(apart) => Arc::new(apart),
        Err(wrong) => return Ok(said(format!("plugin `{}` cannot have what it was allowed: {wrong}", plugin.id()))),
    };
    let ended = rounds(caller, &apart, request, brought, |told, outbox| work(Arc::clone(&apart), told, outbox)).await?;
    if let Ended::Asks(questions) = &ended {
        // Good for who was handed them.
        let (client, state) = (caller.who(), questions.request_state.as_deref());
        let to = To { client: &client, digest: plugin.digest(), request, state };
        caller.host.consents.leave_ticket(to, more, Instant::now());
    }
    Ok(ended)
}

/// Whether nobody is to be asked for `grants` again.
fn is_never(consents: &Consents, plugin: &Plugin, grants: &Grants) -> bool {
    plugin.never().include(grants) || consents.is_never(plugin.id(), grants)
}

/// What a call lacked that ended like this.
fn lacks<T>(ended: &Ended<T>, refused: &Refused) -> Vec<Denial> {
    match ended {
        Ended::Asks(_) => Vec::new(),
        Ended::Failed(CallError::Host(failure @ Failure::NotGranted { kind, .. })) => {
            let needs = Grants { client: vec![*kind], ..Grants::default() };
            vec![Denial { sentence: failure.to_string(), needs: Some(needs) }]
        }
        Ended::Complete(_) | Ended::Failed(_) => refused.take(),
    }
}

/// An answer of the host's own to a call.
fn said<T>(words: String) -> Ended<T> {
    Ended::Failed(CallError::Guest(wit::Error::AccessDenied(words)))
}

/// What a client of an older version answers; none where it does not.
async fn answer(caller: &Caller, asked: InputRequest) -> Option<wit::Reply> {
    let (_, value) = ask(&caller.context, KEY.to_owned(), asked).await.ok()?;
    form().reply(value).ok()
}
