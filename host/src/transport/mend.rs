//! What rmcp answers over HTTP otherwise than the specification asks, mended in this one place.
//!
//! Each has its case in `tests/protocol-cases/`, and below a test of rmcp alone that fails once it is of no use any more.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use memchr::memmem;
use rmcp::ErrorData;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, CustomRequest, JsonRpcError, ProtocolVersion};
use serde_json::Value;

use super::{MAX_MESSAGE, message};
use crate::mcp::answer_misfit;

const VERSION: &str = "mcp-protocol-version";

/// Bytes of a list's request that is looked at for its cursor: ours have 16 KiB at the most, and in `_meta` nobody says
/// much.
const MAX_LIST: usize = 64 * 1024;

/// An answer in rmcp's stead.
struct Mended(StatusCode, Option<JsonRpcError>);

impl IntoResponse for Mended {
    fn into_response(self) -> Response {
        let Self(status, Some(error)) = self else { return self.0.into_response() };
        let body = serde_json::to_vec(&error).unwrap_or_default();
        (status, [(CONTENT_TYPE, "application/json")], body).into_response()
    }
}

/// Answers a message in rmcp's stead where rmcp would do it badly.
pub(super) async fn mend(request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !is_json(request.headers()) {
        return next.run(request).await;
    }
    if request.headers().get_all(VERSION).iter().count() > 1 {
        return refuse_versions(request).await;
    }
    let version = request.headers().get(VERSION).cloned();
    // What rmcp reads of the body, which is bounded: the pieces are shared, not copied.
    let pieces = Arc::new(Mutex::new(Vec::<Bytes>::new()));
    let read = Arc::clone(&pieces);
    let request = request.map(|body| {
        Body::new(body.map_frame(move |frame| {
            read.lock().unwrap_or_else(PoisonError::into_inner).extend(frame.data_ref().cloned());
            frame
        }))
    });
    let response = next.run(request).await;
    let pieces = std::mem::take(&mut *pieces.lock().unwrap_or_else(PoisonError::into_inner));
    let mended = match response.status() {
        StatusCode::OK => overlooked(&pieces),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => misread(&pieces.concat()),
        StatusCode::BAD_REQUEST => refused(version.as_ref(), &pieces.concat(), is_json(response.headers())),
        _ => None,
    };
    mended.map_or(response, Mended::into_response)
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|header| header.to_str().ok()).is_some_and(|header| {
        header.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
    })
}

/// Of two versions rmcp takes the first, and who stands between may take the other (MCP 2026-07-28,
/// basic/transports/streamable-http, "Server Validation").
async fn refuse_versions(request: Request) -> Response {
    let Ok(body) = to_bytes(request.into_body(), MAX_MESSAGE).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let id = match message::parse(&body) {
        Ok(Some(ClientJsonRpcMessage::Request(request))) => Some(request.id),
        _ => None,
    };
    let error = ErrorData::header_mismatch("there must be one MCP-Protocol-Version header", None);
    Mended(StatusCode::BAD_REQUEST, Some(JsonRpcError::new(id, error))).into_response()
}

/// A list whose cursor rmcp overlooked, and which began anew.
fn overlooked(pieces: &[Bytes]) -> Option<Mended> {
    if pieces.iter().map(Bytes::len).sum::<usize>() > MAX_LIST {
        return None;
    }
    let body = pieces.concat();
    memmem::find(&body, b"\"cursor\"")?;
    message::parse(&body).err().map(|error| Mended(StatusCode::OK, Some(error)))
}

/// Of a body that is no message rmcp says that its media type is wrong.
fn misread(body: &[u8]) -> Option<Mended> {
    match message::parse(body) {
        Ok(Some(_)) => None,
        Ok(None) => Some(Mended(StatusCode::ACCEPTED, None)),
        Err(error) => Some(Mended(StatusCode::BAD_REQUEST, Some(error))),
    }
}

