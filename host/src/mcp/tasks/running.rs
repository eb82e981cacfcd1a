//! The tasks that run in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use rmcp::ErrorData;
use rmcp::model::{CallToolResponse, DetailedTask, InputResponses, JsonObject, Task, TaskPayload};
use rmcp::task_manager::current_timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::time::error::Elapsed;
use tokio_util::sync::CancellationToken;

use super::{Board, TTL};

/// Tasks of one plugin that run at once, with the calls that may become one: twice the turns that a plugin has, because
/// those that ask somebody hold no instance.
const MAX_RUNNING: usize = 256;

/// One task.
pub(super) struct Running {
    task: Task,
    begun: Instant,
    board: Arc<Board>,
    unwanted: CancellationToken,
    ended: OnceLock<DetailedTask>,
}

impl Running {
    pub(super) fn new(task: Task, board: Arc<Board>, unwanted: CancellationToken) -> Self {
        Self { task, begun: Instant::now(), board, unwanted, ended: OnceLock::new() }
    }

    pub(super) fn id(&self) -> &str {
        &self.task.task_id
    }

    /// As it began.
    pub(super) fn task(&self) -> Task {
        self.task.clone()
    }

    /// As it is now.
    pub(super) fn show(&self) -> DetailedTask {
        self.ended.get().cloned().unwrap_or_else(|| self.board.show(self.task()))
    }

    pub(super) fn answer(&self, responses: InputResponses) -> Result<(), ErrorData> {
        self.board.answer(responses)
    }

    pub(super) fn cancel(&self) {
        self.unwanted.cancel();
    }

    /// What its work came to. A tool that failed gave a result; what failed otherwise is an error (Tasks extension, "Task
    /// Execution Errors").
    pub(super) fn ended(&self, work: Result<Result<CallToolResponse, ErrorData>, Elapsed>) -> DetailedTask {
        let mut task = self.task();
        task.last_updated_at = current_timestamp();
        let payload = match work {
            Ok(Ok(CallToolResponse::Complete(result))) => TaskPayload::Completed { result: object(&result) },
            Ok(Err(_)) if self.unwanted.is_cancelled() => TaskPayload::Cancelled,
            Ok(Err(error)) => failed(&mut task, &error),
            Ok(Ok(_)) => failed(&mut task, &ErrorData::internal_error("the task has no result", None)),
            Err(_) => {
                let words = format!("the task took longer than {} hours", TTL.as_secs() / 3600);
                failed(&mut task, &ErrorData::internal_error(words, None))
            }
        };
        let ended = DetailedTask::new(task, payload);
        self.ended.get_or_init(|| ended).clone()
    }
}

/// That `task` failed, with the reason in words as well.
pub(super) fn failed(task: &mut Task, error: &ErrorData) -> TaskPayload {
    task.status_message = Some(error.message.to_string());
    TaskPayload::Failed { error: object(error) }
}

/// Results and errors are objects.
fn object(of: &impl Serialize) -> JsonObject {
    match serde_json::to_value(of) {
        Ok(Value::Object(object)) => object,
        _ => JsonObject::new(),
    }
}

/// All that run.
#[derive(Default)]
pub(super) struct Runs(Mutex<Lists>);

#[derive(Default)]
struct Lists {
    tasks: HashMap<String, Arc<Running>>,
    /// How many places are taken, by plugin.
    places: HashMap<String, usize>,
}

impl Runs {
    /// Whether there was a place for one more task of `plugin`.
    pub(super) fn take_place(&self, plugin: &str) -> bool {
        let mut lists = self.lists();
        // Those that ended, and could not be kept elsewhere.
        lists.tasks.retain(|_, running| running.ended.get().is_none() || running.begun.elapsed() < TTL);
        let taken = lists.places.entry(plugin.to_owned()).or_default();
        let free = *taken < MAX_RUNNING;
        *taken += usize::from(free);
        free
    }

    pub(super) fn leave_place(&self, plugin: &str) {
        let mut lists = self.lists();
        if let Some(taken) = lists.places.get_mut(plugin) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                lists.places.remove(plugin);
            }
        }
    }

    pub(super) fn add(&self, running: &Arc<Running>) {
        self.lists().tasks.insert(running.id().to_owned(), Arc::clone(running));
    }

    pub(super) fn remove(&self, id: &str) {
        self.lists().tasks.remove(id);
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<Running>> {
        self.lists().tasks.get(id).cloned()
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_plugin_has_its_places() {
        let runs = Runs::default();
        assert!((0..MAX_RUNNING).all(|_| runs.take_place("a")));
        assert!(!runs.take_place("a"));
        assert!(runs.take_place("b"));
        runs.leave_place("a");
        assert!(runs.take_place("a"));
        runs.leave_place("b");
        assert_eq!(runs.lists().places.len(), 1, "who has none is forgotten");
    }
}
