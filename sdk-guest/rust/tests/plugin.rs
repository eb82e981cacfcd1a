//! A plugin asked as a host asks: by names, URIs, texts.

use barkeep_sdk::prelude::*;
use barkeep_sdk::testing::{self, Event};
use barkeep_sdk::{Resolved, Subject};

#[arguments]
struct Note {
    number: u32,
    part: Option<String>,
}

/// Writes a note.
#[tool]
fn write_note(args: Note, context: &mut Context) -> Result<String> {
    context.progress(1.0, Some(2.0), None);
    if context.is_cancelled() {
        return Err(Error::unavailable("cancelled"));
    }
    barkeep_sdk::client::resource_updated(&format!("notes://{}", args.number));
    Ok(format!("Note {} is written.", args.number))
}

/// Fails with an error of its own.
#[tool]
fn fail() -> Result<(), std::fmt::Error> {
    Err(std::fmt::Error)
}

/// All about notes.
#[resource(uri = "notes://about", mime_type = "text/plain")]
fn about(context: &mut Context) -> &'static str {
    context.log(LogLevel::Info, json!({ "read": "about" }));
    "Notes."
}

/// One note.
#[resource(template = "notes://{number}{?part}", mime_type = "application/json")]
fn note(args: Note) -> Json<Vec<String>> {
    Json(vec![args.number.to_string(), args.part.unwrap_or_default()])
}

/// Whatever is below.
#[resource(template = "notes://{+path}")]
fn rest() -> Vec<u8> {
    vec![0]
}

fn notes(cursor: Option<&str>) -> Result<ResourcePage> {
    match cursor {
        None => {
            Ok(ResourcePage { resources: vec![ResourceInfo::new("notes://1", "1")], next_cursor: Some("2".into()) })
        }
        Some("2") => Ok(ResourcePage { resources: vec![ResourceInfo::new("notes://2", "2")], next_cursor: None }),
        Some(_) => Err(Error::invalid_arguments("there is no such page")),
    }
}

fn watch(uri: &str) -> Result<()> {
    Err(Error::not_found(uri))
}

/// Asks about a note.
#[prompt]
fn ask(args: Note) -> Result<String> {
    Ok(format!("What is in note {}?", args.number))
}

#[completion(prompt = "ask", argument = "number")]
fn numbers(typed: &str) -> Vec<String> {
    (1..=3).map(|number| format!("{typed}{number}")).collect()
}

#[completion(template = "notes://{number}{?part}", argument = "part")]
fn parts(_: &str, resolved: &Resolved) -> Result<Vec<&'static str>> {
    match resolved.get("number").map(String::as_str) {
        Some("1") => Ok(vec!["head"]),
        _ => Err(Error::unavailable("not yet")),
    }
}

plugin! {
    tools: [write_note, fail],
    resources: [note, rest, about],
    list_resources: notes,
    watch: watch,
    prompts: [ask],
    completions: [numbers, parts],
}

#[test]
fn a_tool_is_called_by_name_with_json() {
    let written = PLUGIN.call_tool("write_note", json!({ "number": 3 }));
    assert_eq!(written, Ok(ToolResult::text("Note 3 is written.")));
    let progress = Event::Progress { done: 1.0, total: Some(2.0), message: None };
    assert_eq!(testing::events(), [progress, Event::ResourceUpdated("notes://3".into())]);
}

#[test]
fn a_cancelled_call_hears_of_it() {
    let cancelled = testing::cancel();
    assert_eq!(PLUGIN.call_tool("write_note", json!({ "number": 3 })), Err(Error::unavailable("cancelled")));
    drop(cancelled);
    assert!(PLUGIN.call_tool("write_note", json!({ "number": 3 })).is_ok());
}

#[test]
fn arguments_that_do_not_fit_are_refused() {
    let missing = PLUGIN.call_tool("write_note", json!({}));
    assert_eq!(missing, Err(Error::invalid_arguments("missing field `number`")));
    assert!(matches!(PLUGIN.call_tool("write_note", json!([1, 2, 3])), Err(Error::InvalidArguments(_))));
    // A tool without arguments looks at none.
    assert!(matches!(PLUGIN.call_tool("fail", json!({ "a": 1 })), Err(Error::Other(_))));
}

#[test]
fn what_does_not_exist_is_told_by_its_name() {
    let tool = PLUGIN.call_tool("writ", json!({}));
    assert_eq!(tool, Err(Error::not_found("there is no tool `writ`")));
    let prompt = PLUGIN.get_prompt("x", &[]);
    assert_eq!(prompt, Err(Error::not_found("there is no prompt `x`")));
    let resource = PLUGIN.read_resource("other://a");
    assert_eq!(resource, Err(Error::not_found("there is no resource `other://a`")));
    let long = PLUGIN.call_tool(&"x".repeat(100_000), json!({})).unwrap_err();
    assert!(long.words().len() < 300);
}

