//! The host's own question: about what, whether it may be asked, and in which words.

use std::time::Instant;

use rmcp::model::InputResponses;
use serde::{Deserialize, Serialize};

use super::answer::schema;
use super::tickets::together;
use super::{What, is_never};
use crate::capability::{Denial, Grants, Requests};
use crate::config::Consent;
use crate::mcp::asking::declared;
use crate::mcp::call::Caller;
use crate::plugin::Plugin;
use crate::runtime::bindings::barkeep::plugin::types as wit;

/// Characters of one thing that is asked for. What a person cannot take in at a glance is not asked: the end counts as well.
const MAX_WHAT: usize = 300;

/// A question that was asked, as it is kept until its answer comes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Question {
    pub(super) id: String,
    /// The component that it was about.
    pub(super) digest: String,
    /// What the call lacked, each apart.
    pub(super) lacks: Vec<Grants>,
    pub(super) sentences: Vec<String>,
    /// What the client brought to the request that ended in the refusal, so that it can be run again.
    pub(super) responses: Option<InputResponses>,
    pub(super) state: Option<String>,
}

impl Question {
    /// What is to be asked about a call of `plugin` that was `denied` this, if anybody is to be asked.
    pub(super) fn about(caller: &Caller, plugin: &Plugin, denied: Vec<Denial>) -> Option<Self> {
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
        let (mut needs, mut lacks, mut sentences) = (Grants::default(), Vec::new(), Vec::new());
        for Denial { sentence, needs: one } in denied {
            let Some(one) = one else { continue };
            let is_wanted = requests.as_ref().is_none_or(|requests| requests.want(&one));
            let is_short = one.asks().iter().all(|ask| ask.what.chars().count() <= MAX_WHAT);
            let is_never = is_never(consents, plugin, &one);
            if let (true, false, Ok(both)) = (is_wanted && is_short, is_never, needs.with(&one)) {
                needs = both;
                lacks.push(one);
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
        Some(Self { id, digest: plugin.digest().to_owned(), lacks, sentences, responses: None, state: None })
    }

    /// All that the call lacked.
    pub(super) fn needs(&self) -> Grants {
        together(&self.lacks)
    }

    /// The question, as a plugin would ask it.
    pub(super) fn ask(&self, plugin: &Plugin, what: &What<'_>) -> wit::Ask {
        let requests = plugin.manifest().requests.as_deref().and_then(|json| Requests::parse(json).ok());
        let wanted = requests.map(|requests| requests.asks()).unwrap_or_default();
        let mut lines =
            vec![format!("The plugin `{}` was refused something that {} needs:", plugin.id(), what.of_it())];
        let needs = self.needs();
        for ask in needs.asks() {
            lines.push(format!("- {}", ask.what));
            lines.push(format!("  Risk: {}.", ask.risk));
            let kind = ask.what.split(' ').next();
            let why =
                wanted.iter().find(|other| other.what.split(' ').next() == kind).and_then(|other| other.why.as_deref());
            if let Some(why) = why {
                lines.push(format!("  Its author says: {why}"));
            }
        }
        let after = plugin.granted().with(&needs).unwrap_or_default();
        lines.extend(after.together().map(|together| format!("  Risk, {together}.")));
        lines.push("Allow it? Only you should answer this, not a model.".to_owned());
        wit::Ask::ElicitForm(wit::ElicitForm { message: lines.join("\n"), requested_schema: schema().to_string() })
    }
}
