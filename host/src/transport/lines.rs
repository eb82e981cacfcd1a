//! Messages of MCP, one a line. rmcp's own transport drops what it does not understand; here it is answered by the error
//! that JSON-RPC has for it, so that no client waits for ever.

use std::io;

use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, GetMeta, JsonRpcError, ProtocolVersion, ServerJsonRpcMessage};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader, Empty};
use tokio::task::JoinHandle;

use super::{MAX_MESSAGE, message};

/// Bytes of the buffer for a line that are kept for the next: most messages are shorter, and one that was long is no
/// reason to keep the memory.
const KEPT: usize = 64 * 1024;

/// One message a line, in and out.
pub(super) struct Lines<R, W: AsyncWrite> {
    input: BufReader<R>,
    line: Vec<u8>,
    /// Whether the rest of the line is dropped: it is too long, which was answered already.
    dropping: bool,
    /// Whether the client told which lifecycle it follows. Before, rmcp takes what is no request for the end.
    begun: bool,
    /// The answer to what was no message, on its way. The next line is not read before: who sends nonsense and reads
    /// nothing must not fill the memory with answers.
    answering: Option<JoinHandle<io::Result<()>>>,
    /// Writes whole messages, one after the other, whoever sends them.
    output: AsyncRwTransport<RoleServer, Empty, W>,
}

/// What was read.
enum Read {
    Line,
    TooLong,
    End,
}

impl<R, W> Lines<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    pub(super) fn new(input: R, output: W) -> Self {
        Self {
            input: BufReader::new(input),
            line: Vec::new(),
            dropping: false,
            begun: false,
            answering: None,
            output: AsyncRwTransport::new_server(tokio::io::empty(), output),
        }
    }

    /// Reads into `self.line` to the end of a line. What was read stays there when the future is dropped in between.
    async fn read(&mut self) -> io::Result<Read> {
        loop {
            let available = self.input.fill_buf().await?;
            if available.is_empty() {
                return Ok(Read::End);
            }
            let (part, ends) = match available.iter().position(|byte| *byte == b'\n') {
                Some(at) => (available.get(..at).unwrap_or_default(), true),
                None => (available, false),
            };
            let taken = part.len() + usize::from(ends);
            let dropped = self.dropping;
            let too_long = !dropped && self.line.len() + part.len() > MAX_MESSAGE;
            if too_long {
                self.line = Vec::new();
            } else if !dropped {
                self.line.extend_from_slice(part);
            }
            self.input.consume(taken);
            self.dropping = (dropped || too_long) && !ends;
            if too_long {
                return Ok(Read::TooLong);
            }
            if ends && !dropped {
                return Ok(Read::Line);
            }
        }
    }

    /// Takes the line that was read.
    fn take(&mut self) -> Result<Option<ClientJsonRpcMessage>, JsonRpcError> {
        let line = self.line.trim_ascii();
        let message = if line.is_empty() { Ok(None) } else { message::parse(line) };
        self.line.clear();
        self.line.shrink_to(KEPT);
        let Some(message) = message? else { return Ok(None) };
        let is_request = match &message {
            ClientJsonRpcMessage::Request(request) => {
                // rmcp would miss in it what requests of 2026-07-28 say.
                if let (false, Some(error)) = (self.begun, message::misshapen_initialize(&request.request)) {
                    return Err(JsonRpcError::new(Some(request.id.clone()), error));
                }
                self.begun |= begins(&request.request);
                true
            }
            _ => false,
        };
        Ok((is_request || self.begun).then_some(message))
    }
}

/// Whether a request tells which lifecycle the client follows: it is `initialize`, or says all itself (MCP 2026-07-28).
fn begins(request: &ClientRequest) -> bool {
    let meta = request.get_meta();
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
        _ => {
            meta.protocol_version().is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version))
                && meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty()
        }
    }
}

impl<R, W> Transport<RoleServer> for Lines<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(&mut self, message: TxJsonRpcMessage<RoleServer>) -> impl Future<Output = io::Result<()>> + Send + 'static {
        self.output.send(message)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(answering) = &mut self.answering {
                let answered = answering.await;
                self.answering = None;
                if !matches!(answered, Ok(Ok(()))) {
                    return None;
                }
            }
            let answer = match self.read().await {
                Ok(Read::Line) => match self.take() {
                    Ok(Some(message)) => return Some(message),
                    Ok(None) => continue,
                    Err(answer) => answer,
                },
                Ok(Read::TooLong) => message::too_long(),
                Ok(Read::End) => return None,
                Err(error) => {
                    tracing::warn!(%error, "the input cannot be read");
                    return None;
                }
            };
            tracing::debug!(error = %answer.error.message, "the client sent what is no message");
            self.answering = Some(tokio::spawn(self.output.send(ServerJsonRpcMessage::Error(answer))));
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.output.close().await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const PING: &str = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";

    /// The methods of the messages in `input`, and the codes of the errors that were answered.
    async fn run(input: &[u8]) -> (usize, Vec<i64>) {
        let (near, far) = tokio::io::duplex(1024 * 1024);
        let mut lines = Lines::new(input, near);
        let mut received = 0;
        while lines.receive().await.is_some() {
            received += 1;
        }
        drop(lines);
        let mut answers = BufReader::new(far).lines();
        let mut codes = Vec::new();
        while let Some(line) = answers.next_line().await.expect("it is text") {
            let answer: Value = serde_json::from_str(&line).expect("it is JSON");
            codes.push(answer["error"]["code"].as_i64().expect("a code"));
        }
        (received, codes)
    }

    #[tokio::test]
    async fn nonsense_is_answered_and_the_next_message_is_received() {
        let input = format!("nonsense\n{PING}\r\n   \n[]\n{PING}");
        assert_eq!(run(input.as_bytes()).await, (2, vec![-32700, -32600]));
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_answered_once_and_dropped() {
        for length in [MAX_MESSAGE + 1, MAX_MESSAGE * 2 + 5] {
            let input = [&vec![b'x'; length][..], b"\n", PING.as_bytes()].concat();
            assert_eq!(run(&input).await, (1, vec![-32600]), "{length}");
        }
        let input = [&vec![b'x'; MAX_MESSAGE][..], b"\n", PING.as_bytes()].concat();
        assert_eq!(run(&input).await, (1, vec![-32700]));
    }

    #[tokio::test]
    async fn before_the_client_began_only_requests_mean_anything() {
        let initialize = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\
            \"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"x\",\"version\":\"0\"}}}\n";
        let notification = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n";
        let input = format!("{notification}{PING}{notification}{initialize}{notification}");
        assert_eq!(run(input.as_bytes()).await, (3, vec![]));
    }
}
