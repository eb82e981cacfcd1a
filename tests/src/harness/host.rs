//! `barkeep serve` on a folder, over stdio or HTTP.

use std::time::{Duration, SystemTime};

use rmcp::transport::StreamableHttpClientTransport;
use tokio::process::{ChildStdin, ChildStdout, Command};

use super::{Client, Era, Folder, Log, PATIENCE, Pipe, Post, Process};

/// A host that serves.
#[derive(Debug)]
pub struct Host {
    /// The process; for signals, its end and its memory.
    pub process: Process,
    url: Option<String>,
    pipes: Option<(ChildStdin, ChildStdout)>,
}

impl Host {
    /// Serves `folder` over stdio.
    pub fn stdio(folder: &Folder) -> Self {
        Self::stdio_by(folder.command(&["serve"]))
    }

    /// Serves over stdio, started by a command that says more, such as another environment.
    pub fn stdio_by(command: Command) -> Self {
        let (process, stdin, stdout) = Process::start(command);
        Self { process, url: None, pipes: Some((stdin, stdout)) }
    }

    /// Serves `folder` over HTTP, on a free port of the loopback address.
    pub async fn http(folder: &Folder) -> Self {
        Self::http_by(folder.command(&["serve", "--http", "127.0.0.1:0"])).await
    }

    /// Serves over HTTP, started by a command that says more.
    pub async fn http_by(command: Command) -> Self {
        Self::http_within(PATIENCE, command).await
    }

    /// Serves over HTTP, started by a command that builds guests first.
    pub async fn http_by_builder(command: Command) -> Self {
        Self::http_within(10 * PATIENCE, command).await
    }

    async fn http_within(patience: Duration, command: Command) -> Self {
        let (process, stdin, stdout) = Process::start(command);
        let line = process.log().wait_at_most(patience, 0, "barkeep serves MCP at ").await;
        let url = line.split_whitespace().last().expect("the address ends the line").to_owned();
        Self { process, url: Some(url), pipes: Some((stdin, stdout)) }
    }

    /// What it says on stderr.
    pub fn log(&self) -> &Log {
        self.process.log()
    }

    /// Makes a change, and waits until the log says `text` after it.
    pub async fn until(&self, text: &str, change: impl FnOnce()) {
        let mark = self.log().mark();
        change();
        self.log().wait_after(mark, text).await;
    }

    /// Waits until a first generation of `plugin` serves.
    pub async fn loaded(&self, plugin: &str) {
        self.log().wait_for(&loaded(plugin)).await;
    }

    /// Makes a change, and waits until a generation of `plugin` serves that is newer than all that the log has told of. One
    /// that served before, of which the log tells late, is none: each line begins with its time.
    pub async fn until_loaded(&self, plugin: &str, change: impl FnOnce()) {
        let known = self.log().having(&loaded(plugin)).iter().map(|line| generation(line)).max().unwrap_or_default();
        let now = humantime::format_rfc3339_micros(SystemTime::now()).to_string();
        change();
        self.log().wait_until(&loaded(plugin), |line| generation(line) > known && *line > *now).await;
    }

    /// Where it serves HTTP.
    pub fn url(&self) -> &str {
        self.url.as_deref().expect("it serves HTTP")
    }

    /// A client of this host. Over stdio there is one; over HTTP each has its own session.
    pub async fn client(&mut self, era: Era) -> Client {
        if let Some(url) = &self.url {
            return Client::connect(StreamableHttpClientTransport::from_uri(url.as_str()), era).await;
        }
        let (stdin, stdout) = self.pipes();
        Client::connect((stdout, stdin), era).await
    }

    /// The pipe to this host, for JSON-RPC by hand.
    pub fn pipe(&mut self) -> Pipe {
        assert!(self.url.is_none(), "it serves stdio");
        let (stdin, stdout) = self.pipes();
        Pipe::new(stdin, stdout)
    }

    /// HTTP requests to this host by hand.
    pub fn post(&self) -> Post {
        Post::to(self.url())
    }

    /// The ends of its stdin and stdout, once.
    pub fn pipes(&mut self) -> (ChildStdin, ChildStdout) {
        self.pipes.take().expect("stdio has one client")
    }
}

/// What the log says once a generation of `plugin` serves.
fn loaded(plugin: &str) -> String {
    format!(" loaded plugin={plugin} generation=")
}

/// Which generation such a line is about.
fn generation(line: &str) -> u64 {
    let number = line.rsplit_once("generation=").and_then(|(_, number)| number.parse().ok());
    number.unwrap_or_else(|| panic!("`{line}` ends with a generation"))
}
