//! `barkeep:plugin/tools`.

use super::Exported;
use super::types::all;
use crate::bindings::imports::barkeep::plugin::types;
use crate::bindings::tools::exports::barkeep::plugin::tools as wit;
use crate::{Context, ToolHints, ToolInfo, ToolResult};

impl<T: Exported> wit::Guest for T {
    fn list() -> Result<Vec<wit::Tool>, types::Error> {
        Ok(all(T::PLUGIN.tools()?))
    }

    fn call(_: types::RequestContext, name: String, arguments: String) -> Result<wit::ToolOutcome, types::Error> {
        let result = T::PLUGIN.call_tool_with(&name, &arguments, &mut Context::default())?;
        Ok(wit::ToolOutcome::Complete(result.into()))
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
