//! The host's own question in the stateless protocol: its state is good once, for its own request, and for nothing else.

use barkeep_tests::{Era, Folder, Host};
use rmcp::model::{CallToolRequestParams, ErrorCode, InputRequiredResult};
use serde_json::{Value, json};

use super::person::{error, params};
use super::{Person, Seat, accept, folder, seat, server};

const KEY: &str = "barkeep_consent";

fn again(call: &CallToolRequestParams, answer: Option<Value>, state: &str) -> CallToolRequestParams {
    let mut call = call.clone();
    call.input_responses = answer.map(|answer| [(KEY.to_owned(), answer)].into_iter().collect());
    call.request_state = Some(state.to_owned());
    call
}

async fn asked(folder: &Folder, call: &CallToolRequestParams) -> (Host, Seat, String) {
    let (host, seat) = seat(folder, Era::Stateless, Person::unasked()).await;
    let state = state_of(&seat.questions(call.clone()).await);
    (host, seat, state)
}

fn state_of(asks: &InputRequiredResult) -> String {
    let keys: Vec<_> = asks.input_requests.iter().flatten().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, [KEY]);
    asks.request_state.clone().expect("there is a state")
}

fn once() -> Value {
    accept(&json!({ "answer": "once" }))
}

#[tokio::test]
async fn an_answer_is_good_once() {
    let url = server().await;
    let folder = folder("", &url);
    let call = params("look", json!({ "url": format!("{url}/a") }));
    let (_host, seat, state) = asked(&folder, &call).await;
    assert!(seat.result(again(&call, Some(once()), &state)).await.ends_with("hello"));
    for _ in 0..2 {
        let told = seat.result(again(&call, Some(once()), &state)).await;
        assert!(told.contains("answered already, or too late"), "{told}");
    }
}

#[tokio::test]
async fn a_state_that_is_another_requests_or_was_changed_is_refused() {
    let url = server().await;
    let folder = folder("", &url);
    let call = params("look", json!({ "url": format!("{url}/a") }));
    let (_host, seat, state) = asked(&folder, &call).await;
    let reversed: String = state.chars().rev().collect();
    for tampered in [format!("{state}A"), format!("A{state}"), reversed] {
        let refused = error(seat.once(again(&call, Some(once()), &tampered)).await);
        assert_eq!(refused.code, ErrorCode::INVALID_PARAMS, "{refused:?}");
    }
    for other in
        [params("look", json!({ "url": format!("{url}/b") })), params("get", json!({ "url": format!("{url}/a") }))]
    {
        let refused = error(seat.once(again(&other, Some(once()), &state)).await);
        assert!(refused.message.contains("not what this server gave out"), "{refused:?}");
    }
    let (_other, elsewhere, _) = asked(&folder, &call).await;
    error(elsewhere.once(again(&call, Some(once()), &state)).await);
    assert!(seat.result(again(&call, Some(once()), &state)).await.ends_with("hello"), "it is good still");
}

#[tokio::test]
async fn what_is_no_answer_allows_nothing() {
    let url = server().await;
    let folder = folder("", &url);
    let call = params("look", json!({ "url": format!("{url}/a") }));
    let (_host, seat, state) = asked(&folder, &call).await;
    for wrong in [
        accept(&json!({ "answer": "yes" })),
        accept(&json!({})),
        json!({ "action": "accept" }),
        json!(5),
        json!({ "roots": [] }),
    ] {
        let refused = error(seat.once(again(&call, Some(wrong), &state)).await);
        assert_eq!(refused.code, ErrorCode::INVALID_PARAMS, "{refused:?}");
    }
    for none in [Some(json!({ "action": "decline", "content": { "answer": "always" } })), None] {
        let (_host, seat, state) = asked(&folder, &call).await;
        let told = seat.result(again(&call, none, &state)).await;
        assert!(told.contains("may not GET") && told.contains("It was not allowed."), "{told}");
    }
}
