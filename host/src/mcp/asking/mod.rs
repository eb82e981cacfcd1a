//! Asking the client on a guest's behalf: forms and pages for the person, conversations for the model, folders.
//!
//! A guest answers with its questions and a state, and is called again with the answers and that state, on a fresh
//! instance: no instance waits while a person thinks. Clients of 2026-07-28 are handed the questions and make their request
//! again (server/utilities/mrtr); the state travels with them, sealed. Those of older versions are asked here, by requests
//! of the server, and the guest is called again by the host. A task shows its questions to its client, which answers by
//! `tasks/update`.

mod question;
mod reply;
mod seal;
mod uses;

use std::time::Duration;

use futures::future::try_join_all;
use rmcp::model::{ClientCapabilities, InputRequest, InputRequiredResult, InputResponses};
use rmcp::service::{RequestContext, ServiceError};
use rmcp::{ErrorData, RoleServer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) use self::question::request as to_request;
pub(super) use self::reply::Asked;
pub use self::seal::Seal;
use super::audited;
use super::call::{self, Caller};
use super::host::Host;
use super::server::is_stateless;
use crate::capability::client::Kind;
use crate::plugin::{CallError, Outcome, Plugin};
use crate::runtime::bindings::barkeep::plugin::types as wit;
use crate::runtime::{Failure, Outbox};

/// Rounds of questions in one request: what clients follow at the most too.
pub(super) const MAX_ROUNDS: usize = 10;

/// Questions in one round. A person does not answer more.
const MAX_QUESTIONS: usize = 16;

/// How long a client of an older version may take to answer.
const PATIENCE: Duration = Duration::from_mins(10);

/// What a client brings back of the round before.
#[derive(Debug, Clone, Default)]
pub(super) struct Brought {
    /// Its answers, by the names of their questions.
    pub(super) responses: Option<InputResponses>,
    /// The state that it was handed.
    pub(super) state: Option<String>,
}

/// How a request ended.
pub(super) enum Ended<T> {
    /// With a result.
    Complete(T),
    /// Without one.
    Failed(CallError),
    /// With questions, which the client of the stateless protocol answers with its next request.
    Asks(InputRequiredResult),
}

/// What is kept between two rounds.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    round: usize,
    asked: Vec<(String, Asked)>,
    state: Option<String>,
}

/// Runs `work`, which calls into `plugin`, for the request of `caller` until it ends, with as many rounds of questions as
/// it takes. `request` tells this request apart from others: its method, its subject and its arguments.
///
/// # Errors
///
/// When what the client brought is not what it was handed, or does not answer what was asked; when a client of the stateless
/// protocol did not declare what is asked; when the client cancels or the host stops; when nobody answers a task.
pub(super) async fn rounds<T, F>(
    caller: &Caller,
    plugin: &Plugin,
    request: &str,
    brought: Brought,
    work: impl Fn(wit::RequestContext, Outbox) -> F,
) -> Result<Ended<T>, ErrorData>
where
    F: Future<Output = Result<Outcome<T>, CallError>>,
{
    let ended = tokio::select! {
        biased;
        // Also while somebody is asked.
        () = plugin.taken_back() => Ended::Failed(call::taken_back(plugin)),
        ended = ask_and_run(caller, plugin, request, brought, work) => ended?,
    };
    if let Ended::Failed(failure) = &ended {
        caller.call.note(Some(audited::note(failure)));
    }
    Ok(ended)
}

