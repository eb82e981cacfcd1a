//! One call into a plugin, as its client sees it: what the guest says on the way is passed on, and a client that no longer
//! wants the result stops the guest.

#![expect(deprecated, reason = "MCP 2026-07-28 deprecates logging (SEP-2577); clients of every version in use have it")]

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rmcp::model::{LoggingLevel, LoggingMessageNotificationParam, ProgressNotificationParam};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::audited;
use super::host::Host;
use super::server::{Server, is_stateless};
use super::tasks::Board;
use crate::audit::{Call, Ended};
use crate::plugin::{CallError, Plugin};
use crate::runtime::bindings::barkeep::plugin::client::{LogLevel, Menu};
use crate::runtime::{Event, Failure, Outbox};

/// Who made a request: how it hears what the guest says meanwhile, and whether it still wants the result.
pub(super) struct Caller {
    pub(super) host: Arc<Host>,
    pub(super) context: RequestContext<RoleServer>,
    /// What the record says of it.
    pub(super) call: Call,
    /// Cancelled once nobody wants the result.
    pub(super) unwanted: CancellationToken,
    /// Cancelled once its end of the connection is closed.
    hung_up: CancellationToken,
    /// What it said by `logging/setLevel`.
    log_level: Arc<Mutex<LoggingLevel>>,
    /// Where the call shows how far it is, once it goes on as a task.
    board: OnceLock<Arc<Board>>,
}

impl Caller {
    /// One that waits for the result.
    pub(super) fn of(server: &Server, context: RequestContext<RoleServer>) -> Self {
        let (unwanted, hung_up) = (context.ct.clone(), server.gone.clone());
        let (host, log_level) = (Arc::clone(&server.host), Arc::clone(&server.log_level));
        let call = context.extensions.get::<Call>().cloned().unwrap_or_default();
        Self { host, context, call, unwanted, hung_up, log_level, board: OnceLock::new() }
    }

    /// One whose call may outlive its request.
    pub(super) fn patient(server: &Server, context: RequestContext<RoleServer>) -> Self {
        Self { unwanted: CancellationToken::new(), ..Self::of(server, context) }
    }

    /// The call goes on as a task from now on: who made it hears by `board` alone.
    pub(super) fn leave(&self, board: Arc<Board>) {
        // It is left once.
        let _ = self.board.set(board);
    }

    /// Where a task shows how far it is; none while the client waits for the answer to its request.
    pub(super) fn board(&self) -> Option<&Arc<Board>> {
        self.board.get()
    }

    /// Its session over HTTP.
    fn session(&self) -> Option<&str> {
        let parts = self.context.extensions.get::<http::request::Parts>().filter(|_| !is_stateless(&self.context))?;
        parts.headers.get("mcp-session-id")?.to_str().ok()
    }

    /// Who it is, as far as that can be told: over stdio there is one client; over HTTP it is a session, and without one what
    /// a client says of itself.
    pub(super) fn who(&self) -> String {
        if self.context.extensions.get::<http::request::Parts>().is_none() {
            return "stdio".to_owned();
        }
        let says = || self.context.client_info().map(|info| (info.name, info.version));
        self.session().map_or_else(|| format!("client {:?}", says()), |session| format!("session {session}"))
    }

    /// Ends once the client is gone: its pipes are closed, or it ended its session over HTTP. From now on: not from when it is
    /// first waited for.
    fn gone(&self) -> impl Future<Output = ()> {
        let ended = self.session().map(|session| self.host.session_ended(session));
        async move {
            match ended {
                Some(ended) => ended.await,
                None => self.hung_up.cancelled().await,
            }
        }
    }

    /// Waits for `work` as long as somebody wants its result.
    ///
    /// # Errors
    ///
    /// When nobody does any more, or the host is shutting down.
    pub(super) async fn while_wanted<T>(&self, work: impl Future<Output = T>) -> Result<T, ErrorData> {
        tokio::select! {
            result = work => Ok(result),
            () = self.unwanted.cancelled() => Err(self.cancelled()),
            () = self.gone() => Err(self.gone_away()),
            () = self.host.closing() => {
                self.call.note(Some((Ended::Stopped, None)));
                Err(ErrorData::internal_error("the host is shutting down", None))
            }
        }
    }

    /// Nobody reads it, but what a task came to.
    fn gone_away(&self) -> ErrorData {
        self.call.note(Some((Ended::ClientGone, None)));
        ErrorData::internal_error("the client is gone", None)
    }

    fn cancelled(&self) -> ErrorData {
        self.call.note(Some((Ended::Cancelled, None)));
        ErrorData::internal_error("the client cancelled the request", None)
    }

