//! Tasks that ask their client.

use barkeep_tests::Host;
use serde_json::{Value, json};

use super::{Client, folder, text};

fn confirm(yes: bool) -> Value {
    json!({ "action": "accept", "content": { "confirm": yes } })
}

#[tokio::test]
async fn a_question_is_shown_until_it_is_answered() {
    let folder = folder("");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let id = client.begin("confirm_delete", json!({ "filename": "a.txt" })).await;
    let asking = client.until(&id, "input_required").await;
    let request = &asking["inputRequests"]["1.confirm"];
    assert_eq!(
        (&request["method"], &request["params"]["message"]),
        (&json!("elicitation/create"), &json!("Delete a.txt?"))
    );
    assert_eq!(client.get(&id).await["inputRequests"], asking["inputRequests"], "who looks again sees it again");

    let strange = client.answer(&id, json!({ "confirm": confirm(true), "2.confirm": 5 })).await;
    assert_eq!(strange["result"], json!({ "resultType": "complete" }), "nobody asked that");
    for wrong in
        [json!(5), json!({ "action": "accept" }), json!({ "action": "accept", "content": { "confirm": "yes" } })]
    {
        let refused = client.answer(&id, json!({ "1.confirm": wrong })).await;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
        assert!(refused["error"]["message"].as_str().is_some_and(|words| words.contains("`1.confirm`")), "{refused}");
    }
    assert_eq!(client.get(&id).await["status"], "input_required");

    client.answer(&id, json!({ "1.confirm": confirm(true) })).await;
    assert_eq!(text(&client.until(&id, "completed").await["result"]), "a.txt was deleted.");
    let late = client.answer(&id, json!({ "1.confirm": confirm(false) })).await;
    assert_eq!(late["result"], json!({ "resultType": "complete" }), "it is left out");
}

#[tokio::test]
async fn questions_may_be_answered_one_by_one() {
    let folder = folder("");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let id = client.begin("multi_input", json!({})).await;
    client.until(&id, "input_required").await;
    client.answer(&id, json!({ "1.confirm": confirm(true) })).await;
    let half = client.get(&id).await;
    let left: Vec<_> = half["inputRequests"].as_object().expect("one is left").keys().collect();
    assert_eq!(left, ["1.name"]);
    client.answer(&id, json!({ "1.name": { "action": "accept", "content": { "name": "Ada" } } })).await;
    assert_eq!(text(&client.until(&id, "completed").await["result"]), "It is Ada: true.");
}

/// What is asked at once is asked by the request itself; the work after it goes on as a task.
#[tokio::test]
async fn what_is_asked_first_is_asked_before_there_is_a_task() {
    let folder = folder("");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let asks = client.call("test_tool_with_task", json!({})).await;
    assert_eq!(asks["resultType"], "input_required", "{asks}");
    let params = json!({
        "name": "test_tool_with_task", "arguments": {}, "requestState": asks["requestState"],
        "inputResponses": { "user_name": { "action": "accept", "content": { "name": "Ada" } } },
    });
    let created = client.request("tools/call", "test_tool_with_task", params).await;
    assert_eq!(created["result"]["resultType"], "task", "{created}");
    let id = created["result"]["taskId"].as_str().expect("it has a name");
    assert_eq!(text(&client.until(id, "completed").await["result"]), "Worked for Ada.");
}

#[tokio::test]
async fn a_task_that_asks_can_be_cancelled() {
    let folder = folder("");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let id = client.begin("confirm_delete", json!({ "filename": "a.txt" })).await;
    client.until(&id, "input_required").await;
    client.about("tasks/cancel", &id).await;
    let ended = client.until(&id, "cancelled").await;
    assert!(ended.get("inputRequests").is_none(), "{ended}");
}
