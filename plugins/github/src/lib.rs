//! GitHub for MCP clients, as a plugin of Barkeep: issues, pull requests, code and repositories.
//!
//! The tools have the names, arguments and results of the reference server (npm `@modelcontextprotocol/server-github`
//! 2025.4.8), so that what was written for it goes on working. The plugin never sees a token: the host puts it into the
//! requests on their way out.
//!
//! What clients see is in `tools`, `resources` and `prompts`; each of their functions is one line over a module that
//! knows the endpoint. Below all is `api`, which speaks to GitHub through a `transport`: the host's, or a script of the
//! tests. What GitHub refuses becomes words in `failure`.

use barkeep_sdk::{Error, Result, plugin};

mod api;
mod arguments;
mod clock;
mod debug;
#[cfg(test)]
mod debug_tests;
mod endpoint;
mod failure;
#[cfg(test)]
mod failure_tests;
mod files;
mod host;
mod issues;
mod page;
mod print;
mod prompts;
mod pulls;
mod repository;
mod resources;
#[cfg(test)]
mod schema_tests;
mod search;
mod shape;
mod tools;
mod transport;

plugin! {
    tools: [
        tools::create_issue,
        tools::get_issue,
        tools::list_issues,
        tools::search_issues,
        tools::search_code,
        tools::search_repositories,
        tools::get_file_contents,
        tools::create_pull_request,
    ],
    resources: [resources::repository, resources::readme],
    prompts: [prompts::debug_issue],
    completions: [prompts::repositories],
}
