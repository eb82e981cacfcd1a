//! A tool that goes on as a task before it meets a missing grant.

use std::time::Duration;

use barkeep_tests::{Host, Post, within};
use serde_json::{Value, json};

use super::{accept, folder_of_needs, server};

/// The extension.
const TASKS: &str = "io.modelcontextprotocol/tasks";

/// How often this client looks.
const LOOK: Duration = Duration::from_millis(50);

/// Longer than a call is waited for before it goes on as a task.
const AFTER: u64 = 800;

async fn request(post: &Post, method: &str, name: &str, mut params: Value) -> Value {
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        json!({ "elicitation": { "form": {} }, "extensions": { TASKS: {} } });
    post.call_stateless(method, Some(name), params).await.message()["result"].take()
}

/// The call of a tool that becomes a task, whose name this is.
async fn begin(post: &Post, port: &str) -> String {
    let params = json!({ "name": "asker__later", "arguments": { "port": port, "after": AFTER } });
    let result = request(post, "tools/call", "asker__later", params).await;
    assert_eq!(result["resultType"], "task", "{result}");
    result["taskId"].as_str().expect("it has a name").to_owned()
}

/// Looks after a task until its status is no longer `working`, or `but`.
async fn until_not(post: &Post, id: &str, but: &str) -> Value {
    let looking = async {
        loop {
            let task = request(post, "tasks/get", id, json!({ "taskId": id })).await;
            if task["status"] != "working" && task["status"] != but {
                return task;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    within("the task goes on", looking).await
}

/// Answers the question that a task shows, which is the host's.
async fn answer(post: &Post, id: &str, answer: Value) {
    let asking = until_not(post, id, "working").await;
    assert_eq!(asking["status"], "input_required", "{asking}");
    let asked = asking["inputRequests"].as_object().expect("it asks");
    let (key, question) = asked.iter().next().expect("one question");
    let message = question["params"]["message"].as_str().expect("it has words");
    assert!(asked.len() == 1 && message.contains("The plugin `asker` was refused something"), "{asking}");
    let responses = json!({ key.as_str(): answer });
    request(post, "tasks/update", id, json!({ "taskId": id, "inputResponses": responses })).await;
}

#[tokio::test]
async fn a_task_that_lacks_a_grant_asks_for_it_and_goes_on() {
    let url = server().await;
    let (folder, port) = folder_of_needs("consent = \"ask\"", &url);
    let host = Host::http(&folder).await;
    host.loaded("asker").await;
    let post = host.post();
    let id = begin(&post, &port).await;
    answer(&post, &id, accept(&json!({ "answer": "once" }))).await;
    let ended = until_not(&post, &id, "input_required").await;
    assert_eq!(ended["status"], "completed", "{ended}");
    assert_eq!(ended["result"]["content"][0]["text"], "hello", "{ended}");
}

#[tokio::test]
async fn a_task_that_is_not_allowed_what_it_lacks_ends_as_it_would() {
    let url = server().await;
    let (folder, port) = folder_of_needs("consent = \"ask\"", &url);
    let host = Host::http(&folder).await;
    host.loaded("asker").await;
    let post = host.post();
    for word in [json!({ "action": "decline" }), accept(&json!({ "answer": "never" }))] {
        let id = begin(&post, &port).await;
        answer(&post, &id, word).await;
        let ended = until_not(&post, &id, "input_required").await;
        let told = ended["result"]["content"][0]["text"].as_str().expect("it has words");
        assert!(told.contains("plugin `asker` may not GET"), "{ended}");
    }
    // Nobody is asked again.
    let id = begin(&post, &port).await;
    assert_eq!(until_not(&post, &id, "working").await["status"], "completed");
}
