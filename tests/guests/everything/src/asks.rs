//! Tools and a prompt that ask the client: once, with several questions at once, round by round.

use barkeep_sdk::ask::Roots;
use barkeep_sdk::prelude::*;
use barkeep_sdk::serde_json::Value;

/// What the suite's client answers to a question for a capital.
const CAPITAL: &str = "What is the capital of France?";

/// What to ask the model.
#[arguments]
pub struct Prompt {
    /// The prompt.
    prompt: String,
}

/// What to ask the person.
#[arguments]
pub struct Message {
    /// The message.
    message: String,
}

/// A name.
#[arguments]
struct Name {
    name: String,
}

/// A colour.
#[arguments]
struct Color {
    color: String,
}

/// A context.
#[arguments]
struct About {
    context: String,
}

/// A yes.
#[arguments]
struct Confirm {
    ok: bool,
}

/// Asks the client's model.
#[tool]
pub fn test_sampling(args: Prompt, context: &mut Context) -> Result<String> {
    let said = context.sample(Sampling::new(args.prompt).max_tokens(100))?;
    Ok(format!("LLM response: {}", said.text()))
}

/// Asks the client's model, whether it has one or not.
#[tool]
pub fn test_missing_capability(context: &mut Context) -> Result<String> {
    Ok(context.sample(CAPITAL)?.text())
}

/// Shows the person a form.
#[tool]
pub fn test_elicitation(args: Message, context: &mut Context) -> Result<String> {
    let schema = json!({
        "type": "object",
        "properties": {
            "username": { "type": "string", "description": "User's response" },
            "email": { "type": "string", "description": "User's email address" },
        },
        "required": ["username", "email"],
    });
    context.ask(Elicit::with_schema(args.message, schema)).map(told)
}

/// Shows the person a form while the client reads a stream.
#[tool]
pub fn test_streaming_elicitation(context: &mut Context) -> Result<String> {
    hello(context)
}

/// Shows the person a form that is filled in already.
#[tool]
pub fn test_elicitation_sep1034_defaults(context: &mut Context) -> Result<String> {
    let schema = json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "default": "John Doe" },
            "age": { "type": "integer", "default": 30 },
            "score": { "type": "number", "default": 95.5 },
            "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
            "verified": { "type": "boolean", "default": true },
        },
    });
    context.ask(Elicit::with_schema("Is this right?", schema)).map(told)
}

/// Shows the person a form with each kind of choice.
#[tool]
pub fn test_elicitation_sep1330_enums(context: &mut Context) -> Result<String> {
    let options = ["option1", "option2", "option3"];
    let titled = json!([
        { "const": "value1", "title": "First Option" },
        { "const": "value2", "title": "Second Option" },
        { "const": "value3", "title": "Third Option" },
    ]);
    let schema = json!({
        "type": "object",
        "properties": {
            "untitledSingle": { "type": "string", "enum": options },
            "titledSingle": { "type": "string", "oneOf": titled },
            "legacyEnum": {
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option One", "Option Two", "Option Three"],
            },
            "untitledMulti": { "type": "array", "items": { "type": "string", "enum": options } },
            "titledMulti": { "type": "array", "items": { "anyOf": titled } },
        },
    });
    context.ask(Elicit::with_schema("Which would you like?", schema)).map(told)
}

/// Asks for a name.
#[tool]
pub fn test_input_required_result_elicitation(context: &mut Context) -> Result<String> {
    hello(context)
}

/// Asks the model.
#[tool]
pub fn test_input_required_result_sampling(context: &mut Context) -> Result<String> {
    Ok(context.sample(capital())?.text())
}

/// Asks for folders.
#[tool]
pub fn test_input_required_result_list_roots(context: &mut Context) -> Result<String> {
    let roots = context.ask(Roots::new().key("client_roots"))?;
    Ok(roots.into_iter().map(|root| root.uri).collect::<Vec<_>>().join(" "))
}

/// Asks for a yes, and keeps a state meanwhile.
#[tool]
pub fn test_input_required_result_request_state(context: &mut Context) -> Result<&'static str> {
    confirm(context)?;
    Ok("state-ok")
}

/// Asks for a yes, and keeps a state that the client changes.
#[tool]
pub fn test_input_required_result_tampered_state(context: &mut Context) -> Result<&'static str> {
    confirm(context)?;
    Ok("The state was as it had been.")
}

/// Asks the person, the model and the client at once.
#[tool]
pub fn test_input_required_result_multiple_inputs(context: &mut Context) -> Result<String> {
    let greeting = Sampling::new("Generate a greeting").max_tokens(50).key("greeting");
    let (name, greeting, roots) = context.ask((name(), greeting, Roots::new().key("client_roots")))?;
    let name = name.accepted().map_or_else(|| "stranger".to_owned(), |form| form.name);
    Ok(format!("{}, {name} with {} folders!", greeting.text(), roots.len()))
}

/// Asks for a name, then for a colour.
#[tool]
pub fn test_input_required_result_multi_round(context: &mut Context) -> Result<String> {
    let name = context.ask(Elicit::<Name>::new("Step 1: What is your name?").key("step1"))?;
    let color = context.ask(Elicit::<Color>::new("Step 2: What is your favorite color?").key("step2"))?;
    let name = name.accepted().map_or_else(|| "Somebody".to_owned(), |form| form.name);
    let color = color.accepted().map_or_else(|| "no color".to_owned(), |form| form.color);
    Ok(format!("{name} likes {color}."))
}

/// Asks whatever this client can be asked.
#[tool]
pub fn test_input_required_result_capabilities(context: &mut Context) -> Result<&'static str> {
    if context.can_elicit() {
        context.ask(name())?;
    }
    if context.can_sample() {
        context.sample(capital())?;
    }
    Ok("Asked whatever can be asked.")
}

/// A prompt about what the person says.
#[prompt]
pub fn test_input_required_result_prompt(context: &mut Context) -> Result<String> {
    let about = Elicit::<About>::new("What context should the prompt use?").key("user_context");
    let about = context.ask(about)?.accepted().map_or_else(|| "nothing".to_owned(), |form| form.context);
    Ok(format!("Write about this: {about}"))
}

fn name() -> Elicit<Name> {
    Elicit::new("What is your name?").key("user_name")
}

fn capital() -> Sampling {
    Sampling::new(CAPITAL).max_tokens(100).key("capital_question")
}

fn hello(context: &mut Context) -> Result<String> {
    let name = context.ask(name())?.accepted().map_or_else(|| "stranger".to_owned(), |form| form.name);
    Ok(format!("Hello, {name}!"))
}

fn confirm(context: &mut Context) -> Result<bool> {
    let confirmed = context.ask(Elicit::<Confirm>::new("Please confirm").key("confirm"))?;
    Ok(confirmed.accepted().is_some_and(|form| form.ok))
}

/// What the person did, in words.
fn told(form: Elicited<Value>) -> String {
    match form {
        Elicited::Accepted(content) => format!("User response: accepted with {content}"),
        Elicited::Declined => "User response: declined".to_owned(),
        Elicited::Cancelled => "User response: cancelled".to_owned(),
    }
}
