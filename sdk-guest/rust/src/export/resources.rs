//! `barkeep:plugin/resources`.

use super::Exported;
use super::types::{all, annotations};
use crate::TemplateInfo;
use crate::ask::{Outcome, round};
use crate::bindings::imports::barkeep::plugin::types;
use crate::bindings::resources::exports::barkeep::plugin::resources as wit;

impl<T: Exported> wit::Guest for T {
    fn list(cursor: Option<String>) -> Result<wit::ResourcePage, types::Error> {
        let page = T::PLUGIN.resources(cursor.as_deref())?;
        Ok(wit::ResourcePage { resources: all(page.resources), next_cursor: page.next_cursor })
    }

    fn templates() -> Result<Vec<wit::ResourceTemplate>, types::Error> {
        Ok(all(T::PLUGIN.templates()?))
    }

    fn read(context: types::RequestContext, uri: String) -> Result<wit::ReadOutcome, types::Error> {
        Ok(match round(context, |context| T::PLUGIN.read_resource_with(&uri, context))? {
            Outcome::Complete(contents) => wit::ReadOutcome::Complete(all(contents)),
            Outcome::Asks(questions) => wit::ReadOutcome::InputRequired(questions),
        })
    }
}

impl From<TemplateInfo> for wit::ResourceTemplate {
    fn from(template: TemplateInfo) -> Self {
        Self {
            uri_template: template.uri_template,
            name: template.name,
            title: template.title,
            description: template.description,
            mime_type: template.mime_type,
            icons: all(template.icons),
            annotations: annotations(template.annotations),
        }
    }
}
