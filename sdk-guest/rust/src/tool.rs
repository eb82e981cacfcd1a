//! What tools give, and how they are described.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{Content, Error, Icon, Json, Result, schema};

/// What a tool gave: content for the model and the person, and the same as JSON where the tool has an output schema.
///
/// ```
/// use barkeep_sdk::{Content, ToolResult};
///
/// let found = ToolResult::text("Two pictures:")
///     .with(Content::image([0x89, 0x50], "image/png"))
///     .with(Content::image([0x47, 0x49], "image/gif"));
/// assert_eq!(found.content.len(), 3);
/// assert!(ToolResult::text("The page is empty.").error().is_error);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolResult {
    /// For the model and the person.
    pub content: Vec<Content>,
    /// The same as JSON: an object, as the tool's output schema says.
    pub structured: Option<Value>,
    /// Whether the content tells of a failure that the model should see and may mend.
    pub is_error: bool,
}

impl ToolResult {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One block of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new().with(Content::text(text))
    }

    /// Adds a block.
    #[must_use]
    pub fn with(mut self, content: impl Into<Content>) -> Self {
        self.content.push(content.into());
        self
    }

    /// Says that this tells of a failure.
    #[must_use]
    pub fn error(mut self) -> Self {
        self.is_error = true;
        self
    }

    /// Sets the structured result. It must fit the tool's output schema, which `#[tool(output = Type)]` names.
    #[must_use]
    pub fn structured(mut self, value: impl Into<Value>) -> Self {
        self.structured = Some(value.into());
        self
    }
}

/// What a tool's function may return.
#[diagnostic::on_unimplemented(
    message = "a tool cannot return `{Self}`",
    note = "it returns a `String`, `&str`, `()`, `Content`, `Vec<Content>`, `ToolResult`, `Json<T>`, or a `Result` of one of these"
)]
pub trait IntoToolResult {
    /// The JSON Schema of the structured result, where there is one.
    fn output_schema() -> Result<Option<Value>> {
        Ok(None)
    }

    /// The result; an error is the tool's failure, in words.
    fn into_tool_result(self) -> Result<ToolResult>;
}

impl IntoToolResult for ToolResult {
    fn into_tool_result(self) -> Result<ToolResult> {
        Ok(self)
    }
}

impl IntoToolResult for String {
    fn into_tool_result(self) -> Result<ToolResult> {
        Ok(ToolResult::text(self))
    }
}

impl IntoToolResult for &str {
    fn into_tool_result(self) -> Result<ToolResult> {
        Ok(ToolResult::text(self))
    }
}

impl IntoToolResult for () {
    fn into_tool_result(self) -> Result<ToolResult> {
        Ok(ToolResult::new())
    }
}

impl IntoToolResult for Content {
    fn into_tool_result(self) -> Result<ToolResult> {
        Ok(ToolResult::new().with(self))
    }
}

impl IntoToolResult for Vec<Content> {
    fn into_tool_result(self) -> Result<ToolResult> {
        Ok(ToolResult { content: self, ..ToolResult::default() })
    }
}

impl<T: Serialize + JsonSchema> IntoToolResult for Json<T> {
    fn output_schema() -> Result<Option<Value>> {
        schema::output::<T>()
    }

    fn into_tool_result(self) -> Result<ToolResult> {
        let value = serde_json::to_value(self.0)?;
        let result = ToolResult::text(value.to_string());
        // The protocol knows structured results of objects only; the text has it in any case.
        Ok(if value.is_object() { result.structured(value) } else { result })
    }
}

impl<T: IntoToolResult, E: Into<Error>> IntoToolResult for Result<T, E> {
    fn output_schema() -> Result<Option<Value>> {
        T::output_schema()
    }

    fn into_tool_result(self) -> Result<ToolResult> {
        self.map_err(Into::into)?.into_tool_result()
    }
}

/// What a tool does to the world, as far as its author says; nothing said is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToolHints {
    /// It changes nothing. Unsaid means that it may.
    pub read_only: Option<bool>,
    /// It may destroy something. Unsaid means that it may.
    pub destructive: Option<bool>,
    /// A second call with the same arguments changes nothing more. Unsaid means that it does.
    pub idempotent: Option<bool>,
    /// It reaches beyond a closed set of things, such as the web. Unsaid means that it does.
    pub open_world: Option<bool>,
}

/// Whether a call may go on as a task: the client is handed a name for it, and asks for the result later.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TaskSupport {
    /// As a task or not: the host makes a task of a call that takes long, where the client knows tasks.
    #[default]
    Optional,
    /// It takes so long that clients must know tasks, where their version of the protocol has them.
    Required,
    /// Never as a task: its progress is worth waiting for.
    Forbidden,
}

/// One tool, as the client sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolInfo {
    /// Its name.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it does and when to use it, for the model.
    pub description: Option<String>,
    /// The JSON Schema of its arguments.
    pub input_schema: Value,
    /// The JSON Schema of its structured result, where it gives one.
    pub output_schema: Option<Value>,
    /// What it does to the world.
    pub hints: ToolHints,
    /// Pictures to show beside the name.
    pub icons: Vec<Icon>,
    /// Whether a call may go on as a task.
    pub tasks: TaskSupport,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn result(from: impl IntoToolResult) -> ToolResult {
        from.into_tool_result().unwrap()
    }

    #[test]
    fn whatever_a_tool_returns_becomes_content() {
        let text = ToolResult { content: vec![Content::text("a")], structured: None, is_error: false };
        assert_eq!(result("a"), text);
        assert_eq!(result("a".to_owned()), text);
        assert_eq!(result(Content::text("a")), text);
        assert_eq!(result(vec![Content::text("a")]), text);
        assert_eq!(result(ToolResult::text("a")), text);
        assert_eq!(result(Ok::<_, Error>("a")), text);
        assert_eq!(result(()), ToolResult::new());
    }

    #[test]
    fn an_error_of_any_kind_is_the_tools_failure() {
        let failed: Result<&str, std::fmt::Error> = Err(std::fmt::Error);
        assert_eq!(failed.into_tool_result(), Err(Error::other(std::fmt::Error.to_string())));
    }

    #[test]
    fn json_is_text_and_structured() {
        let result = result(Json(json!({ "b": 1, "a": [true] })));
        assert_eq!(result.content, [Content::text(r#"{"b":1,"a":[true]}"#)]);
        assert_eq!(result.structured, Some(json!({ "b": 1, "a": [true] })));
    }

    #[test]
    fn json_that_is_no_object_is_text_alone() {
        let result = result(Json(json!([1])));
        assert_eq!((result.content, result.structured), (vec![Content::text("[1]")], None));
    }
}
