//! What the client answered, as the guest has it: of the kind that was asked for, and fit for the form that was shown.

#![expect(
    deprecated,
    reason = "MCP 2026-07-28 deprecates sampling and roots (SEP-2577); clients of every version in use have them"
)]

use rmcp::model::{
    AudioContent, ContentBlock, CreateMessageResult, ElicitResult, ElicitationAction, ImageContent, ListRootsResult,
    Role, SamplingMessageContentBlock, TextContent,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::mcp::misfit;
use crate::plugin::json::read;
use crate::runtime::bindings::barkeep::plugin::types as wit;

/// What is wrong with an answer: the end of a sentence about it.
type Wrong = String;

/// What was asked, as far as its answer must be checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) enum Asked {
    /// A form, with its schema as JSON.
    Form(String),
    /// A page to visit.
    Url,
    /// A conversation to go on with.
    Sample,
    /// Which folders there are.
    Roots,
}

impl Asked {
    pub(super) fn of(ask: &wit::Ask) -> Self {
        match ask {
            wit::Ask::ElicitForm(form) => Self::Form(form.requested_schema.clone()),
            wit::Ask::ElicitUrl(_) => Self::Url,
            wit::Ask::Sample(_) => Self::Sample,
            wit::Ask::ListRoots => Self::Roots,
        }
    }

    /// The answer in `value`.
    pub(in super::super) fn reply(&self, value: Value) -> Result<wit::Reply, Wrong> {
        Ok(match self {
            Self::Form(schema) => wit::Reply::Elicited(elicited(value, Some(schema))?),
            Self::Url => wit::Reply::Elicited(elicited(value, None)?),
            Self::Sample => wit::Reply::Sampled(sampled(parse(value)?)?),
            Self::Roots => {
                let roots = parse::<ListRootsResult>(value)?.roots.into_iter();
                wit::Reply::Roots(roots.map(|root| wit::Root { uri: root.uri, name: root.name }).collect())
            }
        })
    }
}

fn parse<T: DeserializeOwned>(value: Value) -> Result<T, Wrong> {
    serde_json::from_value(value)
        .map_err(|error| format!("is not of the kind that was asked for: {}", misfit::words(&error)))
}

fn elicited(value: Value, schema: Option<&str>) -> Result<wit::ElicitResult, Wrong> {
    let result: ElicitResult = parse(value)?;
    let action = match result.action {
        ElicitationAction::Accept => wit::ElicitAction::Accept,
        ElicitationAction::Decline => wit::ElicitAction::Decline,
        ElicitationAction::Cancel => wit::ElicitAction::Cancel,
        _ => return Err("has an action that this version does not know".to_owned()),
    };
    let content = result.content.filter(|_| action == wit::ElicitAction::Accept);
    if let (Some(schema), wit::ElicitAction::Accept) = (schema, action) {
        fits(schema, content.as_ref().unwrap_or(&Value::Null))?;
    }
    Ok(wit::ElicitResult { action, content: content.map(|content| content.to_string()) })
}

/// What a person filled in fits the form.
fn fits(schema: &str, content: &Value) -> Result<(), Wrong> {
    let schema: Value = read(schema).map_err(|error| format!("has a form that {error}"))?;
    let validator = jsonschema::validator_for(&schema).map_err(|error| format!("has a form that is none: {error}"))?;
    validator.validate(content).map_err(|error| match error.instance_path().as_str() {
        "" => format!("does not fit the form: {error}"),
        path => format!("does not fit the form at {path}: {error}"),
    })
}

fn sampled(result: CreateMessageResult) -> Result<wit::SamplingResult, Wrong> {
    let content = result.message.content.into_vec().into_iter().map(block).collect::<Result<_, _>>()?;
    Ok(wit::SamplingResult {
        role: role(&result.message.role),
        content,
        model: result.model,
        stop_reason: result.stop_reason,
    })
}

fn role(role: &Role) -> wit::Role {
    match role {
        Role::User => wit::Role::User,
        Role::Assistant => wit::Role::Assistant,
    }
}

