//! `barkeep serve`.

use std::fmt::Write;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::menu::Entry;
use super::{Common, output, start};
use crate::capability::secrets::Secrets;
use crate::config::Config;
use crate::mcp::{Host, Seal};
use crate::supervisor::Supervisor;
use crate::transport::{http, stdio, stop_signal};

/// `barkeep serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Serve streamable HTTP at this address, such as 127.0.0.1:8080, instead of stdio.
    #[arg(long, value_name = "ADDR", env = "BARKEEP_HTTP")]
    http: Option<SocketAddr>,
    /// Print the menu, and the lines for a client's configuration, once the plugins are loaded.
    #[arg(long)]
    menu: bool,
}

impl Serve {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<ExitCode> {
        let (config, file) = start::config(common)?;
        start::log(common, &start::wanted(&config))?;
        let stop = stop_signal().context("signals cannot be handled")?;
        let settings = config.http.clone();
        let seal = seal(&config)?;
        let (reloader, supervisor) = start::reloader(config, &file)?;
        let host = Host::new(Arc::clone(&supervisor), seal);
        let listener = match self.http {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let url = listener.as_ref().map(TcpListener::local_addr).transpose()?.map(url);
        if let Some(url) = &url {
            output::complain(&format!("barkeep serves MCP at {url}"))?;
        }
        let reloading = tokio::spawn(reloader.run());
        if std::io::stderr().is_terminal() {
            tokio::spawn(show_progress(Arc::clone(&supervisor)));
        }
        if self.menu {
            tokio::spawn(show_menu(supervisor, file, url));
        }
        match listener {
            Some(listener) => http::serve(host, listener, &settings, stop).await?,
            None => stdio::serve(host, tokio::io::stdin(), tokio::io::stdout(), stop).await?,
        }
        reloading.abort();
        Ok(ExitCode::SUCCESS)
    }
}

/// What is put on the state that clients keep between two rounds of questions.
fn seal(config: &Config) -> anyhow::Result<Seal> {
    let Some(name) = &config.state_secret else { return Ok(Seal::random()) };
    let secret = Secrets::read(config.secrets_file.as_deref()).get(name).context("`state_secret` cannot be used")?;
    Ok(Seal::shared(secret.reveal()))
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "everybody who reaches this address can call every tool: there is no sign-in");
    }
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}; is another program there?"))
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}{}", http::PATH)
}

/// A bar on the terminal while plugins are compiled for the first time.
async fn show_progress(supervisor: Arc<Supervisor>) {
    let mut progress = supervisor.progress();
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("loading plugins {bar:30} {pos}/{len}") {
        bar.set_style(style);
    }
    loop {
        let now = progress.borrow_and_update().clone();
        if now.ready {
            break;
        }
        bar.set_length(now.total as u64);
        bar.set_position(now.done as u64);
        if progress.changed().await.is_err() {
            break;
        }
    }
    bar.finish_and_clear();
}

async fn show_menu(supervisor: Arc<Supervisor>, file: PathBuf, url: Option<String>) {
    supervisor.ready().await;
    let mut text = String::from("\n");
    for entry in Entry::all(&supervisor) {
        text.push_str(&entry.text());
    }
    text.push_str("\nFor a client's configuration:\n\n");
    for lines in client_configurations(&file, url.as_deref()) {
        // Writing to a string does not fail.
        let _ = write!(text, "{lines:#}\n\n");
    }
    if let Err(error) = output::complain(&text) {
        tracing::debug!(%error, "the menu could not be shown");
    }
}

/// What to paste: over stdio, and over HTTP where it is served.
fn client_configurations(file: &Path, url: Option<&str>) -> Vec<Value> {
    let program = std::env::current_exe().unwrap_or_else(|_| "barkeep".into());
    let stdio = json!({ "mcpServers": { "barkeep": {
        "command": program,
        "args": ["serve", "--config", file],
    } } });
    let http = url.map(|url| json!({ "mcpServers": { "barkeep": { "type": "http", "url": url } } }));
    std::iter::once(stdio).chain(http).collect()
}