async fn ask_and_run<T, F>(
    caller: &Caller,
    plugin: &Plugin,
    request: &str,
    brought: Brought,
    work: impl Fn(wit::RequestContext, Outbox) -> F,
) -> Result<Ended<T>, ErrorData>
where
    F: Future<Output = Result<Outcome<T>, CallError>>,
{
    // In flight also while the client is asked, so that the host says that it stops before it does.
    let _in_flight = caller.host.begin_call()?;
    let client = Client::of(plugin, &caller.context);
    let Opened { mut round, mut answers, mut state, mut unasked } = open(&caller.host, request, brought)?;
    loop {
        let told = wit::RequestContext { features: client.features, answers, state };
        let ended = call::run(caller, plugin, |outbox| work(told, outbox)).await?;
        let asks = match ended {
            Ok(Outcome::Complete(result)) => return Ok(Ended::Complete(result)),
            Ok(Outcome::InputRequired(asks)) => asks,
            Err(error) => return Ok(Ended::Failed(error)),
        };
        round += 1;
        if let Err(failure) = client.check(plugin, &asks, round) {
            uses::tell(caller, plugin, &asks, Some(&failure));
            return client.refuse(failure, &asks);
        }
        uses::tell(caller, plugin, &asks, None);
        let asked: Vec<_> = asks.questions.iter().map(|one| (one.key.clone(), Asked::of(&one.ask))).collect();
        // Answers that came before their questions, when they answer all of them, spare a round.
        if let Some(replies) = unasked.take().filter(|replies| asked.iter().all(|(key, _)| replies.contains_key(key))) {
            answers = check(&asked, replies).map_err(|wrong| ErrorData::invalid_params(wrong, None))?;
            state = asks.state;
            continue;
        }
        let mut requests = Vec::with_capacity(asked.len());
        for one in asks.questions {
            match question::request(one.ask) {
                Ok(request) => requests.push((one.key, request)),
                Err(wrong) => return Ok(Ended::Failed(invalid(plugin, wrong).into())),
            }
        }
        state = asks.state;
        if let Some(board) = caller.board() {
            answers = caller.while_wanted(board.ask(round, asked, requests)).await??;
            continue;
        }
        if client.stateless {
            let sealed = caller.host.seal.close(Kept { round, asked, state }, request)?;
            let requests = (!requests.is_empty()).then(|| requests.into_iter().collect());
            return Ok(Ended::Asks(InputRequiredResult::new(requests, Some(sealed))));
        }
        let asking = try_join_all(requests.into_iter().map(|(key, one)| ask(&caller.context, key, one)));
        let replies = caller.while_wanted(asking).await?;
        let replies = replies.and_then(|replies| check(&asked, replies.into_iter().collect()));
        answers = match replies {
            Ok(answers) => answers,
            Err(wrong) => {
                return Ok(Ended::Failed(Failure::Unanswered { plugin: plugin.id().to_owned(), wrong }.into()));
            }
        };
    }
}

/// Whether what the client brought is the state of this request.
pub(super) fn belongs(host: &Host, request: &str, brought: &Brought) -> bool {
    brought.state.as_ref().is_some_and(|sealed| host.seal.open::<Kept>(sealed, request).is_ok())
}

/// The text that tells a request apart, by which its state is sealed.
pub(super) fn request(method: &str, plugin: &Plugin, subject: &str, arguments: &str) -> String {
    serde_json::json!([method, plugin.id(), subject, arguments]).to_string()
}

/// What the client brought, opened.
#[derive(Default)]
struct Opened {
    round: usize,
    answers: Vec<wit::Answer>,
    /// The guest's own.
    state: Option<String>,
    /// Answers that came without the state of their questions.
    unasked: Option<InputResponses>,
}

fn open(host: &Host, request: &str, brought: Brought) -> Result<Opened, ErrorData> {
    let Some(sealed) = brought.state else {
        return Ok(Opened { unasked: brought.responses, ..Opened::default() });
    };
    let kept: Kept = host.seal.open(&sealed, request)?;
    let answers = check(&kept.asked, brought.responses.unwrap_or_default());
    let answers = answers.map_err(|wrong| ErrorData::invalid_params(wrong, None))?;
    Ok(Opened { round: kept.round, answers, state: kept.state, unasked: None })
}

/// That the answer to `key` is not what was asked for.
pub(super) fn unfit(key: &str, wrong: &str) -> ErrorData {
    ErrorData::invalid_params(format!("the answer to `{key}` {wrong}"), None)
}

/// The answers to what was asked, each of its kind. What is missing the guest asks for again, and what nobody asked for is
/// left out (MCP 2026-07-28, server/utilities/mrtr).
pub(super) fn check(asked: &[(String, Asked)], mut replies: InputResponses) -> Result<Vec<wit::Answer>, String> {
    let given = asked.iter().filter_map(|(key, asked)| Some((key, asked, replies.remove(key)?)));
    given
        .map(|(key, asked, value)| {
            let reply = asked.reply(value).map_err(|wrong| format!("the answer to `{key}` {wrong}"))?;
            Ok(wit::Answer { key: key.clone(), reply })
        })
        .collect()
}

