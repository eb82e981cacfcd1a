//! A whole plugin: finds what is asked for by its name, and runs it.

use serde_json::Value;

use crate::definition::{
    Address, Asked, Card, CompletionDefinition, PromptDefinition, Resolved, ResourceDefinition, SkillFile, Subject,
    ToolDefinition,
};
use crate::template::Template;
use crate::{
    Annotations, Completion, Context, Error, Icon, PromptArgument, PromptInfo, PromptResult, ResourceContents,
    ResourceInfo, ResourcePage, Result, TemplateInfo, ToolInfo, ToolResult, schema,
};

/// A plugin: what [`plugin!`](crate::plugin!) lists.
///
/// That macro puts one into the static `PLUGIN`, and native tests call it as a host would:
///
/// ```
/// use barkeep_sdk::prelude::*;
///
/// /// Tells the answer.
/// #[tool]
/// fn answer() -> &'static str {
///     "42"
/// }
///
/// plugin! { tools: [answer] }
/// # fn main() {
/// assert_eq!(PLUGIN.call_tool("answer", json!({})), Ok(ToolResult::text("42")));
/// assert!(matches!(PLUGIN.call_tool("question", json!({})), Err(Error::NotFound(_))));
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Plugin {
    #[doc(hidden)]
    pub tools: &'static [ToolDefinition],
    #[doc(hidden)]
    pub resources: &'static [ResourceDefinition],
    #[doc(hidden)]
    pub list_resources: Option<ListResources>,
    #[doc(hidden)]
    pub watch: Option<Watch>,
    #[doc(hidden)]
    pub skills: &'static [SkillFile],
    #[doc(hidden)]
    pub prompts: &'static [PromptDefinition],
    #[doc(hidden)]
    pub completions: &'static [CompletionDefinition],
}

/// Lists resources that are not known in advance: the page after a cursor, the first where there is none.
pub type ListResources = fn(Option<&str>) -> Result<ResourcePage>;

/// Watches the resource of a URI, and does not return while there is something to watch for.
pub type Watch = fn(&str) -> Result<()>;

impl Plugin {
    /// A plugin that offers nothing.
    pub const EMPTY: Self = Self {
        tools: &[],
        resources: &[],
        list_resources: None,
        watch: None,
        skills: &[],
        prompts: &[],
        completions: &[],
    };

    /// The tools, described.
    ///
    /// # Errors
    ///
    /// When the type of an argument or a result is not one that JSON Schema calls an object.
    pub fn tools(&self) -> Result<Vec<ToolInfo>> {
        self.tools.iter().map(tool_info).collect()
    }

    /// Runs the tool `name`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no such tool, [`Error::InvalidArguments`] when the arguments are not the tool's, and
    /// whatever the tool itself says.
    pub fn call_tool(&self, name: &str, arguments: impl Into<Value>) -> Result<ToolResult> {
        self.call_tool_with(name, &arguments.into().to_string(), &mut Context::default())
    }

    pub(crate) fn call_tool_with(&self, name: &str, arguments: &str, context: &mut Context) -> Result<ToolResult> {
        let tool = self.tools.iter().find(|tool| tool.card.name == name).ok_or_else(|| missing("tool", name))?;
        (tool.call)(arguments, context)
    }

    /// A page of the resources: the files of skills first, which is where a host looks for them, then those with a fixed URI,
    /// then what the plugin lists itself.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArguments`] when the plugin has given no such cursor.
    pub fn resources(&self, cursor: Option<&str>) -> Result<ResourcePage> {
        let mut page = match (self.list_resources, cursor) {
            (Some(list), cursor) => list(cursor)?,
            (None, None) => ResourcePage::default(),
            (None, Some(_)) => return Err(Error::invalid_arguments("there is no such page of resources")),
        };
        if cursor.is_none() {
            let listed = std::mem::take(&mut page.resources);
            let files = self.skills.iter().map(SkillFile::info);
            page.resources = files.chain(self.resources.iter().filter_map(resource_info)).chain(listed).collect();
        }
        Ok(page)
    }

