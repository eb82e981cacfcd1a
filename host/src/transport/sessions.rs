//! Sessions of clients of older protocol versions: so many at once.
//!
//! rmcp makes one for each `initialize`, whatever version it and its headers name, and before it has begun: so they are counted
//! where they are made. The stateless protocol has none, and is served however many there are.

use std::cell::Cell;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::Stream;
use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::streamable_http_server::session::local::{LocalSessionManager, LocalSessionManagerError};
use rmcp::transport::streamable_http_server::session::{ServerSseMessage, SessionId, SessionManager};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Sessions that are kept at once. Each is some ten KiB, and ends five minutes after its client was last heard of.
const MAX_SESSIONS: usize = 4096;

tokio::task_local! {
    /// Whether the request that is answered has found no place for its session: rmcp takes that for a fault of the server.
    static FULL: Cell<bool>;
}

type Local = <LocalSessionManager as SessionManager>::Transport;

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
    /// There are as many as there may be.
    #[error("too many sessions are open; try again later")]
    Full,
    /// Something is wrong with it.
    #[error(transparent)]
    Local(#[from] LocalSessionManagerError),
}

impl IntoResponse for SessionError {
    fn into_response(self) -> Response {
        (StatusCode::SERVICE_UNAVAILABLE, format!("{self}\n")).into_response()
    }
}

/// The sessions that there are.
pub(super) struct Sessions {
    local: LocalSessionManager,
    free: Arc<Semaphore>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self::at_most(MAX_SESSIONS)
    }
}

impl Sessions {
    fn at_most(most: usize) -> Self {
        Self { local: LocalSessionManager::default(), free: Arc::new(Semaphore::new(most)) }
    }
}

/// Refuses a session when there are too many; those that are there go on.
pub(super) async fn bound(State(sessions): State<Arc<Sessions>>, request: Request, next: Next) -> Response {
    // Of most that would begin one, the body need not be read.
    if begins_session(request.headers()) && sessions.free.available_permits() == 0 {
        return SessionError::Full.into_response();
    }
    let answering = async {
        let response = next.run(request).await;
        if FULL.with(Cell::get) { SessionError::Full.into_response() } else { response }
    };
    FULL.scope(Cell::new(false), answering).await
}

/// Whether a request says that it is to begin a session, if it is to begin one.
fn begins_session(headers: &HeaderMap) -> bool {
    let stateless =
        headers.get("mcp-protocol-version").is_some_and(|version| version.as_bytes() >= b"2026-07-28".as_slice());
    !stateless && !headers.contains_key("mcp-session-id")
}

/// What a session's messages come and go by, with its place: it is another's once the session has ended and its calls with
/// it, not when its client says so.
pub(super) struct Placed {
    transport: Local,
    _place: OwnedSemaphorePermit,
}

impl Transport<RoleServer> for Placed {
    type Error = <Local as Transport<RoleServer>>::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.transport.send(item)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        self.transport.receive().await
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.transport.close().await
    }
}

impl SessionManager for Sessions {
    type Error = SessionError;
    type Transport = Placed;

    async fn create_session(&self) -> Result<(SessionId, Placed), SessionError> {
        let Ok(place) = Arc::clone(&self.free).try_acquire_owned() else {
            // Where nobody looks there is nobody to tell.
            let _ = FULL.try_with(|full| full.set(true));
            return Err(SessionError::Full);
        };
        let (id, transport) = self.local.create_session().await?;
        Ok((id, Placed { transport, _place: place }))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, SessionError> {
        Ok(self.local.initialize_session(id, message).await?)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, SessionError> {
        Ok(self.local.has_session(id).await?)
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), SessionError> {
        Ok(self.local.close_session(id).await?)
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        Ok(self.local.create_stream(id, message).await?)
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), SessionError> {
        Ok(self.local.accept_message(id, message).await?)
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        Ok(self.local.create_standalone_stream(id).await?)
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        Ok(self.local.resume(id, last_event_id).await?)
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use futures::future::join_all;
    use http_body_util::BodyExt as _;
    use rmcp::ServerHandler;
    use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
    use serde_json::{Value, json};
    use tower_service::Service as _;

    use super::*;

    struct Nothing;

    impl ServerHandler for Nothing {}

    /// A server with so many sessions at the most.
    fn server(most: usize) -> (Router, Arc<Sessions>) {
        let sessions = Arc::new(Sessions::at_most(most));
        let config = StreamableHttpServerConfig::default();
        let service = StreamableHttpService::new(|| Ok(Nothing), Arc::clone(&sessions), config);
        let router = Router::new().route_service("/mcp", service);
        (router.layer(from_fn_with_state(Arc::clone(&sessions), bound)), sessions)
    }

    async fn ask(server: &Router, method: &str, headers: &[(&str, &str)], message: &Value) -> Response {
        let mut request = axum::http::Request::builder()
            .method(method)
            .uri("http://localhost/mcp")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(message.to_string())).expect("a request");
        server.clone().call(request).await.expect("it is answered")
    }

    async fn initialize(server: &Router, version: &str) -> Response {
        let client = json!({ "name": "x", "version": "1" });
        let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
        ask(server, "POST", &[("mcp-protocol-version", version)], &message).await
    }

    async fn words(response: Response) -> String {
        String::from_utf8(response.into_body().collect().await.expect("a body").to_bytes().into()).expect("text")
    }

    #[tokio::test]
    async fn sessions_have_a_bound_whatever_version_begins_them() {
        for version in ["2026-07-28", "2025-11-25"] {
            let (server, sessions) = server(3);
            let mut begun = Vec::new();
            for _ in 0..3 {
                begun.push(initialize(&server, version).await);
            }
            assert!(begun.iter().all(|response| response.status() == 200), "{version}: {begun:?}");
            for _ in 0..2 {
                let refused = initialize(&server, version).await;
                assert_eq!(refused.status(), 503, "{version}");
                assert_eq!(words(refused).await, "too many sessions are open; try again later\n");
            }
            // Who has no session is answered all the same.
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            let discover =
                json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": { "_meta": meta } });
            let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "server/discover")];
            assert_eq!(ask(&server, "POST", &headers, &discover).await.status(), 200);
            // A session that has ended leaves its place to another.
            let id = begun[0].headers()["mcp-session-id"].to_str().expect("text").to_owned();
            let ended = ask(&server, "DELETE", &[("mcp-session-id", &id)], &Value::Null).await;
            assert!(ended.status().is_success(), "{ended:?}");
            drop(sessions.free.acquire().await.expect("there is a place"));
            assert_eq!(initialize(&server, version).await.status(), 200);
        }
    }

    #[tokio::test]
    async fn of_many_that_begin_at_once_no_more_are_let_in() {
        let (server, _) = server(3);
        let begun = join_all((0..20).map(|_| initialize(&server, "2026-07-28"))).await;
        assert_eq!(begun.iter().filter(|response| response.status() == 200).count(), 3);
        assert_eq!(begun.iter().filter(|response| response.status() == 503).count(), 17);
    }

    #[test]
    fn only_the_older_protocol_begins_sessions() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            pairs
                .iter()
                .map(|(name, value)| {
                    (axum::http::HeaderName::from_static(name), axum::http::HeaderValue::from_static(value))
                })
                .collect::<HeaderMap>()
        };
        assert!(begins_session(&headers(&[])));
        assert!(begins_session(&headers(&[("mcp-protocol-version", "2025-11-25")])));
        assert!(!begins_session(&headers(&[("mcp-session-id", "a")])));
        assert!(!begins_session(&headers(&[("mcp-protocol-version", "2026-07-28")])));
    }
}