/// What rmcp refuses without a message of JSON-RPC, or with one that has another code.
fn refused(version: Option<&HeaderValue>, body: &[u8], is_message: bool) -> Option<Mended> {
    let message = message::parse(body).ok()??;
    let request = match &message {
        ClientJsonRpcMessage::Request(request) => Some(request),
        _ => None,
    };
    let mended = |status, error| Mended(status, Some(JsonRpcError::new(request.map(|one| one.id.clone()), error)));
    if is_message {
        // rmcp misses the header Mcp-Name before it says that there is no such method in 2026-07-28.
        let unknown = match &request?.request {
            ClientRequest::SubscribeRequest(_) => "resources/subscribe",
            ClientRequest::UnsubscribeRequest(_) => "resources/unsubscribe",
            _ => return None,
        };
        let stateless = version.is_some_and(|version| version == ProtocolVersion::V_2026_07_28.as_str());
        let error = answer_misfit(&CustomRequest::new(unknown, None), true);
        return stateless.then(|| mended(StatusCode::NOT_FOUND, error));
    }
    let known = |version: &str| ProtocolVersion::KNOWN_VERSIONS.iter().any(|known| known.as_str() == version);
    let error = match version.map(HeaderValue::to_str) {
        Some(Err(_)) => ErrorData::header_mismatch("MCP-Protocol-Version has characters that no version has", None),
        Some(Ok(version)) if !known(version) => {
            let requested = serde_json::from_value(Value::from(version)).ok()?;
            ErrorData::unsupported_protocol_version(requested, ProtocolVersion::KNOWN_VERSIONS)
        }
        _ => message::misshapen_initialize(&request?.request)?,
    };
    Some(mended(StatusCode::BAD_REQUEST, error))
}

#[cfg(test)]
mod tests {
    use rmcp::ServerHandler;
    use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
    use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
    use serde_json::json;

    use super::*;

    struct Nothing;

    impl ServerHandler for Nothing {}

    /// What rmcp alone answers: its status, and the code of its error, where it has one.
    async fn rmcp(message: &Value, headers: &[(&'static str, &'static [u8])]) -> (u16, Option<i64>) {
        let service: StreamableHttpService<Nothing, LocalSessionManager> =
            StreamableHttpService::new(|| Ok(Nothing), Arc::default(), StreamableHttpServerConfig::default());
        let mut request = axum::http::Request::post("http://localhost/mcp")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let text = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
        let response = service.handle(request.body(Body::from(text)).expect("a request")).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let code = serde_json::from_slice::<Value>(&body).ok().and_then(|body| body["error"]["code"].as_i64());
        (status, code)
    }

    fn stateless(method: &str, params: &Value) -> Value {
        let mut message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        message["params"]["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        message
    }

    /// When one of these fails, rmcp does what the specification asks: take out what is here for it.
    #[tokio::test]
    async fn what_is_mended_here_rmcp_does_badly() {
        let discover = stateless("server/discover", &json!({}));
        let method = ("mcp-method", &b"server/discover"[..]);
        let (this, older) = ((VERSION, &b"2026-07-28"[..]), (VERSION, &b"2025-11-25"[..]));
        assert_eq!(rmcp(&discover, &[this, older, method]).await.0, 200, "of two versions the first counts");
        assert_eq!(rmcp(&discover, &[(VERSION, b"\xff"), method]).await, (400, None), "a version of no ASCII");
        let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
        assert_eq!(rmcp(&ping, &[(VERSION, b"2099-01-01")]).await, (400, None), "an unknown version");
        assert_eq!(rmcp(&json!("hello"), &[]).await, (415, None), "a body that is no message");
        let initialize = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {} });
        assert_eq!(rmcp(&initialize, &[]).await, (400, None), "an `initialize` with parameters that are not its own");
        let subscribe = stateless("resources/subscribe", &json!({ "uri": "x://y" }));
        let method = ("mcp-method", &b"resources/subscribe"[..]);
        assert_eq!(rmcp(&subscribe, &[this, method]).await, (400, Some(-32020)), "a method that is there no more");
    }
}
