//! A guest that speaks WASI 0.3, whose functions wait without blocking; and that goes on after its answer, on request.

mod calls;

mod bindings {
    #![allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction, reason = "generated")]
    wit_bindgen::generate!({
        path: ["../../../wit", "wit"],
        world: "barkeep:plugin/concurrent@0.1.1",
        generate_all,
    });
}

use bindings::barkeep::plugin0_1_0::types::{Content, Error, RequestContext, TextContent};
use bindings::exports::barkeep::plugin0_1_1::tools::{Guest, TaskSupport, Tool, ToolOutcome, ToolResult};

struct Concurrent;

impl Guest for Concurrent {
    fn list() -> Result<Vec<Tool>, Error> {
        let tool = |name: &str| Tool {
            name: name.to_owned(),
            title: None,
            description: None,
            input_schema: r#"{"type":"object"}"#.to_owned(),
            output_schema: None,
            annotations: None,
            icons: Vec::new(),
            tasks: TaskSupport::Optional,
        };
        Ok(calls::NAMES.map(tool).into())
    }

    async fn call(_: RequestContext, name: String, arguments: String) -> Result<ToolOutcome, Error> {
        let arguments = serde_json::from_str(&arguments).unwrap_or_default();
        let text = calls::call(&name, &arguments).await.map_err(Error::Other)?;
        let content = vec![Content::Text(TextContent { text, annotations: None })];
        Ok(ToolOutcome::Complete(ToolResult { content, structured: None, is_error: false }))
    }
}

bindings::export!(Concurrent with_types_in bindings);
