//! Over HTTP: a message a request, and the session that the host gave.

use barkeep_tests::{Folder, Host, Post};
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;

use crate::case::Sent;
use crate::conversation::{PATIENCE, Reply};

/// What clients send with each message.
const ALWAYS: [(&str, &str); 2] =
    [("accept", "application/json, text/event-stream"), ("content-type", "application/json")];

pub(crate) struct Http {
    post: Post,
    session: Option<HeaderValue>,
    _host: Host,
}

impl Http {
    pub(crate) async fn open(folder: &Folder) -> Self {
        let host = Host::http(folder).await;
        Self { post: host.post(), session: None, _host: host }
    }

    /// Sends a request, and reads until its answer, or a notification of the method `hears`, or the end.
    pub(crate) async fn exchange(&mut self, sent: &Sent, hears: Option<&str>) -> Result<Reply, String> {
        let sending = self.send(sent, hears);
        match tokio::time::timeout(PATIENCE, sending).await {
            Ok(reply) => reply.map_err(|error| format!("{error:?}")),
            Err(_) => Err(format!("no answer within {PATIENCE:?}")),
        }
    }

    async fn send(&mut self, sent: &Sent, hears: Option<&str>) -> reqwest::Result<Reply> {
        let verb = Method::from_bytes(sent.verb.as_bytes()).expect("a method of HTTP");
        let mut request = self.post.bare(verb).body(sent.bytes.clone());
        let given = |name: &str| sent.without.iter().any(|without| without == name);
        for (name, value) in ALWAYS {
            if !given(name) {
                request = request.header(name, value);
            }
        }
        if let Some(session) = self.session.as_ref().filter(|_| !given("mcp-session-id")) {
            request = request.header("mcp-session-id", session);
        }
        for (name, value) in &sent.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
            request = request.header(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header's value"));
        }
        let mut response = request.send().await?;
        if let Some(session) = response.headers().get("mcp-session-id") {
            self.session.get_or_insert_with(|| session.clone());
        }
        let mut reply = Reply { status: Some(response.status().as_u16()), ..Reply::default() };
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            bytes.extend_from_slice(&chunk);
            reply.body = String::from_utf8_lossy(&bytes).into_owned();
            let messages = messages(&reply.body);
            let is_notification = |message: &Value| message.get("method").is_some();
            reply.message = messages.iter().find(|message| !is_notification(message)).cloned();
            reply.heard = messages.into_iter().filter(is_notification).collect();
            let heard = reply.heard.iter().any(|message| message["method"].as_str() == hears);
            if reply.message.is_some() || heard {
                break;
            }
        }
        Ok(reply)
    }
}

/// The messages in a body of JSON or of events, as far as they are whole.
fn messages(body: &str) -> Vec<Value> {
    if let Ok(message @ Value::Object(_)) = serde_json::from_str(body) {
        return vec![message];
    }
    let data = body.lines().filter_map(|line| line.strip_prefix("data:"));
    data.filter_map(|data| serde_json::from_str(data).ok()).filter(Value::is_object).collect()
}
