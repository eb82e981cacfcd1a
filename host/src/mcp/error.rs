//! Failures, told apart: what is the client's fault is an error of JSON-RPC, what happened to a tool is a result.

use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock};

use crate::plugin::CallError;
use crate::runtime::bindings::barkeep::plugin::types;

/// A tool's failure, the guest's or the host's, as a result that the model can read (MCP 2025-11-25, server/tools, "Error
/// Handling").
pub(super) fn as_result(error: &CallError) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(words(error))])
}

/// A failure to read, to fill in or to complete, as an error of JSON-RPC: these requests have no other way to fail.
pub(super) fn as_error(error: &CallError) -> ErrorData {
    let words = words(error);
    match error {
        CallError::Guest(types::Error::InvalidArguments(_)) => ErrorData::invalid_params(words, None),
        CallError::Guest(_) | CallError::Host(_) => ErrorData::internal_error(words, None),
    }
}

/// That there is no resource `uri` (MCP 2025-11-25, server/resources, "Error Handling").
pub(super) fn no_resource(uri: &str, words: Option<String>) -> ErrorData {
    let words = words.unwrap_or_else(|| "no plugin has this resource".to_owned());
    ErrorData::resource_not_found(words, Some(serde_json::json!({ "uri": uri })))
}

/// That there is no tool or prompt `name`.
pub(super) fn unknown(what: &str, name: &str) -> ErrorData {
    // Cut: a client that sends a book for a name need not get it back.
    let shown: String = name.chars().take(128).collect();
    ErrorData::invalid_params(format!("Unknown {what}: {shown}"), None)
}

/// What happened, for people.
pub(super) fn words(error: &CallError) -> String {
    match error {
        CallError::Guest(error) => error.words().to_owned(),
        CallError::Host(failure) => failure.to_string(),
    }
}
