//! A guest's questions, as MCP has them.

#![expect(
    deprecated,
    reason = "MCP 2026-07-28 deprecates sampling and roots (SEP-2577); clients of every version in use have them"
)]

use rmcp::model::{
    CreateMessageRequest, CreateMessageRequestParams, ElicitRequest, ElicitRequestParams, InputRequest, JsonObject,
    ListRootsRequest, ModelHint, ModelPreferences, SamplingContent, SamplingMessage, SamplingMessageContentBlock, Tool,
    ToolChoice, ToolResultContent, ToolUseContent,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::capability::client::Kind;
use crate::plugin::convert;
use crate::plugin::json::read;
use crate::runtime::bindings::barkeep::plugin::types as wit;

/// What is wrong with a question: the end of a sentence about the plugin.
type Wrong = String;

/// Which kind of question it is.
pub(super) fn kind(ask: &wit::Ask) -> Kind {
    match ask {
        wit::Ask::ElicitForm(_) | wit::Ask::ElicitUrl(_) => Kind::Elicitation,
        wit::Ask::Sample(_) => Kind::Sampling,
        wit::Ask::ListRoots => Kind::Roots,
    }
}

/// What the client must be able to do to be asked it.
pub(super) fn needs(ask: &wit::Ask) -> wit::ClientFeatures {
    match ask {
        wit::Ask::ElicitForm(_) => wit::ClientFeatures::ELICITATION_FORM,
        wit::Ask::ElicitUrl(_) => wit::ClientFeatures::ELICITATION_URL,
        wit::Ask::Sample(sample) if sample.tools.is_empty() && sample.tool_choice.is_none() => {
            wit::ClientFeatures::SAMPLING
        }
        wit::Ask::Sample(_) => wit::ClientFeatures::SAMPLING | wit::ClientFeatures::SAMPLING_TOOLS,
        wit::Ask::ListRoots => wit::ClientFeatures::ROOTS,
    }
}

/// The question as a request to the client.
pub(in crate::mcp) fn request(ask: wit::Ask) -> Result<InputRequest, Wrong> {
    Ok(match ask {
        wit::Ask::ElicitForm(form) => {
            let requested_schema = json(&form.requested_schema, "a form's schema")?;
            InputRequest::Elicitation(ElicitRequest::new(ElicitRequestParams::FormElicitationParams {
                meta: None,
                message: form.message,
                requested_schema,
            }))
        }
        wit::Ask::ElicitUrl(page) => {
            InputRequest::Elicitation(ElicitRequest::new(ElicitRequestParams::UrlElicitationParams {
                meta: None,
                message: page.message,
                url: page.url,
                elicitation_id: page.elicitation_id,
            }))
        }
        wit::Ask::Sample(sample) => InputRequest::CreateMessage(CreateMessageRequest::new(sampling(sample)?)),
        wit::Ask::ListRoots => InputRequest::ListRoots(ListRootsRequest::default()),
    })
}

fn json<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, Wrong> {
    read(text).map_err(|error| format!("asks with {what} that {error}"))
}

fn sampling(sample: wit::SamplingRequest) -> Result<CreateMessageRequestParams, Wrong> {
    let messages = sample.messages.into_iter().map(message).collect::<Result<_, _>>()?;
    let mut params = CreateMessageRequestParams::new(messages, sample.max_tokens);
    params.system_prompt = sample.system_prompt;
    params.temperature = sample.temperature.filter(|temperature| temperature.is_finite()).map(narrow);
    params.stop_sequences = some(sample.stop_sequences);
    params.model_preferences = sample.preferences.map(preferences);
    let tools = sample.tools.into_iter().map(tool).collect::<Result<_, _>>()?;
    params.tools = some(tools);
    params.tool_choice = sample.tool_choice.map(|choice| match choice {
        wit::ToolChoice::Auto => ToolChoice::auto(),
        wit::ToolChoice::Required => ToolChoice::required(),
        wit::ToolChoice::None => ToolChoice::none(),
    });
    Ok(params)
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

#[expect(clippy::cast_possible_truncation, reason = "nobody needs 52 bits of these")]
fn narrow(number: f64) -> f32 {
    number as f32
}

fn preferences(from: wit::ModelPreferences) -> ModelPreferences {
    let priority = |priority: Option<f64>| {
        priority.filter(|priority| priority.is_finite()).map(|priority| narrow(priority.clamp(0.0, 1.0)))
    };
    let mut to = ModelPreferences::default();
    to.hints = some(from.hints.into_iter().map(ModelHint::new).collect());
    to.cost_priority = priority(from.cost_priority);
    to.speed_priority = priority(from.speed_priority);
    to.intelligence_priority = priority(from.intelligence_priority);
    to
}

fn tool(from: wit::SamplingTool) -> Result<Tool, Wrong> {
    let mut to = Tool::default();
    to.input_schema = json::<JsonObject>(&from.input_schema, "a tool's schema")?.into();
    to.name = from.name.into();
    to.description = from.description.map(Into::into);
    Ok(to)
}

fn message(from: wit::SamplingMessage) -> Result<SamplingMessage, Wrong> {
    let blocks = from.content.into_iter().map(block).collect::<Result<Vec<_>, _>>()?;
    let mut to = SamplingMessage::new_multiple(convert::role(from.role), blocks);
    // Clients of older versions know one block alone.
    if let SamplingContent::Multiple(blocks) = &mut to.content
        && blocks.len() == 1
        && let Some(only) = blocks.pop()
    {
        to.content = SamplingContent::Single(only);
    }
    Ok(to)
}

fn block(from: wit::SamplingContent) -> Result<SamplingMessageContentBlock, Wrong> {
    Ok(match from {
        wit::SamplingContent::Text(text) => SamplingMessageContentBlock::Text(convert::text(text)),
        wit::SamplingContent::Image(image) => SamplingMessageContentBlock::Image(convert::image(image)),
        wit::SamplingContent::Audio(audio) => SamplingMessageContentBlock::Audio(convert::audio(audio)),
        wit::SamplingContent::ToolUse(used) => {
            let input: JsonObject = json(&used.input, "the input of a tool")?;
            SamplingMessageContentBlock::ToolUse(ToolUseContent::new(used.id, used.name, input))
        }
        wit::SamplingContent::ToolResult(result) => {
            let content = result.content.into_iter().map(convert::content).collect();
            let structured = result.structured.as_deref().map(|text| json::<Value>(text, "a structured result"));
            let mut to = ToolResultContent::new(result.tool_use_id, content);
            to.structured_content = structured.transpose()?;
            to.is_error = Some(result.is_error);
            SamplingMessageContentBlock::ToolResult(to)
        }
    })
}
