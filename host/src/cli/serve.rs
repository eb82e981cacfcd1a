//! `barkeep serve`.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::menu::Entry;
use super::{Common, output, progress, start};
use crate::audit::Audit;
use crate::capability::secrets::Secrets;
use crate::config::{Config, Lock};
use crate::mcp::{Host, Seal, Tasks};
use crate::supervisor::Supervisor;
use crate::transport::{http, standard, stdio, stdout_unread, stop_signal};

/// `barkeep serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Serve streamable HTTP at this address, such as 127.0.0.1:8080, instead of stdio.
    #[arg(long, value_name = "ADDR", env = "BARKEEP_HTTP")]
    http: Option<String>,
    /// Serve only what `barkeep update` approved: a component that changed, or that shows the model something else, is not
    /// served.
    #[arg(long, env = "BARKEEP_LOCKED", value_parser = clap::builder::BoolishValueParser::new())]
    locked: bool,
    /// Print the menu, and the lines for a client's configuration, once the plugins are loaded.
    #[arg(long)]
    menu: bool,
    /// Keep the record of calls as it was when the host began, whatever becomes of the configuration.
    #[arg(skip)]
    one_record: bool,
}

impl Serve {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<ExitCode> {
        let (config, file) = start::config(common)?;
        self.serve(common, config, file).await?;
        Ok(ExitCode::SUCCESS)
    }

    /// Over stdio, or over HTTP at this address, with nothing else said, for whoever reads the record of it.
    pub(super) fn at(http: Option<String>) -> Self {
        Self { http, locked: false, menu: false, one_record: true }
    }

    /// Serves the plugins of `config`, which was read from `file`, until it is to end. Gives the record of the calls.
    pub(super) async fn serve(self, common: &Common, config: Config, file: PathBuf) -> anyhow::Result<Audit> {
        let _log = start::log(common, &start::wanted(&config))?;
        start::raise_descriptors();
        let stop = stop_signal().context("signals cannot be handled")?;
        let settings = config.http.clone();
        let seal = seal(&config).await?;
        let (reloader, supervisor) = start::reloader(config, &file)?;
        let reloader = if self.locked { reloader.locked_by(Lock::file_of(&file))? } else { reloader };
        let reloader = if self.one_record { reloader } else { reloader.recording_by(start::recording) };
        let audit = supervisor.audit().clone();
        let host = Host::new(Arc::clone(&supervisor), seal, Tasks::kept_in(start::tasks_folder()));
        host.write_consents_to(file.clone());
        let listener = match &self.http {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let url = listener.as_ref().map(TcpListener::local_addr).transpose()?.map(url);
        if let Some(url) = &url {
            output::complain(&format!("barkeep serves MCP at {url}"))?;
        }
        let reloading = tokio::spawn(reloader.run());
        tokio::spawn(progress::show(&supervisor));
        if self.menu {
            tokio::spawn(show_menu(supervisor, file, url));
        }
        let served = if let Some(listener) = listener {
            http::serve(host, listener, &settings, stop).await.map_err(anyhow::Error::from)
        } else {
            let (input, output) = (standard::stdin(), standard::stdout());
            Box::pin(stdio::serve(host, input, output, stop, stdout_unread())).await.map_err(anyhow::Error::from)
        };
        reloading.abort();
        audit.close();
        served.map(|()| audit)
    }
}

/// What is put on the state that clients keep between two rounds of questions.
async fn seal(config: &Config) -> anyhow::Result<Seal> {
    let Some(name) = &config.state_secret else { return Ok(Seal::random()) };
    let secrets = Secrets::read(config.secrets_file.as_deref());
    secrets.fetch([name]).await;
    let secret = secrets.get(name).context("`state_secret` cannot be used")?;
    Ok(Seal::shared(secret.reveal()))
}

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let listening = TcpListener::bind(address).await;
    let listener = listening.with_context(|| {
        format!(
            "cannot listen on `{address}`; it is HOST:PORT, such as 127.0.0.1:8080, and no other program may be there"
        )
    })?;
    if !listener.local_addr()?.ip().is_loopback() {
        tracing::warn!(address, "everybody who reaches this address can call every tool: there is no sign-in");
    }
    Ok(listener)
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}{}", http::PATH)
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
    // A client that starts this process may never read what it says here: only this thread may wait for it.
    tokio::task::spawn_blocking(move || output::complain(&output::plain(&text)));
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
