//! Rounds, as a host makes them: answers to what was asked, to what was not, and states that are none of ours.

use barkeep_sdk::arguments;
use serde_json::Value;

use super::replay::{Outcome, round, round_by_itself};
use super::{Elicit, Elicited, Root, Roots, Sampling, wit};
use crate::{Context, Error, Result};

#[arguments]
#[derive(Debug, PartialEq)]
struct Age {
    age: u8,
}

/// Which questions were asked, by key, and with which state.
fn asks<T: std::fmt::Debug>(outcome: Result<Outcome<T>>) -> (Vec<String>, String) {
    match outcome {
        Ok(Outcome::Asks(asks)) => {
            (asks.questions.into_iter().map(|question| question.key).collect(), asks.state.unwrap())
        }
        other => panic!("{other:?}"),
    }
}

fn complete<T: std::fmt::Debug>(outcome: Result<Outcome<T>>) -> T {
    match outcome {
        Ok(Outcome::Complete(result)) => result,
        other => panic!("{other:?}"),
    }
}

fn request(state: Option<&str>, answers: Vec<wit::Answer>) -> wit::RequestContext {
    wit::RequestContext { features: wit::ClientFeatures::all(), answers, state: state.map(str::to_owned) }
}

fn first() -> wit::RequestContext {
    request(None, Vec::new())
}

fn filled(key: &str, content: &str) -> wit::Answer {
    let result = wit::ElicitResult { action: wit::ElicitAction::Accept, content: Some(content.to_owned()) };
    wit::Answer { key: key.to_owned(), reply: wit::Reply::Elicited(result) }
}

fn rooted(key: &str) -> wit::Answer {
    let root = wit::Root { uri: "file:///a".into(), name: None };
    wit::Answer { key: key.to_owned(), reply: wit::Reply::Roots(vec![root]) }
}

fn age_of(message: &str) -> impl FnOnce(&mut Context) -> Result<Elicited<Age>> {
    move |context| context.elicit::<Age>(message)
}