    /// The least grave message that the client wants: said in the request itself (2026-07-28), else by `logging/setLevel`.
    fn log_level(&self) -> Option<LoggingLevel> {
        if is_stateless(&self.context) {
            return self.context.meta.log_level();
        }
        Some(*self.log_level.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs `work`, which calls into `plugin`, for `caller`.
///
/// # Errors
///
/// When the client cancelled the request: nobody reads the error then. When the host is shutting down.
pub(super) async fn run<T, F>(
    caller: &Caller,
    plugin: &Plugin,
    work: impl FnOnce(Outbox) -> F,
) -> Result<Result<T, CallError>, ErrorData>
where
    F: Future<Output = Result<T, CallError>>,
{
    caller.call.reaches(plugin.id(), plugin.generation());
    let _in_flight = caller.host.begin_call()?;
    let gone = caller.gone();
    let (outbox, events) = Outbox::new(caller.unwanted.clone(), caller.host.watching.updates(plugin.id()));
    let outbox = outbox.witnessed_by(caller.call.witness(plugin.id(), plugin.generation()));
    // The guest never waits for the client, and what it said goes out before its result.
    let both = async { tokio::join!(work(outbox), pass_on(caller, plugin, events)).0 };
    tokio::select! {
        biased;
        () = plugin.taken_back() => {
            let failure = taken_back(plugin);
            caller.call.note(Some(audited::note(&failure)));
            Ok(Err(failure))
        }
        result = both => {
            caller.call.note(result.as_ref().err().map(audited::note));
            Ok(result)
        }
        // By now the guest's future was dropped, and with it its instance and its memory: what is logged is its end.
        () = gone => {
            tracing::info!(plugin = plugin.id(), request = %caller.context.id, "cancelled by the client, which is gone");
            Err(caller.gone_away())
        }
        () = caller.unwanted.cancelled() => {
            tracing::info!(plugin = plugin.id(), request = %caller.context.id, "cancelled by the client");
            Err(caller.cancelled())
        }
    }
}

/// How a call ends when something that its plugin was granted is taken back.
pub(super) fn taken_back(plugin: &Plugin) -> CallError {
    Failure::TakenBack { plugin: plugin.id().to_owned() }.into()
}

async fn pass_on(caller: &Caller, plugin: &Plugin, mut events: mpsc::Receiver<Event>) {
    let context = &caller.context;
    let progress_token = context.meta.get_progress_token();
    let log_level = caller.log_level();
    while let Some(event) = events.recv().await {
        let sent = match event {
            Event::Progress { progress, total, message } => {
                if let Some(board) = caller.board() {
                    board.progress(progress, total, message);
                    continue;
                }
                let Some(token) = progress_token.clone() else { continue };
                let mut param = ProgressNotificationParam::new(token, progress);
                param.total = total;
                param.message = message;
                context.peer.notify_progress(param).await
            }
            Event::Log { level, logger, data } => {
                let level = level_of(level);
                tracing::debug!(plugin = plugin.id(), ?level, %data, "says");
                // A task has no stream on which messages could go to its client.
                if caller.board().is_some() || log_level.is_none_or(|least| rank(level) < rank(least)) {
                    continue;
                }
                let mut param = LoggingMessageNotificationParam::new(level, data);
                param.logger = Some(logger.unwrap_or_else(|| plugin.id().to_owned()));
                context.peer.notify_logging_message(param).await
            }
            Event::ListChanged(Menu::Tools | Menu::Prompts | Menu::Resources) => {
                caller.host.supervisor.relist(plugin.id());
                continue;
            }
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "the client took no more news of a call");
        }
    }
}

fn level_of(level: LogLevel) -> LoggingLevel {
    match level {
        LogLevel::Debug => LoggingLevel::Debug,
        LogLevel::Info => LoggingLevel::Info,
        LogLevel::Notice => LoggingLevel::Notice,
        LogLevel::Warning => LoggingLevel::Warning,
        LogLevel::Error => LoggingLevel::Error,
        LogLevel::Critical => LoggingLevel::Critical,
        LogLevel::Alert => LoggingLevel::Alert,
        LogLevel::Emergency => LoggingLevel::Emergency,
    }
}

/// How grave a level is: RFC 5424 counts the other way.
fn rank(level: LoggingLevel) -> u8 {
    match level {
        LoggingLevel::Debug => 0,
        LoggingLevel::Info => 1,
        LoggingLevel::Notice => 2,
        LoggingLevel::Warning => 3,
        LoggingLevel::Error => 4,
        LoggingLevel::Critical => 5,
        LoggingLevel::Alert => 6,
        LoggingLevel::Emergency => 7,
    }
}
