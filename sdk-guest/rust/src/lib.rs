//! Write plugins for Barkeep in Rust.

// The attributes write paths that begin with `::barkeep_sdk`, here too.
extern crate self as barkeep_sdk;

mod annotations;
#[doc(hidden)]
pub mod arguments;
mod attributes;
#[doc(hidden)]
pub mod bindings;
pub mod client;
mod completion;
mod content;
mod context;
#[doc(hidden)]
pub mod definition;
mod error;
#[doc(hidden)]
pub mod export;
pub mod http;
mod json;
mod plugin;
pub mod prelude;
mod prompt;
mod resource;
#[doc(hidden)]
pub mod schema;
mod template;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
#[doc(hidden)]
pub mod text;
mod tool;

pub use attributes::{arguments, completion, output, plugin, prompt, resource, tool};
#[doc(no_inline)]
pub use {schemars, serde, serde_json};

pub use annotations::{Annotations, Icon, IconTheme, Role};
pub use completion::{Completion, IntoCompletion};
pub use content::Content;
pub use context::Context;
pub use definition::{Resolved, Subject};
pub use error::{Error, Result};
pub use json::Json;
pub use plugin::{ListResources, Plugin, Watch};
pub use prompt::{IntoPrompt, PromptArgument, PromptInfo, PromptMessage, PromptResult};
pub use resource::{IntoResource, ResourceBody, ResourceContents, ResourceInfo, ResourcePage, TemplateInfo};
pub use tool::{IntoToolResult, ToolHints, ToolInfo, ToolResult};
