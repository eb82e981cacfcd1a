//! Bounds on tasks, and names that are none.

use barkeep_tests::Host;
use futures::future::join_all;
use serde_json::json;

use super::{Client, folder, text};

/// Tasks of one plugin that run at once.
const MAX_RUNNING: usize = 256;

#[tokio::test]
async fn a_task_has_time_of_its_own() {
    let folder = folder("time = \"1s\"\ntask_time = \"1m\"\n");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let id = client.begin("slow_compute", json!({ "seconds": 3 })).await;
    client.until(&id, "completed").await;
    let params = json!({ "name": "slow_compute", "arguments": { "seconds": 3 } });
    let call = host.post().call_stateless("tools/call", Some("slow_compute"), params).await.message();
    assert!(text(&call["result"]).contains("took longer than its limit"), "{call}");
}

#[tokio::test]
async fn a_task_that_takes_too_long_fails() {
    let folder = folder("task_time = \"1s\"\n");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let id = client.begin("slow_compute", json!({ "seconds": 60 })).await;
    let failed = client.until(&id, "failed").await;
    let words = failed["error"]["message"].as_str().expect("words");
    assert!(words.contains("took longer than its limit") && words.contains("1s"), "{words}");
}

/// Those that ask hold no instance, so that so many can be there. One more is waited for as any other call, and asks by its
/// request.
#[tokio::test]
async fn a_plugin_with_all_the_tasks_that_it_may_have_is_waited_for() {
    let folder = folder("");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let ids = join_all((0..MAX_RUNNING).map(|_| client.begin("confirm_delete", json!({ "filename": "a" })))).await;
    let last = client.call("confirm_delete", json!({ "filename": "a" })).await;
    assert_eq!(last["resultType"], "input_required", "{last}");
    client.until(&ids[0], "input_required").await;
    client.about("tasks/cancel", &ids[0]).await;
    client.until(&ids[0], "cancelled").await;
    client.begin("confirm_delete", json!({ "filename": "a" })).await;
}

#[tokio::test]
async fn a_name_that_is_none_is_told_so() {
    let folder = folder("");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let long = "a".repeat(10_000);
    for id in ["", "00000000-0000-4000-8000-000000000000", "' OR 1=1 --", &long] {
        for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
            let params = json!({ "taskId": id, "inputResponses": {} });
            let answer = client.request(method, id, params).await;
            assert_eq!(answer["error"]["code"], -32602, "{method} {id:.40}: {answer}");
        }
    }
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let ignorant =
            host.post().call_stateless(method, Some("a"), json!({ "taskId": "a", "inputResponses": {} })).await;
        assert_eq!(ignorant.code(), -32021, "{method}");
    }
    for method in ["tasks/list", "tasks/result"] {
        assert_eq!(client.about(method, "a").await["error"]["code"], -32601, "{method}");
    }
}
