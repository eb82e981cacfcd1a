//! The shared vocabulary, from the client: what its model says.

use super::types::all;
use crate::bindings::imports::barkeep::plugin::types as wit;
use crate::{Annotations, Content, Icon, IconTheme, ResourceBody, ResourceContents, ResourceInfo, Role};

impl From<wit::Role> for Role {
    fn from(role: wit::Role) -> Self {
        match role {
            wit::Role::User => Self::User,
            wit::Role::Assistant => Self::Assistant,
        }
    }
}

impl From<wit::Annotations> for Annotations {
    fn from(wit::Annotations { audience, priority, last_modified }: wit::Annotations) -> Self {
        Self { audience: all(audience), priority, last_modified }
    }
}

fn hints(annotations: Option<wit::Annotations>) -> Annotations {
    annotations.map(Annotations::from).unwrap_or_default()
}

impl From<wit::Icon> for Icon {
    fn from(wit::Icon { src, mime_type, sizes, theme }: wit::Icon) -> Self {
        let theme = theme.map(|theme| match theme {
            wit::IconTheme::Light => IconTheme::Light,
            wit::IconTheme::Dark => IconTheme::Dark,
        });
        Self { src, mime_type, sizes, theme }
    }
}

impl From<wit::ResourceInfo> for ResourceInfo {
    fn from(from: wit::ResourceInfo) -> Self {
        Self {
            uri: from.uri,
            name: from.name,
            title: from.title,
            description: from.description,
            mime_type: from.mime_type,
            size: from.size,
            icons: all(from.icons),
            annotations: hints(from.annotations),
        }
    }
}

impl From<wit::ResourceContents> for ResourceContents {
    fn from(wit::ResourceContents { uri, mime_type, body }: wit::ResourceContents) -> Self {
        let body = match body {
            wit::ResourceBody::Text(text) => ResourceBody::Text(text),
            wit::ResourceBody::Blob(bytes) => ResourceBody::Blob(bytes),
        };
        Self { uri, mime_type, body }
    }
}

impl From<wit::Content> for Content {
    fn from(content: wit::Content) -> Self {
        match content {
            wit::Content::Text(wit::TextContent { text, annotations }) => {
                Self::Text { text, annotations: hints(annotations) }
            }
            wit::Content::Image(wit::MediaContent { data, mime_type, annotations }) => {
                Self::Image { data, mime_type, annotations: hints(annotations) }
            }
            wit::Content::Audio(wit::MediaContent { data, mime_type, annotations }) => {
                Self::Audio { data, mime_type, annotations: hints(annotations) }
            }
            wit::Content::ResourceLink(resource) => Self::Link(resource.into()),
            wit::Content::Resource(wit::EmbeddedResource { contents, annotations }) => {
                Self::Resource { contents: contents.into(), annotations: hints(annotations) }
            }
        }
    }
}
