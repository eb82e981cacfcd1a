//! A client that talks to a host in one way, over either transport.

use std::fmt;
use std::time::Duration;

use barkeep_tests::{Folder, stateless};
use serde_json::{Map, Value, json};

use crate::case::Sent;
use crate::http::Http;
use crate::stdio::Stdio;

/// How long an answer may take: less than a test would wait for, so that one that does not come is told beside the others.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A transport and a version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) http: bool,
    pub(crate) version: &'static str,
}

impl Way {
    pub(crate) fn is_stateless(self) -> bool {
        self.version >= "2026-07-28"
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} over {}", self.version, if self.http { "HTTP" } else { "stdio" })
    }
}

/// What came back.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// Over HTTP.
    pub(crate) status: Option<u16>,
    /// The response of JSON-RPC.
    pub(crate) message: Option<Value>,
    /// Notifications before it.
    pub(crate) heard: Vec<Value>,
    /// What is no message, over HTTP.
    pub(crate) body: String,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = match &self.message {
            Some(message) => message.to_string(),
            None => self.body.clone(),
        };
        let shown: String = shown.chars().take(400).collect();
        write!(f, "came: {:?} {shown} {:?}", self.status, self.heard)
    }
}

pub(crate) struct Conversation {
    over: Over,
    way: Way,
    begun: bool,
}

enum Over {
    Stdio(Box<Stdio>),
    Http(Box<Http>),
}

impl Conversation {
    /// With a host that has heard nothing yet.
    pub(crate) async fn open(folder: &Folder, way: Way) -> Self {
        let over = if way.http {
            Over::Http(Box::new(Http::open(folder).await))
        } else {
            Over::Stdio(Box::new(Stdio::open(folder)))
        };
        Self { over, way, begun: false }
    }

    /// With a host that knows its client's version.
    pub(crate) async fn begin(folder: &Folder, way: Way) -> Result<Self, String> {
        let mut talk = Self::open(folder, way).await;
        talk.begun = true;
        if way.is_stateless() {
            // The first request of this version tells a host on stdio what all are.
            talk.still_works().await?;
            return Ok(talk);
        }
        let params = json!({
            "protocolVersion": way.version,
            "capabilities": {},
            "clientInfo": { "name": "barkeep-tests", "version": "0" },
        });
        let answer = talk.request("initialize", &params).await?;
        if answer["result"]["protocolVersion"] != way.version {
            return Err(format!("it does not begin: {answer}"));
        }
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let nothing = json!({ "nothing": true });
        talk.exchange(&plain(&initialized, way), nothing.as_object().expect("an object")).await?;
        Ok(talk)
    }

    /// Sends, and waits for what is expected: a response, or a notification, or nothing.
    pub(crate) async fn exchange(&mut self, sent: &Sent, expected: &Map<String, Value>) -> Result<Reply, String> {
        let hears = expected.get("hears").and_then(|hears| hears["method"].as_str());
        let nothing = expected.contains_key("nothing");
        match &mut self.over {
            Over::Stdio(stdio) => stdio.exchange(sent, hears, nothing).await,
            Over::Http(http) => http.exchange(sent, hears).await,
        }
    }

    /// That a good request is answered well.
    pub(crate) async fn still_works(&mut self) -> Result<(), String> {
        let (answer, well) = if self.begun && !self.way.is_stateless() {
            let answer = self.request("ping", &json!({})).await?;
            let well = answer["result"] == json!({});
            (answer, well)
        } else if self.begun {
            let answer = self.request("prompts/list", &stateless(json!({}))).await?;
            let well = answer["result"]["prompts"].is_array();
            (answer, well)
        } else {
            let answer = self.request("server/discover", &stateless(json!({}))).await?;
            let well = answer["result"]["supportedVersions"].is_array();
            (answer, well)
        };
        if well { Ok(()) } else { Err(format!("a good request is answered by {answer}")) }
    }

    async fn request(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        let message = json!({ "jsonrpc": "2.0", "id": "good", "method": method, "params": params });
        let mut sent = plain(&message, self.way);
        sent.id = Some(json!("good"));
        if params.get("_meta").is_some() {
            sent.headers = vec![
                ("mcp-protocol-version".to_owned(), "2026-07-28".to_owned()),
                ("mcp-method".to_owned(), method.to_owned()),
            ];
        }
        let expected = json!({ "result": {} });
        let reply = self.exchange(&sent, expected.as_object().expect("an object")).await?;
        let answer =
            reply.message.ok_or_else(|| format!("a good request is answered by {:?} {}", reply.status, reply.body))?;
        if answer["id"] == "good" { Ok(answer) } else { Err(format!("another answer comes: {answer}")) }
    }
}

/// A message with no more headers than a version has.
fn plain(message: &Value, way: Way) -> Sent {
    let version = (way.version >= "2025-06-18" && message["method"] != "initialize")
        .then(|| ("mcp-protocol-version".to_owned(), way.version.to_owned()));
    Sent {
        verb: "POST".to_owned(),
        bytes: message.to_string().into_bytes(),
        id: None,
        headers: version.into_iter().collect(),
        without: Vec::new(),
    }
}
