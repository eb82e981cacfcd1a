//! Tools that log, report progress, fail, take their time.

use std::thread::sleep;
use std::time::Duration;

use barkeep_sdk::prelude::*;

/// The time that the suite wants between two messages, so that each is sent by itself.
const PAUSE: Duration = Duration::from_millis(50);

/// Logs what it does.
#[tool(read_only)]
pub fn test_tool_with_logging(context: &mut Context) -> &'static str {
    context.log(LogLevel::Info, "Tool execution started");
    sleep(PAUSE);
    context.log(LogLevel::Info, "Tool processing data");
    sleep(PAUSE);
    context.log(LogLevel::Info, "Tool execution completed");
    "Logged three messages."
}

/// Logs once, whether the client wants it or not.
#[tool(read_only)]
pub fn test_logging_tool(context: &mut Context) -> &'static str {
    context.log(LogLevel::Error, "Only those who ask for it get this");
    "Logged a message."
}

/// Reports how far it is.
#[tool(read_only)]
pub fn test_tool_with_progress(context: &mut Context) -> &'static str {
    context.progress(0.0, Some(100.0), None);
    sleep(PAUSE);
    context.progress(50.0, Some(100.0), None);
    sleep(PAUSE);
    context.progress(100.0, Some(100.0), None);
    "Reported the progress three times."
}

/// Always fails.
#[tool(read_only)]
pub fn test_error_handling() -> Result<&'static str> {
    Err(Error::other("This tool intentionally returns an error for testing"))
}

/// Takes so long that a client may lose the connection and come back for the answer.
#[tool(read_only)]
pub fn test_reconnection() -> &'static str {
    sleep(PAUSE * 10);
    "Reconnection test completed successfully."
}
