//! MCP over standard input and output: stdout carries messages and nothing else.

use std::convert::Infallible;
use std::sync::Arc;

use rmcp::service::{QuitReason, ServerInitializeError, serve_server};
use tokio::io::{AsyncRead, AsyncWrite};

use super::hang_up::TellsItsEnd;
use super::lines::Lines;
use super::{DRAIN, Stop};
use crate::mcp::{Host, Server};

/// Why a connection ended badly.
#[derive(Debug, thiserror::Error)]
pub enum StdioError {
    /// The first messages were not those of MCP.
    #[error("the client did not begin as MCP does: {0}")]
    Initialize(String),
    /// The task that serves the connection ended.
    #[error("the connection was lost: {0}")]
    Lost(String),
}

/// Serves one client on `input` and `output` until it closes its end, or until `stop`.
///
/// A client that closed its end gets its answers still, for some seconds; its calls end at once when `unread` does, too:
/// it is gone, and nobody reads them.
///
/// # Errors
///
/// When the client does not speak MCP.
pub async fn serve<R, W>(
    host: Arc<Host>,
    input: R,
    output: W,
    stop: Stop,
    unread: impl Future<Output = ()>,
) -> Result<(), StdioError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let hung_up = Stop::new();
    let gone = Stop::new();
    let input = TellsItsEnd::new(input, hung_up.clone());
    let transport = Lines::new(input, output);
    let server = Server::new(Arc::clone(&host)).until(hung_up.clone()).unless(gone.clone());
    let beginning = serve_server(server, transport);
    let running = tokio::select! {
        running = beginning => match running {
            Ok(running) => running,
            Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(error) => return Err(StdioError::Initialize(error.to_string())),
        },
        () = stop.cancelled() => return Ok(()),
    };
    let cancel = running.cancellation_token();
    let mut waiting = std::pin::pin!(running.waiting());
    let noticing = async {
        hung_up.cancelled().await;
        unread.await;
        gone.cancel();
        std::future::pending::<Infallible>().await
    };
    let ended = tokio::select! {
        ended = &mut waiting => ended,
        never = noticing => match never {},
        () = stop.cancelled() => {
            if !host.drain(DRAIN).await {
                tracing::warn!("calls were still in flight after {DRAIN:?}; they are cut off");
            }
            cancel.cancel();
            waiting.await
        }
    };
    match ended {
        Ok(QuitReason::JoinError(error)) | Err(error) => Err(StdioError::Lost(error.to_string())),
        Ok(_) => Ok(()),
    }
}
