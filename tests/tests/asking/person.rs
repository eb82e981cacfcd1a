//! A client with a person at it, who answers as a function says and remembers what was asked.

#![allow(
    deprecated,
    reason = "MCP 2026-07-28 deprecates sampling and roots (SEP-2577); clients of every version in use have them"
)]

use std::fmt;
use std::future::pending;
use std::sync::Arc;

use barkeep_tests::{Era, Host, text, within};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientConfig, CreateMessageRequestParams,
    CreateMessageResult, ElicitRequestParams, ElicitResult, GetPromptRequestParams, GetPromptResult,
    InputRequiredResult, ListRootsResult, ReadResourceRequestParams, ReadResourceResult,
};
use rmcp::service::{RequestContext, RunningService, ServiceError, serve_client_with_lifecycle};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientHandler, ErrorData, RoleClient};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::everything;

/// Rounds that a client follows here: more than a host plays.
const MOST_ROUNDS: usize = 20;

/// One question: its method and its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub method: &'static str,
    pub params: Value,
}

/// What is answered to a question; none is an answer that never comes, an error one that refuses.
pub type Answer = Option<Result<Value, ErrorData>>;

/// Who answers.
#[derive(Clone)]
pub struct Person {
    capabilities: Value,
    answer: Arc<dyn Fn(&Question) -> Answer + Send + Sync>,
    asked: Arc<watch::Sender<Vec<Question>>>,
    era: Era,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("asked", &*self.asked.borrow()).finish_non_exhaustive()
    }
}

impl Person {
    /// Somebody who answers as `answer` says, at a client that declares all there is.
    pub fn new(answer: impl Fn(&Question) -> Value + Send + Sync + 'static) -> Self {
        Self::with(move |question| Some(Ok(answer(question))))
    }

    /// Somebody who may also refuse, or never answer.
    pub fn with(answer: impl Fn(&Question) -> Answer + Send + Sync + 'static) -> Self {
        Self { capabilities: everything(), answer: Arc::new(answer), asked: Arc::default(), era: Era::Initialize }
    }

    /// Somebody who is asked nothing.
    pub fn unasked() -> Self {
        Self::new(|question| panic!("nothing was to be asked, but {question:?}"))
    }

    /// The same at a client that declares these capabilities.
    pub fn declaring(self, capabilities: Value) -> Self {
        Self { capabilities, ..self }
    }

    async fn answer(&self, method: &'static str, params: Value) -> Result<Value, ErrorData> {
        let question = Question { method, params };
        self.asked.send_modify(|asked| asked.push(question.clone()));
        match (self.answer)(&question) {
            Some(answer) => answer,
            None => pending().await,
        }
    }
}

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let mut info = ClientConfig::default();
        info.protocol_version = self.era.version();
        info.capabilities = serde_json::from_value(self.capabilities.clone()).expect("they are capabilities");
        info
    }

    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let params = serde_json::to_value(params).expect("JSON");
        let answer = self.answer("sampling/createMessage", params).await?;
        Ok(serde_json::from_value(answer).expect("it is what a model says"))
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let params = serde_json::to_value(params).expect("JSON");
        let answer = self.answer("elicitation/create", params).await?;
        Ok(serde_json::from_value(answer).expect("it is what a person does"))
    }

    async fn list_roots(&self, _: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        let answer = self.answer("roots/list", json!({})).await?;
        Ok(serde_json::from_value(answer).expect("it is a list of folders"))
    }
}

/// A connected client, which plays the rounds of the stateless protocol as rmcp does.
#[derive(Debug)]
pub struct Seat {
    running: RunningService<RoleClient, Person>,
    asked: watch::Receiver<Vec<Question>>,
}