#[test]
fn a_fixed_uri_comes_before_templates_and_templates_come_in_order() {
    let read = |uri: &str| PLUGIN.read_resource(uri).unwrap();
    assert_eq!(read("notes://about"), [ResourceContents::text("notes://about", "Notes.").mime_type("text/plain")]);
    assert_eq!(testing::events(), [Event::Log { level: LogLevel::Info, data: json!({ "read": "about" }) }]);
    let uri = "notes://7?part=a%2Fb";
    assert_eq!(read(uri), [ResourceContents::text(uri, r#"["7","a/b"]"#).mime_type("application/json")]);
    assert_eq!(read("notes://a/b"), [ResourceContents::blob("notes://a/b", [0])]);
}

#[test]
fn a_variable_of_another_type_is_told_by_its_name() {
    let words = "`number` must be a whole number from 0 up, of at most 32 bits, not `seven`";
    assert_eq!(PLUGIN.read_resource("notes://seven"), Err(Error::invalid_arguments(words)));
}

#[test]
fn fixed_resources_are_on_the_first_page_alone() {
    let uris = |cursor| {
        let page = PLUGIN.resources(cursor).unwrap();
        let uris: Vec<String> = page.resources.into_iter().map(|resource| resource.uri).collect();
        (uris.join(" "), page.next_cursor)
    };
    assert_eq!(uris(None), ("notes://about notes://1".into(), Some("2".into())));
    assert_eq!(uris(Some("2")), ("notes://2".into(), None));
    assert!(matches!(PLUGIN.resources(Some("9")), Err(Error::InvalidArguments(_))));
}

#[test]
fn a_prompt_is_filled_in_with_text() {
    let asked = PLUGIN.get_prompt("ask", &[("number", "5"), ("part", "")]);
    assert_eq!(asked, Ok(PromptResult::new([PromptMessage::user("What is in note 5?")])));
    let wrong = PLUGIN.get_prompt("ask", &[("number", "-5")]);
    assert!(matches!(wrong, Err(Error::InvalidArguments(words)) if words.starts_with("`number` must be")));
}

#[test]
fn completions_are_found_by_what_they_belong_to() {
    let none = Resolved::new();
    let prompt = Subject::Prompt("ask");
    let numbers = PLUGIN.complete(prompt, "number", "1", &none).unwrap();
    assert_eq!(numbers.values, ["11", "12", "13"]);
    assert_eq!(PLUGIN.complete(prompt, "part", "1", &none), Ok(Completion::default()));
    let template = Subject::Template("notes://{number}{?part}");
    let first = Resolved::from([("number".to_owned(), "1".to_owned())]);
    assert_eq!(PLUGIN.complete(template, "part", "", &first).unwrap().values, ["head"]);
    assert_eq!(PLUGIN.complete(template, "part", "", &none), Err(Error::unavailable("not yet")));
    let rest = Subject::Template("notes://{+path}");
    assert_eq!(PLUGIN.complete(rest, "path", "", &none), Ok(Completion::default()));
    assert!(matches!(PLUGIN.complete(Subject::Prompt("x"), "a", "", &none), Err(Error::NotFound(_))));
}

#[test]
fn watching_is_the_plugins_own() {
    assert_eq!(PLUGIN.watch("notes://1"), Err(Error::not_found("notes://1")));
}

mod ill {
    //! Definitions that compile and cannot work.

    use barkeep_sdk::Plugin;
    use barkeep_sdk::definition::{Resource, ResourceDefinition, Tool};

    use super::*;

    #[resource(template = "a://{number}/{other}")]
    fn unknown_variable(args: Note) -> Json<u32> {
        Json(args.number)
    }

    #[resource(template = "a://{part}")]
    fn missing_variable(args: Note) -> Json<u32> {
        Json(args.number)
    }

    #[resource(template = "a://x{?number}")]
    fn optional_variable(args: Note) -> Json<u32> {
        Json(args.number)
    }

    #[resource(template = "a://{number")]
    fn malformed() -> &'static str {
        ""
    }

    #[tool]
    fn wants_text(args: String) -> String {
        args
    }

    #[tool]
    fn gives_a_list() -> Json<Vec<u8>> {
        Json(vec![])
    }

    fn plugin(resources: &'static [ResourceDefinition]) -> Plugin {
        Plugin { resources, ..Plugin::EMPTY }
    }

    fn told(resources: &'static [ResourceDefinition]) -> String {
        plugin(resources).templates().err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_variable_that_the_arguments_do_not_have_is_told() {
        let words = "the resource template `a://{number}/{other}` has the variable `other`, but its function's arguments have no such field";
        assert_eq!(told(&[unknown_variable::DEFINITION]), words);
    }

    #[test]
    fn a_field_that_not_every_uri_has_is_told() {
        let words = "the arguments of the resource template `a://{part}` need the field `number`";
        assert!(told(&[missing_variable::DEFINITION]).starts_with(words));
        assert!(told(&[optional_variable::DEFINITION]).contains("need the field `number`"));
    }

    #[test]
    fn a_malformed_template_is_told() {
        let words = "the resource template `a://{number` has a `{` without its `}`";
        assert_eq!(told(&[malformed::DEFINITION]), words);
        assert_eq!(plugin(&[malformed::DEFINITION]).read_resource("a://1"), Err(Error::other(words)));
    }

    #[test]
    fn types_that_are_no_objects_are_told_with_the_tool() {
        let told = |tools| Plugin { tools, ..Plugin::EMPTY }.tools().unwrap_err().to_string();
        let text = told(&[wants_text::DEFINITION]);
        assert!(text.starts_with("the tool `wants_text` is not well defined: `string` is not a struct"), "{text}");
        let list = told(&[gives_a_list::DEFINITION]);
        assert!(list.starts_with("the tool `gives_a_list` is not well defined: `Array_of_uint8` is no JSON"), "{list}");
    }
}
