//! Tasks and the end of their host.

use barkeep_tests::Host;
use serde_json::json;

use super::{Client, folder, text};

#[tokio::test]
async fn what_a_task_came_to_is_there_after_a_restart() {
    let folder = folder("");
    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    let done = client.begin("slow_compute", json!({ "seconds": 2 })).await;
    client.until(&done, "completed").await;
    let cut_off = client.begin("slow_compute", json!({ "seconds": 60 })).await;
    // As by a crash: it has no time to say anything.
    drop(host);

    let host = Host::http(&folder).await;
    let client = Client::of(&host);
    assert_eq!(text(&client.get(&done).await["result"]), "Computed the answer in 2 seconds.");
    // The system may take a moment to see that the host is gone.
    let failed = client.until(&cut_off, "failed").await;
    let words = failed["error"]["message"].as_str().expect("words");
    assert!(words.contains("host was restarted"), "{words}");
    assert_eq!(failed["statusMessage"], words);
    assert_eq!(client.about("tasks/cancel", &cut_off).await["result"], json!({ "resultType": "complete" }));
}

#[tokio::test]
async fn a_host_that_is_told_to_stop_ends_tasks_that_wait_for_somebody() {
    let folder = folder("");
    let mut host = Host::http(&folder).await;
    let client = Client::of(&host);
    let id = client.begin("confirm_delete", json!({ "filename": "a.txt" })).await;
    client.until(&id, "input_required").await;
    #[cfg(unix)]
    {
        host.process.terminate();
        assert!(host.process.ended().await.success());
    }
    drop(host);
    let host = Host::http(&folder).await;
    let failed = Client::of(&host).until(&id, "failed").await;
    assert!(failed["error"]["message"].as_str().is_some_and(|words| words.contains("host")), "{failed}");
}

#[tokio::test]
async fn two_hosts_of_one_user_know_each_others_tasks() {
    let folder = folder("");
    let (one, two) = (Host::http(&folder).await, Host::http(&folder).await);
    let (here, there) = (Client::of(&one), Client::of(&two));
    let id = here.begin("confirm_delete", json!({ "filename": "a.txt" })).await;
    here.until(&id, "input_required").await;
    assert_eq!(there.get(&id).await["status"], "working", "that it asks is known where it runs");
    for method in ["tasks/cancel", "tasks/update"] {
        let answer = there.request(method, &id, json!({ "taskId": id, "inputResponses": {} })).await;
        assert!(answer["error"]["message"].as_str().is_some_and(|words| words.contains("another host")), "{answer}");
    }
    here.answer(&id, json!({ "1.confirm": { "action": "decline" } })).await;
    assert_eq!(text(&there.until(&id, "completed").await["result"]), "a.txt was kept.");
}
