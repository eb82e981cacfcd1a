//! What the attributes write beside a function: its definition, for `plugin!` to list.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Completion, Context, PromptResult, ResourceContents, Result, Role, TaskSupport, ToolHints, ToolResult};

/// A function with `#[tool]`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a tool", label = "put `#[tool]` on this function")]
pub trait Tool {
    /// The definition.
    const DEFINITION: ToolDefinition;
}

/// A function with `#[resource]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a resource",
    label = "put `#[resource(uri = \"...\")]` or `#[resource(template = \"...\")]` on this function"
)]
pub trait Resource {
    /// The definition.
    const DEFINITION: ResourceDefinition;
}

/// A function with `#[prompt]`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a prompt", label = "put `#[prompt]` on this function")]
pub trait Prompt {
    /// The definition.
    const DEFINITION: PromptDefinition;
}

/// A function with `#[completion]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a completion",
    label = "put `#[completion(prompt = \"...\", argument = \"...\")]` on this function"
)]
pub trait Complete {
    /// The definition.
    const DEFINITION: CompletionDefinition;
}

/// What any item of a menu has.
#[derive(Debug, Clone, Copy)]
pub struct Card {
    /// Its name.
    pub name: &'static str,
    /// A name for people.
    pub title: Option<&'static str>,
    /// What it is, from the doc comment as a rule.
    pub description: Option<&'static str>,
    /// Where its picture is.
    pub icon: Option<&'static str>,
}

/// A tool.
#[derive(Debug, Clone, Copy)]
pub struct ToolDefinition {
    /// Its name and description.
    pub card: Card,
    /// What it does to the world.
    pub hints: ToolHints,
    /// Whether a call may go on as a task.
    pub tasks: TaskSupport,
    /// The JSON Schema of its arguments.
    pub input_schema: fn() -> Result<Value>,
    /// The JSON Schema of its structured result.
    pub output_schema: fn() -> Result<Option<Value>>,
    /// Runs it on the text of a JSON object.
    pub call: fn(&str, &mut Context) -> Result<ToolResult>,
}

/// By which URI, or which URIs, a resource is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// By this one.
    Uri(&'static str),
    /// By those that fit this template.
    Template(&'static str),
}

/// A resource, or a family of them.
#[derive(Debug, Clone, Copy)]
pub struct ResourceDefinition {
    /// Its name and description.
    pub card: Card,
    /// How it is found.
    pub address: Address,
    /// Its media type.
    pub mime_type: Option<&'static str>,
    /// For whom it is meant; empty means for anyone.
    pub audience: &'static [Role],
    /// How much it matters, from 0.0 to 1.0.
    pub priority: Option<f64>,
    /// The JSON Schema of the variables that it takes, where it takes any.
    pub variables: Option<fn() -> Result<Value>>,
    /// Reads it.
    pub read: fn(&Asked<'_>, &mut Context) -> Result<Vec<ResourceContents>>,
}

/// Which resource is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Its URI.
    pub uri: &'a str,
    /// The media type that its definition names.
    pub mime_type: Option<&'a str>,
    /// The variables in its URI.
    pub variables: &'a Pairs,
}

/// A file of a skill.
#[derive(Debug, Clone, Copy)]
pub struct SkillFile {
    /// Its URI.
    pub uri: &'static str,
    /// The file's name; the skill's, for a `SKILL.md`.
    pub name: &'static str,
    /// What the skill is for, for a `SKILL.md`.
    pub description: Option<&'static str>,
    /// Its media type.
    pub mime_type: &'static str,
    /// What it holds.
    pub body: SkillBody,
}

/// What a file of a skill holds.
#[derive(Debug, Clone, Copy)]
pub enum SkillBody {
    /// Text.
    Text(&'static str),
    /// Bytes.
    Blob(&'static [u8]),
}

/// A prompt.
#[derive(Debug, Clone, Copy)]
pub struct PromptDefinition {
    /// Its name and description.
    pub card: Card,
    /// The JSON Schema of its arguments.
    pub arguments: fn() -> Result<Value>,
    /// Fills it in.
    pub get: fn(&Pairs, &mut Context) -> Result<PromptResult>,
}

/// What a completed argument belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The prompt of this name.
    Prompt(&'a str),
    /// The resource template of this text.
    Template(&'a str),
}

/// Arguments as text: names and values.
pub type Pairs = [(String, String)];

/// The arguments that are filled in already, by name.
pub type Resolved = BTreeMap<String, String>;

/// A completion.
#[derive(Debug, Clone, Copy)]
pub struct CompletionDefinition {
    /// What the argument belongs to.
    pub subject: Subject<'static>,
    /// The argument.
    pub argument: &'static str,
    /// Completes what was typed.
    pub complete: fn(&str, &Resolved) -> Result<Completion>,
}
