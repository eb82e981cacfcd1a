//! Write plugins for Barkeep in Rust: tools, resources and prompts for MCP clients.
//!
//! A plugin is a library crate of the type `cdylib`, built for `wasm32-wasip2`. This is a whole one:
//!
//! ```
//! use barkeep_sdk::prelude::*;
//!
//! #[arguments]
//! struct Greet {
//!     /// The person's name.
//!     name: String,
//! }
//!
//! /// Greets somebody by name.
//! #[tool]
//! fn greet(args: Greet) -> String {
//!     format!("Hello, {}!", args.name)
//! }
//!
//! plugin! { tools: [greet] }
//! ```
//!
//! A function stays a function, so that native unit tests call it. What a client sees comes from the code: the doc comment is the
//! description, the struct is the JSON Schema of the arguments, its fields' comments tell the model what to give.
//!
//! | to | see |
//! |---|---|
//! | offer a tool, with hints and a title | [`#[tool]`](macro@tool), [`#[arguments]`](macro@arguments) |
//! | answer with structured results | [`Json`], [`#[output]`](macro@output) |
//! | answer with images, audio, links | [`Content`], [`ToolResult`] |
//! | offer resources: one, a family, or a list | [`#[resource]`](macro@resource), [`plugin!`] |
//! | offer skills: a folder of files, shipped inside the component | [`plugin!`] |
//! | offer a prompt | [`#[prompt]`](macro@prompt) |
//! | complete arguments while a person types | [`#[completion]`](macro@completion) |
//! | ask the person, the client's model, or for the client's folders | [`ask`], [`Context`] |
//! | report progress, log, notice a cancelled call | [`Context`] |
//! | say whether a call may go on as a task | [`TaskSupport`] |
//! | tell that a list or a resource has changed | [`client`] |
//! | call the web | [`http`] |
//! | test all of it natively | [`testing`], [`Plugin`] |
//!
//! # Errors
//!
//! A function returns a [`Result`], and `?` takes the errors of the standard library and of `serde_json`. What a tool fails with
//! reaches the model, which may try again: write what happened and what to do. [`Error`] tells apart what does not exist, what
//! does not fit, what may not be had and what cannot be reached now.
//!
//! ```
//! use barkeep_sdk::prelude::*;
//!
//! /// Tells how many lines the notes have.
//! #[tool(read_only)]
//! fn count_lines() -> Result<String> {
//!     let notes = std::fs::read_to_string("/notes/today.md")?;
//!     match notes.lines().count() {
//!         0 => Err(Error::not_found("There are no notes of today; write some first.")),
//!         lines => Ok(lines.to_string()),
//!     }
//! }
//! ```
//!
//! # What a plugin may reach
//!
//! Files, the web, the environment: what `barkeep.toml` grants it, and nothing else. Files are there by `std::fs`, variables by
//! `std::env`, the web by [`http`]. In `plugin.toml`, beside its `Cargo.toml`, a plugin's author says what it needs and why.
//!
//! Each call has an instance of its own, unless the user sets `instance = "plugin"`: what is to outlive a call belongs in a file.
//! A panic ends that one call; its words go to the host's log.

// The attributes write paths that begin with `::barkeep_sdk`, here too.
extern crate self as barkeep_sdk;

mod annotations;
#[doc(hidden)]
pub mod arguments;
pub mod ask;
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
mod skill;
mod template;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
#[doc(hidden)]
pub mod text;
mod tool;

pub use attributes::{arguments, completion, output, plugin, prompt, resource, tool};
#[doc(no_inline)]
pub use {schemars, serde, serde_json};

/// The examples of the README are compiled as well.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

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
pub use tool::{IntoToolResult, TaskSupport, ToolHints, ToolInfo, ToolResult};
