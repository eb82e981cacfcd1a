//! What hides in the texts that a plugin gives when it is asked: in its prompts, filled in, and in the files of its skills. A
//! model reads them whole, and they are in no list.

use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::hidden::{Found, find_in};
use crate::plugin::{Outcome, Plugin, Refused, SKILLS};
use crate::runtime::Outbox;
use crate::runtime::bindings::barkeep::plugin::types;

/// Texts that are looked through. Plugins with more are seldom, and somebody waits.
const MAX_TEXTS: usize = 200;

/// How long all of them may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is given for an argument that a prompt needs.
const ARGUMENT: &str = "example";

/// What was looked through, and what was found.
#[derive(Debug, Default, Serialize)]
pub(super) struct Texts {
    /// How many texts were looked through.
    read: usize,
    /// Which could not be: they fail, ask the client, or there was no time.
    unread: Vec<String>,
    #[serde(flatten)]
    found: Found,
}

impl Texts {
    /// Asks `plugin` for its texts.
    pub(super) async fn of(plugin: &Plugin) -> Self {
        let (mut texts, until) = (Self::default(), Instant::now() + PATIENCE);
        let menu = plugin.menu();
        let prompts = menu.prompts.iter().map(|item| (false, item.guest_name.as_str()));
        let files = menu.resources.iter().map(|resource| (true, resource.uri.as_str()));
        let files = files.filter(|(_, uri)| uri.starts_with(SKILLS));
        for (at, (is_file, name)) in prompts.chain(files).enumerate() {
            let kind = if is_file { "file" } else { "text of prompt" };
            let asked = async { if is_file { file(plugin, name).await } else { prompt(plugin, name).await } };
            let said = if at < MAX_TEXTS { timeout_at(until, asked).await.ok().flatten() } else { None };
            match said {
                Some(said) => {
                    texts.read += 1;
                    find_in(kind, name, &said, &mut texts.found);
                }
                None => texts.unread.push(format!("{kind} `{name}`")),
            }
        }
        texts
    }

    /// For people: what kind of thing each is, and what is said of it.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&'static str, String)> {
        let found = self.found.texts().map(|text| ("hidden", text));
        // Of many, the first say enough.
        let more = (self.unread.len() > 10).then(|| ("unread", format!("and {} more", self.unread.len() - 10)));
        found.chain(self.unread.iter().take(10).map(|what| ("unread", what.clone()))).chain(more)
    }
}

/// Nobody who could be asked.
fn nobody() -> types::RequestContext {
    types::RequestContext { features: types::ClientFeatures::empty(), answers: Vec::new(), state: None }
}

async fn prompt(plugin: &Plugin, name: &str) -> Option<serde_json::Value> {
    let item = plugin.menu().prompts.iter().find(|item| item.guest_name == name)?;
    let needed = item.prompt.arguments.iter().flatten().filter(|argument| argument.required == Some(true));
    let arguments: Vec<_> = needed.map(|argument| (argument.name.clone(), ARGUMENT.to_owned())).collect();
    match plugin.get_prompt(name, nobody(), &arguments, Outbox::closed(), &Refused::default()).await {
        Ok(Outcome::Complete(result)) => serde_json::to_value(result).ok(),
        Ok(Outcome::InputRequired(_)) | Err(_) => None,
    }
}

async fn file(plugin: &Plugin, uri: &str) -> Option<serde_json::Value> {
    plugin.read_file(uri, true, Outbox::closed()).await.ok()?.text.map(Into::into)
}
