//! What a plugin tells the client, beside its answers.

use serde_json::Value;

/// How grave a log message is (RFC 5424).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For the plugin's author.
    Debug,
    /// As it should be.
    Info,
    /// As it should be, but worth a look.
    Notice,
    /// Something may be wrong.
    Warning,
    /// Something failed.
    Error,
    /// A part of the plugin failed.
    Critical,
    /// Somebody must act now.
    Alert,
    /// Nothing works.
    Emergency,
}

/// One of the plugin's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Menu {
    /// Its tools.
    Tools,
    /// Its resources and resource templates.
    Resources,
    /// Its prompts.
    Prompts,
}

/// Tells that one of the plugin's lists is no longer what it was.
pub fn list_changed(menu: Menu) {
    wire::list_changed(menu);
}

/// Tells that the resource `uri` is no longer what it was.
pub fn resource_updated(uri: &str) {
    wire::resource_updated(uri);
}

pub(crate) fn progress(done: f64, total: Option<f64>, message: Option<&str>) {
    wire::progress(done, total, message);
}

pub(crate) fn log(level: LogLevel, data: &Value) {
    wire::log(level, data);
}

pub(crate) fn is_cancelled() -> bool {
    wire::is_cancelled()
}

/// To the host.
#[cfg(target_arch = "wasm32")]
mod wire {
    use serde_json::Value;

    use super::{LogLevel, Menu};
    use crate::bindings::imports::barkeep::plugin::client;

    pub(super) fn progress(done: f64, total: Option<f64>, message: Option<&str>) {
        client::progress(done, total, message);
    }

    pub(super) fn log(level: LogLevel, data: &Value) {
        let level = match level {
            LogLevel::Debug => client::LogLevel::Debug,
            LogLevel::Info => client::LogLevel::Info,
            LogLevel::Notice => client::LogLevel::Notice,
            LogLevel::Warning => client::LogLevel::Warning,
            LogLevel::Error => client::LogLevel::Error,
            LogLevel::Critical => client::LogLevel::Critical,
            LogLevel::Alert => client::LogLevel::Alert,
            LogLevel::Emergency => client::LogLevel::Emergency,
        };
        client::log(level, None, &data.to_string());
    }

    pub(super) fn is_cancelled() -> bool {
        client::cancelled()
    }

    pub(super) fn list_changed(menu: Menu) {
        client::list_changed(match menu {
            Menu::Tools => client::Menu::Tools,
            Menu::Resources => client::Menu::Resources,
            Menu::Prompts => client::Menu::Prompts,
        });
    }

    pub(super) fn resource_updated(uri: &str) {
        client::resource_updated(uri);
    }
}

/// To the tests.
#[cfg(not(target_arch = "wasm32"))]
mod wire {
    use serde_json::Value;

    use super::{LogLevel, Menu};
    use crate::testing::{self, Event};

    pub(super) fn progress(done: f64, total: Option<f64>, message: Option<&str>) {
        testing::record(Event::Progress { done, total, message: message.map(str::to_owned) });
    }

    pub(super) fn log(level: LogLevel, data: &Value) {
        testing::record(Event::Log { level, data: data.clone() });
    }

    pub(super) fn is_cancelled() -> bool {
        testing::is_cancelled()
    }

    pub(super) fn list_changed(menu: Menu) {
        testing::record(Event::ListChanged(menu));
    }

    pub(super) fn resource_updated(uri: &str) {
        testing::record(Event::ResourceUpdated(uri.to_owned()));
    }
}
