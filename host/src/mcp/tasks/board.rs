//! What a task shows its client while it runs: how far it is, and what it asks.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{DetailedTask, InputRequest, InputResponses, Task, TaskPayload};
use rmcp::task_manager::current_timestamp;
use tokio::sync::oneshot;

use super::super::asking::{self, Asked};
use crate::runtime::bindings::barkeep::plugin::types::Answer;

/// How long a person may think.
const PATIENCE: Duration = Duration::from_hours(1);

/// Characters of a message about progress. It is one line for a person.
const MAX_MESSAGE: usize = 500;

/// What a running task shows its client, and where its client answers.
pub(in super::super) struct Board(Mutex<Shown>);

struct Shown {
    message: Option<String>,
    updated_at: String,
    /// By names that are the only ones of the task's life, as the extension wants it.
    open: BTreeMap<String, Open>,
    given: Vec<Answer>,
    all_given: Option<oneshot::Sender<Vec<Answer>>>,
}

/// A question without an answer.
struct Open {
    /// The guest's name for it.
    key: String,
    asked: Asked,
    request: InputRequest,
}

impl Board {
    /// Shows nothing yet.
    pub(super) fn new() -> Self {
        Self(Mutex::new(Shown {
            message: None,
            updated_at: current_timestamp(),
            open: BTreeMap::new(),
            given: Vec::new(),
            all_given: None,
        }))
    }

    /// Shows how far the work is.
    pub(in super::super) fn progress(&self, progress: f64, total: Option<f64>, message: Option<String>) {
        let far = total.map(|total| format!("{progress} of {total}"));
        let words = match (message, far) {
            (Some(message), Some(far)) => format!("{message} ({far})"),
            (Some(message), None) => message,
            (None, far) => far.unwrap_or_else(|| progress.to_string()),
        };
        let mut shown = self.shown();
        shown.message = Some(words.chars().take(MAX_MESSAGE).collect());
        shown.updated_at = current_timestamp();
    }

