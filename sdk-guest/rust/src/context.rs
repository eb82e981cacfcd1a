//! What a function can do for the call that it answers.

use serde_json::Value;

use crate::ask::Replay;
use crate::client::{self, LogLevel};

/// The call being answered: a function takes it as its last argument.
///
/// ```
/// use barkeep_sdk::prelude::*;
///
/// /// Counts sheep.
/// #[tool]
/// fn count_sheep(context: &mut Context) -> Result<&'static str> {
///     for sheep in 1..=3 {
///         if context.is_cancelled() {
///             return Ok("Awake again.");
///         }
///         context.progress(f64::from(sheep), Some(3.0), Some("over the fence"));
///     }
///     context.log(LogLevel::Info, "asleep");
///     Ok("Good night.")
/// }
/// # fn main() {
/// assert_eq!(count_sheep(&mut Context::default()), Ok("Good night."));
/// # }
/// ```
///
/// It also asks the client: see [`ask`](crate::ask). A context of [`Context::default`] is that of a client that can be asked
/// nothing; in a test, [`testing::Client`](crate::testing::Client) answers.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Context {
    pub(crate) replay: Replay,
}

impl Context {
    /// Tells how far the call is: `done` grows with each report, `total` is where it ends, where known.
    ///
    /// It is cheap, and dropped by the host where the client did not ask for it.
    pub fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        client::progress(done, total, message);
    }

    /// Sends a log message to the client and to the host's own log: any JSON, a string as a rule.
    pub fn log(&self, level: LogLevel, data: impl Into<Value>) {
        client::log(level, &data.into());
    }

    /// Whether the client no longer wants the result.
    ///
    /// The host also stops the call soon by itself: ask in order to leave things tidy.
    pub fn is_cancelled(&self) -> bool {
        client::is_cancelled()
    }
}
