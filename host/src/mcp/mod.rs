//! The server that clients speak to: each request of the protocol, answered from the catalog.
//!
//! A call takes the catalog once, finds its plugin by name, and keeps to that generation until it ends.

mod asking;
mod audited;
mod call;
mod completions;
mod consent;
mod error;
mod freshness;
mod host;
mod misfit;
mod news;
mod page;
mod prompts;
mod resources;
mod server;
mod skills;
mod tasks;
mod tools;
mod watching;

pub use asking::Seal;
pub use host::Host;
pub use misfit::answer as answer_misfit;
pub use server::Server;
pub use tasks::Tasks;
