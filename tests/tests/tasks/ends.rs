//! What becomes a task, and what becomes of it.

use barkeep_tests::{Era, Host, within};
use serde_json::json;

use super::{Client, LOOK, TASKS, folder, text};

#[tokio::test]
async fn a_quick_call_is_answered_and_a_long_one_is_looked_after() {
    let folder = folder("");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let quick = client.call("greet", json!({ "name": "Ada" })).await;
    assert_eq!((&quick["resultType"], text(&quick)), (&json!("complete"), "Hello, Ada!"));

    let id = client.begin("slow_compute", json!({ "seconds": 2, "label": "pi" })).await;
    let first = client.get(&id).await;
    assert_eq!((&first["resultType"], &first["taskId"]), (&json!("complete"), &json!(id)));
    assert_eq!((&first["ttlMs"], &first["pollIntervalMs"]), (&json!(24 * 60 * 60 * 1000), &json!(1000)));
    let ended = client.until(&id, "completed").await;
    assert_eq!(text(&ended["result"]), "Computed pi in 2 seconds.");
    assert_eq!(ended["createdAt"], first["createdAt"]);
    assert_eq!(client.get(&id).await, ended, "it stays as it is");
}

#[tokio::test]
async fn a_task_says_how_far_it_is() {
    let folder = folder("");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let id = client.begin("slow_compute", json!({ "seconds": 60 })).await;
    let said = async {
        loop {
            let task = client.get(&id).await;
            if let Some(said) = task["statusMessage"].as_str() {
                break said.to_owned();
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let said = within("it says how far it is", said).await;
    assert!(said.starts_with("Computing (") && said.ends_with(" of 60)"), "{said}");
}

#[tokio::test]
async fn a_tools_failure_is_a_result_and_the_hosts_an_error() {
    let folder = folder("");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let (failing, trapping) =
        (client.begin("failing_job", json!({})).await, client.begin("protocol_error_job", json!({})).await);
    let failed = client.until(&failing, "completed").await;
    assert_eq!(failed["result"]["isError"], true);
    assert_eq!(text(&failed["result"]), "The job failed, as it was told to.");
    let trapped = client.until(&trapping, "failed").await;
    assert_eq!((&trapped["error"]["code"], &trapped["result"]), (&json!(-32603), &json!(null)));
    let words = trapped["error"]["message"].as_str().expect("words");
    assert!(words.contains("`everything`") && !words.contains('/'), "{words}");
    assert_eq!(trapped["statusMessage"], words);
}

#[tokio::test]
async fn a_task_ends_when_what_its_plugin_was_granted_is_taken_back() {
    let folder = folder("task_time = \"1h\"\n");
    let config = std::fs::read_to_string(folder.path("barkeep.toml")).expect("it is there");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let computes = client.begin("slow_compute", json!({ "seconds": 300 })).await;
    let asks = client.begin("confirm_delete", json!({ "filename": "a" })).await;
    client.until(&asks, "input_required").await;
    folder.configure(&config.replace("client = [\"elicitation\"]", ""));
    for id in [computes, asks] {
        let failed = client.until(&id, "failed").await;
        let words = failed["error"]["message"].as_str().expect("words");
        assert!(words.contains("a call of plugin `everything` was ended") && words.contains("taken back"), "{words}");
    }
}

#[tokio::test]
async fn a_cancelled_task_ends_soon_and_what_has_ended_cannot_be_cancelled() {
    let folder = folder("");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let id = client.begin("slow_compute", json!({ "seconds": 60 })).await;
    assert_eq!(client.about("tasks/cancel", &id).await["result"], json!({ "resultType": "complete" }));
    let ended = client.until(&id, "cancelled").await;
    assert!(ended.get("result").is_none() && ended.get("error").is_none(), "{ended}");
    host.log().wait_for("cancelled by the client").await;
    assert_eq!(client.about("tasks/cancel", &id).await["result"], json!({ "resultType": "complete" }));

    let done = client.begin("slow_compute", json!({ "seconds": 2 })).await;
    client.until(&done, "completed").await;
    assert_eq!(client.about("tasks/cancel", &done).await["result"], json!({ "resultType": "complete" }));
    assert_eq!(client.get(&done).await["status"], "completed");
}

#[tokio::test]
async fn a_tool_says_whether_it_may_be_a_task() {
    let folder = folder("");
    let mut host = Host::stdio(&folder);
    let older = host.client(Era::Initialize).await;
    // Its version has no tasks: it waits.
    assert_eq!(older.failure("failing_job", json!({})).await, "The job failed, as it was told to.");
    drop(host);

    let host = Host::http(&folder).await;
    let waited_for = Client::of(&host).call("waited_for", json!({})).await;
    assert_eq!((&waited_for["resultType"], text(&waited_for)), (&json!("complete"), "Here it is."));
    let params = json!({ "name": "failing_job", "arguments": {} });
    let refused = host.post().call_stateless("tools/call", Some("failing_job"), params).await;
    assert_eq!(refused.code(), -32021);
    assert!(refused.message()["error"]["data"]["requiredCapabilities"]["extensions"][TASKS].is_object());
}

#[tokio::test]
async fn over_stdio_it_is_the_same() {
    let folder = folder("");
    let mut host = Host::stdio(&folder);
    let mut pipe = host.pipe();
    let knows = json!({ "io.modelcontextprotocol/clientCapabilities": { "extensions": { TASKS: {} } } });
    let call = json!({ "name": "slow_compute", "arguments": { "seconds": 2 }, "_meta": knows });
    let created = pipe.request("tools/call", barkeep_tests::stateless(call)).await;
    assert_eq!(created["result"]["resultType"], "task", "{created}");
    let id = &created["result"]["taskId"];
    let ending = async {
        loop {
            let get = json!({ "taskId": id, "_meta": knows });
            let task = pipe.request("tasks/get", barkeep_tests::stateless(get)).await;
            if task["result"]["status"] != "working" {
                break task;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let ended = within("it ends", ending).await;
    assert_eq!(text(&ended["result"]["result"]), "Computed the answer in 2 seconds.");
}

/// A task goes on by itself: the plugin may be another by the time it ends.
#[tokio::test]
async fn a_task_keeps_its_generation_when_the_plugin_is_swapped() {
    let folder = folder("");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let id = client.begin("slow_compute", json!({ "seconds": 3 })).await;
    host.until("loaded", || folder.put_guest("probe", "everything.wasm")).await;
    let ended = client.until(&id, "completed").await;
    assert_eq!(text(&ended["result"]), "Computed the answer in 3 seconds.");
}
