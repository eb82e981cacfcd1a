//! What resources hold, and how they are described.

use serde::Serialize;

use crate::{Annotations, Error, Icon, Json, Result, Role};

/// A resource described, not read: an entry of a list, or a link inside a message.
///
/// ```
/// use barkeep_sdk::ResourceInfo;
///
/// let page = ResourceInfo::new("wiki://pages/rust", "rust").title("Rust").mime_type("text/markdown").size(1024);
/// assert_eq!(page.title.as_deref(), Some("Rust"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceInfo {
    /// The URI by which it is read.
    pub uri: String,
    /// A short name for programs, such as a file's name.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it is, for the model.
    pub description: Option<String>,
    /// Its media type, where known.
    pub mime_type: Option<String>,
    /// Its size in bytes, before any encoding, where known.
    pub size: Option<u64>,
    /// Pictures to show beside the name.
    pub icons: Vec<Icon>,
    /// Hints for the client.
    pub annotations: Annotations,
}

impl ResourceInfo {
    /// The resource `uri`, with a short name for programs.
    pub fn new(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            name: name.into(),
            title: None,
            description: None,
            mime_type: None,
            size: None,
            icons: Vec::new(),
            annotations: Annotations::default(),
        }
    }

    /// Sets the name for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Says what it is, for the model.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the media type.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_type = Some(mime_type.into());
        self
    }

    /// Sets the size in bytes.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// Adds a picture to show beside the name.
    #[must_use]
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icons.push(icon);
        self
    }

    /// Says for whom this is meant; once for each role.
    #[must_use]
    pub fn for_audience(mut self, role: Role) -> Self {
        self.annotations.audience.push(role);
        self
    }

    /// Says how much this matters, from 0.0 (may be left out) to 1.0 (effectively required).
    #[must_use]
    pub fn priority(mut self, priority: f64) -> Self {
        self.annotations.priority = Some(priority);
        self
    }

    /// Says when this last changed: ISO 8601, such as `2026-07-28T12:00:00Z`.
    #[must_use]
    pub fn last_modified(mut self, when: impl Into<String>) -> Self {
        self.annotations.last_modified = Some(when.into());
        self
    }
}

/// What a resource holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceBody {
    /// Text.
    Text(String),
    /// Bytes as they are; the host encodes them.
    Blob(Vec<u8>),
}

/// One resource, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceContents {
    /// The URI of what was read. It may differ from the one asked for: a folder can answer with its files.
    pub uri: String,
    /// Its media type, where known.
    pub mime_type: Option<String>,
    /// What it holds.
    pub body: ResourceBody,
}

impl ResourceContents {
    /// Text at `uri`.
    pub fn text(uri: impl Into<String>, text: impl Into<String>) -> Self {
        Self { uri: uri.into(), mime_type: None, body: ResourceBody::Text(text.into()) }
    }

    /// Bytes at `uri`.
    pub fn blob(uri: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { uri: uri.into(), mime_type: None, body: ResourceBody::Blob(bytes.into()) }
    }

    /// Sets the media type.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_type = Some(mime_type.into());
        self
    }

    /// The text, where this is text.
    pub fn as_text(&self) -> Option<&str> {
        match &self.body {
            ResourceBody::Text(text) => Some(text),
            ResourceBody::Blob(_) => None,
        }
    }
}

/// A part of the list of resources.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourcePage {
    /// The resources of this page, in a stable order.
    pub resources: Vec<ResourceInfo>,
    /// What to pass for the next page; none on the last.
    pub next_cursor: Option<String>,
}

/// A family of resources, as the client sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateInfo {
    /// The URI template (RFC 6570).
    pub uri_template: String,
    /// A short name for programs.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What these resources are, for the model.
    pub description: Option<String>,
    /// Their media type, where all have the same.
    pub mime_type: Option<String>,
    /// Pictures to show beside the name.
    pub icons: Vec<Icon>,
    /// Hints for the client.
    pub annotations: Annotations,
}

/// What the function of a resource may return.
#[diagnostic::on_unimplemented(
    message = "a resource cannot return `{Self}`",
    note = "it returns a `String`, `&str`, `Vec<u8>`, `ResourceContents`, `Vec<ResourceContents>`, `Json<T>`, or a `Result` of one of these"
)]
pub trait IntoResource {
    /// The contents of the resource `uri`, whose attribute names the media type `mime_type`.
    fn into_resource(self, uri: &str, mime_type: Option<&str>) -> Result<Vec<ResourceContents>>;
}

fn one(body: ResourceBody, uri: &str, mime_type: Option<&str>) -> Vec<ResourceContents> {
    vec![ResourceContents { uri: uri.to_owned(), mime_type: mime_type.map(str::to_owned), body }]
}

impl IntoResource for String {
    fn into_resource(self, uri: &str, mime_type: Option<&str>) -> Result<Vec<ResourceContents>> {
        Ok(one(ResourceBody::Text(self), uri, mime_type))
    }
}

impl IntoResource for &str {
    fn into_resource(self, uri: &str, mime_type: Option<&str>) -> Result<Vec<ResourceContents>> {
        self.to_owned().into_resource(uri, mime_type)
    }
}

impl IntoResource for Vec<u8> {
    fn into_resource(self, uri: &str, mime_type: Option<&str>) -> Result<Vec<ResourceContents>> {
        Ok(one(ResourceBody::Blob(self), uri, mime_type))
    }
}

impl IntoResource for ResourceContents {
    fn into_resource(self, uri: &str, mime_type: Option<&str>) -> Result<Vec<ResourceContents>> {
        vec![self].into_resource(uri, mime_type)
    }
}

impl IntoResource for Vec<ResourceContents> {
    fn into_resource(self, _: &str, _: Option<&str>) -> Result<Vec<ResourceContents>> {
        Ok(self)
    }
}

impl<T: Serialize> IntoResource for Json<T> {
    fn into_resource(self, uri: &str, mime_type: Option<&str>) -> Result<Vec<ResourceContents>> {
        serde_json::to_string(&self.0)?.into_resource(uri, mime_type.or(Some("application/json")))
    }
}

impl<T: IntoResource, E: Into<Error>> IntoResource for Result<T, E> {
    fn into_resource(self, uri: &str, mime_type: Option<&str>) -> Result<Vec<ResourceContents>> {
        self.map_err(Into::into)?.into_resource(uri, mime_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(from: impl IntoResource, mime_type: Option<&str>) -> Vec<ResourceContents> {
        from.into_resource("a:b", mime_type).unwrap()
    }

    #[test]
    fn text_and_bytes_get_the_uri_read_and_the_attributes_media_type() {
        let text = ResourceContents::text("a:b", "c").mime_type("text/plain");
        assert_eq!(read("c".to_owned(), Some("text/plain")), read("c", Some("text/plain")));
        assert_eq!(read("c", Some("text/plain")), [text]);
        assert_eq!(read(Ok::<_, Error>(vec![1]), None), [ResourceContents::blob("a:b", [1])]);
    }

    #[test]
    fn whole_contents_stay_as_they_are() {
        let contents = ResourceContents::text("other:c", "d");
        assert_eq!(read(vec![contents.clone()], None), read(contents.clone(), None));
        assert_eq!(read(contents.clone(), Some("text/plain")), [contents]);
    }

    #[test]
    fn json_says_so_unless_the_attribute_names_another_media_type() {
        let json = ResourceContents::text("a:b", "[1]");
        assert_eq!(read(Json([1]), None), [json.clone().mime_type("application/json")]);
        assert_eq!(read(Json([1]), Some("application/geo+json")), [json.mime_type("application/geo+json")]);
    }
}
