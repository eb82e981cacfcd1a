//! Long calls as tasks (the Tasks extension of MCP 2026-07-28): the client is handed a name, looks after it by `tasks/get`,
//! answers the tool's questions by `tasks/update`, and may end it by `tasks/cancel`.
//!
//! A call of a client that knows tasks becomes one when it has not ended after [`SOON`]: quick answers cost no second
//! request, and no plugin has to think of it. What a task came to is kept in a database for [`TTL`]; of one that ran when the
//! host ended, the next host says so.

mod board;
mod running;
mod store;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use rmcp::model::{
    CallToolResponse, ClientCapabilities, CreateTaskResult, DetailedTask, GetTaskResult, InputResponses, Task,
    TaskStatus,
};
use rmcp::service::RequestContext;
use rmcp::task_manager::current_timestamp;
use rmcp::{ErrorData, RoleServer};
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(super) use self::board::Board;
use self::running::{Running, Runs};
use self::store::{Store, StoreError};
use super::audited;
use super::call::Caller;
use super::host::Host;
use super::server::is_stateless;
use crate::audit::Ended;
use crate::plugin::{Plugin, ToolItem};
use crate::runtime::bindings::exports::barkeep::plugin::tools::TaskSupport;

/// How long a call is waited for before it goes on as a task. A person calls that at once; polling would take longer.
const SOON: Duration = Duration::from_millis(500);

/// How often a client should look. What takes longer than [`SOON`] is worth a second.
const POLL: Duration = Duration::from_secs(1);

/// How long a task is kept from its beginning: a client that was closed overnight finds it in the morning.
const TTL: Duration = Duration::from_hours(24);

/// Characters of a task's name; ours have 36.
const MAX_ID: usize = 64;

/// The tasks of one host.
pub struct Tasks {
    /// Where their database is kept.
    folder: Option<PathBuf>,
    store: OnceCell<Store>,
    runs: Runs,
}

impl Tasks {
    /// Tasks that are kept in `folder`, which other hosts may use as well; without one, in memory, as long as the host runs.
    pub fn kept_in(folder: Option<PathBuf>) -> Self {
        Self { folder, store: OnceCell::new(), runs: Runs::default() }
    }

    /// The database, opened when the first client needs it.
    async fn store(&self) -> Result<&Store, StoreError> {
        self.store.get_or_try_init(|| Store::open(self.folder.clone())).await
    }
}

/// Whether a call of `item` may go on as a task, and a place for it then. None when so many of the plugin run that the call
/// is better waited for.
///
/// # Errors
///
/// When the tool needs tasks, which the client could know and does not.
pub(super) fn place(
    host: &Arc<Host>,
    plugin: &Plugin,
    item: &ToolItem,
    context: &RequestContext<RoleServer>,
) -> Result<Option<Place>, ErrorData> {
    // Older versions have results of one kind only.
    if !is_stateless(context) || item.tasks == TaskSupport::Forbidden {
        return Ok(None);
    }
    if !context.client_capabilities().is_some_and(|capabilities| capabilities.supports_tasks()) {
        if item.tasks == TaskSupport::Required {
            let needed = ClientCapabilities::builder().enable_tasks().build();
            return Err(ErrorData::missing_required_client_capability(needed));
        }
        return Ok(None);
    }
    let taken = host.tasks.runs.take_place(plugin.id());
    Ok(taken.then(|| Place { host: Arc::clone(host), plugin: plugin.id().to_owned() }))
}

/// A place among the tasks of a plugin.
pub(super) struct Place {
    host: Arc<Host>,
    plugin: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.host.tasks.runs.leave_place(&self.plugin);
    }
}

impl Place {
    /// Waits for `work`, which runs a tool for `caller`, for a while; from then on it goes on as a task. `gone` is cancelled
    /// when the client no longer waits for an answer to its request.
    pub(super) async fn run(
        self,
        caller: &Arc<Caller>,
        gone: CancellationToken,
        work: impl Future<Output = Result<CallToolResponse, ErrorData>> + Send + 'static,
    ) -> Result<CallToolResponse, ErrorData> {
        // Polled here and nowhere else until it is a task, so that it asks its questions in one way or in the other.
        let mut work = work.boxed();
        if let Ok(ended) = timeout(SOON, while_there(&mut work, caller, &gone)).await {
            return ended;
        }
        let in_flight = self.host.begin_call()?;
        let running = match self.begin(caller).await {
            Ok(running) => running,
            Err(reason) => {
                tracing::warn!(plugin = self.plugin, "a long call does not go on as a task: {reason}");
                return while_there(&mut work, caller, &gone).await;
            }
        };
        let created = CreateTaskResult::new(running.task());
        let call = caller.call.clone();
        tokio::spawn(async move {
            let came_to = timeout(TTL, work).await;
            match &came_to {
                Ok(result) => audited::tell(&call, result),
                Err(_) => call.ended(Ended::Deadline, None),
            }
            let host = Arc::clone(&self.host);
            // Before it is told, so that there is room for the next when it is.
            drop(self);
            host.tasks.end(&running, running.ended(came_to)).await;
            drop(in_flight);
        });
        Ok(created.into())
    }

