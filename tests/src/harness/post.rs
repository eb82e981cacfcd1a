//! JSON-RPC by hand over HTTP: headers and bodies as a client would never send them.

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::within;

/// Where to send requests, and the session to send them in.
#[derive(Debug, Clone)]
pub struct Post {
    http: Client,
    url: String,
    session: Option<String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The JSON-RPC messages in it, of a body of JSON or of events.
    pub fn messages(&self) -> Vec<Value> {
        if let Ok(message) = serde_json::from_str(&self.body) {
            return vec![message];
        }
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data:"));
        data.filter_map(|data| serde_json::from_str(data).ok()).collect()
    }

    /// The last of them, which is the response.
    pub fn message(&self) -> Value {
        self.messages().pop().unwrap_or_else(|| panic!("no message in {self:?}"))
    }

    /// The code of the error in it.
    pub fn code(&self) -> i64 {
        self.message()["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error in {self:?}"))
    }
}

impl Post {
    pub(super) fn to(url: &str) -> Self {
        let http = Client::builder().no_proxy().build().expect("a client");
        Self { http, url: url.to_owned(), session: None }
    }

    /// A request with the headers of MCP and nothing in it. Headers that are set again replace them only where
    /// [`reqwest`] is told so: use [`Self::bare`] for others.
    pub fn request(&self, method: Method) -> RequestBuilder {
        let mut request = self
            .bare(method)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json");
        if let Some(session) = &self.session {
            request = request.header("mcp-session-id", session).header("mcp-protocol-version", "2025-11-25");
        }
        request
    }

    /// A request without any header of MCP.
    pub fn bare(&self, method: Method) -> RequestBuilder {
        self.http.request(method, &self.url)
    }

    /// Sends a request, and reads its answer to the end.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let sending = async {
            let response = request.send().await.expect("the host answers");
            let (status, headers) = (response.status(), response.headers().clone());
            let body = response.text().await.expect("the answer has an end");
            Answer { status, headers, body }
        };
        within("the host answers", sending).await
    }

    /// Posts a body.
    pub async fn post(&self, body: impl Into<String>) -> Answer {
        self.send(self.request(Method::POST).body(body.into())).await
    }

    /// Calls `method` of the older protocol, in the session.
    pub async fn call(&self, method: &str, params: Value) -> Answer {
        self.post(json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()).await
    }

    /// Calls `method` of the stateless protocol, 2026-07-28. `name` is what its header `Mcp-Name` says, where it has one.
    pub async fn call_stateless(&self, method: &str, name: Option<&str>, params: Value) -> Answer {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": super::pipe::stateless(params) });
        let mut request = self
            .request(Method::POST)
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method)
            .body(message.to_string());
        if let Some(name) = name {
            request = request.header("mcp-name", name);
        }
        self.send(request).await
    }

    /// Begins a session, as clients of 2025-11-25 do.
    pub async fn initialize(&mut self) {
        let params = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "barkeep-tests", "version": "0" },
        });
        let answer = self.call("initialize", params).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let session = answer.headers.get("mcp-session-id").expect("a session");
        self.session = Some(session.to_str().expect("it is text").to_owned());
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let answer = self.post(initialized.to_string()).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    }
}