/// Asks a client of an older version.
pub(super) async fn ask(
    context: &RequestContext<RoleServer>,
    key: String,
    request: InputRequest,
) -> Result<(String, Value), String> {
    let peer = &context.peer;
    #[expect(deprecated, reason = "sampling and roots are in every version that is asked in this way")]
    let asking = async {
        Ok::<_, ServiceError>(match request {
            InputRequest::Elicitation(request) => serde_json::to_value(peer.create_elicitation(request.params).await?),
            InputRequest::CreateMessage(request) => serde_json::to_value(peer.create_message(request.params).await?),
            InputRequest::ListRoots(_) => serde_json::to_value(peer.list_roots().await?),
            _ => return Err(ServiceError::UnexpectedResponse),
        })
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(Ok(Ok(value))) => Ok((key, value)),
        Ok(Ok(Err(error))) => Err(format!("the answer to `{key}` cannot be understood: {error}")),
        Ok(Err(ServiceError::McpError(error))) => Err(format!("the client refused `{key}`: {}", error.message)),
        Ok(Err(_)) => Err(format!("the client did not answer `{key}`")),
        Err(_) => Err(format!("`{key}` was not answered within {} minutes", PATIENCE.as_secs() / 60)),
    }
}

/// Whom a guest asks.
struct Client {
    stateless: bool,
    granted: Vec<Kind>,
    /// What it can be asked by this plugin.
    features: wit::ClientFeatures,
}

impl Client {
    fn of(plugin: &Plugin, context: &RequestContext<RoleServer>) -> Self {
        let stateless = is_stateless(context);
        let granted = plugin.capabilities().client().to_vec();
        let declared = declared(&context.client_capabilities().unwrap_or_default());
        let features =
            granted.iter().fold(wit::ClientFeatures::empty(), |all, kind| all | features_of(*kind)) & declared;
        Self { stateless, granted, features }
    }

    /// Refuses what cannot be asked, before anybody is asked anything.
    fn check(&self, plugin: &Plugin, asks: &wit::InputRequired, round: usize) -> Result<(), Failure> {
        if round > MAX_ROUNDS {
            return Err(invalid(plugin, format!("asks for more than {MAX_ROUNDS} rounds")));
        }
        if asks.questions.len() > MAX_QUESTIONS {
            return Err(invalid(plugin, format!("asks more than {MAX_QUESTIONS} questions at once")));
        }
        if asks.state.as_ref().is_some_and(|state| state.len() > seal::MAX_STATE) {
            return Err(invalid(plugin, format!("keeps more than {} bytes between two rounds", seal::MAX_STATE)));
        }
        let mut keys: Vec<&str> = asks.questions.iter().map(|one| one.key.as_str()).collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(invalid(plugin, "asks two questions under one key".to_owned()));
        }
        for one in &asks.questions {
            let kind = question::kind(&one.ask);
            if !self.granted.contains(&kind) {
                return Err(Failure::NotGranted { plugin: plugin.id().to_owned(), kind });
            }
            if !self.features.contains(question::needs(&one.ask)) {
                return Err(Failure::CannotBeAsked { plugin: plugin.id().to_owned(), kind });
            }
        }
        Ok(())
    }
}

impl Client {
    /// A client of the stateless protocol is told what it would have to declare (MCP 2026-07-28, basic/lifecycle); older
    /// ones read it in the result.
    fn refuse<T>(&self, failure: Failure, asks: &wit::InputRequired) -> Result<Ended<T>, ErrorData> {
        if self.stateless && matches!(failure, Failure::CannotBeAsked { .. }) {
            let needs = asks.questions.iter().map(|one| question::needs(&one.ask));
            let needs = needs.fold(wit::ClientFeatures::empty(), |all, one| all | one);
            return Err(ErrorData::missing_required_client_capability(capabilities(needs)));
        }
        Ok(Ended::Failed(failure.into()))
    }
}

fn invalid(plugin: &Plugin, what: String) -> Failure {
    Failure::Invalid { plugin: plugin.id().to_owned(), what }
}

fn features_of(kind: Kind) -> wit::ClientFeatures {
    match kind {
        Kind::Elicitation => wit::ClientFeatures::ELICITATION_FORM | wit::ClientFeatures::ELICITATION_URL,
        Kind::Sampling => wit::ClientFeatures::SAMPLING | wit::ClientFeatures::SAMPLING_TOOLS,
        Kind::Roots => wit::ClientFeatures::ROOTS,
    }
}

