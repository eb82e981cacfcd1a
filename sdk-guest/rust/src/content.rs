//! Blocks of a message: what tools answer with and prompts are made of.

use crate::{Annotations, ResourceContents, ResourceInfo, Role};

/// One block of a message.
///
/// ```
/// use barkeep_sdk::{Content, Role};
///
/// let picture = Content::image(*b"GIF89a", "image/gif").for_audience(Role::User).priority(0.3);
/// assert_eq!(picture.annotations().audience, [Role::User]);
/// assert_eq!(Content::text("hello").as_text(), Some("hello"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text.
    Text {
        /// The text.
        text: String,
        /// Hints for the client.
        annotations: Annotations,
    },
    /// An image.
    Image {
        /// The bytes as they are; the host encodes them.
        data: Vec<u8>,
        /// Their media type, such as `image/png`.
        mime_type: String,
        /// Hints for the client.
        annotations: Annotations,
    },
    /// A piece of audio.
    Audio {
        /// The bytes as they are; the host encodes them.
        data: Vec<u8>,
        /// Their media type, such as `audio/wav`.
        mime_type: String,
        /// Hints for the client.
        annotations: Annotations,
    },
    /// A link to a resource, which the client may read later.
    Link(ResourceInfo),
    /// A resource with its contents.
    Resource {
        /// The contents.
        contents: ResourceContents,
        /// Hints for the client.
        annotations: Annotations,
    },
}

impl Content {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), annotations: Annotations::default() }
    }

    /// An image of the media type `mime_type`.
    pub fn image(data: impl Into<Vec<u8>>, mime_type: impl Into<String>) -> Self {
        Self::Image { data: data.into(), mime_type: mime_type.into(), annotations: Annotations::default() }
    }

    /// A piece of audio of the media type `mime_type`.
    pub fn audio(data: impl Into<Vec<u8>>, mime_type: impl Into<String>) -> Self {
        Self::Audio { data: data.into(), mime_type: mime_type.into(), annotations: Annotations::default() }
    }

    /// A link to a resource.
    pub fn link(resource: ResourceInfo) -> Self {
        Self::Link(resource)
    }

    /// A resource with its contents.
    pub fn resource(contents: ResourceContents) -> Self {
        Self::Resource { contents, annotations: Annotations::default() }
    }

    /// Says for whom this is meant; once for each role.
    #[must_use]
    pub fn for_audience(mut self, role: Role) -> Self {
        self.annotations_mut().audience.push(role);
        self
    }

    /// Says how much this matters, from 0.0 (may be left out) to 1.0 (effectively required).
    #[must_use]
    pub fn priority(mut self, priority: f64) -> Self {
        self.annotations_mut().priority = Some(priority);
        self
    }

    /// Says when this last changed: ISO 8601, such as `2026-07-28T12:00:00Z`.
    #[must_use]
    pub fn last_modified(mut self, when: impl Into<String>) -> Self {
        self.annotations_mut().last_modified = Some(when.into());
        self
    }

    /// The text, where this is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The hints for the client.
    pub fn annotations(&self) -> &Annotations {
        match self {
            Self::Text { annotations, .. }
            | Self::Image { annotations, .. }
            | Self::Audio { annotations, .. }
            | Self::Link(ResourceInfo { annotations, .. })
            | Self::Resource { annotations, .. } => annotations,
        }
    }

    fn annotations_mut(&mut self) -> &mut Annotations {
        match self {
            Self::Text { annotations, .. }
            | Self::Image { annotations, .. }
            | Self::Audio { annotations, .. }
            | Self::Link(ResourceInfo { annotations, .. })
            | Self::Resource { annotations, .. } => annotations,
        }
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<ResourceContents> for Content {
    fn from(contents: ResourceContents) -> Self {
        Self::resource(contents)
    }
}

impl From<ResourceInfo> for Content {
    fn from(resource: ResourceInfo) -> Self {
        Self::link(resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_go_to_every_kind_of_block() {
        let blocks = [
            Content::text("a"),
            Content::image([1], "image/png"),
            Content::audio([1], "audio/wav"),
            Content::link(ResourceInfo::new("a:b", "b")),
            Content::resource(ResourceContents::text("a:b", "c")),
        ];
        for block in blocks {
            let block = block.for_audience(Role::Assistant).priority(0.5).last_modified("2026-07-28T12:00:00Z");
            let expected = Annotations {
                audience: vec![Role::Assistant],
                priority: Some(0.5),
                last_modified: Some("2026-07-28T12:00:00Z".into()),
            };
            assert_eq!(block.annotations(), &expected, "{block:?}");
        }
    }

    #[test]
    fn strings_and_resources_are_blocks() {
        assert_eq!(Content::from("a"), Content::text("a"));
        assert_eq!(Content::from("a".to_owned()), Content::text("a"));
        let info = ResourceInfo::new("a:b", "b");
        assert_eq!(Content::from(info.clone()), Content::Link(info));
        assert_eq!(Content::from(ResourceContents::text("a:b", "c")).as_text(), None);
    }
}
