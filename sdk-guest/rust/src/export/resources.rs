//! `barkeep:plugin/resources`.

use super::Exported;
use super::types::{all, annotations};
use crate::bindings::imports::barkeep::plugin::types;
use crate::bindings::resources::exports::barkeep::plugin::resources as wit;
use crate::{Context, TemplateInfo};

impl<T: Exported> wit::Guest for T {
    fn list(cursor: Option<String>) -> Result<wit::ResourcePage, types::Error> {
        let page = T::PLUGIN.resources(cursor.as_deref())?;
        Ok(wit::ResourcePage { resources: all(page.resources), next_cursor: page.next_cursor })
    }

    fn templates() -> Result<Vec<wit::ResourceTemplate>, types::Error> {
        Ok(all(T::PLUGIN.templates()?))
    }

    fn read(_: types::RequestContext, uri: String) -> Result<wit::ReadOutcome, types::Error> {
        let contents = T::PLUGIN.read_resource_with(&uri, &mut Context::default())?;
        Ok(wit::ReadOutcome::Complete(all(contents)))
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
