//! Calls that go on as tasks, and calls that nobody wants any more.

use barkeep_tests::{Folder, Host, Post};
use serde_json::{Value, json};

use super::{having, lines, recorded};

/// What a client that knows tasks gets by `method`.
async fn request(post: &Post, method: &str, name: &str, mut params: Value) -> Value {
    let capabilities = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
    post.call_stateless(method, Some(name), params).await.message()
}

#[tokio::test]
async fn a_call_that_goes_on_as_a_task_has_a_line_then_and_one_at_its_end() {
    let folder = Folder::new("");
    folder.put_guest("everything", "everything.wasm");
    folder.configure(
        "[audit]\nfile = \"record/audit.jsonl\"\n[plugins.everything]\nsource = \"everything.wasm\"\nprefix = \"\"\n",
    );
    let mut host = Host::http(&folder).await;
    let post = host.post();
    let mut ids = Vec::new();
    for seconds in [2, 300] {
        let params = json!({ "name": "slow_compute", "arguments": { "seconds": seconds } });
        let answer = request(&post, "tools/call", "slow_compute", params).await;
        ids.push(answer["result"]["taskId"].as_str().unwrap_or_else(|| panic!("no task: {answer}")).to_owned());
    }
    request(&post, "tasks/cancel", &ids[1], json!({ "taskId": ids[1] })).await;
    recorded(&folder, 4).await;
    host.process.kill().await;

    let calls = having(&lines(&folder), &[("line", "call"), ("method", "tools/call")]);
    for (id, ended) in ids.iter().zip(["ok", "cancelled"]) {
        let begun = having(&calls, &[("task", id), ("ended", "task")]);
        assert_eq!(begun.len(), 1, "{calls:?}");
        let call = begun[0]["call"].as_str().expect("it has a name");
        let both = having(&calls, &[("call", call)]);
        assert_eq!(both.iter().map(|line| &line["ended"]).collect::<Vec<_>>(), ["task", ended]);
        assert!(both[1]["ms"].as_f64() > both[0]["ms"].as_f64(), "{both:?}");
    }
}
