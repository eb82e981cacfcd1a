//! rmcp's `ServerHandler`: hands each request to the file of its kind.

#![expect(deprecated, reason = "MCP 2026-07-28 deprecates logging (SEP-2577); clients of every version in use have it")]

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams, CompleteResult, CustomRequest,
    CustomResult, GetPromptRequestParams, GetPromptResponse, GetSkillRequestParams, GetSkillResult, GetTaskParams,
    GetTaskResult, Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListSkillsResult, ListToolsResult, LoggingLevel, PaginatedRequestParams, ProtocolVersion,
    ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult, ReadResourceRequestParams, ReadResourceResponse,
    ServerCapabilities, ServerConfig, SetLevelRequestMethod, SetLevelRequestParams, SubscribeRequestParams,
    SubscriptionFilter, Tool, UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio_util::sync::CancellationToken;

use super::audited::{Audited, of_completion};
use super::host::Host;
use super::watching::Subscriptions;
use super::{completions, misfit, news, prompts, resources, skills, tasks, tools};

/// One connection, or one request of the stateless protocol.
pub struct Server {
    pub(super) host: Arc<Host>,
    hung_up: CancellationToken,
    pub(super) gone: CancellationToken,
    pub(super) log_level: Arc<Mutex<LoggingLevel>>,
    subscriptions: Subscriptions,
}

impl Server {
    /// A server for one connection.
    pub fn new(host: Arc<Host>) -> Self {
        // What a client wants that said nothing is left to the server (MCP 2025-11-25, server/utilities/logging).
        let log_level = Arc::new(Mutex::new(LoggingLevel::Info));
        let (hung_up, gone) = (CancellationToken::new(), CancellationToken::new());
        Self { host, hung_up, gone, log_level, subscriptions: Subscriptions::default() }
    }

    /// Ends the client's subscriptions once `hung_up` is cancelled: it closed its end of the connection, and waits for
    /// nothing but the end of ours.
    #[must_use]
    pub fn until(self, hung_up: CancellationToken) -> Self {
        Self { hung_up, ..self }
    }

    /// Ends the client's calls once `gone` is cancelled: nobody reads their answers.
    #[must_use]
    pub fn unless(self, gone: CancellationToken) -> Self {
        Self { gone, ..self }
    }
}

/// Whether the request is of the stateless protocol: MCP 2026-07-28 or newer.
pub(super) fn is_stateless(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

impl ServerHandler for Server {
    /// By it rmcp compares the headers of a call with its arguments (MCP 2026-07-28, basic/transports).
    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.host.supervisor.catalog().tool(name).map(|(_, item)| item.tool.clone())
    }

    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_completions()
            .enable_logging()
            .enable_tasks()
            .enable_skills_with_directory_read()
            .build();
        let mut info = ServerConfig::new(capabilities);
        info.server_info = Implementation::new("barkeep", env!("CARGO_PKG_VERSION"));
        info
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.host.audience.join(context.peer);
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if is_stateless(&context) {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        *self.log_level.lock().unwrap_or_else(PoisonError::into_inner) = request.level;
        Ok(())
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        tools::list(self, request).await
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.as_ref();
        let audited = Audited::begin(self, "tools/call", &request.name, arguments, &mut context);
        audited.end(tools::call(self, request, context).await)
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        mut context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let audited = Audited::begin(self, "resources/list", "", None, &mut context);
        audited.end(resources::list(self, request, context).await)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        resources::templates(self, request).await
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let audited = Audited::begin(self, "resources/read", &request.uri, None, &mut context);
        audited.end(resources::read(self, request, context).await)
    }

    async fn list_skills(
        &self,
        request: Option<PaginatedRequestParams>,
        mut context: RequestContext<RoleServer>,
    ) -> Result<ListSkillsResult, ErrorData> {
        let audited = Audited::begin(self, "skills/list", "", None, &mut context);
        audited.end(skills::list(self, request, context).await)
    }

    async fn get_skill(
        &self,
        request: GetSkillRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<GetSkillResult, ErrorData> {
        let audited = Audited::begin(self, "skills/get", &request.uri, None, &mut context);
        audited.end(skills::get(self, request, context).await)
    }

    async fn read_resource_directory(
        &self,
        request: ReadResourceDirectoryRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceDirectoryResult, ErrorData> {
        let audited = Audited::begin(self, "resources/directory/read", &request.uri, None, &mut context);
        audited.end(skills::directory(self, request, context).await)
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.subscriptions.subscribe(&self.host, &request.uri, &context.peer).await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.subscriptions.unsubscribe(&request.uri);
        Ok(())
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        prompts::list(self, request).await
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request.arguments.as_ref();
        let audited = Audited::begin(self, "prompts/get", &request.name, arguments, &mut context);
        audited.end(prompts::get(self, request, context).await)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let (name, arguments) = of_completion(&request);
        let audited = Audited::begin(self, "completion/complete", &name, Some(&arguments), &mut context);
        audited.end(completions::complete(self, request, context).await)
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        tasks::get(&self.host, &request.task_id).await
    }

    async fn update_task(&self, request: UpdateTaskParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        tasks::update(&self.host, &request.task_id, request.input_responses).await
    }

    async fn cancel_task(&self, request: CancelTaskParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        tasks::cancel(&self.host, &request.task_id).await
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(misfit::answer(&request, is_stateless(&context)))
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let mut accepted = requested.clone();
        let uris = requested.resource_subscriptions.as_deref();
        accepted.resource_subscriptions = uris.map(|uris| self.subscriptions.accept(&self.host, uris));
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let subscriber = self.subscriptions.begin(&self.host, context.accepted().resource_subscriptions.as_deref());
        news::listen(&self.host, &self.hung_up, &context, &subscriber).await
    }
}
