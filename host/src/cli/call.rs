//! `barkeep call`: a real client in this process, on the path of every other.

use std::process::ExitCode;

use anyhow::{Context, bail};
use rmcp::model::{CallToolRequestParams, ClientConfig, ContentBlock, Implementation, JsonObject, ResourceContents};
use rmcp::service::ServiceExt;
use rmcp::transport::async_rw::AsyncRwTransport;

use super::{Common, output, start};
use crate::mcp::{Host, Seal, Tasks};
use crate::transport::{Stop, stdio};

/// Bytes on their way between client and server in this process.
const PIPE: usize = 64 * 1024;

/// Bytes of an answer on its way: what the host takes from a guest, in base64, with room around it.
const MAX_ANSWER: usize = 128 * 1024 * 1024;

/// `barkeep call`.
#[derive(Debug, clap::Args)]
pub(super) struct Call {
    /// The tool, with its prefix.
    name: String,
    /// Its arguments, a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}", value_parser = object)]
    args: JsonObject,
}

fn object(text: &str) -> Result<JsonObject, String> {
    serde_json::from_str(text)
        .map_err(|error| format!("{error}; it must be a JSON object, such as '{{\"name\": \"Ada\"}}'"))
}

impl Call {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<ExitCode> {
        let (config, file) = start::config(common)?;
        let _log = start::log(common, start::BRIEF)?;
        let supervisor = start::loaded(config, &file).await?;
        for status in supervisor.report().plugins {
            if let Some(problem) = status.problem {
                tracing::warn!(plugin = status.id, "not loaded: {problem}");
            }
        }
        let (ours, theirs) = tokio::io::duplex(PIPE);
        let (input, output) = tokio::io::split(theirs);
        let host = Host::new(supervisor, Seal::random(), Tasks::kept_in(None));
        let server = tokio::spawn(stdio::serve(host, input, output, Stop::new(), std::future::pending()));
        let (from, to) = tokio::io::split(ours);
        let transport = AsyncRwTransport::new_client(from, to).with_max_line_length(MAX_ANSWER);
        let mut this = ClientConfig::default();
        this.client_info = Implementation::new("barkeep call", env!("CARGO_PKG_VERSION"));
        let client = this.serve(transport).await.context("the server in this process did not answer")?;
        let result = client.call_tool(CallToolRequestParams::new(self.name.clone()).with_arguments(self.args)).await;
        client.cancel().await?;
        server.await??;
        let result = match result {
            Ok(result) => result,
            Err(rmcp::ServiceError::McpError(error)) => bail!("{}", error.message),
            Err(error) => return Err(error).with_context(|| format!("`{}` gave no result", self.name)),
        };
        common.output.print(&result, |result| result.content.iter().map(text).collect::<Vec<_>>().join("\n"))?;
        if result.is_error == Some(true) {
            output::complain("error: the tool failed")?;
            return Ok(ExitCode::FAILURE);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A block of content, for people.
fn text(block: &ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => {
            format!("({}, {} bytes in base64; see -o json)", image.mime_type, image.data.len())
        }
        ContentBlock::Audio(audio) => {
            format!("({}, {} bytes in base64; see -o json)", audio.mime_type, audio.data.len())
        }
        ContentBlock::ResourceLink(link) => format!("({})", link.uri),
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { text, .. } => text.clone(),
            ResourceContents::BlobResourceContents { uri, blob, .. } => {
                format!("({uri}, {} bytes in base64; see -o json)", blob.len())
            }
            _ => "(a resource of a kind that this version cannot show; see -o json)".to_owned(),
        },
        _ => "(content of a kind that this version cannot show; see -o json)".to_owned(),
    }
}