fn block(from: SamplingMessageContentBlock) -> Result<wit::SamplingContent, Wrong> {
    Ok(match from {
        SamplingMessageContentBlock::Text(from) => wit::SamplingContent::Text(text(from)),
        SamplingMessageContentBlock::Image(from) => wit::SamplingContent::Image(image(from)?),
        SamplingMessageContentBlock::Audio(from) => wit::SamplingContent::Audio(audio(from)?),
        SamplingMessageContentBlock::ToolUse(from) => wit::SamplingContent::ToolUse(wit::ToolUse {
            id: from.id,
            name: from.name,
            input: Value::Object(from.input).to_string(),
        }),
        SamplingMessageContentBlock::ToolResult(from) => {
            let content = from.content.into_iter().map(content).collect::<Result<_, _>>()?;
            wit::SamplingContent::ToolResult(wit::ToolUseResult {
                tool_use_id: from.tool_use_id,
                content,
                structured: from.structured_content.map(|value| value.to_string()),
                is_error: from.is_error == Some(true),
            })
        }
        _ => return Err("has content of a kind that this version does not know".to_owned()),
    })
}

fn content(from: ContentBlock) -> Result<wit::Content, Wrong> {
    Ok(match from {
        ContentBlock::Text(from) => wit::Content::Text(text(from)),
        ContentBlock::Image(from) => wit::Content::Image(image(from)?),
        ContentBlock::Audio(from) => wit::Content::Audio(audio(from)?),
        _ => return Err("has content that no model gives".to_owned()),
    })
}

fn text(from: TextContent) -> wit::TextContent {
    wit::TextContent { text: from.text, annotations: None }
}

fn image(from: ImageContent) -> Result<wit::MediaContent, Wrong> {
    Ok(wit::MediaContent { data: bytes(&from.data)?, mime_type: from.mime_type, annotations: None })
}

fn audio(from: AudioContent) -> Result<wit::MediaContent, Wrong> {
    Ok(wit::MediaContent { data: bytes(&from.data)?, mime_type: from.mime_type, annotations: None })
}

fn bytes(text: &str) -> Result<Vec<u8>, Wrong> {
    BASE64_STANDARD.decode(text).map_err(|error| format!("has media that is no base64: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(asked: &Asked, value: Value) -> String {
        asked.reply(value).expect_err("it is wrong")
    }

    #[test]
    fn a_form_comes_back_filled_in_or_not_at_all() {
        let schema = json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] });
        let form = Asked::Form(schema.to_string());
        let Ok(wit::Reply::Elicited(result)) = form.reply(json!({ "action": "accept", "content": { "n": 1 } })) else {
            panic!("it fits");
        };
        assert_eq!((result.action, result.content.as_deref()), (wit::ElicitAction::Accept, Some("{\"n\":1}")));
        let Ok(wit::Reply::Elicited(result)) = form.reply(json!({ "action": "decline", "content": { "n": "x" } }))
        else {
            panic!("what was declined need not fit");
        };
        assert_eq!((result.action, result.content), (wit::ElicitAction::Decline, None));
        assert!(wrong(&form, json!({ "action": "accept", "content": { "n": "x" } })).contains("at /n"));
        assert!(wrong(&form, json!({ "action": "accept" })).contains("does not fit"));
        assert!(wrong(&form, json!({ "action": "maybe" })).contains("kind that was asked for"));
        assert!(wrong(&form, json!({ "roots": [] })).contains("kind that was asked for"));
    }

    #[test]
    fn a_models_answer_comes_back_block_by_block() {
        let answer = json!({ "role": "assistant", "model": "m", "stopReason": "endTurn",
            "content": [{ "type": "text", "text": "a" }, { "type": "image", "data": "AAE=", "mimeType": "image/png" }] });
        let Ok(wit::Reply::Sampled(result)) = Asked::Sample.reply(answer) else { panic!("it is good") };
        assert_eq!((result.model.as_str(), result.content.len()), ("m", 2));
        let Some(wit::SamplingContent::Image(image)) = result.content.get(1) else { panic!("an image") };
        assert_eq!(image.data, [0, 1]);
        let bad =
            json!({ "role": "assistant", "model": "m", "content": { "type": "image", "data": "!", "mimeType": "x" } });
        assert!(wrong(&Asked::Sample, bad).contains("base64"));
    }

    #[test]
    fn roots_come_back_as_they_are() {
        let Ok(wit::Reply::Roots(roots)) = Asked::Roots.reply(json!({ "roots": [{ "uri": "file:///a" }] })) else {
            panic!("it is good");
        };
        assert_eq!(roots[0].uri, "file:///a");
    }
}
