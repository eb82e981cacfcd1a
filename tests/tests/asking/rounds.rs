//! Several questions: at once, one after the other, and too many.

use barkeep_tests::Log;
use serde_json::{Value, json};

use super::person::{Person, Question, accept, root, say};
use super::{Way, open_folder};

/// Answers whatever is asked.
fn willing() -> Person {
    Person::new(|question| match question.method {
        "elicitation/create" => accept(&json!({})),
        "sampling/createMessage" => say("Hello."),
        _ => root(),
    })
}

#[tokio::test]
async fn the_person_the_model_and_the_client_are_asked_at_once() {
    let folder = open_folder();
    for way in Way::all() {
        let (_host, seat) = way.seat(&folder, willing()).await;
        assert_eq!(seat.text("together", json!({})).await, "true Hello. 1", "{way:?}");
        let mut methods: Vec<_> = seat.asked().iter().map(|question| question.method).collect();
        methods.sort_unstable();
        assert_eq!(methods, ["elicitation/create", "roots/list", "sampling/createMessage"], "{way:?}");
    }
}

/// The function runs again with each answer, from its start.
#[tokio::test]
async fn a_call_takes_as_many_rounds_as_it_has_questions() {
    let folder = open_folder();
    for way in Way::all() {
        let echo = |question: &Question| {
            let content = &question.params["messages"][0]["content"]["text"];
            say(content.as_str().expect("text").trim_start_matches("Round ").trim_end_matches('?'))
        };
        let (host, seat) = way.seat(&folder, Person::new(echo)).await;
        assert_eq!(seat.text("count", json!({ "rounds": 3 })).await, "1 2 3", "{way:?}");
        wait_for_lines(host.log(), "a round begins", 4).await;
        assert_eq!(seat.text("count", json!({ "rounds": 10 })).await, "1 2 3 4 5 6 7 8 9 10", "{way:?}");
        let told = seat.failure("count", json!({ "rounds": 11 })).await;
        assert!(told.contains("asks for more than 10 rounds"), "{way:?}: {told}");
        assert_eq!(seat.asked().len(), 3 + 10 + 10, "{way:?}");
    }
}

/// Waits until the log has `count` lines with `text`.
async fn wait_for_lines(log: &Log, text: &str, count: usize) {
    let mut mark = 0;
    for _ in 0..count {
        log.wait_after(mark, text).await;
        mark += 1 + log.lines().iter().skip(mark).position(|line| line.contains(text)).expect("it is there");
    }
}

#[tokio::test]
async fn what_differs_each_time_is_remembered_or_told() {
    let folder = open_folder();
    for way in Way::all() {
        let (_host, seat) = way.seat(&folder, willing()).await;
        let told = seat.text("once", json!({})).await;
        let (now, sure) = told.split_once(' ').expect("two words");
        assert_eq!(sure, "true", "{way:?}");
        let asked = seat.asked();
        assert_eq!(asked[0].params["message"], format!("It is {now}. Sure?"), "{way:?}");
        let told = seat.failure("wander", json!({})).await;
        assert!(told.contains("the question `q1` is not the one that was answered"), "{way:?}: {told}");
    }
}

#[tokio::test]
async fn a_function_that_keeps_the_error_of_a_question_to_itself_still_waits() {
    let folder = open_folder();
    for way in Way::all() {
        let (_host, seat) = way.seat(&folder, willing()).await;
        assert_eq!(seat.text("swallow", json!({})).await, "1", "{way:?}");
    }
}

#[tokio::test]
async fn a_round_has_many_questions_and_much_state_but_not_too_much() {
    let folder = open_folder();
    for way in Way::all() {
        let (_host, seat) = way.seat(&folder, willing()).await;
        assert_eq!(seat.text("many", json!({ "questions": 16 })).await, "16", "{way:?}");
        let told = seat.failure("many", json!({ "questions": 17 })).await;
        assert!(told.contains("17 questions are asked at once; 16 can be"), "{way:?}: {told}");
        assert_eq!(seat.text("large", json!({ "bytes": 200_000 })).await, "200000", "{way:?}");
        let told = seat.failure("large", json!({ "bytes": 300_000 })).await;
        assert!(told.contains("may have 262144"), "{way:?}: {told}");
        let asked: Vec<Value> = seat.asked().into_iter().map(|question| question.params).collect();
        assert_eq!(asked.len(), 17, "{way:?}");
    }
}
