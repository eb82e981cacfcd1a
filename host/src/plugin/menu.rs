//! What a plugin offers, as listed at load: checked, named, with schemas ready to validate against.

use std::collections::HashSet;
use std::sync::Arc;

use rmcp::model::{JsonObject, Prompt, Resource, ResourceTemplate, Tool};
use serde_json::Value;

use super::convert;
use super::schema::Schema;
use crate::runtime::bindings::exports::barkeep::plugin::tools::TaskSupport;
use crate::runtime::bindings::exports::barkeep::plugin::{prompts, resources, tools};

/// Longest name of a tool or prompt, with its prefix (MCP 2025-11-25, server/tools, "Tool Names").
const MAX_NAME: usize = 128;

/// Tools, prompts and templates that one plugin may have, each. A model cannot choose among more.
const MAX_ITEMS: usize = 2000;

/// Bytes of all schemas of one plugin. Those of a hundred large tools have one MiB; each byte costs time at load.
const MAX_SCHEMAS: usize = 4 * 1024 * 1024;

/// How the URIs of skills and of their files begin (the extension `io.modelcontextprotocol/skills`, "Resource Mapping").
pub const SKILLS: &str = "skill://";

/// One tool.
pub struct ToolItem {
    /// Its description, under the name that clients use.
    pub tool: Tool,
    /// The name that the guest uses.
    pub guest_name: String,
    /// Checks arguments.
    pub input: Arc<Schema>,
    /// Checks structured results.
    pub output: Option<Arc<Schema>>,
    /// Whether a call may go on as a task.
    pub tasks: TaskSupport,
}

/// One prompt.
pub struct PromptItem {
    /// Its description, under the name that clients use.
    pub prompt: Prompt,
    /// The name that the guest uses.
    pub guest_name: String,
}

/// What a plugin offers.
#[derive(Default)]
pub struct Menu {
    /// Its tools, in the guest's order.
    pub tools: Vec<Arc<ToolItem>>,
    /// Its prompts, in the guest's order.
    pub prompts: Vec<PromptItem>,
    /// Its resource templates, in the guest's order.
    pub templates: Vec<ResourceTemplate>,
    /// The first page of its resources, as it was at load: tells which URIs are its own, and when the list changed.
    pub resources: Vec<Resource>,
    /// Whether one of these is of the scheme of skills.
    pub has_skills: bool,
}

/// What a guest lists, as it lists it.
#[derive(Default)]
pub(super) struct Listed {
    pub(super) tools: Vec<tools::Tool>,
    pub(super) prompts: Vec<prompts::Prompt>,
    pub(super) templates: Vec<resources::ResourceTemplate>,
    pub(super) resources: Vec<resources::ResourceInfo>,
}

/// What is wrong with a menu: the end of a sentence about the plugin.
type Wrong = String;

impl Menu {
    /// Checks what was listed, and names it under `prefix`. Compiling schemas takes time and stack: see
    /// [`threads`](super::threads).
    pub(super) fn of(prefix: &str, listed: Listed) -> Result<Self, Wrong> {
        let mut menu = Self::default();
        menu.add_tools(prefix, &listed.tools)?;
        menu.add_prompts(prefix, listed.prompts)?;
        bounded("resource templates", listed.templates.len())?;
        menu.templates = listed.templates.into_iter().map(convert::template).collect();
        menu.resources = listed.resources.into_iter().map(convert::resource).collect();
        menu.has_skills = menu.resources.iter().any(|resource| resource.uri.starts_with(SKILLS));
        Ok(menu)
    }

    fn add_tools(&mut self, prefix: &str, listed: &[tools::Tool]) -> Result<(), Wrong> {
        bounded("tools", listed.len())?;
        let schemas =
            listed.iter().map(|tool| tool.input_schema.len() + tool.output_schema.as_ref().map_or(0, String::len));
        let size: usize = schemas.sum();
        if size > MAX_SCHEMAS {
            return Err(format!("has schemas of {size} bytes in all; {MAX_SCHEMAS} is the most"));
        }
        let mut seen = HashSet::new();
        for tool in listed {
            let name = public_name(prefix, "tool", &tool.name)?;
            if !seen.insert(&tool.name) {
                return Err(format!("offers two tools named `{}`", tool.name));
            }
            let (input, checks_input) = schema("input", &tool.name, &tool.input_schema)?;
            if input.get("type").and_then(Value::as_str) != Some("object") {
                return Err(format!("has a tool `{}` whose input schema is not of type `object`", tool.name));
            }
            let output = tool.output_schema.as_deref().map(|text| schema("output", &tool.name, text)).transpose()?;
            let (output, checks_output) = output.unzip();
            self.tools.push(Arc::new(ToolItem {
                tool: convert::tool(tool, name, input, output),
                guest_name: tool.name.clone(),
                input: checks_input,
                output: checks_output,
                tasks: tool.tasks,
            }));
        }
        Ok(())
    }