#[test]
fn a_question_is_asked_once_and_its_answer_kept_for_the_rounds_after() {
    let both = |context: &mut Context| Ok((context.elicit::<Age>("a")?, context.roots()?));
    let (keys, state) = asks(round(first(), both));
    assert_eq!(keys, ["q1"]);
    let (keys, state) = asks(round(request(Some(&state), vec![filled("q1", r#"{"age":7}"#)]), both));
    assert_eq!(keys, ["q2"]);
    let (age, roots) = complete(round(request(Some(&state), vec![rooted("q2")]), both));
    assert_eq!((age, roots), (Elicited::Accepted(Age { age: 7 }), vec![Root::new("file:///a")]));
}

#[test]
fn what_was_not_answered_is_asked_again_and_what_was_not_asked_is_nobodys() {
    let both = |context: &mut Context| context.ask((Elicit::<Age>::new("a").key("age"), Roots::new()));
    let (keys, state) = asks(round(first(), both));
    assert_eq!(keys, ["age", "q2"]);
    let answers = vec![rooted("q2"), filled("other", "{}")];
    let (keys, state) = asks(round(request(Some(&state), answers), both));
    assert_eq!(keys, ["age"]);
    assert!(!state.contains("other"), "{state}");
    let (age, _) = complete(round(request(Some(&state), vec![filled("age", r#"{"age":7}"#)]), both));
    assert!(age.is_accepted());
}

#[test]
fn answers_without_a_state_are_nobodys() {
    let (keys, _) = asks(round(request(None, vec![filled("q1", r#"{"age":7}"#)]), age_of("a")));
    assert_eq!(keys, ["q1"]);
}

#[test]
fn another_question_than_the_one_that_was_answered_is_told() {
    let (_, state) = asks(round(first(), age_of("It is ten.")));
    let told = round(request(Some(&state), vec![filled("q1", r#"{"age":7}"#)]), age_of("It is eleven.")).unwrap_err();
    assert!(told.words().starts_with("the question `q1` is not the one that was answered"), "{told}");
    assert!(told.words().contains("`Context::once`"), "{told}");
}

#[test]
fn an_answer_of_another_kind_or_form_is_told() {
    let (_, state) = asks(round(first(), age_of("a")));
    let told = |answer| round(request(Some(&state), vec![answer]), age_of("a")).unwrap_err();
    let kind = Error::other("the client was asked for the person's choice, and answered something else");
    assert_eq!(told(rooted("q1")), kind);
    let form = told(filled("q1", r#"{"age":"seven"}"#));
    assert!(matches!(&form, Error::InvalidArguments(words) if words.starts_with("what was filled in")), "{form:?}");
}

#[test]
fn a_state_that_is_none_of_ours_is_told() {
    for state in ["", "{}", "null", r#"{"answers":[],"asked":{},"once":{}}"#, &"[".repeat(100_000)] {
        let told = round(request(Some(state), Vec::new()), age_of("a")).unwrap_err();
        assert!(told.words().contains("another version"), "{told}");
    }
    // A function that does not ask does not look.
    assert_eq!(complete(round(request(Some("x"), Vec::new()), |_| Ok(1))), 1);
}

#[test]
fn a_function_that_keeps_the_error_to_itself_still_waits() {
    let stubborn = |context: &mut Context| {
        let age = context.elicit::<Age>("a").ok();
        let roots = context.roots().map_err(|error| Error::not_found(error.to_string()));
        let once: Result<u8> = context.once("k", || panic!("nothing runs while the client is asked"));
        assert!(age.is_some() || (roots.is_err() && once.is_err()));
        if age.is_some() { Ok("done") } else { Err(Error::unavailable("gave up")) }
    };
    let (keys, _) = asks(round(first(), stubborn));
    assert_eq!(keys, ["q1"]);
}

#[test]
fn what_the_client_cannot_be_asked_is_the_hosts_to_refuse() {
    let none = || wit::RequestContext { features: wit::ClientFeatures::empty(), ..first() };
    let (keys, _) = asks(round(none(), age_of("a")));
    assert_eq!(keys, ["q1"]);
    let (keys, _) = asks(round(none(), |context| Ok(context.roots().unwrap_or_default())));
    assert_eq!(keys, ["q1"], "whatever the function makes of it");
}

#[test]
fn where_there_is_no_host_what_the_client_cannot_be_asked_is_told() {
    let none = || wit::RequestContext { features: wit::ClientFeatures::empty(), ..first() };
    let told = |run: fn(&mut Context) -> Result<()>| match round_by_itself(none(), run) {
        Err(Error::Unavailable(words)) => words,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        told(|context| context.roots().map(drop)),
        "this needs a client that can be asked to tell which folders it works in, and this one cannot"
    );
    assert!(told(|context| context.roots().map_or(Ok(()), |_| Ok(()))).contains("which folders"));
    assert!(told(|context| context.elicit::<Age>("a").map(drop)).contains("show a form"));
    assert!(told(|context| context.elicit_url("a", "https://a", "1").map(drop)).contains("to a page"));
    assert!(told(|context| context.sample("a").map(drop)).contains("let its model answer"));
    let plain = wit::RequestContext { features: wit::ClientFeatures::SAMPLING, ..first() };
    let tools = round_by_itself(plain, |context| {
        assert!(context.can_sample() && !context.can_sample_with_tools() && !context.can_elicit());
        let tool = super::SamplingTool::taking::<Age>("t")?;
        context.sample(Sampling::new("a").tool(tool)).map(drop)
    });
    assert!(matches!(tools, Err(Error::Unavailable(words)) if words.contains("use tools")));
    assert_eq!(asks(round_by_itself(first(), age_of("a"))).0, ["q1"]);
}

#[test]
fn too_many_questions_too_much_state_and_a_key_twice_are_told() {
    let many = |count| round(first(), move |context| context.ask(vec![Roots::new(); count]));
    assert_eq!(asks(many(16)).0.len(), 16);
    assert_eq!(many(17).unwrap_err().words(), "17 questions are asked at once; 16 can be");
    assert!(complete(many(0)).is_empty());

    let large = |bytes: usize| {
        round(first(), move |context| {
            context.once("k", || Ok("x".repeat(bytes)))?;
            context.roots()
        })
    };
    assert!(asks(large(200_000)).1.len() < 256 * 1024);
    let words = large(300_000).unwrap_err().to_string();
    assert!(words.contains("may have 262144"), "{words}");

    let twice = round(first(), |context| context.ask((Roots::new().key("a"), Roots::new().key("a"))));
    assert_eq!(twice.unwrap_err().words(), "two questions of one call have the key `a`");
}

#[test]
fn what_is_computed_once_is_remembered() {
    let count = std::cell::Cell::new(0);
    let run = |context: &mut Context| {
        let number: u32 = context.once("number", || {
            count.set(count.get() + 1);
            Ok(count.get())
        })?;
        let again: u32 = context.once("number", || Err(Error::other("it is known")))?;
        context.ask(Elicit::<Age>::new(format!("{number}{again}")))?;
        Ok(number)
    };
    let (_, state) = asks(round(first(), run));
    assert_eq!(complete(round(request(Some(&state), vec![filled("q1", r#"{"age":7}"#)]), run)), 1);
    assert_eq!(count.get(), 1);
    let failed = round(first(), |context| context.once::<u8>("k", || Err(Error::not_found("no"))));
    assert_eq!(failed.unwrap_err(), Error::not_found("no"));
}

#[test]
fn a_form_without_fields_needs_no_content() {
    #[arguments]
    #[derive(Debug, PartialEq)]
    struct Sure {}
    let run = |context: &mut Context| context.elicit::<Sure>("Sure?");
    let (_, state) = asks(round(first(), run));
    let result = wit::ElicitResult { action: wit::ElicitAction::Accept, content: None };
    let answer = wit::Answer { key: "q1".into(), reply: wit::Reply::Elicited(result) };
    assert_eq!(complete(round(request(Some(&state), vec![answer]), run)), Elicited::Accepted(Sure {}));
}

#[test]
fn a_form_of_a_schema_gives_json() {
    let schema = serde_json::json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let run = move |context: &mut Context| context.ask(Elicit::with_schema("a", schema.clone()));
    let (_, state) = asks(round(first(), run.clone()));
    let form = complete(round(request(Some(&state), vec![filled("q1", r#"{"a":"b"}"#)]), run));
    assert_eq!(form.accepted().map(|form: Value| form["a"].clone()), Some("b".into()));
}
