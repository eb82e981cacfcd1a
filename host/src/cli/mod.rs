//! The command line: one file for each verb.

mod add;
mod audit;
mod call;
mod completion;
mod config;
mod consent;
mod doctor;
mod grant;
mod hidden;
mod inspect;
mod learn;
mod list;
mod menu;
mod output;
mod progress;
mod secret;
mod serve;
mod start;
mod texts;
mod update;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use output::Output;

/// A host for MCP plugins: sandboxed WebAssembly components that offer tools, resources and prompts.
#[derive(Debug, Parser)]
#[command(name = "barkeep", version, propagate_version = true)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    common: Common,
}

/// What every verb takes.
#[derive(Debug, Args)]
struct Common {
    /// The configuration; by default ./barkeep.toml, then the one in your folder for configuration.
    #[arg(long, global = true, value_name = "FILE", env = "BARKEEP_CONFIG")]
    config: Option<PathBuf>,
    /// Print for people or for programs.
    #[arg(short, long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    output: Output,
    /// What goes to the log on stderr, such as `debug` or `barkeep=trace`; the configuration's `log` by default.
    #[arg(long, global = true, value_name = "FILTER", env = "BARKEEP_LOG")]
    log: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve MCP, over stdio unless --http is given.
    Serve(serve::Serve),
    /// Show each plugin with its tools, resources, prompts and grants, and why one is not served.
    List,
    /// Show what a component exports, imports and requests, and what it shows the model, with what hides in it.
    Inspect(inspect::Inspect),
    /// Call a tool, as a client would.
    Call(call::Call),
    /// Show what a component is and asks for, and add it to the configuration with what you grant.
    Add(add::Add),
    /// Write a grant into the configuration.
    Grant(grant::Grant),
    /// Take a grant out of the configuration.
    Revoke(grant::Revoke),
    /// Show what is not as it was approved, and approve it: what `serve --locked` serves.
    Update(update::Update),
    /// Show who called what, and what was reached, allowed or refused.
    Audit(audit::AuditVerb),
    /// Serve, and print the smallest grants that cover what a plugin used; or learn that from what is recorded.
    Learn(learn::Learn),
    /// Set, list or delete secrets, in your keyring or the secrets file. No value is ever shown.
    #[command(subcommand)]
    Secret(secret::SecretVerb),
    /// Show where the configuration is, what it comes to, or what it may say.
    #[command(subcommand)]
    Config(config::ConfigVerb),
    /// Check this machine and the configuration, and say what mends what is missing.
    Doctor,
    /// Print a completion script for a shell.
    Completion(completion::Completion),
}

/// Runs what the command line asks for.
///
/// # Errors
///
/// Whatever keeps it from being done, in words for people.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let common = arguments.common;
    match arguments.verb {
        Verb::Serve(serve) => serve.run(&common).await,
        Verb::List => list::run(&common).await,
        Verb::Inspect(inspect) => inspect.run(&common).await,
        Verb::Call(call) => call.run(&common).await,
        Verb::Add(add) => add.run(&common).await,
        Verb::Grant(grant) => grant.run(&common),
        Verb::Revoke(revoke) => revoke.run(&common),
        Verb::Update(update) => update.run(&common).await,
        Verb::Audit(audit) => audit.run(&common).await,
        Verb::Learn(learn) => learn.run(&common).await,
        Verb::Secret(verb) => verb.run(&common).await,
        Verb::Config(verb) => verb.run(&common),
        Verb::Doctor => doctor::run(&common).await,
        Verb::Completion(completion) => completion.run(),
    }
}

/// What was asked for cannot be meant.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// Says what failed, on stderr. A reader of stdout that went away is no failure.
pub fn failed(error: &anyhow::Error) -> ExitCode {
    if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    // Where stderr is gone there is nobody to tell.
    let _ = output::complain(&output::plain(&format!("error: {error:#}")));
    if error.is::<Usage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}
