//! What the attributes make of functions: descriptions, as a client sees them.

use barkeep_sdk::prelude::*;
use barkeep_sdk::{Annotations, Icon, PromptArgument, PromptInfo, TaskSupport, TemplateInfo, ToolHints, ToolInfo};

/// What to look for.
#[arguments]
struct Search {
    /// Words of the page.
    query: String,
    /// The page of results.
    #[schemars(title = "Page")]
    page: Option<u32>,
}

#[output]
struct Found {
    /// Names of pages.
    pages: Vec<String>,
}

/// Finds pages.
///
/// Use it when a name is not known:
/// - by words
///   of the text
#[tool(title = "Search", read_only, idempotent = true, open_world = false, icon = "https://a.example/i.png")]
fn search(args: Search) -> Result<Json<Found>> {
    let page = args.page.map(|page| page.to_string());
    Ok(Json(Found { pages: [Some(args.query), page].into_iter().flatten().collect() }))
}

#[tool(name = "wiki.clear", description = "Clears all.", destructive, output = Found, tasks = required)]
fn clear_pages() -> ToolResult {
    ToolResult::text("Cleared.").structured(json!({ "pages": [] }))
}

/// The list of pages.
#[resource(uri = "wiki://pages", name = "pages.md", title = "Pages", mime_type = "text/markdown", priority = 0.5, audience = [user, assistant])]
fn pages() -> &'static str {
    "- home"
}

/// One page.
#[resource(template = "wiki://pages/{+query}{?page}")]
fn one_page(args: Search) -> Result<Vec<u8>> {
    Ok(args.query.into_bytes())
}

/// Asks for a summary.
#[prompt(title = "Summarize")]
fn summarize(args: Search, context: &mut Context) -> Result<PromptMessage> {
    context.log(LogLevel::Debug, "asked");
    Ok(PromptMessage::user(args.query))
}

/// Hidden in a room of its own.
mod inner {
    use barkeep_sdk::prelude::*;

    #[tool]
    pub(crate) fn r#loop() {}
}

plugin! {
    tools: [search, clear_pages, inner::r#loop],
    resources: [pages, one_page],
    prompts: [summarize],
}

#[test]
fn a_tool_is_described_by_its_function() {
    let tools = PLUGIN.tools().unwrap();
    let expected = ToolInfo {
        name: "search".into(),
        title: Some("Search".into()),
        description: Some("Finds pages.\n\nUse it when a name is not known:\n- by words\n  of the text".into()),
        input_schema: json!({
            "type": "object",
            "properties": {
                "query": { "type": "string", "description": "Words of the page." },
                "page": { "type": ["integer", "null"], "minimum": 0, "title": "Page", "description": "The page of results." }
            },
            "required": ["query"]
        }),
        output_schema: Some(json!({
            "type": "object",
            "properties": { "pages": { "type": "array", "items": { "type": "string" }, "description": "Names of pages." } },
            "required": ["pages"]
        })),
        hints: ToolHints { read_only: Some(true), destructive: None, idempotent: Some(true), open_world: Some(false) },
        icons: vec![Icon::new("https://a.example/i.png")],
        tasks: TaskSupport::Optional,
    };
    assert_eq!(tools[0], expected);
}

#[test]
fn the_attribute_says_what_the_function_does_not() {
    let tools = PLUGIN.tools().unwrap();
    assert_eq!((tools[1].name.as_str(), tools[1].description.as_deref()), ("wiki.clear", Some("Clears all.")));
    assert_eq!(tools[1].hints, ToolHints { destructive: Some(true), ..ToolHints::default() });
    assert_eq!(tools[1].tasks, TaskSupport::Required);
    assert_eq!(tools[1].output_schema, tools[0].output_schema);
    let none = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    assert_eq!(tools[1].input_schema, none);
}

#[test]
fn a_raw_name_is_a_plain_one_and_no_comment_no_description() {
    let tools = PLUGIN.tools().unwrap();
    assert_eq!((tools[2].name.as_str(), tools[2].description.as_deref()), ("loop", None));
    assert_eq!(tools[2].hints, ToolHints::default());
}

#[test]
fn a_resource_is_described_by_its_attribute() {
    let expected = ResourceInfo::new("wiki://pages", "pages.md")
        .title("Pages")
        .description("The list of pages.")
        .mime_type("text/markdown")
        .priority(0.5)
        .for_audience(Role::User)
        .for_audience(Role::Assistant);
    assert_eq!(PLUGIN.resources(None), Ok(ResourcePage { resources: vec![expected], next_cursor: None }));
}

#[test]
fn a_template_is_described_by_its_attribute() {
    let expected = TemplateInfo {
        uri_template: "wiki://pages/{+query}{?page}".into(),
        name: "one_page".into(),
        title: None,
        description: Some("One page.".into()),
        mime_type: None,
        icons: Vec::new(),
        annotations: Annotations::default(),
    };
    assert_eq!(PLUGIN.templates(), Ok(vec![expected]));
}

#[test]
fn a_prompt_asks_for_the_fields_of_its_arguments() {
    let argument = |name: &str, title: Option<&str>, description: &str, required| PromptArgument {
        name: name.into(),
        title: title.map(str::to_owned),
        description: Some(description.into()),
        required,
    };
    let expected = PromptInfo {
        name: "summarize".into(),
        title: Some("Summarize".into()),
        description: Some("Asks for a summary.".into()),
        arguments: vec![
            argument("query", None, "Words of the page.", true),
            argument("page", Some("Page"), "The page of results.", false),
        ],
        icons: Vec::new(),
    };
    assert_eq!(PLUGIN.prompts(), Ok(vec![expected]));
}

#[test]
fn functions_stay_functions() {
    let found = search(Search { query: "a".into(), page: Some(2) }).unwrap();
    assert_eq!(found.0.pages, ["a", "2"]);
    assert_eq!(pages(), "- home");
    inner::r#loop();
}
