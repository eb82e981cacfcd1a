//! Asking the person for a grant that a call lacked: once, always, or never.
//!
//! The question is the host's own, and goes the way of a plugin's: as a form, by the stateless protocol, by a request to a
//! client of an older version, or in a task. It is asked only where nothing else can come of it than what the plugin's
//! author asks for, at most once for a call, and not too often ([`Consents`]).

use std::sync::Arc;
use std::time::Instant;

use rmcp::ErrorData;
use rmcp::model::{InputRequest, InputRequiredResult, InputResponses};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::call::Caller;
use super::super::server::is_stateless;
use super::patience::Consents;
use super::reply::Asked;
use super::{Brought, Ended, MAX_ROUNDS, ask, check, declared, question, rounds};
use crate::capability::{Denial, Grants, Requests};
use crate::config::{Consent, Edit, Part};
use crate::plugin::{CallError, Outcome, Plugin, Refused};
use crate::runtime::bindings::barkeep::plugin::types as wit;
use crate::runtime::{Failure, Outbox};

/// Characters of one thing that is asked for. What a person cannot take in at a glance is not asked: the end counts as well.
const MAX_WHAT: usize = 300;

/// The name of the question. A plugin's questions are asked in other rounds.
const KEY: &str = "barkeep_consent";

/// A call that may lack a grant.
pub(in super::super) struct Call<'a> {
    /// The tool, by the name that clients use.
    pub(in super::super) tool: &'a str,
    /// What is refused to it.
    pub(in super::super) refused: &'a Refused,
    /// Whether it can be run again without harm: it changes nothing, or nothing more when it is repeated.
    pub(in super::super) repeats: bool,
}

/// A question that was asked, as it is kept until its answer comes.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Question {
    id: String,
    /// The component that it was about.
    digest: String,
    needs: Grants,
    sentences: Vec<String>,
    /// What the client brought to the request that ended in the refusal, so that it can be run again.
    responses: Option<InputResponses>,
    state: Option<String>,
}

/// What the person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Choice {
    Once,
    Always,
    Never,
}

/// What follows from an answer.
#[derive(Debug)]
enum Verdict {
    /// The call is run again with these grants beside those that its plugin has.
    Again(Grants),
    /// It was allowed, and is not run again by itself: the answer says this.
    Later(String),
    /// It was not allowed: the answer stays what it was, or where that is gone says this.
    No(String),
}

