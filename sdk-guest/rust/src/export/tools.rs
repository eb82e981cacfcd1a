//! `barkeep:plugin/tools`.

use super::Exported;
use super::types::all;
use crate::ask::{Outcome, round};
use crate::bindings::imports::barkeep::plugin::types;
use crate::bindings::tools::exports::barkeep::plugin::tools as wit;
use crate::{TaskSupport, ToolHints, ToolInfo, ToolResult};

impl<T: Exported> wit::Guest for T {
    fn list() -> Result<Vec<wit::Tool>, types::Error> {
        Ok(all(T::PLUGIN.tools()?))
    }

    fn call(context: types::RequestContext, name: String, arguments: String) -> Result<wit::ToolOutcome, types::Error> {
        Ok(match round(context, |context| T::PLUGIN.call_tool_with(&name, &arguments, context))? {
            Outcome::Complete(result) => wit::ToolOutcome::Complete(result.into()),
            Outcome::Asks(questions) => wit::ToolOutcome::InputRequired(questions),
        })
    }
}

impl From<ToolInfo> for wit::Tool {
    fn from(tool: ToolInfo) -> Self {
        let ToolHints { read_only, destructive, idempotent, open_world } = tool.hints;
        let said = tool.hints != ToolHints::default();
        Self {
            name: tool.name,
            title: tool.title,
            description: tool.description,
            input_schema: tool.input_schema.to_string(),
            output_schema: tool.output_schema.map(|schema| schema.to_string()),
            annotations: said.then_some(wit::ToolAnnotations { read_only, destructive, idempotent, open_world }),
            icons: all(tool.icons),
            tasks: match tool.tasks {
                TaskSupport::Optional => wit::TaskSupport::Optional,
                TaskSupport::Required => wit::TaskSupport::Required,
                TaskSupport::Forbidden => wit::TaskSupport::Forbidden,
            },
        }
    }
}

impl From<ToolResult> for wit::ToolResult {
    fn from(result: ToolResult) -> Self {
        Self {
            content: all(result.content),
            structured: result.structured.map(|value| value.to_string()),
            is_error: result.is_error,
        }
    }
}