    fn add_prompts(&mut self, prefix: &str, listed: Vec<prompts::Prompt>) -> Result<(), Wrong> {
        bounded("prompts", listed.len())?;
        let mut seen = HashSet::new();
        for prompt in listed {
            let name = public_name(prefix, "prompt", &prompt.name)?;
            if !seen.insert(prompt.name.clone()) {
                return Err(format!("offers two prompts named `{}`", prompt.name));
            }
            let guest_name = prompt.name.clone();
            self.prompts.push(PromptItem { prompt: convert::prompt(prompt, name), guest_name });
        }
        Ok(())
    }
}

fn bounded(what: &str, count: usize) -> Result<(), Wrong> {
    if count > MAX_ITEMS {
        return Err(format!("offers {count} {what}; {MAX_ITEMS} is the most"));
    }
    Ok(())
}

fn public_name(prefix: &str, what: &str, name: &str) -> Result<String, Wrong> {
    let full = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}__{name}") };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || full.len() > MAX_NAME || !name.chars().all(fits) {
        let shown: String = name.escape_debug().take(MAX_NAME).collect();
        return Err(format!(
            "offers a {what} named `{shown}`, but names have 1 to {MAX_NAME} of `A-Z a-z 0-9 _ - .`, prefix included"
        ));
    }
    Ok(full)
}

fn schema(which: &str, tool: &str, text: &str) -> Result<(JsonObject, Arc<Schema>), Wrong> {
    let (object, schema) =
        Schema::read(text).map_err(|reason| format!("has a tool `{tool}` whose {which} schema {reason}"))?;
    Ok((object, Arc::new(schema)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, input_schema: &str) -> tools::Tool {
        tools::Tool {
            name: name.into(),
            title: None,
            description: None,
            input_schema: input_schema.into(),
            output_schema: None,
            annotations: None,
            icons: vec![],
            tasks: TaskSupport::Optional,
        }
    }

    fn wrong(listed: &[tools::Tool]) -> String {
        Menu::default().add_tools("p", listed).expect_err("it is wrong")
    }

    #[test]
    fn names_get_the_prefix() {
        let mut menu = Menu::default();
        menu.add_tools("p", &[tool("a.b-c_1", r#"{"type":"object"}"#)]).expect("it is good");
        assert_eq!(menu.tools[0].tool.name, "p__a.b-c_1");
        assert_eq!(menu.tools[0].guest_name, "a.b-c_1");
        assert_eq!(public_name("", "tool", "x"), Ok("x".into()));
    }

    #[test]
    fn what_is_wrong_is_told() {
        let object = r#"{"type":"object"}"#;
        assert!(wrong(&[tool("", object)]).contains("named ``"));
        assert!(wrong(&[tool("a b", object)]).contains("named `a b`"));
        assert!(wrong(&[tool("\u{1b}[2J", object)]).contains(r"named `\u{1b}[2J`"));
        assert!(wrong(&[tool(&"a".repeat(126), object)]).contains("1 to 128"));
        assert!(wrong(&[tool("a", object), tool("a", object)]).contains("two tools named `a`"));
        assert!(wrong(&[tool("a", "{")]).contains("is not JSON"));
        assert!(wrong(&[tool("a", "[]")]).contains("schema"));
        assert!(wrong(&[tool("a", r#"{"type":"string"}"#)]).contains("not of type `object`"));
        assert!(wrong(&[tool("a", r#"{"type":"nonsense"}"#)]).contains("is not a JSON Schema"));
        let elsewhere = r#"{"$ref":"https://example.com/schema","type":"object"}"#;
        assert!(wrong(&[tool("a", elsewhere)]).contains("whose input schema refers to another document"));
        let large = format!(r#"{{"type":"object","title":"{}"}}"#, "a".repeat(200_000));
        assert!(wrong(&vec![tool("a", &large); 30]).contains("4194304 is the most"));
        assert!(wrong(&vec![tool("a", object); MAX_ITEMS + 1]).contains("2000 is the most"));
    }
}
