//! From the types of the WIT package to those of MCP: one step, no JSON between.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rmcp::model::{
    Annotations, AudioContent, CallToolResult, ContentBlock, EmbeddedResource, GetPromptResult, Icon, IconTheme,
    ImageContent, JsonObject, Prompt, PromptArgument, PromptMessage, Resource, ResourceContents, ResourceTemplate,
    Role, TextContent, Tool, ToolAnnotations,
};
use serde_json::Value;

use super::json;
use crate::runtime::bindings::barkeep::plugin::types as wit;
use crate::runtime::bindings::exports::barkeep::plugin::{prompts, resources, tools};

impl wit::Error {
    /// The same, with what was refused to the guest before.
    pub(super) fn after(mut self, denied: &[String]) -> Self {
        let (Self::NotFound(words)
        | Self::InvalidArguments(words)
        | Self::AccessDenied(words)
        | Self::Unavailable(words)
        | Self::Other(words)) = &mut self;
        for sentence in denied {
            words.push('\n');
            words.push_str(sentence);
        }
        self
    }

    /// The guest's words.
    pub fn words(&self) -> &str {
        match self {
            Self::NotFound(words)
            | Self::InvalidArguments(words)
            | Self::AccessDenied(words)
            | Self::Unavailable(words)
            | Self::Other(words) => words,
        }
    }
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

pub(crate) fn role(role: wit::Role) -> Role {
    match role {
        wit::Role::User => Role::User,
        wit::Role::Assistant => Role::Assistant,
    }
}

fn annotations(from: wit::Annotations) -> Annotations {
    let mut to = Annotations::default();
    to.audience = some(from.audience.into_iter().map(role).collect());
    // MCP bounds it, and clients refuse what is out of bounds; NaN has no JSON at all.
    #[expect(clippy::cast_possible_truncation, reason = "a priority needs no 52 bits")]
    let priority =
        from.priority.filter(|priority| priority.is_finite()).map(|priority| priority.clamp(0.0, 1.0) as f32);
    to.priority = priority;
    to.last_modified = from.last_modified;
    to
}

fn icons(from: Vec<wit::Icon>) -> Option<Vec<Icon>> {
    some(from.into_iter().map(icon).collect())
}

fn icon(from: wit::Icon) -> Icon {
    let mut to = Icon::new(from.src);
    to.mime_type = from.mime_type;
    to.sizes = some(from.sizes);
    to.theme = from.theme.map(|theme| match theme {
        wit::IconTheme::Light => IconTheme::Light,
        wit::IconTheme::Dark => IconTheme::Dark,
    });
    to
}

/// A description of a resource.
pub(super) fn resource(from: wit::ResourceInfo) -> Resource {
    let mut to = Resource::new(from.uri, from.name);
    to.title = from.title;
    to.description = from.description;
    to.mime_type = from.mime_type;
    to.size = from.size;
    to.icons = icons(from.icons);
    to.annotations = from.annotations.map(annotations);
    to
}

/// A resource's contents.
pub(super) fn contents(from: wit::ResourceContents) -> ResourceContents {
    let wit::ResourceContents { uri, mime_type, body } = from;
    match body {
        wit::ResourceBody::Text(text) => ResourceContents::TextResourceContents { uri, mime_type, text, meta: None },
        wit::ResourceBody::Blob(bytes) => {
            ResourceContents::BlobResourceContents { uri, mime_type, blob: BASE64_STANDARD.encode(bytes), meta: None }
        }
    }
}

pub(crate) fn text(from: wit::TextContent) -> TextContent {
    let mut to = TextContent::new(from.text);
    to.annotations = from.annotations.map(annotations);
    to
}

pub(crate) fn image(from: wit::MediaContent) -> ImageContent {
    let mut to = ImageContent::new(BASE64_STANDARD.encode(from.data), from.mime_type);
    to.annotations = from.annotations.map(annotations);
    to
}

pub(crate) fn audio(from: wit::MediaContent) -> AudioContent {
    let mut to = AudioContent::new(BASE64_STANDARD.encode(from.data), from.mime_type);
    to.annotations = from.annotations.map(annotations);
    to
}

/// One block of a message.
pub(crate) fn content(from: wit::Content) -> ContentBlock {
    match from {
        wit::Content::Text(from) => ContentBlock::Text(text(from)),
        wit::Content::Image(from) => ContentBlock::Image(image(from)),
        wit::Content::Audio(from) => ContentBlock::Audio(audio(from)),
        wit::Content::ResourceLink(info) => ContentBlock::ResourceLink(resource(info)),
        wit::Content::Resource(embedded) => {
            let mut to = EmbeddedResource::new(contents(embedded.contents));
            to.annotations = embedded.annotations.map(annotations);
            ContentBlock::Resource(to)
        }
    }
}

/// A tool's result.
///
/// # Errors
///
/// When its structured result is not JSON, or too much of it: the end of a sentence about it.
pub(super) fn tool_result(from: tools::ToolResult) -> Result<CallToolResult, String> {
    let structured: Option<Value> = from.structured.as_deref().map(json::read).transpose()?;
    let content = from.content.into_iter().map(content).collect();
    let mut to = if from.is_error { CallToolResult::error(content) } else { CallToolResult::success(content) };
    to.structured_content = structured;
    Ok(to)
}

/// A prompt's messages.
pub(super) fn prompt_result(from: prompts::PromptResult) -> GetPromptResult {
    let messages =
        from.messages.into_iter().map(|message| PromptMessage::new(role(message.role), content(message.content)));
    let mut to = GetPromptResult::new(messages.collect());
    to.description = from.description;
    to
}

/// A tool's description, under the name `name`.
pub(super) fn tool(from: &tools::Tool, name: String, input: JsonObject, output: Option<JsonObject>) -> Tool {
    let mut to = Tool::default();
    to.name = name.into();
    to.title.clone_from(&from.title);
    to.description = from.description.clone().map(Into::into);
    to.input_schema = input.into();
    to.output_schema = output.map(Into::into);
    to.icons = icons(from.icons.clone());
    to.annotations = from.annotations.map(|hints| {
        ToolAnnotations::from_raw(
            from.title.clone(),
            hints.read_only,
            hints.destructive,
            hints.idempotent,
            hints.open_world,
        )
    });
    to
}

/// A prompt's description, under the name `name`.
pub(super) fn prompt(from: prompts::Prompt, name: String) -> Prompt {
    let arguments = from.arguments.into_iter().map(|argument| {
        let mut to = PromptArgument::new(argument.name).with_required(argument.required);
        to.title = argument.title;
        to.description = argument.description;
        to
    });
    let mut to = Prompt::new(name, from.description, some(arguments.collect()));
    to.title = from.title;
    to.icons = icons(from.icons);
    to
}

/// A template's description.
pub(super) fn template(from: resources::ResourceTemplate) -> ResourceTemplate {
    let mut to = ResourceTemplate::new(from.uri_template, from.name);
    to.title = from.title;
    to.description = from.description;
    to.mime_type = from.mime_type;
    to.icons = icons(from.icons);
    to.annotations = from.annotations.map(annotations);
    to
}
