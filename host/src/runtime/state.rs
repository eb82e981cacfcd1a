//! What one store holds: WASI, HTTP, limits, and the guest's line to the client.

use wasmtime::component::ResourceTable;
use wasmtime_wasi::filesystem::WasiFilesystemCtxView;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView};

use super::bindings::barkeep::plugin::{client, types};
use super::limits::MemoryLimit;
use super::outbox::{Event, Outbox};
use super::output::Output;
use crate::capability::fs::{FsCtx, FsCtxView, FsView};
use crate::capability::{Sandbox, Uses, config, kv, tcp};

/// Handles that one store may hold: open files, streams, requests, pollables. A call that makes some hundred requests at
/// once has a thousand.
pub(super) const MAX_HANDLES: usize = 4096;

/// Bytes of the headers that the host holds for one handle: with the handles above, as much as a call has memory. Servers take
/// no more than this either.
const MAX_FIELDS: usize = 32 * 1024;

/// Bytes of one log message that go on to the client; what is longer is replaced by a note that says so.
const MAX_LOG_DATA: usize = 64 * 1024;

/// Bytes of the words of a report of progress that go on.
const MAX_WORDS: usize = 4 * 1024;

/// Bytes of the name of a logger that go on, and of a URI.
const MAX_NAME: usize = 8 * 1024;

/// The data of one store.
pub struct State {
    wasi: WasiCtx,
    fs: Box<FsCtx>,
    http: WasiHttpCtx,
    hooks: Box<dyn WasiHttpHooks>,
    tcp: tcp::Gate,
    config: config::Values,
    kv: kv::Calls,
    table: ResourceTable,
    pub(super) memory: MemoryLimit,
    outbox: Outbox,
    /// What the call that runs does with its capabilities.
    pub(super) uses: Uses,
}

impl State {
    pub(super) fn new(mut sandbox: Sandbox, output: &Output, memory: MemoryLimit, outbox: Outbox) -> Self {
        sandbox.uses.witnessed_by(outbox.witness());
        sandbox.wasi.stdout(output.stream("stdout")).stderr(output.stream("stderr"));
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_HANDLES);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(MAX_FIELDS);
        Self {
            wasi: sandbox.wasi.build(),
            fs: sandbox.fs,
            http,
            hooks: sandbox.http,
            tcp: sandbox.tcp,
            config: sandbox.config,
            kv: sandbox.kv,
            table,
            memory,
            outbox,
            uses: sandbox.uses,
        }
    }

    /// A warm instance serves one call after the other, each with a line to its own client.
    pub(super) fn set_outbox(&mut self, outbox: Outbox) {
        self.uses.witnessed_by(outbox.witness());
        self.fs.refill();
        self.kv.refill();
        self.outbox = outbox;
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl FsView for State {
    fn fs(&mut self) -> FsCtxView<'_> {
        let wasi = WasiFilesystemCtxView { ctx: self.wasi.filesystem(), table: &mut self.table };
        FsCtxView { ctx: &mut self.fs, wasi }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut *self.hooks, table: &mut self.table, ctx: &mut self.http }
    }
}

impl config::View for State {
    fn config(&mut self) -> &mut config::Values {
        &mut self.config
    }
}

impl tcp::View for State {
    fn tcp(&mut self) -> &tcp::Gate {
        &self.tcp
    }
}

impl kv::View for State {
    fn kv(&mut self) -> kv::Host<'_> {
        kv::Host { calls: &self.kv, table: &mut self.table }
    }
}

impl types::Host for State {}

impl client::Host for State {
    fn progress(&mut self, progress: f64, total: Option<f64>, message: Option<String>) {
        // JSON has no words for these, and a client would drop the connection over them.
        if progress.is_finite() && total.is_none_or(f64::is_finite) {
            let message = message.map(|message| cut(message, MAX_WORDS));
            self.outbox.send(Event::Progress { progress, total, message });
        }
    }

    fn log(&mut self, level: client::LogLevel, logger: Option<String>, data: String) {
        let data = if data.len() > MAX_LOG_DATA {
            format!("(a log message of {} bytes, more than the {MAX_LOG_DATA} that are passed on)", data.len()).into()
        } else {
            // A plugin that sends plain text where JSON is due still gets its words through.
            serde_json::from_str(&data).unwrap_or(serde_json::Value::String(data))
        };
        let logger = logger.map(|logger| cut(logger, MAX_NAME));
        self.outbox.send(Event::Log { level, logger, data });
    }

    fn list_changed(&mut self, menu: client::Menu) {
        self.outbox.send(Event::ListChanged(menu));
    }

    fn resource_updated(&mut self, uri: String) {
        // Nobody can read a resource of such a name.
        if uri.len() > MAX_NAME {
            return;
        }
        self.outbox.updated(&uri);
    }

    fn cancelled(&mut self) -> bool {
        self.outbox.is_cancelled()
    }
}

/// The start of `text`, at most `most` bytes of it.
fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate((0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default());
        // The rest would be kept as long as the start.
        text.shrink_to_fit();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_cut_between_characters() {
        assert_eq!(cut("abc".to_owned(), 3), "abc");
        assert_eq!(cut("abä".to_owned(), 3), "ab");
    }
}
