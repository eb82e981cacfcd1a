//! A stand-in for GitHub's REST API, on a loopback port of its own: what the plugin `github` is tested against.
//!
//! It answers as <https://docs.github.com/rest> says, for the endpoints that the plugin uses, both at the root and under
//! `/api/v3` as GitHub Enterprise Server does. Every request must carry `authorization: Bearer TOKEN` and a user agent.
//! `GET /standin/requests` gives, without a token, the requests so far as JSON.
//!
//! What is in it (see [`world`]):
//!
//! | repository | what it is for |
//! |---|---|
//! | `octo/hello` | 35 issues, comments, files on the branches `main` and `feature` |
//! | `octo/old-name` | renamed to `octo/hello`: redirects, with 301 for reading and 307 for the rest |
//! | `octo/empty` | no issues, no files |
//! | `octo/archived` | read-only: 403 for what creates |
//! | `octo/quiet` | issues are disabled: 410 |
//!
//! Every repository of the owner `standin` is a trouble of its own, whatever is asked of it (see [`trouble`]); a search
//! runs into it by the qualifier `repo:standin/NAME`.

mod contents;
mod issues;
mod log;
mod pulls;
mod reply;
mod repositories;
mod request;
mod search;
#[cfg(test)]
mod tests;
pub mod trouble;
pub mod world;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use log::Log;
pub use log::Logged;
use reply::{json, refusal};
use request::Request;
use world::World;

/// A running stand-in; it ends when this is dropped.
#[derive(Debug)]
pub struct Standin {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<io::Result<()>>,
}

#[derive(Debug)]
struct Shared {
    token: String,
    log: Log,
    world: Mutex<World>,
}

impl Standin {
    /// Starts one on a free port of 127.0.0.1 that asks for `token`.
    ///
    /// # Errors
    ///
    /// No port can be had.
    pub async fn start(token: impl Into<String>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { token: token.into(), log: Log::default(), world: Mutex::new(World::new()) });
        let router = Router::new().fallback(serve).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, shared, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the API, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, oldest first.
    pub fn requests(&self) -> Vec<Logged> {
        self.shared.log.all()
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(State(shared): State<Arc<Shared>>, request: axum::extract::Request) -> Response<Body> {
    let request = match Request::read(request).await {
        Ok(request) => request,
        Err(words) => return refusal(400, words),
    };
    if request.method == Method::GET && request.path == "/standin/requests" {
        return json(200, &shared.log.to_json());
    }
    shared.log.add(&request);
    if let Some(refused) = refuse(&request, &shared.token) {
        return refused;
    }
    if let Some(answer) = trouble::meet(&request).await {
        return answer;
    }
    // A panic while the lock is held would have failed the test already.
    answer(&request, &mut shared.world.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Refuses those whom GitHub does not answer.
fn refuse(request: &Request, token: &str) -> Option<Response<Body>> {
    if request.header("user-agent").is_none_or(str::is_empty) {
        let words = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.";
        return Some(refusal(403, words));
    }
    match request.header("authorization") {
        None => Some(refusal(401, "Requires authentication")),
        Some(given) if given == format!("Bearer {token}") => None,
        Some(_) => Some(refusal(401, "Bad credentials")),
    }
}

/// Finds the endpoint.
fn answer(request: &Request, world: &mut World) -> Response<Body> {
    let reading = request.method == Method::GET;
    let creating = request.method == Method::POST;
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let (repository, rest) = match segments.as_slice() {
        ["search", kind] if reading => return search::search(request, world, kind),
        ["users", owner, "repos"] if reading => return repositories::list(request, world, owner),
        ["repos", owner, name, rest @ ..] => match world.find(owner, name) {
            world::Found::Here(id) => (id, rest),
            world::Found::Renamed(id) => return reply::moved(request, id),
            world::Found::Nowhere => return refusal(404, "Not Found"),
        },
        ["repositories", id, rest @ ..] => match id.parse().ok().filter(|id| world.get(*id).is_some()) {
            Some(id) => (id, rest),
            None => return refusal(404, "Not Found"),
        },
        _ => return refusal(404, "Not Found"),
    };
    let Some(repository) = world.get_mut(repository) else { return refusal(404, "Not Found") };
    if !reading && repository.archived {
        return refusal(403, "Repository was archived so is read-only.");
    }
    match rest {
        [] if reading => repositories::get(request, repository),
        ["readme"] if reading => contents::readme(request, repository),
        ["contents", path @ ..] if reading => contents::get(request, repository, path),
        ["issues", ..] if !repository.has_issues => refusal(410, "Issues has been disabled in this repository."),
        ["issues"] if reading => issues::list(request, repository),
        ["issues"] if creating => issues::create(request, repository),
        ["issues", number] if reading => issues::get(request, repository, number),
        ["issues", number, "comments"] if reading => issues::comments(request, repository, number),
        ["pulls"] if creating => pulls::create(request, repository),
        _ => refusal(404, "Not Found"),
    }
}
