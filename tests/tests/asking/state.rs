//! What clients of the stateless protocol keep between two rounds: it is good for the request that it came with, at the
//! hosts that share its secret, and for nothing else.

use barkeep_tests::{Era, Folder, Host};
use rmcp::model::{CallToolRequestParams, ErrorCode, InputRequiredResult};
use serde_json::{Value, json};

use super::open_folder;
use super::person::{Person, Seat, accept, error, params, root, say};

/// A host, and a client whose rounds are played by hand.
async fn seat(folder: &Folder) -> (Host, Seat) {
    let mut host = Host::http(folder).await;
    let seat = Seat::take(&mut host, true, Era::Stateless, Person::unasked()).await;
    (host, seat)
}

/// `call` made again, with these answers and this state.
fn again(call: &CallToolRequestParams, answers: &[(&str, Value)], state: Option<&str>) -> CallToolRequestParams {
    let mut call = call.clone();
    let answers = answers.iter().map(|(key, answer)| ((*key).to_owned(), answer.clone()));
    call.input_responses = Some(answers.collect());
    call.request_state = state.map(str::to_owned);
    call
}

/// The names of what is asked.
fn keys(asks: &InputRequiredResult) -> Vec<&str> {
    asks.input_requests.iter().flatten().map(|(key, _)| key.as_str()).collect()
}

fn state_of(asks: &InputRequiredResult) -> &str {
    asks.request_state.as_deref().expect("there is a state")
}

#[tokio::test]
async fn a_state_is_good_for_its_own_request_alone() {
    let folder = open_folder();
    let (_host, seat) = seat(&folder).await;
    let call = params("say", json!({ "text": "One." }));
    let asks = seat.questions(call.clone()).await;
    let state = state_of(&asks);
    assert!(!state.contains("One."), "the client cannot read it");
    let answers = [("q1", say("Two."))];

    let changed: String = state.chars().rev().collect();
    let tampered = [format!("{state}-TAMPERED"), format!("A{state}"), changed, String::new(), "{}".to_owned()];
    for tampered in &tampered {
        let refused = error(seat.once(again(&call, &answers, Some(tampered))).await);
        assert_eq!(refused.code, ErrorCode::INVALID_PARAMS, "{refused:?}");
        assert!(refused.message.contains("requestState is not what this server gave out"), "{refused:?}");
    }
    for other in [
        params("say", json!({ "text": "Another." })),
        params("count", json!({ "rounds": 1 })),
        params("calculate", json!({})),
    ] {
        let refused = error(seat.once(again(&other, &answers, Some(state))).await);
        assert_eq!(refused.code, ErrorCode::INVALID_PARAMS, "{refused:?}");
        assert!(refused.message.contains("requestState is not what this server gave out"), "{refused:?}");
    }
    let told = seat.result(again(&call, &answers, Some(state))).await;
    assert_eq!(told, "test-model said `Two.` and stopped for endTurn");
}

#[tokio::test]
async fn what_is_missing_is_asked_again_and_what_nobody_asked_for_is_left_out() {
    let folder = open_folder();
    let (_host, seat) = seat(&folder).await;
    let call = params("together", json!({}));
    let asks = seat.questions(call.clone()).await;
    assert_eq!(keys(&asks), ["hello", "roots", "sure"]);
    let some = [("sure", accept(&json!({}))), ("other", json!(7))];
    let asks = seat.questions(again(&call, &some, Some(state_of(&asks)))).await;
    assert_eq!(keys(&asks), ["hello", "roots"]);
    let none = seat.questions(again(&call, &[], Some(state_of(&asks)))).await;
    assert_eq!(keys(&none), ["hello", "roots"]);
    let rest = [("hello", say("Hi.")), ("roots", root())];
    assert_eq!(seat.result(again(&call, &rest, Some(state_of(&asks)))).await, "true Hi. 1");
}

#[tokio::test]
async fn an_answer_of_another_kind_is_refused() {
    let folder = open_folder();
    let (_host, seat) = seat(&folder).await;
    let call = params("folders", json!({}));
    let asks = seat.questions(call.clone()).await;
    for answer in [json!(12345), Value::Null, json!([]), say("Hello."), accept(&json!({}))] {
        let refused = error(seat.once(again(&call, &[("q1", answer)], Some(state_of(&asks)))).await);
        assert_eq!(refused.code, ErrorCode::INVALID_PARAMS, "{refused:?}");
        assert!(refused.message.contains("the answer to `q1` is not of the kind"), "{refused:?}");
    }
}

/// A client that knows what will be asked may say it at once, when it says all of it.
#[tokio::test]
async fn answers_without_a_state_spare_a_round() {
    let folder = open_folder();
    let (_host, seat) = seat(&folder).await;
    let call = params("together", json!({}));
    let all = [("sure", accept(&json!({}))), ("hello", say("Hi.")), ("roots", root()), ("other", json!(7))];
    assert_eq!(seat.result(again(&call, &all, None)).await, "true Hi. 1");
    let asks = seat.questions(again(&call, &all[..2], None)).await;
    assert_eq!(keys(&asks), ["hello", "roots", "sure"]);
}

#[tokio::test]
async fn a_state_of_another_host_is_refused() {
    let folder = open_folder();
    let ((_one, first), (_other, second)) = (seat(&folder).await, seat(&folder).await);
    let call = params("folders", json!({}));
    let asks = first.questions(call.clone()).await;
    let next = again(&call, &[("q1", root())], Some(state_of(&asks)));
    let refused = error(second.once(next.clone()).await);
    assert_eq!(refused.code, ErrorCode::INVALID_PARAMS, "{refused:?}");
    assert_eq!(first.result(next).await, "file:///home/ada Ada");
}

/// Several hosts behind one address, or one that was started anew: a question outlives who asked it.
#[tokio::test]
async fn hosts_that_share_a_secret_take_each_others_rounds() {
    let folder = open_folder();
    let config = std::fs::read_to_string(folder.path("barkeep.toml")).expect("it is there");
    folder.configure(&format!("state_secret = \"ASKER_STATE\"\n{config}"));
    let begin = async |secret: &str| {
        let mut command = folder.command(&["serve", "--http", "127.0.0.1:0"]);
        command.env("ASKER_STATE", secret);
        let mut host = Host::http_by(command).await;
        let seat = Seat::take(&mut host, true, Era::Stateless, Person::unasked()).await;
        (host, seat)
    };
    let call = params("folders", json!({}));
    let (host, seat) = begin("one secret of all of these hosts").await;
    let asks = seat.questions(call.clone()).await;
    drop((seat, host));
    let next = again(&call, &[("q1", root())], Some(state_of(&asks)));
    let (_host, seat) = begin("one secret of all of these hosts").await;
    assert_eq!(seat.result(next.clone()).await, "file:///home/ada Ada");
    let (_host, seat) = begin("the secret of other hosts").await;
    assert_eq!(error(seat.once(next).await).code, ErrorCode::INVALID_PARAMS);
}