/// What the client says that it can be asked.
pub(super) fn declared(capabilities: &ClientCapabilities) -> wit::ClientFeatures {
    let mut features = wit::ClientFeatures::empty();
    let mut add = |feature, declared: bool| {
        if declared {
            features |= feature;
        }
    };
    if let Some(elicitation) = &capabilities.elicitation {
        // One that says neither has forms (MCP 2025-11-25, client/elicitation, "Capabilities").
        add(wit::ClientFeatures::ELICITATION_FORM, elicitation.form.is_some() || elicitation.url.is_none());
        add(wit::ClientFeatures::ELICITATION_URL, elicitation.url.is_some());
    }
    if let Some(sampling) = &capabilities.sampling {
        add(wit::ClientFeatures::SAMPLING, true);
        add(wit::ClientFeatures::SAMPLING_TOOLS, sampling.tools.is_some());
    }
    add(wit::ClientFeatures::ROOTS, capabilities.roots.is_some());
    features
}

/// The capabilities that a client declares which can be asked all of `features`.
fn capabilities(features: wit::ClientFeatures) -> ClientCapabilities {
    let mut capabilities = ClientCapabilities::default();
    let (form, url) = (wit::ClientFeatures::ELICITATION_FORM, wit::ClientFeatures::ELICITATION_URL);
    if features.contains(form) || features.contains(url) {
        let elicitation = capabilities.elicitation.get_or_insert_default();
        elicitation.form = features.contains(form).then(Default::default);
        elicitation.url = features.contains(url).then(Default::default);
    }
    if features.contains(wit::ClientFeatures::SAMPLING) {
        let sampling = capabilities.sampling.get_or_insert_default();
        sampling.tools = features.contains(wit::ClientFeatures::SAMPLING_TOOLS).then(Default::default);
    }
    capabilities.roots = features.contains(wit::ClientFeatures::ROOTS).then(Default::default);
    capabilities
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_of_the_kind_that_was_asked_for_and_others_are_left_out() {
        let asked = [("a".to_owned(), Asked::Roots), ("b".to_owned(), Asked::Url)];
        let (roots, accept) = (json!({ "roots": [] }), json!({ "action": "accept" }));
        let replies = |pairs: &[(&str, &Value)]| {
            let replies = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).clone())).collect();
            check(&asked, replies).map(|answers| answers.into_iter().map(|answer| answer.key).collect::<Vec<_>>())
        };
        assert_eq!(replies(&[("b", &accept), ("a", &roots)]).expect("they fit"), ["a", "b"]);
        assert_eq!(replies(&[("a", &roots)]).expect("one is missing"), ["a"]);
        assert_eq!(replies(&[("a", &roots), ("c", &roots)]).expect("one is more"), ["a"]);
        assert!(replies(&[("a", &accept)]).expect_err("it is of another kind").contains("`a`"));
    }

    #[test]
    fn a_client_is_told_what_it_would_have_to_declare() {
        let all = wit::ClientFeatures::ELICITATION_URL | wit::ClientFeatures::SAMPLING | wit::ClientFeatures::ROOTS;
        assert_eq!(declared(&capabilities(all)), all);
        let tools = wit::ClientFeatures::SAMPLING | wit::ClientFeatures::SAMPLING_TOOLS;
        assert_eq!(serde_json::to_value(capabilities(tools)).expect("JSON"), json!({ "sampling": { "tools": {} } }));
        assert_eq!(declared(&capabilities(wit::ClientFeatures::empty())), wit::ClientFeatures::empty());
    }

    #[test]
    fn what_a_client_declares_is_what_it_can_be_asked() {
        let features = |json: Value| declared(&serde_json::from_value(json).expect("capabilities"));
        assert_eq!(features(json!({})), wit::ClientFeatures::empty());
        assert_eq!(features(json!({ "elicitation": {} })), wit::ClientFeatures::ELICITATION_FORM);
        assert_eq!(features(json!({ "elicitation": { "url": {} } })), wit::ClientFeatures::ELICITATION_URL);
        assert_eq!(
            features(json!({ "sampling": { "tools": {} }, "roots": {} })),
            wit::ClientFeatures::SAMPLING | wit::ClientFeatures::SAMPLING_TOOLS | wit::ClientFeatures::ROOTS
        );
    }
}
