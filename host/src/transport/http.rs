//! MCP over streamable HTTP: axum and rmcp's tower service, at `/mcp`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use http_body_util::BodyExt;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use super::sessions::{self, Sessions};
use super::{DRAIN, MAX_MESSAGE, Stop, accept, body, mend};
use crate::config::HttpServer;
use crate::mcp::{Host, Server};

/// Where MCP is served.
pub const PATH: &str = "/mcp";

/// How long answers may take to be sent after the last call has ended, and then open streams to close.
const CLOSE: Duration = Duration::from_secs(1);

/// Serves clients on `listener` until `stop`.
///
/// Requests whose `Host` is neither a loopback name, nor the address listened on, nor in `settings` are refused, and so
/// are those with an `Origin` that is neither this server's own nor in `settings` (MCP 2025-11-25, basic/transports,
/// "Security Warning").
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(host: Arc<Host>, listener: TcpListener, settings: &HttpServer, stop: Stop) -> std::io::Result<()> {
    let address = listener.local_addr()?;
    let sessions = Arc::new(Sessions::default());
    let mut config = StreamableHttpServerConfig::default()
        // An answer that nothing goes before, in the stateless protocol: the official Python client reads no event of more
        // than 1 MiB, and JSON of any length.
        .with_json_response(true)
        .with_max_request_body_bytes(MAX_MESSAGE)
        .with_allowed_hosts(allowed_hosts(address, settings))
        .with_allowed_origins(allowed_origins(address, settings))
        .enforce_origin_validation();
    let close = Stop::new();
    config.cancellation_token = close.clone();
    let factory_host = Arc::clone(&host);
    let service =
        StreamableHttpService::new(move || Ok(Server::new(Arc::clone(&factory_host))), Arc::clone(&sessions), config);
    let answers = TaskTracker::new();
    let router = Router::new()
        .route_service(PATH, service)
        .layer(from_fn_with_state(sessions, sessions::bound))
        .layer(from_fn_with_state(Arc::clone(&host), end_session))
        .layer(from_fn(mend::mend))
        .layer(from_fn_with_state(Arc::default(), body::check))
        .layer(from_fn_with_state(answers.clone(), count_answers))
        .fallback(async || (StatusCode::NOT_FOUND, "MCP is served at /mcp\n"));

    let told = stop.clone();
    let serving = accept::serve(listener, router, close.clone());
    let stopping = async {
        told.cancelled().await;
        if host.drain(DRAIN).await {
            // The calls have ended; what they gave is on its way.
            answers.close();
            let _ = tokio::time::timeout(CLOSE, answers.wait()).await;
        } else {
            tracing::warn!("calls were still in flight after {DRAIN:?}; they are cut off");
        }
        close.cancel();
        tokio::time::sleep(CLOSE).await;
    };
    tokio::select! {
        ended = serving => ended,
        () = stopping => Ok(()),
    }
}

/// The values of `Origin` that are answered: a page of this very server, at this very port, is no stranger.
fn allowed_origins(address: SocketAddr, settings: &HttpServer) -> Vec<String> {
    let port = address.port();
    let own = ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("http://{host}:{port}"));
    own.into_iter().chain(settings.allowed_origins.iter().cloned()).collect()
}

/// The values of `Host` that are answered.
fn allowed_hosts(address: SocketAddr, settings: &HttpServer) -> Vec<String> {
    let mut hosts: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    if !address.ip().is_unspecified() {
        hosts.push(address.ip().to_string());
    }
    hosts.extend(settings.allowed_hosts.iter().cloned());
    hosts
}

/// Ends the calls of a session that its client ends: rmcp waits for them. Says so by 204, not by rmcp's 202: the official
/// Python client warns of that.
async fn end_session(State(host): State<Arc<Host>>, request: Request, next: Next) -> Response {
    if request.method() != Method::DELETE {
        return next.run(request).await;
    }
    let session = request.headers().get("mcp-session-id").cloned();
    let mut response = next.run(request).await;
    if response.status() == StatusCode::ACCEPTED {
        *response.status_mut() = StatusCode::NO_CONTENT;
        if let Some(session) = session.as_ref().and_then(|session| session.to_str().ok()) {
            host.end_session(session);
        }
    }
    response
}

/// Counts the answer to a message as under way until it was sent whole.
async fn count_answers(State(answers): State<TaskTracker>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        // What a session hears beside its answers has no end.
        return next.run(request).await;
    }
    let under_way = answers.token();
    let response = next.run(request).await;
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _ = &under_way;
            frame
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_listened_on_is_a_good_host_but_any_address_is_not() {
        let settings = HttpServer { allowed_hosts: vec!["tools.example".to_owned()], allowed_origins: vec![] };
        let hosts = |address: &str| allowed_hosts(address.parse().expect("an address"), &settings);
        assert!(hosts("192.0.2.7:80").contains(&"192.0.2.7".to_owned()));
        assert!(hosts("0.0.0.0:80").contains(&"tools.example".to_owned()));
        assert!(!hosts("0.0.0.0:80").contains(&"0.0.0.0".to_owned()));
    }
}
