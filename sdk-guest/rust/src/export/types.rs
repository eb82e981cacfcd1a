//! The vocabulary that all interfaces share.

use crate::bindings::imports::barkeep::plugin::types as wit;
use crate::{Annotations, Content, Error, Icon, IconTheme, ResourceBody, ResourceContents, ResourceInfo, Role};

impl From<Error> for wit::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(words) => Self::NotFound(words),
            Error::InvalidArguments(words) => Self::InvalidArguments(words),
            Error::AccessDenied(words) => Self::AccessDenied(words),
            Error::Unavailable(words) => Self::Unavailable(words),
            Error::Other(words) => Self::Other(words),
        }
    }
}

impl From<Role> for wit::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::User => Self::User,
            Role::Assistant => Self::Assistant,
        }
    }
}

impl From<Icon> for wit::Icon {
    fn from(Icon { src, mime_type, sizes, theme }: Icon) -> Self {
        let theme = theme.map(|theme| match theme {
            IconTheme::Light => wit::IconTheme::Light,
            IconTheme::Dark => wit::IconTheme::Dark,
        });
        Self { src, mime_type, sizes, theme }
    }
}

/// Hints, where there are any.
pub(super) fn annotations(from: Annotations) -> Option<wit::Annotations> {
    if from.is_empty() {
        return None;
    }
    let Annotations { audience, priority, last_modified } = from;
    Some(wit::Annotations { audience: all(audience), priority, last_modified })
}

/// Each, as the type of the interface.
pub(super) fn all<T, U: From<T>>(from: Vec<T>) -> Vec<U> {
    from.into_iter().map(U::from).collect()
}

impl From<ResourceInfo> for wit::ResourceInfo {
    fn from(from: ResourceInfo) -> Self {
        Self {
            uri: from.uri,
            name: from.name,
            title: from.title,
            description: from.description,
            mime_type: from.mime_type,
            size: from.size,
            icons: all(from.icons),
            annotations: annotations(from.annotations),
        }
    }
}

impl From<ResourceContents> for wit::ResourceContents {
    fn from(ResourceContents { uri, mime_type, body }: ResourceContents) -> Self {
        let body = match body {
            ResourceBody::Text(text) => wit::ResourceBody::Text(text),
            ResourceBody::Blob(bytes) => wit::ResourceBody::Blob(bytes),
        };
        Self { uri, mime_type, body }
    }
}

impl From<Content> for wit::Content {
    fn from(content: Content) -> Self {
        match content {
            Content::Text { text, annotations: hints } => {
                Self::Text(wit::TextContent { text, annotations: annotations(hints) })
            }
            Content::Image { data, mime_type, annotations: hints } => {
                Self::Image(wit::MediaContent { data, mime_type, annotations: annotations(hints) })
            }
            Content::Audio { data, mime_type, annotations: hints } => {
                Self::Audio(wit::MediaContent { data, mime_type, annotations: annotations(hints) })
            }
            Content::Link(resource) => Self::ResourceLink(resource.into()),
            Content::Resource { contents, annotations: hints } => {
                Self::Resource(wit::EmbeddedResource { contents: contents.into(), annotations: annotations(hints) })
            }
        }
    }
}
