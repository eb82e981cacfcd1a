//! What a person answers, and what follows from it.

use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use super::patience::Consents;
use super::question::Question;
use super::tickets::{Allowed, To};
use crate::audit::Decision;
use crate::capability::Grants;
use crate::config::{Edit, Part};
use crate::mcp::asking::Asked;
use crate::mcp::call::Caller;
use crate::plugin::Plugin;
use crate::runtime::bindings::barkeep::plugin::types as wit;

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
pub(super) enum Verdict {
    /// The call is run again with these grants beside those that its plugin has.
    Again(Allowed),
    /// It was allowed, and is not run again by itself: the answer says this.
    Later(String),
    /// It was not allowed: the answer stays what it was, or where that is gone says this.
    No(String),
}

impl Question {
    /// What follows from what was answered, which goes into the record. `repeats` tells whether the call may be run again.
    pub(super) async fn verdict(
        self,
        caller: &Caller,
        plugin: &Plugin,
        request: &str,
        reply: Option<wit::Reply>,
        repeats: bool,
    ) -> Verdict {
        let (consents, now) = (&caller.host.consents, Instant::now());
        if !consents.take(&self.id, now) {
            return Verdict::No("this question was answered already, or too late; ask for the same again".to_owned());
        }
        if self.digest != plugin.digest() {
            return Verdict::No("the plugin changed since you were asked; ask for the same again".to_owned());
        }
        let choice = reply.as_ref().and_then(choice);
        let decision = match (&reply, choice) {
            (_, Some(Choice::Once)) => Decision::Once,
            (_, Some(Choice::Always)) => Decision::Always,
            (_, Some(Choice::Never)) => Decision::Never,
            (Some(_), None) => Decision::Declined,
            (None, None) => Decision::Unanswered,
        };
        let needs = self.needs();
        caller.call.decided(plugin.id(), plugin.generation(), decision, &told(&needs), &needs);
        let refused = self.sentences.join("\n");
        let Some(choice) = choice else { return Verdict::No(format!("{refused}\nIt was not allowed.")) };
        tracing::info!(plugin = plugin.id(), needs = ?told(&needs), "a person says {choice:?} to what it lacks");
        let kept = match choice {
            Choice::Once => String::new(),
            Choice::Always => write(consents, plugin, Part::Grants, &needs).await,
            Choice::Never => write(consents, plugin, Part::Never, &needs).await,
        };
        if choice == Choice::Never {
            consents.never(plugin.id(), needs);
            return Verdict::No(format!("{refused}\nIt was not allowed, and is not asked for again.{kept}"));
        }
        consents.agreed(plugin.id());
        // Also for what is written: until the host has read it, the next call must not ask again.
        let only_to = (choice == Choice::Always).then(|| plugin.generation());
        let allowed = Allowed { each: self.lacks, only_to };
        if repeats {
            return Verdict::Again(allowed);
        }
        let client = caller.who();
        consents.leave_ticket(To { client: &client, digest: plugin.digest(), request, state: None }, allowed, now);
        Verdict::Later(format!(
            "It is allowed now.{kept} The tool was not run again by itself, because what it did before it was refused might \
             happen twice: call it again with the same arguments"
        ))
    }
}

/// The form: three words to choose from, none of them chosen.
pub(super) fn schema() -> Value {
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

pub(super) fn form() -> Asked {
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

/// What `needs` comes to, for people.
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
