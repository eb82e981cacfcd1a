//! What is said between a plugin and the client's model.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Annotations, Error, Result, Role, ToolResult};

/// One message of a conversation with the client's model.
#[derive(Debug, Clone, PartialEq)]
pub struct SamplingMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Vec<SamplingContent>,
}

impl SamplingMessage {
    /// `role` says all of this.
    pub fn new<C: Into<SamplingContent>>(role: Role, content: impl IntoIterator<Item = C>) -> Self {
        Self { role, content: content.into_iter().map(Into::into).collect() }
    }

    /// The person speaks, for whom the plugin does.
    pub fn user(content: impl Into<SamplingContent>) -> Self {
        Self::new(Role::User, [content])
    }

    /// The model speaks.
    pub fn assistant(content: impl Into<SamplingContent>) -> Self {
        Self::new(Role::Assistant, [content])
    }
}

impl From<&str> for SamplingMessage {
    fn from(text: &str) -> Self {
        Self::user(text)
    }
}

impl From<String> for SamplingMessage {
    fn from(text: String) -> Self {
        Self::user(text)
    }
}

/// What the model answered, to go on from.
impl From<Sampled> for SamplingMessage {
    fn from(sampled: Sampled) -> Self {
        Self { role: sampled.role, content: sampled.content }
    }
}

/// One block of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum SamplingContent {
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
    /// The model asks for a tool to be run.
    ToolUse(ToolUse),
    /// What that gave.
    ToolResult(ToolUseResult),
}

impl SamplingContent {
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

    /// The text, where this is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text { text, .. } => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for SamplingContent {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for SamplingContent {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<ToolUse> for SamplingContent {
    fn from(wanted: ToolUse) -> Self {
        Self::ToolUse(wanted)
    }
}

impl From<ToolUseResult> for SamplingContent {
    fn from(result: ToolUseResult) -> Self {
        Self::ToolResult(result)
    }
}

/// The model asks for a tool to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolUse {
    /// A name for this use, by which its result is matched.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments: a JSON object.
    pub input: Value,
}

impl ToolUse {
    /// The arguments as the type that the tool takes.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArguments`] when the model gave others.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.input).map_err(|error| Error::InvalidArguments(format!("`{}`: {error}", self.name)))
    }

    /// What this use gave.
    pub fn result(&self, result: ToolResult) -> ToolUseResult {
        ToolUseResult { tool_use_id: self.id.clone(), result }
    }
}

/// What a tool that the model asked for gave.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolUseResult {
    /// The `id` of the tool use.
    pub tool_use_id: String,
    /// What it gave.
    pub result: ToolResult,
}

/// What the client's model answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// Who speaks, as a rule the assistant.
    pub role: Role,
    /// What it said.
    pub content: Vec<SamplingContent>,
    /// The model that answered.
    pub model: String,
    /// Why it stopped, such as `endTurn`, `maxTokens` or `toolUse`.
    pub stop_reason: Option<String>,
}

impl Sampled {
    /// All that is text, a line break between two blocks.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.content.iter().filter_map(SamplingContent::as_text).collect();
        texts.join("\n")
    }

    /// The tools that the model asks for, in order.
    pub fn tool_uses(&self) -> impl Iterator<Item = &ToolUse> {
        self.content.iter().filter_map(|content| match content {
            SamplingContent::ToolUse(wanted) => Some(wanted),
            _ => None,
        })
    }
}
