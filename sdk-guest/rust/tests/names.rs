//! Functions may have any name: also those of what the attributes write around them.

use barkeep_sdk::prelude::*;

#[arguments]
struct Text {
    text: String,
}

#[tool]
fn arguments(args: Text) -> String {
    args.text
}

#[prompt]
fn context(args: Text, context: &mut Context) -> String {
    let _ = context.is_cancelled();
    args.text
}

#[resource(template = "names://{text}")]
fn asked(args: Text) -> String {
    args.text
}

#[completion(prompt = "context", argument = "text")]
fn typed(typed: &str, resolved: &barkeep_sdk::Resolved) -> Vec<String> {
    let _ = resolved;
    vec![typed.to_owned()]
}

plugin! { tools: [arguments], prompts: [context], resources: [asked], completions: [typed] }

#[test]
fn a_function_is_not_hidden_by_a_variable_of_an_attribute() {
    assert_eq!(PLUGIN.call_tool("arguments", json!({ "text": "a" })), Ok(ToolResult::text("a")));
    let read = PLUGIN.read_resource("names://a").expect("it is there");
    assert_eq!(read, [ResourceContents::text("names://a", "a")]);
}
