//! What needs a grant: to ask a server on this machine, at a port that the client says.

use std::thread::sleep;
use std::time::Duration;

use barkeep_sdk::http;
use barkeep_sdk::prelude::*;

/// A server on this machine.
#[arguments]
pub struct Server {
    /// Its port.
    port: String,
}

/// A server on this machine, and how long to wait first.
#[arguments]
pub struct Later {
    /// Its port.
    port: String,
    /// Milliseconds.
    after: u64,
}

fn fetch(port: &str) -> Result<String> {
    http::Request::new("GET", format!("http://127.0.0.1:{port}/a")).send()?.text()
}

/// Asks a server, after a while.
#[tool(read_only)]
pub fn later(args: Later) -> Result<String> {
    sleep(Duration::from_millis(args.after));
    fetch(&args.port)
}

/// What a server says.
#[resource(template = "asker://servers/{port}", mime_type = "text/plain")]
pub fn server(args: Server) -> Result<String> {
    fetch(&args.port)
}

/// Repeats what a server says.
#[prompt]
pub fn quote(args: Server) -> Result<String> {
    fetch(&args.port)
}

/// What a server says that was typed so far.
#[completion(prompt = "quote", argument = "port")]
pub fn said(typed: &str) -> Result<Vec<String>> {
    Ok(vec![fetch(typed)?])
}
