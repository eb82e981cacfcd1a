//! What the tools answer: a text, and the same as structured content.

use barkeep_sdk::serde_json::{Value, json};
use barkeep_sdk::{Error, IntoToolResult, Result, ToolResult};

use crate::limits;

/// A text, of which the structured form is `{"content": "..."}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub String);

impl IntoToolResult for Text {
    fn output_schema() -> Result<Option<Value>> {
        Ok(Some(object(&json!({ "content": { "type": "string" } }), &["content"])))
    }

    fn into_tool_result(self) -> Result<ToolResult> {
        let Self(text) = self;
        bounded(text.len(), limits::TEXT)?;
        bounded(escaped(&text), limits::STRUCTURED)?;
        let structured = json!({ "content": text });
        Ok(ToolResult::text(text).structured(structured))
    }
}

/// The schema of an object that has these properties and no others.
pub fn object(properties: &Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// Fails with what to do where an answer has more than `most` bytes.
fn bounded(bytes: usize, most: usize) -> Result<()> {
    if bytes <= most {
        return Ok(());
    }
    Err(Error::other(format!(
        "The answer is too long: it would be {bytes} bytes, and this plugin gives {} at the most. Ask for less at a time.",
        limits::mib(most as u64)
    )))
}

/// The bytes that a text takes in JSON.
pub fn escaped(text: &str) -> usize {
    let byte = |byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(byte).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_content_and_structured_content() {
        let result = Text("a".into()).into_tool_result().unwrap();
        assert_eq!(result, ToolResult::text("a").structured(json!({ "content": "a" })));
    }

    #[test]
    fn what_is_too_long_in_either_form_is_refused() {
        assert!(Text("a".repeat(limits::TEXT)).into_tool_result().is_ok());
        assert!(Text("a".repeat(limits::TEXT + 1)).into_tool_result().is_err());
        let words = Text("\u{1}".repeat(5 << 20)).into_tool_result().unwrap_err().to_string();
        assert!(words.contains("31457280 bytes"), "{words}");
    }
}
