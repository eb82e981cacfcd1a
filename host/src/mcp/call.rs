//! One call into a plugin, as its client sees it: what the guest says on the way is passed on, and a client that no longer
//! wants the result stops the guest.

// MCP 2026-07-28 deprecates logging (SEP-2577); clients of every version in use have it.
#![expect(deprecated)]

use rmcp::model::{LoggingLevel, LoggingMessageNotificationParam, ProgressNotificationParam};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use tokio::sync::mpsc;

use super::server::{Server, is_stateless};
use crate::plugin::Plugin;
use crate::runtime::bindings::barkeep::plugin::client::{LogLevel, Menu};
use crate::runtime::{Event, Outbox};

/// Runs `work`, which calls into `plugin`, for the request in `context`.
///
/// # Errors
///
/// When the client cancelled the request: nobody reads the error then. When the host is shutting down.
pub(super) async fn run<T, E, F>(
    server: &Server,
    plugin: &Plugin,
    context: &RequestContext<RoleServer>,
    work: impl FnOnce(Outbox) -> F,
) -> Result<Result<T, E>, ErrorData>
where
    F: Future<Output = Result<T, E>>,
{
    let _in_flight = server.host.begin_call()?;
    let gone = server.gone(context);
    let (outbox, events) = Outbox::new(context.ct.clone(), server.host.watching.updates(plugin.id()));
    // The guest never waits for the client, and what it said goes out before its result.
    let both = async { tokio::join!(work(outbox), pass_on(server, plugin, context, events)).0 };
    tokio::select! {
        biased;
        result = both => Ok(result),
        // By now the guest's future was dropped, and with it its instance and its memory: what is logged is its end.
        () = gone => {
            tracing::info!(plugin = plugin.id(), request = %context.id, "cancelled by the client, which is gone");
            Err(ErrorData::internal_error("the client is gone", None))
        }
        () = context.ct.cancelled() => {
            tracing::info!(plugin = plugin.id(), request = %context.id, "cancelled by the client");
            Err(ErrorData::internal_error("the client cancelled the request", None))
        }
    }
}

async fn pass_on(
    server: &Server,
    plugin: &Plugin,
    context: &RequestContext<RoleServer>,
    mut events: mpsc::Receiver<Event>,
) {
    let progress_token = context.meta.get_progress_token();
    let log_level = log_level(server, context);
    while let Some(event) = events.recv().await {
        let sent = match event {
            Event::Progress { progress, total, message } => {
                let Some(token) = progress_token.clone() else { continue };
                let mut param = ProgressNotificationParam::new(token, progress);
                param.total = total;
                param.message = message;
                context.peer.notify_progress(param).await
            }
            Event::Log { level, logger, data } => {
                let level = level_of(level);
                tracing::debug!(plugin = plugin.id(), ?level, %data, "says");
                if log_level.is_none_or(|least| rank(level) < rank(least)) {
                    continue;
                }
                let mut param = LoggingMessageNotificationParam::new(level, data);
                param.logger = Some(logger.unwrap_or_else(|| plugin.id().to_owned()));
                context.peer.notify_logging_message(param).await
            }
            Event::ListChanged(Menu::Tools | Menu::Prompts | Menu::Resources) => {
                server.host.supervisor.relist(plugin.id());
                continue;
            }
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "the client took no more news of a call");
        }
    }
}

/// The least grave message that the client wants: said in the request itself (2026-07-28), else by `logging/setLevel`.
fn log_level(server: &Server, context: &RequestContext<RoleServer>) -> Option<LoggingLevel> {
    if is_stateless(context) { context.meta.log_level() } else { Some(server.log_level()) }
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
