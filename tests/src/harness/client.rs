//! rmcp's client, in each lifecycle of the protocol, and what the host told it.

#![allow(deprecated, reason = "MCP 2026-07-28 deprecates logging (SEP-2577); clients of every version in use have it")]

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientConfig, LoggingMessageNotificationParam, ProgressNotificationParam,
    ProtocolVersion, ResourceUpdatedNotificationParam, SetLevelRequestParams,
};
use rmcp::service::{
    ClientLifecycleMode, NotificationContext, Peer, RunningService, ServiceError, serve_client_with_lifecycle,
};
use rmcp::transport::IntoTransport;
use rmcp::{ClientHandler, RoleClient};
use serde_json::Value;
use tokio::sync::watch;

use super::{PATIENCE, within};

/// Which lifecycle a client follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// `initialize` and notifications, in the newest version that has them: 2025-11-25.
    Initialize,
    /// The same in an older version.
    InitializeAs(&'static str),
    /// `server/discover` and requests that say all themselves: 2026-07-28.
    Stateless,
}

impl Era {
    /// One of each lifecycle.
    pub const BOTH: [Self; 2] = [Self::Initialize, Self::Stateless];

    /// The version that such a client speaks.
    #[must_use]
    pub fn version(self) -> ProtocolVersion {
        let named = |version: &str| serde_json::from_value(Value::from(version)).expect("any text is a version");
        match self {
            Self::Initialize => ProtocolVersion::V_2025_11_25,
            Self::InitializeAs(version) => named(version),
            Self::Stateless => ProtocolVersion::V_2026_07_28,
        }
    }

    /// How such a client begins.
    #[must_use]
    pub fn lifecycle(self) -> ClientLifecycleMode {
        match self {
            Self::Stateless => ClientLifecycleMode::Discover { preferred_versions: vec![self.version()] },
            Self::Initialize | Self::InitializeAs(_) => ClientLifecycleMode::Initialize,
        }
    }
}

/// A notification of the host.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// The list of tools changed.
    Tools,
    /// The list of prompts changed.
    Prompts,
    /// The list of resources changed.
    Resources,
    /// The resource of this URI changed.
    Updated(String),
    /// How far a call is.
    Progress {
        /// So far.
        progress: f64,
        /// In all.
        total: Option<f64>,
        /// In words.
        message: Option<String>,
    },
    /// A log message: its level, its logger and its data.
    Log(String, Option<String>, Value),
}

/// What a client was told, in order. Clones share it.
#[derive(Debug, Clone)]
pub struct News {
    heard: Arc<Mutex<Vec<Heard>>>,
    count: Arc<watch::Sender<usize>>,
    version: ProtocolVersion,
}

impl News {
    fn new(version: ProtocolVersion) -> Self {
        Self { heard: Arc::default(), count: Arc::default(), version }
    }

    fn hear(&self, heard: Heard) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(heard);
        self.count.send_modify(|count| *count += 1);
    }

    /// All that was heard.
    pub fn all(&self) -> Vec<Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets what was heard.
    pub fn clear(&self) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Waits until `wanted` was heard.
    pub async fn wait_for(&self, wanted: &Heard) {
        let mut count = self.count.subscribe();
        let waiting = async {
            while !self.all().contains(wanted) {
                // The sender lives in `self`.
                let _ = count.changed().await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, waiting).await.is_ok();
        assert!(in_time, "{wanted:?} was not heard within {PATIENCE:?}, but {:?}", self.all());
    }
}

impl ClientHandler for News {
    fn get_info(&self) -> ClientConfig {
        let mut info = ClientConfig::default();
        info.protocol_version = self.version.clone();
        info
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.hear(Heard::Tools);
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.hear(Heard::Prompts);
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.hear(Heard::Resources);
    }

    async fn on_resource_updated(&self, said: ResourceUpdatedNotificationParam, _: NotificationContext<RoleClient>) {
        self.hear(Heard::Updated(said.uri));
    }

    async fn on_progress(&self, said: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.hear(Heard::Progress { progress: said.progress, total: said.total, message: said.message });
    }

    async fn on_logging_message(&self, said: LoggingMessageNotificationParam, _: NotificationContext<RoleClient>) {
        let level = serde_json::to_value(said.level).expect("it is JSON");
        self.hear(Heard::Log(level.as_str().unwrap_or_default().to_owned(), said.logger, said.data));
    }
}

/// A connected client. Gives rmcp's own calls, and shorter ones.
#[derive(Debug)]
pub struct Client {
    running: RunningService<RoleClient, News>,
    /// What it was told.
    pub news: News,
}

impl Deref for Client {
    type Target = Peer<RoleClient>;

    fn deref(&self) -> &Peer<RoleClient> {
        self.running.peer()
    }
}

impl Client {
    /// Connects by `transport`.
    pub async fn connect<E, A>(transport: impl IntoTransport<RoleClient, E, A>, era: Era) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let news = News::new(era.version());
        let connecting = serve_client_with_lifecycle(news.clone(), transport, era.lifecycle());
        let running = within("the client connects", connecting).await.expect("the host speaks MCP");
        Self { running, news }
    }

    /// Calls a tool.
    pub async fn call(&self, tool: &str, arguments: Value) -> CallToolResult {
        match self.try_call(tool, arguments).await {
            Ok(result) => result,
            Err(error) => panic!("`{tool}` is answered by an error: {error}"),
        }
    }

    /// Calls a tool that may be answered by an error.
    pub async fn try_call(&self, tool: &str, arguments: Value) -> Result<CallToolResult, ServiceError> {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        within(&format!("`{tool}` is answered"), self.call_tool(params)).await
    }

    /// Calls a tool that works, and gives its text.
    pub async fn text(&self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments).await;
        assert_ne!(result.is_error, Some(true), "`{tool}` failed: {}", text(&result));
        text(&result)
    }

    /// Calls a tool that fails, and gives its words.
    pub async fn failure(&self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments).await;
        assert_eq!(result.is_error, Some(true), "`{tool}` worked: {}", text(&result));
        text(&result)
    }

    /// Asks for log messages from `level` up.
    pub async fn set_log_level(&self, level: &str) {
        let level = serde_json::from_value(Value::from(level)).expect("it is a level");
        within("the level is set", self.set_level(SetLevelRequestParams::new(level))).await.expect("it is set");
    }

    /// The names of all tools.
    pub async fn tools(&self) -> Vec<String> {
        let tools = within("tools are listed", self.list_all_tools()).await.expect("they are listed");
        tools.into_iter().map(|tool| tool.name.into_owned()).collect()
    }

    /// Closes the connection.
    pub async fn close(self) {
        within("the client closes", self.running.cancel()).await.expect("it closes");
    }
}

/// All text in a result.
pub fn text(result: &CallToolResult) -> String {
    let texts = result.content.iter().filter_map(|block| block.as_text().map(|text| text.text.as_str()));
    texts.collect::<Vec<_>>().join("\n")
}
