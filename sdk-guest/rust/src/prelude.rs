//! All that a plugin needs as a rule: `use barkeep_sdk::prelude::*;`.

pub use serde_json::json;

pub use crate::ask::{Elicit, ElicitUrl, Elicited, Sampling};
pub use crate::client::{LogLevel, Menu};
pub use crate::{
    Completion, Content, Context, Error, Json, PromptMessage, PromptResult, ResourceContents, ResourceInfo,
    ResourcePage, Result, Role, ToolResult,
};
pub use barkeep_sdk_macros::{arguments, completion, output, plugin, prompt, resource, tool};
