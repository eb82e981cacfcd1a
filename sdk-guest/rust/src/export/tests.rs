//! The exported functions, called as a host calls them.

use barkeep_sdk::prelude::*;

use super::Exported;
use crate::Plugin;
use crate::bindings::imports::barkeep::plugin::types::{self, ClientFeatures, RequestContext};
use crate::bindings::{completions, prompts, resources, tools, watching};

use completions::exports::barkeep::plugin::completions::{CompletionSubject, Guest as Completions};
use prompts::exports::barkeep::plugin::prompts::{Guest as Prompts, PromptOutcome};
use resources::exports::barkeep::plugin::resources::{Guest as Resources, ReadOutcome};
use tools::exports::barkeep::plugin::tools::{Guest as Tools, ToolOutcome};
use watching::exports::barkeep::plugin::watching::Guest as Watching;

#[arguments]
struct Page {
    /// Its name.
    name: String,
}

/// Shows a page.
#[tool(read_only, icon = "data:,")]
fn show(args: Page) -> Result<ToolResult> {
    let page = ResourceContents::blob("a://b", [1]).mime_type("image/png");
    let info = ResourceInfo::new("a://c", "c").size(7).priority(0.5);
    let content = ToolResult::text(args.name)
        .with(Content::image([2], "image/png").for_audience(Role::User))
        .with(Content::audio([3], "audio/wav").last_modified("2026-07-28T12:00:00Z"))
        .with(info)
        .with(page);
    Ok(content.structured(json!({ "a": 1 })).error())
}

#[resource(uri = "a://about", priority = 1.0)]
fn about() -> Result<&'static str> {
    Err(Error::access_denied("not today"))
}

#[resource(template = "a://{name}")]
fn page(args: Page) -> String {
    args.name
}

#[prompt]
fn ask(args: Page) -> Vec<PromptMessage> {
    vec![PromptMessage::user(args.name), PromptMessage::assistant("Yes?")]
}

#[completion(template = "a://{name}", argument = "name")]
fn names(typed: &str) -> Vec<String> {
    vec![typed.to_owned()]
}

fn watch(uri: &str) -> Result<()> {
    if uri == "a://about" { Ok(()) } else { Err(Error::not_found(uri)) }
}

plugin! { tools: [show], resources: [about, page], watch: watch, prompts: [ask], completions: [names] }

struct Component;

impl Exported for Component {
    const PLUGIN: &'static Plugin = &PLUGIN;
}

fn context() -> RequestContext {
    RequestContext { features: ClientFeatures::empty(), answers: Vec::new(), state: None }
}

/// Asks in all three places.
struct Asking;

impl Exported for Asking {
    const PLUGIN: &'static Plugin = &asking::PLUGIN;
}

mod asking {
    use barkeep_sdk::prelude::*;

    #[tool]
    fn sign_in(context: &mut Context) -> Result<&'static str> {
        let visit = context.elicit_url("Sign in.", "https://a.example", "7")?;
        Ok(if visit.is_accepted() { "in" } else { "out" })
    }

    #[resource(uri = "a://picture")]
    fn picture(context: &mut Context) -> Result<String> {
        Ok(context.sample(Sampling::new("Draw.").cost_priority(0.5))?.text())
    }

    #[prompt]
    fn folders(context: &mut Context) -> Result<String> {
        Ok(format!("{:?}", context.roots()?))
    }

    plugin! { tools: [sign_in], resources: [picture], prompts: [folders] }
}

