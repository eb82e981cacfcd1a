//! Questions for the client, and its answers.

use serde_json::Value;

use super::types::{all, annotations};
use crate::ask::{
    ModelPreferences, Root, Sampled, Sampling, SamplingContent, SamplingMessage, SamplingTool, ToolChoice, ToolUse,
    ToolUseResult,
};
use crate::bindings::imports::barkeep::plugin::types as wit;
use crate::{Annotations, Error, Result, ToolResult};

impl From<Sampling> for wit::SamplingRequest {
    fn from(from: Sampling) -> Self {
        let said = from.preferences != ModelPreferences::default();
        Self {
            messages: all(from.messages),
            system_prompt: from.system,
            max_tokens: from.max_tokens,
            temperature: from.temperature,
            stop_sequences: from.stop_sequences,
            preferences: said.then(|| from.preferences.into()),
            tools: all(from.tools),
            tool_choice: from.tool_choice.map(Into::into),
        }
    }
}

impl From<ModelPreferences> for wit::ModelPreferences {
    fn from(from: ModelPreferences) -> Self {
        let ModelPreferences { hints, cost_priority, speed_priority, intelligence_priority } = from;
        Self { hints, cost_priority, speed_priority, intelligence_priority }
    }
}

impl From<SamplingTool> for wit::SamplingTool {
    fn from(SamplingTool { name, description, input_schema }: SamplingTool) -> Self {
        Self { name, description, input_schema: input_schema.to_string() }
    }
}

impl From<ToolChoice> for wit::ToolChoice {
    fn from(choice: ToolChoice) -> Self {
        match choice {
            ToolChoice::Auto => Self::Auto,
            ToolChoice::Required => Self::Required,
            ToolChoice::None => Self::None,
        }
    }
}

impl From<SamplingMessage> for wit::SamplingMessage {
    fn from(SamplingMessage { role, content }: SamplingMessage) -> Self {
        Self { role: role.into(), content: all(content) }
    }
}

impl From<SamplingContent> for wit::SamplingContent {
    fn from(content: SamplingContent) -> Self {
        match content {
            SamplingContent::Text { text, annotations: hints } => {
                Self::Text(wit::TextContent { text, annotations: annotations(hints) })
            }
            SamplingContent::Image { data, mime_type, annotations: hints } => {
                Self::Image(wit::MediaContent { data, mime_type, annotations: annotations(hints) })
            }
            SamplingContent::Audio { data, mime_type, annotations: hints } => {
                Self::Audio(wit::MediaContent { data, mime_type, annotations: annotations(hints) })
            }
            SamplingContent::ToolUse(ToolUse { id, name, input }) => {
                Self::ToolUse(wit::ToolUse { id, name, input: input.to_string() })
            }
            SamplingContent::ToolResult(ToolUseResult { tool_use_id, result }) => {
                Self::ToolResult(wit::ToolUseResult {
                    tool_use_id,
                    content: all(result.content),
                    structured: result.structured.map(|value| value.to_string()),
                    is_error: result.is_error,
                })
            }
        }
    }
}

impl From<wit::Root> for Root {
    fn from(wit::Root { uri, name }: wit::Root) -> Self {
        Self { uri, name }
    }
}

impl TryFrom<wit::SamplingResult> for Sampled {
    type Error = Error;

    fn try_from(from: wit::SamplingResult) -> Result<Self> {
        let content = from.content.into_iter().map(SamplingContent::try_from).collect::<Result<_>>()?;
        Ok(Self { role: from.role.into(), content, model: from.model, stop_reason: from.stop_reason })
    }
}

impl TryFrom<wit::SamplingMessage> for SamplingMessage {
    type Error = Error;

    fn try_from(from: wit::SamplingMessage) -> Result<Self> {
        let content = from.content.into_iter().map(SamplingContent::try_from).collect::<Result<_>>()?;
        Ok(Self { role: from.role.into(), content })
    }
}

impl TryFrom<wit::SamplingContent> for SamplingContent {
    type Error = Error;

    fn try_from(content: wit::SamplingContent) -> Result<Self> {
        let hints = |annotations: Option<wit::Annotations>| annotations.map(Annotations::from).unwrap_or_default();
        let json = |text: String| serde_json::from_str::<Value>(&text);
        Ok(match content {
            wit::SamplingContent::Text(text) => Self::Text { text: text.text, annotations: hints(text.annotations) },
            wit::SamplingContent::Image(wit::MediaContent { data, mime_type, annotations }) => {
                Self::Image { data, mime_type, annotations: hints(annotations) }
            }
            wit::SamplingContent::Audio(wit::MediaContent { data, mime_type, annotations }) => {
                Self::Audio { data, mime_type, annotations: hints(annotations) }
            }
            wit::SamplingContent::ToolUse(wit::ToolUse { id, name, input }) => {
                Self::ToolUse(ToolUse { id, name, input: json(input)? })
            }
            wit::SamplingContent::ToolResult(from) => Self::ToolResult(ToolUseResult {
                tool_use_id: from.tool_use_id,
                result: ToolResult {
                    content: all(from.content),
                    structured: from.structured.map(json).transpose()?,
                    is_error: from.is_error,
                },
            }),
        })
    }
}

/// Back again, for tests.
#[cfg(not(target_arch = "wasm32"))]
impl TryFrom<wit::SamplingRequest> for Sampling {
    type Error = Error;

    fn try_from(from: wit::SamplingRequest) -> Result<Self> {
        let preferences = from.preferences.map(|preferences| ModelPreferences {
            hints: preferences.hints,
            cost_priority: preferences.cost_priority,
            speed_priority: preferences.speed_priority,
            intelligence_priority: preferences.intelligence_priority,
        });
        let tool = |tool: wit::SamplingTool| {
            let input_schema = serde_json::from_str(&tool.input_schema)?;
            Ok(SamplingTool { name: tool.name, description: tool.description, input_schema })
        };
        Ok(Self {
            messages: from.messages.into_iter().map(SamplingMessage::try_from).collect::<Result<_>>()?,
            system: from.system_prompt,
            max_tokens: from.max_tokens,
            temperature: from.temperature,
            stop_sequences: from.stop_sequences,
            preferences: preferences.unwrap_or_default(),
            tools: from.tools.into_iter().map(tool).collect::<Result<_>>()?,
            tool_choice: from.tool_choice.map(|choice| match choice {
                wit::ToolChoice::Auto => ToolChoice::Auto,
                wit::ToolChoice::Required => ToolChoice::Required,
                wit::ToolChoice::None => ToolChoice::None,
            }),
            key: None,
        })
    }
}