/// The same as [`rounds`] for a call of a tool, which asks the person for what the call lacked. `work` is given the plugin
/// that it calls: with what was allowed for this call alone.
///
/// # Errors
///
/// Those of [`rounds`].
pub(in super::super) async fn with_consent<T, F>(
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
    let of_ours = format!("consent {request}");
    let ours = brought.state.as_deref().and_then(|sealed| caller.host.seal.open::<Question>(sealed, &of_ours).ok());
    if let Some(mut question) = ours {
        let replies = check(&[(KEY.to_owned(), form())], brought.responses.unwrap_or_default());
        let reply = replies.map_err(|wrong| ErrorData::invalid_params(wrong, None))?.pop().map(|answer| answer.reply);
        let brought = Brought { responses: question.responses.take(), state: question.state.take() };
        return match question.verdict(consents, plugin, request, reply, call.repeats).await {
            Verdict::Again(more) => Box::pin(run_with(caller, plugin, request, brought, more, &work)).await,
            Verdict::Later(words) | Verdict::No(words) => Ok(said(words)),
        };
    }
    if let Some(more) = consents.take_ticket(request, Instant::now()) {
        return Box::pin(run_with(caller, plugin, request, brought, more, &work)).await;
    }
    let again = brought.clone();
    let ended = rounds(caller, plugin, request, brought, |told, outbox| work(Arc::clone(plugin), told, outbox)).await?;
    let Some(mut question) = Question::about(caller, plugin, lacks(&ended, call.refused)) else { return Ok(ended) };
    let Ok(asked) = question::request(question.ask(plugin, call.tool)) else { return Ok(ended) };
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
    match question.verdict(consents, plugin, request, reply, call.repeats).await {
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
    more: Grants,
    work: &impl Fn(Arc<Plugin>, wit::RequestContext, Outbox) -> F,
) -> Result<Ended<T>, ErrorData>
where
    F: Future<Output = Result<Outcome<T>, CallError>>,
{
    let apart = match plugin.with(&more) {
        Ok(apart) => Arc::new(apart),
        Err(wrong) => return Ok(said(format!("plugin `{}` cannot have what it was allowed: {wrong}", plugin.id()))),
    };
    let ended = rounds(caller, &apart, request, brought, |told, outbox| work(Arc::clone(&apart), told, outbox)).await?;
    if matches!(ended, Ended::Asks(_)) {
        caller.host.consents.leave_ticket(request, more, Instant::now());
    }
    Ok(ended)
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

impl Question {
    /// What is to be asked about a call of `plugin` that was `denied` this, if anybody is to be asked.
    fn about(caller: &Caller, plugin: &Plugin, denied: Vec<Denial>) -> Option<Self> {
        let (context, consents) = (&caller.context, &caller.host.consents);
        let may = match plugin.consent() {
            Consent::Ask => true,
            Consent::Stdio => context.extensions.get::<http::request::Parts>().is_none(),
            Consent::Deny => false,
        };
        let can = declared(&context.client_capabilities().unwrap_or_default());
        if denied.is_empty() || !may || !can.contains(wit::ClientFeatures::ELICITATION_FORM) {
            return None;
        }
        let requests = plugin.manifest().requests.as_deref().and_then(|json| Requests::parse(json).ok());
        let (mut needs, mut sentences) = (Grants::default(), Vec::new());
        for Denial { sentence, needs: lacks } in denied {
            let Some(lacks) = lacks else { continue };
            let is_wanted = requests.as_ref().is_none_or(|requests| requests.want(&lacks));
            let is_short = lacks.asks().iter().all(|ask| ask.what.chars().count() <= MAX_WHAT);
            let is_never = plugin.never().include(&lacks) || consents.is_never(plugin.id(), &lacks);
            if let (true, false, Ok(both)) = (is_wanted && is_short, is_never, needs.with(&lacks)) {
                needs = both;
                sentences.push(sentence);
            }
        }
        // What cannot be had, for want of a folder or of a secret, is not worth a question.
        if sentences.is_empty() || plugin.with(&needs).is_err() {
            return None;
        }
        let Some(id) = consents.begin(plugin.id(), Instant::now()) else {
            tracing::info!(plugin = plugin.id(), "nobody is asked for what it lacks: it asked too often");
            return None;
        };
        Some(Self { id, digest: plugin.digest().to_owned(), needs, sentences, responses: None, state: None })
    }

    /// The question, as a plugin would ask it.
    fn ask(&self, plugin: &Plugin, tool: &str) -> wit::Ask {
        let requests = plugin.manifest().requests.as_deref().and_then(|json| Requests::parse(json).ok());
        let wanted = requests.map(|requests| requests.asks()).unwrap_or_default();
        let mut lines =
            vec![format!("The plugin `{}` was refused something that its tool `{tool}` needs:", plugin.id())];
        for ask in self.needs.asks() {
            lines.push(format!("- {}", ask.what));
            lines.push(format!("  Risk: {}.", ask.risk));
            let kind = ask.what.split(' ').next();
            let why =
                wanted.iter().find(|other| other.what.split(' ').next() == kind).and_then(|other| other.why.as_deref());
            if let Some(why) = why {
                lines.push(format!("  Its author says: {why}"));
            }
        }
        let after = plugin.granted().with(&self.needs).unwrap_or_default();
        lines.extend(after.together().map(|together| format!("  Risk, {together}.")));
        lines.push("Allow it? Only you should answer this, not a model.".to_owned());
        wit::Ask::ElicitForm(wit::ElicitForm { message: lines.join("\n"), requested_schema: schema().to_string() })
    }

    /// What follows from what was answered. `repeats` tells whether the call may be run again.
    async fn verdict(
        self,
        consents: &Consents,
        plugin: &Plugin,
        request: &str,
        reply: Option<wit::Reply>,
        repeats: bool,
    ) -> Verdict {
        let now = Instant::now();
        if !consents.take(&self.id, now) {
            return Verdict::No("this question was answered already, or too late; call the tool again".to_owned());
        }
        if self.digest != plugin.digest() {
            return Verdict::No("the plugin changed since you were asked; call the tool again".to_owned());
        }
        let Some(choice) = reply.as_ref().and_then(choice) else {
            return Verdict::No(format!("{}\nIt was not allowed.", self.sentences.join("\n")));
        };
        tracing::info!(plugin = plugin.id(), needs = ?told(&self.needs), "a person says {choice:?} to what it lacks");
        let kept = match choice {
            Choice::Once => String::new(),
            Choice::Always => write(consents, plugin, Part::Grants, &self.needs).await,
            Choice::Never => write(consents, plugin, Part::Never, &self.needs).await,
        };
        if choice == Choice::Never {
            consents.never(plugin.id(), self.needs);
            return Verdict::No(format!(
                "{}\nIt was not allowed, and is not asked for again.{kept}",
                self.sentences.join("\n")
            ));
        }
        consents.agreed(plugin.id());
        if repeats {
            return Verdict::Again(self.needs);
        }
        // Also for what is written: until the host has read it, the next call must not ask again.
        consents.leave_ticket(request, self.needs, now);
        Verdict::Later(format!(
            "It is allowed now.{kept} The tool was not run again by itself, because what it did before it was refused might \
             happen twice: call it again with the same arguments"
        ))
    }
}

/// The form: three words to choose from, none of them chosen.
fn schema() -> Value {
    json!({
        "type": "object",
        "properties": { "answer": {
            "type": "string",
            "title": "Allow it?",
            "description": "once: for this call alone. always: written into barkeep.toml. never: refused, and not asked again.",
            "enum": ["once", "always", "never"],
        } },
        "required": ["answer"],
    })
}

fn form() -> Asked {
    Asked::Form(schema().to_string())
}

fn choice(reply: &wit::Reply) -> Option<Choice> {
    let wit::Reply::Elicited(result) = reply else { return None };
    if result.action != wit::ElicitAction::Accept {
        return None;
    }
    let content: Value = serde_json::from_str(result.content.as_deref()?).ok()?;
    Choice::deserialize(content.get("answer")?).ok()
}

/// Writes what was answered into the configuration. What is wrong with that is told in a sentence, and in the log.
async fn write(consents: &Consents, plugin: &Plugin, part: Part, needs: &Grants) -> String {
    let id = plugin.id().to_owned();
    let written = async {
        let file = consents.file().ok_or("there is no file of this host's configuration")?;
        let id = id.parse().map_err(|_| "its id is none")?;
        let more = toml::Table::try_from(needs).map_err(|error| error.to_string())?;
        let edit = Edit::Grant { id, part, more };
        let writing = tokio::task::spawn_blocking(move || edit.apply(&file).map_err(|error| error.to_string()));
        writing.await.map_err(|error| error.to_string())?
    };
    match written.await {
        Ok::<_, String>(_) => String::new(),
        Err(reason) => {
            tracing::warn!(plugin = id, "what a person allowed cannot be written: {reason}");
            " It could not be written into barkeep.toml; the host's log says why.".to_owned()
        }
    }
}

fn told(needs: &Grants) -> Vec<String> {
    needs.asks().into_iter().map(|ask| ask.what).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_the_form_is_a_choice_and_all_else_is_none() {
        let reply = |value: Value| form().reply(value);
        let chosen = |word: &str| {
            let value = json!({ "action": "accept", "content": { "answer": word } });
            reply(value).ok().as_ref().and_then(choice)
        };
        assert_eq!(
            ["once", "always", "never", "yes", ""].map(chosen),
            [Some(Choice::Once), Some(Choice::Always), Some(Choice::Never), None, None]
        );
        for action in ["decline", "cancel"] {
            let value = json!({ "action": action, "content": { "answer": "always" } });
            assert_eq!(choice(&reply(value).expect("it is an answer")), None);
        }
        assert!(reply(json!({ "action": "accept", "content": {} })).is_err());
        assert_eq!(choice(&wit::Reply::Roots(Vec::new())), None);
    }
}
