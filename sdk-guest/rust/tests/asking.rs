//! Functions that ask the client, run as a host runs them: again with each answer.

use std::cell::Cell;

use barkeep_sdk::ask::{Root, Roots, Sampled, SamplingContent, SamplingMessage, SamplingTool, ToolChoice, ToolUse};
use barkeep_sdk::prelude::*;
use barkeep_sdk::testing::{Client, Question};

#[arguments]
struct Book {
    /// Where.
    restaurant: String,
}

#[arguments]
#[derive(Debug, PartialEq)]
struct Confirm {
    /// How many come.
    guests: u8,
}

thread_local! {
    /// How often a table was booked: the effect after the last question.
    static BOOKED: Cell<u32> = const { Cell::new(0) };
    static LOOKED_UP: Cell<u32> = const { Cell::new(0) };
}

/// Books a table.
#[tool]
fn book(args: Book, context: &mut Context) -> Result<String> {
    let time: String = context.once("time", || {
        LOOKED_UP.set(LOOKED_UP.get() + 1);
        Ok(format!("eight, says call {}", LOOKED_UP.get()))
    })?;
    let Some(form) = context.elicit::<Confirm>(format!("Is {time} good?"))?.accepted() else {
        return Ok("not booked".into());
    };
    let note = context.sample(Sampling::new("Write a short note.").max_tokens(200))?.text();
    let (paid, roots) = context.ask((ElicitUrl::new("Pay.", "https://pay.example", "1"), Roots::new()))?;
    BOOKED.set(BOOKED.get() + 1);
    let (guests, paid, roots) = (form.guests, paid.is_accepted(), roots.len());
    Ok(format!("{}: {guests} at {time}; {note}; {paid}; {roots}", args.restaurant))
}

#[arguments]
struct Add {
    numbers: Vec<i64>,
}

/// Lets the model use a tool until it knows.
#[tool]
fn solve(context: &mut Context) -> Result<String> {
    let add = SamplingTool::taking::<Add>("add")?.description("Adds.");
    let mut question = Sampling::new("1 + 2?").tool(add).tool_choice(ToolChoice::Auto).hint("small").stop_at("\n");
    loop {
        let answer = context.sample(question.clone())?;
        let results: Vec<_> = answer
            .tool_uses()
            .map(|wanted| {
                let sum: i64 = wanted.arguments::<Add>()?.numbers.iter().sum();
                Ok(wanted.result(ToolResult::text(sum.to_string()).structured(json!({ "sum": sum }))))
            })
            .collect::<Result<_>>()?;
        if results.is_empty() {
            return Ok(answer.text());
        }
        question = question.message(answer.into()).message(SamplingMessage::new(Role::User, results));
    }
}

/// A page that only some may see.
#[resource(template = "pages://{restaurant}")]
fn page(args: Book, context: &mut Context) -> Result<String> {
    let form = context.elicit::<Confirm>("How many are you?")?;
    Ok(format!("{}: {form:?}", args.restaurant))
}

/// Asks the model about the folders.
#[prompt]
fn folders(context: &mut Context) -> Result<String> {
    Ok(context.roots()?.into_iter().map(|root| root.name.unwrap_or(root.uri)).collect::<Vec<_>>().join(", "))
}

plugin! { tools: [book, solve], resources: [page], prompts: [folders] }

fn text(result: &ToolResult) -> &str {
    result.content.first().and_then(Content::as_text).unwrap_or_default()
}

