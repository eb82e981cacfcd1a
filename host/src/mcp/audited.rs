//! Requests in the record: each that may reach a plugin has a line there, however it ends.

use std::fmt::Write as _;

use rmcp::model::{
    CallToolResponse, CompleteRequestParams, CompleteResult, GetPromptResponse, GetSkillResult, JsonObject,
    ListResourcesResult, ListSkillsResult, ReadResourceResponse, Reference,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::server::Server;
use crate::audit::{Call, Client, Ended, Subject};
use crate::plugin::CallError;
use crate::runtime::Failure;

/// Characters of what a client says of itself that are kept.
const MAX_SAID: usize = 128;

/// A request whose answer is yet to be told.
pub(super) struct Audited(Call);

impl Audited {
    /// A request begins: whoever reads `context` from now on finds its call there.
    pub(super) fn begin(
        server: &Server,
        method: &'static str,
        name: &str,
        arguments: Option<&JsonObject>,
        context: &mut RequestContext<RoleServer>,
    ) -> Self {
        let client = client(context);
        let subject = Subject { method, name, arguments, client: Some(&client) };
        let call = server.host.supervisor.audit().begin(subject);
        context.extensions.insert(call.clone());
        Self(call)
    }

    /// It is answered by `result`, which is given back.
    pub(super) fn end<T: Answer>(self, result: Result<T, ErrorData>) -> Result<T, ErrorData> {
        tell(&self.0, &result);
        result
    }
}

/// Tells the record how a call ended.
pub(super) fn tell<T: Answer>(call: &Call, result: &Result<T, ErrorData>) {
    match result {
        Ok(answer) => match answer.task() {
            Some(task) => call.goes_on(task),
            None => call.ended(answer.ended(), None),
        },
        Err(error) => call.ended(Ended::Refused, Some(&error.message)),
    }
}

/// Who made a request.
fn client(context: &RequestContext<RoleServer>) -> Client {
    let said = |text: String| text.chars().take(MAX_SAID).collect::<String>();
    let parts = context.extensions.get::<http::request::Parts>();
    let session = parts.and_then(|parts| parts.headers.get("mcp-session-id"));
    let info = context.client_info();
    let (name, version) = info.map(|info| (said(info.name), said(info.version))).unzip();
    Client {
        name,
        version,
        transport: if parts.is_some() { "http" } else { "stdio" }.into(),
        session: session.map(|session| short_digest(session.as_bytes())),
    }
}

/// Tells sessions apart, and lets nobody speak in one.
fn short_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What is completed, and what is known meanwhile.
pub(super) fn of_completion(request: &CompleteRequestParams) -> (String, JsonObject) {
    let name = match &request.r#ref {
        Reference::Prompt(prompt) => prompt.name.clone(),
        Reference::Resource(resource) => resource.uri.clone(),
        _ => String::new(),
    };
    let mut arguments = JsonObject::new();
    arguments.insert(request.argument.name.clone(), request.argument.value.clone().into());
    if let Some(resolved) = request.context.as_ref().and_then(|context| context.arguments.as_ref()) {
        arguments.insert("context".to_owned(), json!(resolved));
    }
    (name, arguments)
}

/// How a run of a guest failed, for the record; none where it did not. What a guest says of it is not for the record: it may
/// be anything that it read.
pub(super) fn note(error: &CallError) -> (Ended, Option<String>) {
    match error {
        CallError::Guest(_) => (Ended::Error, None),
        CallError::Host(failure) => (ended(failure), Some(failure.to_string())),
    }
}

fn ended(failure: &Failure) -> Ended {
    match failure {
        Failure::Deadline { .. } => Ended::Deadline,
        Failure::Cpu { .. } => Ended::Cpu,
        Failure::Memory { .. } | Failure::Crowded { .. } | Failure::Table { .. } => Ended::Memory,
        Failure::Trap { .. } => Ended::Trap,
        Failure::NoRoom { .. }
        | Failure::Busy { .. }
        | Failure::Full { .. }
        | Failure::TooOften { .. }
        | Failure::Resting { .. } => Ended::Busy,
        Failure::NotGranted { .. } => Ended::Denied,
        Failure::TakenBack { .. } => Ended::Stopped,
        Failure::Denied { failure, .. } => ended(failure),
        _ => Ended::Failed,
    }
}

/// The answer to a request.
pub(super) trait Answer {
    /// How the call ended that has this answer.
    fn ended(&self) -> Ended {
        Ended::Ok
    }

    /// The task that it goes on as.
    fn task(&self) -> Option<&str> {
        None
    }
}

impl Answer for CallToolResponse {
    fn ended(&self) -> Ended {
        match self {
            Self::Complete(result) if result.is_error == Some(true) => Ended::Error,
            Self::InputRequired(_) => Ended::InputRequired,
            _ => Ended::Ok,
        }
    }

    fn task(&self) -> Option<&str> {
        if let Self::Task(created) = self { Some(&created.task.task_id) } else { None }
    }
}

impl Answer for ReadResourceResponse {
    fn ended(&self) -> Ended {
        if matches!(self, Self::InputRequired(_)) { Ended::InputRequired } else { Ended::Ok }
    }
}

impl Answer for GetPromptResponse {
    fn ended(&self) -> Ended {
        if matches!(self, Self::InputRequired(_)) { Ended::InputRequired } else { Ended::Ok }
    }
}

impl Answer for CompleteResult {}
/// `resources/directory/read` has the same.
impl Answer for ListResourcesResult {}
impl Answer for ListSkillsResult {}
impl Answer for GetSkillResult {}