impl Seat {
    /// Connects to `host`, over HTTP or its stdio.
    pub async fn take(host: &mut Host, http: bool, era: Era, person: Person) -> Self {
        let (asked, person) = (person.asked.subscribe(), Person { era, ..person });
        let running = if http {
            let transport = StreamableHttpClientTransport::from_uri(host.url());
            within("the client connects", serve_client_with_lifecycle(person, transport, era.lifecycle())).await
        } else {
            let (stdin, stdout) = host.pipes();
            within("the client connects", serve_client_with_lifecycle(person, (stdout, stdin), era.lifecycle())).await
        };
        Self { running: running.expect("the host speaks MCP"), asked }
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Question> {
        self.asked.borrow().clone()
    }

    /// Waits until something was asked.
    pub async fn until_asked(&self) {
        let mut asked = self.asked.clone();
        within("something is asked", asked.wait_for(|asked| !asked.is_empty())).await.expect("the client lives");
    }

    /// Calls a tool of the guest.
    pub async fn try_call(&self, tool: &str, arguments: Value) -> Result<CallToolResult, ServiceError> {
        let calling = self.running.call_tool_with_mrtr_max_rounds(params(tool, arguments), MOST_ROUNDS);
        within("the tool is answered", calling).await
    }

    /// Calls a tool that works, and gives its text.
    pub async fn text(&self, tool: &str, arguments: Value) -> String {
        let result = self.try_call(tool, arguments).await.unwrap_or_else(|error| panic!("`{tool}`: {error}"));
        assert_ne!(result.is_error, Some(true), "`{tool}` failed: {}", text(&result));
        text(&result)
    }

    /// Calls a tool that fails, and gives its words.
    pub async fn failure(&self, tool: &str, arguments: Value) -> String {
        let result = self.try_call(tool, arguments).await.unwrap_or_else(|error| panic!("`{tool}`: {error}"));
        assert_eq!(result.is_error, Some(true), "`{tool}` worked: {}", text(&result));
        text(&result)
    }

    /// Calls a tool that is answered by an error of the protocol.
    pub async fn error(&self, tool: &str, arguments: Value) -> ErrorData {
        error(self.try_call(tool, arguments).await)
    }

    /// Fills in a prompt of the guest.
    pub async fn prompt(&self, name: &str, arguments: Value) -> Result<GetPromptResult, ServiceError> {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        let params = GetPromptRequestParams::new(format!("asker__{name}")).with_arguments(arguments);
        let getting = self.running.get_prompt(params);
        within("the prompt is answered", getting).await
    }

    /// Reads a resource.
    pub async fn read(&self, uri: &str) -> Result<ReadResourceResult, ServiceError> {
        within("the resource is read", self.running.read_resource(ReadResourceRequestParams::new(uri))).await
    }

    /// Completes an argument of a prompt of the guest.
    pub async fn complete(&self, prompt: &str, argument: &str, typed: &str) -> Result<Vec<String>, ServiceError> {
        let completing = self.running.peer().complete_prompt_simple(format!("asker__{prompt}"), argument, typed);
        within("the argument is completed", completing).await
    }

    /// Makes one request of the stateless protocol, by hand.
    pub async fn once(&self, params: CallToolRequestParams) -> Result<CallToolResponse, ServiceError> {
        within("the tool is answered", self.running.peer().call_tool_once(params)).await
    }

    /// Makes one request that is answered by questions.
    pub async fn questions(&self, params: CallToolRequestParams) -> InputRequiredResult {
        match self.once(params).await {
            Ok(CallToolResponse::InputRequired(result)) => result,
            other => panic!("no questions but {other:?}"),
        }
    }

    /// Makes one request that is answered by a result, and gives its text.
    pub async fn result(&self, params: CallToolRequestParams) -> String {
        match self.once(params).await {
            Ok(CallToolResponse::Complete(result)) => text(&result),
            other => panic!("no result but {other:?}"),
        }
    }
}

/// A call of one of the guest's tools.
pub fn params(tool: &str, arguments: Value) -> CallToolRequestParams {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    CallToolRequestParams::new(format!("asker__{tool}")).with_arguments(arguments)
}

/// The error of the protocol that this is.
pub fn error<T: fmt::Debug>(result: Result<T, ServiceError>) -> ErrorData {
    match result {
        Err(ServiceError::McpError(error)) => error,
        other => panic!("no error of the protocol but {other:?}"),
    }
}

/// A form that is filled in.
pub fn accept(content: &Value) -> Value {
    json!({ "action": "accept", "content": content })
}

/// A model that says this.
pub fn say(text: &str) -> Value {
    json!({
        "role": "assistant", "model": "test-model", "stopReason": "endTurn",
        "content": { "type": "text", "text": text },
    })
}

/// One folder.
pub fn root() -> Value {
    json!({ "roots": [{ "uri": "file:///home/ada", "name": "Ada" }] })
}
