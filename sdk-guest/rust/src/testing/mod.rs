//! What native tests of a plugin need: the host's side of a call.

mod client;
mod http;

use std::cell::{Cell, RefCell};

use serde_json::Value;

use crate::client::{LogLevel, Menu};
pub use client::{Client, Question};
pub(crate) use http::answer;
pub use http::{Served, serve_http};

/// Something that the plugin told the client.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// By [`Context::progress`](crate::Context::progress).
    Progress {
        /// How far it is.
        done: f64,
        /// Where it ends.
        total: Option<f64>,
        /// In words.
        message: Option<String>,
    },
    /// By [`Context::log`](crate::Context::log).
    Log {
        /// How grave it is.
        level: LogLevel,
        /// What was logged.
        data: Value,
    },
    /// By [`client::list_changed`](crate::client::list_changed).
    ListChanged(Menu),
    /// By [`client::resource_updated`](crate::client::resource_updated).
    ResourceUpdated(String),
}

/// Events that are kept; a test that makes more has something else in mind.
const MOST_EVENTS: usize = 10_000;

thread_local! {
    static EVENTS: RefCell<Vec<Event>> = const { RefCell::new(Vec::new()) };
    static CANCELLED: Cell<bool> = const { Cell::new(false) };
}

/// What the plugin told the client on this thread since it was last asked here.
///
/// ```
/// use barkeep_sdk::prelude::*;
/// use barkeep_sdk::testing::{self, Event};
///
/// Context::default().log(LogLevel::Info, "half way");
/// assert_eq!(testing::events(), [Event::Log { level: LogLevel::Info, data: json!("half way") }]);
/// assert_eq!(testing::events(), []);
/// ```
pub fn events() -> Vec<Event> {
    EVENTS.take()
}

/// Makes the calls on this thread cancelled, until the guard is dropped.
pub fn cancel() -> Cancelled {
    CANCELLED.set(true);
    Cancelled { _not_send: std::marker::PhantomData }
}

/// While it is there, the calls on this thread are cancelled.
#[derive(Debug)]
#[must_use = "the calls are no longer cancelled once this is dropped"]
pub struct Cancelled {
    _not_send: std::marker::PhantomData<*const ()>,
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        CANCELLED.set(false);
    }
}

pub(crate) fn record(event: Event) {
    EVENTS.with_borrow_mut(|events| {
        if events.len() < MOST_EVENTS {
            events.push(event);
        }
    });
}

pub(crate) fn is_cancelled() -> bool {
    CANCELLED.get()
}