    /// The resource templates, described.
    ///
    /// # Errors
    ///
    /// When a template is malformed, or does not have the variables that its function takes.
    pub fn templates(&self) -> Result<Vec<TemplateInfo>> {
        self.resources.iter().filter_map(|resource| template_info(resource).transpose()).collect()
    }

    /// Reads the resource `uri`: by its own function, or the first whose template fits.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no such resource, [`Error::InvalidArguments`] when the variables in it are not of the
    /// types they should be, and whatever the resource itself says.
    pub fn read_resource(&self, uri: &str) -> Result<Vec<ResourceContents>> {
        self.read_resource_with(uri, &mut Context::default())
    }

    pub(crate) fn read_resource_with(&self, uri: &str, context: &mut Context) -> Result<Vec<ResourceContents>> {
        if let Some(file) = self.skills.iter().find(|file| file.uri == uri) {
            return Ok(vec![file.contents()]);
        }
        for resource in self.resources {
            if matches!(resource.address, Address::Uri(own) if own == uri) {
                return (resource.read)(&Asked { uri, mime_type: resource.mime_type, variables: &[] }, context);
            }
        }
        for resource in self.resources {
            if let Address::Template(template) = resource.address
                && let Some(variables) = parse(template)?.variables_of(uri)?
            {
                return (resource.read)(&Asked { uri, mime_type: resource.mime_type, variables: &variables }, context);
            }
        }
        Err(missing("resource", uri))
    }

    /// The prompts, described.
    ///
    /// # Errors
    ///
    /// When the type of a prompt's arguments is not a struct with named fields.
    pub fn prompts(&self) -> Result<Vec<PromptInfo>> {
        self.prompts.iter().map(prompt_info).collect()
    }

    /// Fills in the prompt `name`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no such prompt, [`Error::InvalidArguments`] when the arguments are not the prompt's,
    /// and whatever the prompt itself says.
    pub fn get_prompt(&self, name: &str, arguments: &[(&str, &str)]) -> Result<PromptResult> {
        let arguments: Vec<_> =
            arguments.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.get_prompt_with(name, &arguments, &mut Context::default())
    }

    pub(crate) fn get_prompt_with(
        &self,
        name: &str,
        arguments: &[(String, String)],
        context: &mut Context,
    ) -> Result<PromptResult> {
        let prompt =
            self.prompts.iter().find(|prompt| prompt.card.name == name).ok_or_else(|| missing("prompt", name))?;
        (prompt.get)(arguments, context)
    }

    /// Completes what was typed so far for an argument; an argument that nobody completes has no values.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no such prompt or template, and whatever the completion itself says.
    pub fn complete(&self, subject: Subject<'_>, argument: &str, typed: &str, others: &Resolved) -> Result<Completion> {
        let of_this = self.completions.iter().filter(|completion| completion.subject == subject);
        if let Some(completion) = of_this.clone().find(|completion| completion.argument == argument) {
            return (completion.complete)(typed, others);
        }
        let known = of_this.count() > 0
            || match subject {
                Subject::Prompt(name) => self.prompts.iter().any(|prompt| prompt.card.name == name),
                Subject::Template(text) => {
                    let is_this = |address| matches!(address, Address::Template(template) if template == text);
                    self.resources.iter().any(|resource| is_this(resource.address))
                }
            };
        match subject {
            _ if known => Ok(Completion::default()),
            Subject::Prompt(name) => Err(missing("prompt", name)),
            Subject::Template(template) => Err(missing("resource template", template)),
        }
    }

    /// Watches the resource `uri`.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] when the plugin watches nothing, and whatever its function says.
    pub fn watch(&self, uri: &str) -> Result<()> {
        self.watch.map_or_else(|| Err(Error::other("this plugin's resources cannot be watched")), |watch| watch(uri))
    }
}

/// Characters of a name that an error repeats.
const SHOWN: usize = 200;

