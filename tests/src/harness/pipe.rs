//! JSON-RPC by hand over stdio: bytes as a client would never send them, and stdout line by line.

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout};

use super::within;

/// Both ends of a host's stdio.
#[derive(Debug)]
pub struct Pipe {
    stdin: Option<ChildStdin>,
    stdout: Lines<BufReader<ChildStdout>>,
    next_id: u64,
    /// Notifications that came while something else was waited for.
    pub notifications: Vec<Value>,
}

impl Pipe {
    pub(super) fn new(stdin: ChildStdin, stdout: ChildStdout) -> Self {
        Self { stdin: Some(stdin), stdout: BufReader::new(stdout).lines(), next_id: 0, notifications: Vec::new() }
    }

    /// Writes bytes as they are.
    pub async fn write(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("it was not closed");
        within("the host reads", stdin.write_all(bytes)).await.expect("the host reads");
        within("the host reads", stdin.flush()).await.expect("the host reads");
    }

    /// Writes a line.
    pub async fn line(&mut self, text: &str) {
        self.write(format!("{text}\n").as_bytes()).await;
    }

    /// Writes a message.
    pub async fn send(&mut self, message: &Value) {
        self.line(&message.to_string()).await;
    }

    /// The next message; none when stdout is closed. Whatever else is on stdout fails the test: it carries MCP alone.
    pub async fn next(&mut self) -> Option<Value> {
        let line = within("the host writes", self.stdout.next_line()).await.expect("stdout is UTF-8")?;
        let message: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("stdout has `{line}`, no JSON: {error}"));
        assert_eq!(message["jsonrpc"], "2.0", "stdout has `{line}`, no JSON-RPC");
        Some(message)
    }

    /// The next message that is no notification; those are kept.
    pub async fn answer(&mut self) -> Value {
        loop {
            let message = self.next().await.expect("the host did not close stdout");
            if message.get("method").is_none() {
                return message;
            }
            self.notifications.push(message);
        }
    }

    /// Sends a request, and gives its id.
    pub async fn begin(&mut self, method: &str, params: Value) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
        id
    }

    /// Sends a request and waits for its answer, the whole message. An answer to anything else fails the test.
    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params).await;
        let answer = self.answer().await;
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    /// Sends a notification.
    pub async fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params })).await;
    }

    /// Begins as clients of `version` do that have `initialize`.
    pub async fn initialize(&mut self, version: &str) -> Value {
        let params = json!({
            "protocolVersion": version,
            "capabilities": {},
            "clientInfo": { "name": "barkeep-tests", "version": "0" },
        });
        let answer = self.request("initialize", params).await;
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
        self.notify("notifications/initialized", json!({})).await;
        answer
    }

    /// Closes the host's stdin.
    pub fn close(&mut self) {
        self.stdin = None;
    }
}

/// `params` of a request of 2026-07-28, which says all itself. Capabilities that are there already stay.
#[must_use]
pub fn stateless(mut params: Value) -> Value {
    let capabilities = "io.modelcontextprotocol/clientCapabilities";
    let declared = params["_meta"].get(capabilities).cloned().unwrap_or_else(|| json!({}));
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "barkeep-tests", "version": "0" },
        capabilities: declared,
    });
    params
}
