//! `barkeep:plugin/prompts`.

use super::Exported;
use super::types::all;
use crate::ask::{Outcome, round};
use crate::bindings::imports::barkeep::plugin::types;
use crate::bindings::prompts::exports::barkeep::plugin::prompts as wit;
use crate::{PromptArgument, PromptInfo, PromptMessage};

impl<T: Exported> wit::Guest for T {
    fn list() -> Result<Vec<wit::Prompt>, types::Error> {
        Ok(all(T::PLUGIN.prompts()?))
    }

    fn get(
        context: types::RequestContext,
        name: String,
        arguments: Vec<(String, String)>,
    ) -> Result<wit::PromptOutcome, types::Error> {
        Ok(match round(context, |context| T::PLUGIN.get_prompt_with(&name, &arguments, context))? {
            Outcome::Complete(result) => wit::PromptOutcome::Complete(wit::PromptResult {
                description: result.description,
                messages: all(result.messages),
            }),
            Outcome::Asks(questions) => wit::PromptOutcome::InputRequired(questions),
        })
    }
}

impl From<PromptInfo> for wit::Prompt {
    fn from(prompt: PromptInfo) -> Self {
        Self {
            name: prompt.name,
            title: prompt.title,
            description: prompt.description,
            arguments: all(prompt.arguments),
            icons: all(prompt.icons),
        }
    }
}

impl From<PromptArgument> for wit::PromptArgument {
    fn from(PromptArgument { name, title, description, required }: PromptArgument) -> Self {
        Self { name, title, description, required }
    }
}

impl From<PromptMessage> for wit::PromptMessage {
    fn from(PromptMessage { role, content }: PromptMessage) -> Self {
        Self { role: role.into(), content: content.into() }
    }
}
