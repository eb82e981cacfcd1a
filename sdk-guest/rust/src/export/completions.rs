//! `barkeep:plugin/completions`.

use super::Exported;
use crate::bindings::completions::exports::barkeep::plugin::completions as wit;
use crate::bindings::imports::barkeep::plugin::types;
use crate::definition::Subject;

impl<T: Exported> wit::Guest for T {
    fn complete(
        subject: wit::CompletionSubject,
        argument: String,
        value: String,
        resolved: Vec<(String, String)>,
    ) -> Result<wit::Completion, types::Error> {
        let subject = match &subject {
            wit::CompletionSubject::Prompt(name) => Subject::Prompt(name),
            wit::CompletionSubject::ResourceTemplate(template) => Subject::Template(template),
        };
        let completion = T::PLUGIN.complete(subject, &argument, &value, &resolved.into_iter().collect())?;
        Ok(wit::Completion { values: completion.values, total: completion.total, has_more: completion.has_more })
    }
}