#[test]
fn a_tool_asks_several_rounds_and_does_its_work_once() {
    let roots = [Root::new("file:///a"), Root::new("file:///b").name("b")];
    let mut client = Client::new().accept(json!({ "guests": 4 })).say("Hi").accept(()).roots(roots);
    let booked = client.call_tool(&PLUGIN, "book", json!({ "restaurant": "Chez" })).unwrap();
    assert_eq!(text(&booked), "Chez: 4 at eight, says call 1; Hi; true; 2");
    assert_eq!((client.rounds(), BOOKED.get(), LOOKED_UP.get()), (4, 1, 1));
    let [form, sampling, url, roots] = client.asked() else { panic!("{:?}", client.asked()) };
    let schema = json!({
        "type": "object",
        "properties": { "guests": { "type": "integer", "minimum": 0, "maximum": 255, "description": "How many come." } },
        "required": ["guests"],
    });
    assert_eq!(form, &Question::Form { key: "q1".into(), message: "Is eight, says call 1 good?".into(), schema });
    assert_eq!(sampling, &Question::Sampling(Sampling::new("Write a short note.").max_tokens(200).key("q2")));
    let (message, page) = ("Pay.".to_owned(), "https://pay.example".to_owned());
    assert_eq!(url, &Question::Url { key: "q3".into(), message, url: page, id: "1".into() });
    assert_eq!(roots, &Question::Roots { key: "q4".into() });
}

#[test]
fn what_the_person_does_not_want_is_not_done() {
    let mut client = Client::new().decline().cancel();
    for _ in 0..2 {
        let booked = client.call_tool(&PLUGIN, "book", json!({ "restaurant": "Chez" })).unwrap();
        assert_eq!(text(&booked), "not booked");
    }
    assert_eq!(BOOKED.get(), 0);
}

#[test]
fn the_model_uses_tools_until_it_knows() {
    let wanted = ToolUse { id: "1".into(), name: "add".into(), input: json!({ "numbers": [1, 2] }) };
    let asks = Sampled {
        role: Role::Assistant,
        content: vec![SamplingContent::image([1, 2], "image/png"), wanted.clone().into()],
        model: "m".into(),
        stop_reason: Some("toolUse".into()),
    };
    let mut client = Client::new().sample(asks.clone()).say("It is 3.");
    assert_eq!(text(&client.call_tool(&PLUGIN, "solve", json!({})).unwrap()), "It is 3.");
    let Some(Question::Sampling(last)) = client.asked().last() else { panic!("{:?}", client.asked()) };
    let result = wanted.result(ToolResult::text("3").structured(json!({ "sum": 3 })));
    let expected = Sampling::new("1 + 2?")
        .tool(SamplingTool::taking::<Add>("add").unwrap().description("Adds."))
        .tool_choice(ToolChoice::Auto)
        .hint("small")
        .stop_at("\n")
        .message(asks.into())
        .message(SamplingMessage::new(Role::User, [result]))
        .key("q2");
    assert_eq!(last, &expected);

    let mut plain = Client::new().say("It is 3.");
    let refused = plain.call_tool(&PLUGIN, "solve", json!({}));
    assert!(matches!(refused, Err(Error::Unavailable(words)) if words.contains("let its model use tools")));
}

#[test]
fn resources_and_prompts_ask_as_well() {
    let mut client = Client::new().accept(json!({ "guests": 4 })).roots([Root::new("file:///a").name("A")]);
    let read = client.read_resource(&PLUGIN, "pages://x").unwrap();
    assert_eq!(read[0].as_text(), Some("x: Accepted(Confirm { guests: 4 })"));
    let prompt = client.get_prompt(&PLUGIN, "folders", &[]).unwrap();
    assert_eq!(prompt.messages, [PromptMessage::user("A")]);
    assert_eq!(client.rounds(), 4);
}

#[test]
fn outside_of_a_client_nothing_can_be_asked() {
    assert!(matches!(PLUGIN.read_resource("pages://x"), Err(Error::Unavailable(_))));
    assert!(matches!(folders(&mut Context::default()), Err(Error::Unavailable(_))));
}

#[test]
fn a_question_without_an_answer_ends_the_test() {
    let mut client = Client::new().accept(json!({ "guests": 4 }));
    let half = client.run(|context| {
        context.elicit::<Confirm>("a")?;
        context.elicit::<Confirm>("b")
    });
    assert!(matches!(half, Err(Error::Other(words)) if words.starts_with("the test's client has no answer to Form")));
    let mut endless = Client::new().roots([]);
    let asked: Result<()> = endless.run(|context| {
        loop {
            context.roots()?;
        }
    });
    assert!(matches!(asked, Err(Error::Other(words)) if words.contains("still asked")));
    assert_eq!(endless.asked().len(), 10);
}
