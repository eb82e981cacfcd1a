//! How clients reach the server: stdio and streamable HTTP. Both end when they are told to, after the calls in flight.

mod accept;
mod body;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod gone;
mod hang_up;
pub mod http;
mod idle;
mod lines;
mod mend;
mod message;
mod sessions;
pub mod standard;
pub mod stdio;
mod stop;

use std::time::Duration;

pub use gone::stdout_unread;
pub use stop::{Stop, stop_signal};

/// How long calls in flight may go on after the host was told to stop. Service managers kill after ten seconds or more, and
/// up to three go by with closing connections and writing the record.
pub const DRAIN: Duration = Duration::from_secs(6);

/// Bytes of one message from a client: a file of 10 MiB, in base64, with room around it.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;