#[test]
fn a_tool_crosses_whole() {
    let [tool] = &<Component as Tools>::list().unwrap()[..] else { panic!("there is one tool") };
    assert_eq!((tool.name.as_str(), tool.description.as_deref()), ("show", Some("Shows a page.")));
    assert!(tool.input_schema.starts_with(r#"{"type":"object","#), "{}", tool.input_schema);
    assert_eq!(tool.annotations.map(|hints| (hints.read_only, hints.destructive)), Some((Some(true), None)));
    assert_eq!(tool.icons[0].src, "data:,");

    let called = Component::call(context(), "show".into(), r#"{"name":"x"}"#.into());
    let Ok(ToolOutcome::Complete(result)) = called else { panic!("{called:?}") };
    assert_eq!((result.structured.as_deref(), result.is_error), (Some(r#"{"a":1}"#), true));
    let [text, image, audio, link, resource] = &result.content[..] else { panic!("{:?}", result.content) };
    assert!(matches!(text, types::Content::Text(text) if text.text == "x" && text.annotations.is_none()));
    assert!(matches!(image, types::Content::Image(image) if image.data == [2] && image.annotations.is_some()));
    assert!(matches!(audio, types::Content::Audio(audio) if audio.mime_type == "audio/wav"));
    assert!(matches!(link, types::Content::ResourceLink(link) if link.size == Some(7) && link.annotations.is_some()));
    assert!(matches!(resource, types::Content::Resource(resource) if resource.contents.uri == "a://b"));
}

#[test]
fn errors_keep_their_kind() {
    let unknown = Component::call(context(), "x".into(), "{}".into());
    assert!(matches!(unknown, Err(types::Error::NotFound(words)) if words == "there is no tool `x`"));
    let unfit = Component::call(context(), "show".into(), "{".into());
    assert!(matches!(unfit, Err(types::Error::InvalidArguments(_))));
    let denied = Component::read(context(), "a://about".into());
    assert!(matches!(denied, Err(types::Error::AccessDenied(words)) if words == "not today"));
    assert!(matches!(Component::watch("b".into()), Err(types::Error::NotFound(_))));
    assert!(matches!(Component::watch("a://about".into()), Ok(())));
}

#[test]
fn resources_cross_whole() {
    let page = <Component as Resources>::list(None).unwrap();
    let priority = page.resources[0].annotations.as_ref().and_then(|annotations| annotations.priority);
    assert_eq!((page.resources[0].uri.as_str(), priority), ("a://about", Some(1.0)));
    assert!(matches!(<Component as Resources>::list(Some("x".into())), Err(types::Error::InvalidArguments(_))));
    assert_eq!(Component::templates().unwrap()[0].uri_template, "a://{name}");
    let read = Component::read(context(), "a://b".into());
    let Ok(ReadOutcome::Complete(contents)) = read else { panic!("{read:?}") };
    assert!(matches!(&contents[0].body, types::ResourceBody::Text(text) if text == "b"));
}

#[test]
fn prompts_and_completions_cross_whole() {
    let prompt = &<Component as Prompts>::list().unwrap()[0];
    assert_eq!((prompt.arguments[0].name.as_str(), prompt.arguments[0].required), ("name", true));
    let filled = Component::get(context(), "ask".into(), vec![("name".into(), "x".into())]);
    let Ok(PromptOutcome::Complete(filled)) = filled else { panic!("{filled:?}") };
    let roles: Vec<_> = filled.messages.iter().map(|message| message.role).collect();
    assert!(matches!(roles[..], [types::Role::User, types::Role::Assistant]));

    let subject = CompletionSubject::ResourceTemplate("a://{name}".into());
    let completion = Component::complete(subject, "name".into(), "y".into(), Vec::new()).unwrap();
    assert_eq!((completion.values, completion.has_more), (vec!["y".to_owned()], Some(false)));
    let unknown = Component::complete(CompletionSubject::Prompt("x".into()), "a".into(), "b".into(), Vec::new());
    assert!(matches!(unknown, Err(types::Error::NotFound(_))));
}

#[test]
fn questions_cross_from_tools_resources_and_prompts() {
    let all = || RequestContext { features: ClientFeatures::all(), ..context() };
    let ToolOutcome::InputRequired(asks) = Asking::call(all(), "sign_in".into(), "{}".into()).unwrap() else {
        panic!()
    };
    let page =
        types::ElicitUrl { message: "Sign in.".into(), url: "https://a.example".into(), elicitation_id: "7".into() };
    assert_eq!(asks.questions, [types::Question { key: "q1".into(), ask: types::Ask::ElicitUrl(page) }]);
    let visited = types::ElicitResult { action: types::ElicitAction::Accept, content: None };
    let answers = vec![types::Answer { key: "q1".into(), reply: types::Reply::Elicited(visited) }];
    let next = RequestContext { answers, state: asks.state, ..all() };
    let ToolOutcome::Complete(result) = Asking::call(next, "sign_in".into(), "{}".into()).unwrap() else { panic!() };
    assert!(matches!(&result.content[..], [types::Content::Text(text)] if text.text == "in"));

    let ReadOutcome::InputRequired(asks) = Asking::read(all(), "a://picture".into()).unwrap() else { panic!() };
    let types::Ask::Sample(request) = &asks.questions[0].ask else { panic!("{asks:?}") };
    let cost = request.preferences.as_ref().and_then(|preferences| preferences.cost_priority);
    assert_eq!((request.max_tokens, cost), (1024, Some(0.5)));
    assert!(matches!(Asking::get(all(), "folders".into(), Vec::new()), Ok(PromptOutcome::InputRequired(_))));
    // What this client cannot be asked is the host's to refuse.
    assert!(matches!(Asking::get(context(), "folders".into(), Vec::new()), Ok(PromptOutcome::InputRequired(_))));
}