    /// From here on `tasks/get` finds it.
    async fn begin(&self, caller: &Caller) -> Result<Arc<Running>, StoreError> {
        let now = current_timestamp();
        let mut task = Task::new(Uuid::new_v4().to_string(), TaskStatus::Working, now.clone(), now);
        task.ttl_ms = u64::try_from(TTL.as_millis()).ok();
        task.poll_interval_ms = u64::try_from(POLL.as_millis()).ok();
        let board = Arc::new(Board::new());
        let running = Arc::new(Running::new(task, Arc::clone(&board), caller.unwanted.clone()));
        let tasks = &self.host.tasks;
        tasks.store().await?.begin(running.show(), &self.plugin).await?;
        tracing::info!(plugin = self.plugin, task = running.id(), request = %caller.context.id, "goes on as a task");
        tasks.runs.add(&running);
        caller.leave(board);
        Ok(running)
    }
}

/// Waits for `work`, which is stopped when the client is gone.
async fn while_there<T>(work: &mut BoxFuture<'static, T>, caller: &Caller, gone: &CancellationToken) -> T {
    tokio::select! {
        biased;
        ended = &mut *work => ended,
        () = gone.cancelled() => {
            caller.unwanted.cancel();
            work.await
        }
    }
}

impl Tasks {
    /// Keeps what a task came to.
    async fn end(&self, running: &Running, ended: DetailedTask) {
        tracing::info!(task = running.id(), status = ?ended.status(), "a task ended");
        let kept = async { self.store().await?.end(ended).await };
        match kept.await {
            Ok(()) => self.runs.remove(running.id()),
            // It is told from memory as long as the host runs.
            Err(reason) => tracing::warn!(task = running.id(), "a task's end cannot be kept: {reason}"),
        }
    }

    async fn find(&self, id: &str) -> Result<Found, ErrorData> {
        if id.len() > MAX_ID {
            return Err(unknown());
        }
        if let Some(running) = self.runs.get(id) {
            return Ok(Found::Here(running));
        }
        let finding = async { self.store().await?.get(id.to_owned()).await };
        let found = finding.await.map_err(|reason| {
            tracing::warn!("a task cannot be looked up: {reason}");
            ErrorData::internal_error("the tasks cannot be looked up now; try again", None)
        })?;
        found.map(|task| Found::Kept(Box::new(task))).ok_or_else(unknown)
    }
}

/// Where a task is.
enum Found {
    /// In this process.
    Here(Arc<Running>),
    /// In the database alone: it ended, or another host runs it.
    Kept(Box<DetailedTask>),
}

/// `tasks/get`.
pub(super) async fn get(host: &Host, id: &str) -> Result<GetTaskResult, ErrorData> {
    Ok(GetTaskResult::new(match host.tasks.find(id).await? {
        Found::Here(running) => running.show(),
        Found::Kept(task) => *task,
    }))
}

/// `tasks/update`. Answers to a task that ended are answers to nothing.
pub(super) async fn update(host: &Host, id: &str, responses: InputResponses) -> Result<(), ErrorData> {
    match host.tasks.find(id).await? {
        Found::Here(running) => running.answer(responses),
        Found::Kept(task) => elsewhere(&task),
    }
}

/// `tasks/cancel`: the guest is stopped at its next tick. One that ended stays as it is.
pub(super) async fn cancel(host: &Host, id: &str) -> Result<(), ErrorData> {
    match host.tasks.find(id).await? {
        Found::Here(running) => running.cancel(),
        Found::Kept(task) => elsewhere(&task)?,
    }
    Ok(())
}

fn elsewhere(task: &DetailedTask) -> Result<(), ErrorData> {
    if task.status().is_terminal() {
        return Ok(());
    }
    let words = "another host runs this task; send this to the one that made it";
    Err(ErrorData::internal_error(words, None))
}

/// MCP 2026-07-28, Tasks extension, "Protocol Errors".
fn unknown() -> ErrorData {
    ErrorData::invalid_params("there is no such task; it may have expired", None)
}

#[cfg(test)]
mod tests {
    use rmcp::model::SubscriptionFilter;
    use serde_json::json;

    /// Clients may ask to be told of a task's status (Tasks extension, "Task Status Notifications"). rmcp's filter has no
    /// place for that, so ours poll; when this fails, `news` can tell them.
    #[test]
    fn rmcp_has_no_subscriptions_to_tasks_yet() {
        let filter: SubscriptionFilter = serde_json::from_value(json!({ "taskIds": ["a"] })).expect("it is left out");
        let told = serde_json::to_value(filter).expect("it is JSON");
        assert_eq!(told.get("taskIds"), None);
    }
}