    /// Asks what is asked in this round, and waits for all the answers.
    ///
    /// # Errors
    ///
    /// When nobody answers for an hour.
    pub(in super::super) async fn ask(
        &self,
        round: usize,
        asked: Vec<(String, Asked)>,
        requests: Vec<(String, InputRequest)>,
    ) -> Result<Vec<Answer>, ErrorData> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let (sender, answers) = oneshot::channel();
        {
            let mut shown = self.shown();
            let questions = asked.into_iter().zip(requests);
            shown.open = questions
                .map(|((key, asked), (_, request))| (format!("{round}.{key}"), Open { key, asked, request }))
                .collect();
            shown.all_given = Some(sender);
            shown.updated_at = current_timestamp();
        }
        let _closed = Closed(self);
        let answered = tokio::time::timeout(PATIENCE, answers).await;
        answered.ok().and_then(Result::ok).ok_or_else(|| {
            let words = format!("nobody answered the task's questions within {} minutes", PATIENCE.as_secs() / 60);
            ErrorData::internal_error(words, None)
        })
    }

    /// Takes in answers. Those to what is not asked, or was answered before, are left out.
    ///
    /// # Errors
    ///
    /// When one is not of the kind that was asked for; then none is taken in.
    pub(super) fn answer(&self, mut responses: InputResponses) -> Result<(), ErrorData> {
        let mut shown = self.shown();
        let mut given = Vec::new();
        for (name, Open { key, asked, .. }) in &shown.open {
            let Some(value) = responses.remove(name) else { continue };
            let reply = asked.reply(value);
            let reply = reply.map_err(|wrong| asking::unfit(name, &wrong))?;
            given.push((name.clone(), Answer { key: key.clone(), reply }));
        }
        for (name, answer) in given {
            shown.open.remove(&name);
            shown.given.push(answer);
        }
        shown.updated_at = current_timestamp();
        if shown.open.is_empty()
            && let Some(all_given) = shown.all_given.take()
        {
            // Who asked may just have been stopped.
            let _ = all_given.send(std::mem::take(&mut shown.given));
        }
        Ok(())
    }

    /// `task` as it is now, with what is asked.
    pub(super) fn show(&self, mut task: Task) -> DetailedTask {
        let shown = self.shown();
        task.status_message.clone_from(&shown.message);
        task.last_updated_at.clone_from(&shown.updated_at);
        if shown.open.is_empty() {
            return DetailedTask::new(task, TaskPayload::Working);
        }
        let open = shown.open.iter();
        let input_requests = open.map(|(name, open)| (name.clone(), open.request.clone())).collect();
        DetailedTask::new(task, TaskPayload::InputRequired { input_requests })
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the questions away when nobody waits for their answers any more.
struct Closed<'a>(&'a Board);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        let mut shown = self.0.shown();
        shown.open.clear();
        shown.given.clear();
        shown.all_given = None;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use rmcp::model::TaskStatus;
    use serde_json::{Value, json};

    use super::*;

    fn roots() -> InputRequest {
        serde_json::from_value(json!({ "method": "roots/list" })).expect("a request")
    }

    fn responses(names: &[&str]) -> InputResponses {
        names.iter().map(|name| ((*name).to_owned(), json!({ "roots": [] }))).collect()
    }

    fn shows(board: &Board) -> (TaskStatus, Vec<String>) {
        let shown = board.show(Task::new("id", TaskStatus::Working, "then", "then"));
        let names = match &shown.payload {
            TaskPayload::InputRequired { input_requests } => input_requests.keys().cloned().collect(),
            _ => Vec::new(),
        };
        (shown.status(), names)
    }

    #[tokio::test]
    async fn a_question_stays_until_it_is_answered_and_what_nobody_asked_is_left_out() {
        let board = Board::new();
        assert_eq!(shows(&board), (TaskStatus::Working, vec![]));
        let asked = ["a", "b"].map(|key| (key.to_owned(), Asked::Roots)).to_vec();
        let requests = ["a", "b"].map(|key| (key.to_owned(), roots())).to_vec();
        let mut asking = Box::pin(board.ask(2, asked, requests));
        assert!((&mut asking).now_or_never().is_none());
        assert_eq!(shows(&board), (TaskStatus::InputRequired, vec!["2.a".to_owned(), "2.b".to_owned()]));

        board.answer(responses(&["a", "1.a", "2.c"])).expect("they are left out");
        let wrong = [("2.a".to_owned(), json!({ "roots": [] })), ("2.b".to_owned(), Value::Null)];
        let error = board.answer(wrong.into_iter().collect()).expect_err("one does not fit");
        assert!(error.message.contains("`2.b`"), "{}", error.message);
        assert_eq!(shows(&board).1.len(), 2, "none of them was taken in");

        board.answer(responses(&["2.b"])).expect("it fits");
        assert_eq!(shows(&board), (TaskStatus::InputRequired, vec!["2.a".to_owned()]));
        board.answer(responses(&["2.a", "2.b"])).expect("it fits");
        let answers = asking.await.expect("all are given");
        let keys: Vec<_> = answers.into_iter().map(|answer| answer.key).collect();
        assert_eq!(keys, ["b", "a"]);
        assert_eq!(shows(&board), (TaskStatus::Working, vec![]));
    }

    #[tokio::test(start_paused = true)]
    async fn questions_go_when_nobody_waits_for_their_answers() {
        let board = Board::new();
        let ask = || board.ask(1, vec![("a".to_owned(), Asked::Roots)], vec![("a".to_owned(), roots())]);
        let mut asking = Box::pin(ask());
        assert!((&mut asking).now_or_never().is_none());
        drop(asking);
        assert_eq!(shows(&board), (TaskStatus::Working, vec![]));
        let error = ask().await.expect_err("an hour goes by");
        assert!(error.message.contains("60 minutes"), "{}", error.message);
        assert!(board.ask(1, vec![], vec![]).await.expect("nothing is asked").is_empty());
    }

    #[test]
    fn progress_is_a_line_of_words() {
        let board = Board::new();
        let line = |progress, total, message: Option<&str>| {
            board.progress(progress, total, message.map(str::to_owned));
            board.show(Task::new("id", TaskStatus::Working, "then", "then")).task.status_message.expect("a message")
        };
        assert_eq!(line(3.0, Some(10.0), Some("Copying")), "Copying (3 of 10)");
        assert_eq!(line(3.5, None, Some("Copying")), "Copying");
        assert_eq!(line(3.5, Some(10.0), None), "3.5 of 10");
        assert_eq!(line(3.5, None, None), "3.5");
        assert_eq!(line(1.0, None, Some(&"é".repeat(MAX_MESSAGE + 1))).chars().count(), MAX_MESSAGE);
    }
}
