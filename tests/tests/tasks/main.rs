//! Long calls as tasks (the Tasks extension of MCP 2026-07-28): by a client that knows them, one that does not, one that
//! means harm, and a host that is stopped in the middle.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

mod asker;
mod ends;
mod limits;
mod restart;

use std::time::Duration;

use barkeep_tests::{Folder, Host, Post, within};
use serde_json::{Value, json};

/// The extension.
const TASKS: &str = "io.modelcontextprotocol/tasks";

/// How often these clients look: oftener than a host asks for, to be done sooner.
const LOOK: Duration = Duration::from_millis(50);

/// A folder with the guest that has jobs, whose tools are called by their own names.
fn folder(limits: &str) -> Folder {
    let folder = Folder::new("");
    folder.put_guest("everything", "everything.wasm");
    folder.configure(&format!(
        "log = \"debug\"\n[plugins.everything]\nsource = \"everything.wasm\"\nprefix = \"\"\n\
         [plugins.everything.grants]\nclient = [\"elicitation\"]\n[plugins.everything.limits]\n{limits}"
    ));
    folder
}

/// A client that knows tasks.
#[derive(Clone)]
struct Client(Post);

impl Client {
    fn of(host: &Host) -> Self {
        Self(host.post())
    }

    /// What `method` gives: its result or its error.
    async fn request(&self, method: &str, name: &str, mut params: Value) -> Value {
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
            json!({ "elicitation": {}, "extensions": { TASKS: {} } });
        self.0.call_stateless(method, Some(name), params).await.message()
    }

    /// What a call gives: its result, or the task that it became.
    async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.request("tools/call", tool, json!({ "name": tool, "arguments": arguments })).await["result"].take()
    }

    /// The name of the task that a call became.
    async fn begin(&self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments).await;
        assert_eq!((&result["resultType"], &result["status"]), (&json!("task"), &json!("working")), "{result}");
        result["taskId"].as_str().expect("it has a name").to_owned()
    }

    async fn about(&self, method: &str, id: &str) -> Value {
        self.request(method, id, json!({ "taskId": id })).await
    }

    async fn get(&self, id: &str) -> Value {
        self.about("tasks/get", id).await["result"].take()
    }

    async fn answer(&self, id: &str, responses: Value) -> Value {
        self.request("tasks/update", id, json!({ "taskId": id, "inputResponses": responses })).await
    }

    /// Looks after a task until its status is no longer `working`, or is `wanted`.
    async fn until(&self, id: &str, wanted: &str) -> Value {
        let looking = async {
            loop {
                let task = self.get(id).await;
                if task["status"] == wanted {
                    return task;
                }
                let status = task["status"].as_str();
                assert!(matches!(status, Some("working" | "input_required")), "no {wanted}: {task}");
                tokio::time::sleep(LOOK).await;
            }
        };
        within(&format!("the task is {wanted}"), looking).await
    }
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text in {result}"))
}