fn missing(what: &str, name: &str) -> Error {
    let shown: String = name.chars().take(SHOWN).collect();
    let more = if shown.len() < name.len() { "..." } else { "" };
    Error::NotFound(format!("there is no {what} `{shown}{more}`"))
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

fn icons(card: &Card) -> Vec<Icon> {
    card.icon.map(Icon::new).into_iter().collect()
}

/// The same error, with the item that it is about.
fn about(what: &str, name: &str) -> impl FnOnce(Error) -> Error {
    move |error| Error::Other(format!("the {what} `{name}` is not well defined: {error}"))
}

fn tool_info(tool: &ToolDefinition) -> Result<ToolInfo> {
    let card = &tool.card;
    Ok(ToolInfo {
        name: card.name.to_owned(),
        title: owned(card.title),
        description: owned(card.description),
        input_schema: (tool.input_schema)().map_err(about("tool", card.name))?,
        output_schema: (tool.output_schema)().map_err(about("tool", card.name))?,
        hints: tool.hints,
        tasks: tool.tasks,
        icons: icons(card),
    })
}

fn annotations(resource: &ResourceDefinition) -> Annotations {
    Annotations { audience: resource.audience.to_vec(), priority: resource.priority, last_modified: None }
}

fn resource_info(resource: &ResourceDefinition) -> Option<ResourceInfo> {
    let Address::Uri(uri) = resource.address else { return None };
    let card = &resource.card;
    Some(ResourceInfo {
        uri: uri.to_owned(),
        name: card.name.to_owned(),
        title: owned(card.title),
        description: owned(card.description),
        mime_type: owned(resource.mime_type),
        size: None,
        icons: icons(card),
        annotations: annotations(resource),
    })
}

fn template_info(resource: &ResourceDefinition) -> Result<Option<TemplateInfo>> {
    let Address::Template(template) = resource.address else { return Ok(None) };
    let parsed = parse(template)?;
    if let Some(variables) = resource.variables {
        let schema = variables().map_err(about("resource template", template))?;
        check_variables(template, &parsed, &schema)?;
    }
    let card = &resource.card;
    Ok(Some(TemplateInfo {
        uri_template: template.to_owned(),
        name: card.name.to_owned(),
        title: owned(card.title),
        description: owned(card.description),
        mime_type: owned(resource.mime_type),
        icons: icons(card),
        annotations: annotations(resource),
    }))
}

fn parse(template: &str) -> Result<Template> {
    Template::parse(template).map_err(|wrong| Error::Other(format!("the resource template `{template}` {wrong}")))
}

fn check_variables(template: &str, parsed: &Template, schema: &Value) -> Result<()> {
    for (name, _) in parsed.variables() {
        if !schema::fields(schema).any(|(field, _, _)| field == name) {
            return Err(Error::Other(format!(
                "the resource template `{template}` has the variable `{name}`, but its function's arguments have no such field"
            )));
        }
    }
    for (field, _, required) in schema::fields(schema) {
        let variable = parsed.variables().find(|(name, _)| *name == field);
        if required && !variable.is_some_and(|(_, always)| always) {
            return Err(Error::Other(format!(
                "the arguments of the resource template `{template}` need the field `{field}`, which not every URI of it has: make it an `Option`, or a variable that is never missing"
            )));
        }
    }
    Ok(())
}

fn prompt_info(prompt: &PromptDefinition) -> Result<PromptInfo> {
    let card = &prompt.card;
    let schema = (prompt.arguments)().map_err(about("prompt", card.name))?;
    let text = |schema: &Value, key: &str| schema.get(key).and_then(Value::as_str).map(str::to_owned);
    let argument = |(name, schema, required): (&str, &Value, bool)| PromptArgument {
        name: name.to_owned(),
        title: text(schema, "title"),
        description: text(schema, "description"),
        required,
    };
    Ok(PromptInfo {
        name: card.name.to_owned(),
        title: owned(card.title),
        description: owned(card.description),
        arguments: schema::fields(&schema).map(argument).collect(),
        icons: icons(card),
    })
}
