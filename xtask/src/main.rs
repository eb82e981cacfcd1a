//! The project's own commands: `cargo xtask test` and its siblings.

use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands")]
struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Set everything up and run every test.
    Test,
}

fn main() -> Result<()> {
    match Args::parse().verb {
        Verb::Test => run(Command::new(env!("CARGO")).args(["test", "--workspace", "--locked"])),
    }
}

/// Runs a command to its end; an exit code other than 0 is an error.
fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{} cannot be started", command.get_program().display()))?;
    if !status.success() {
        bail!("{} ended with {status}", command.get_program().display());
    }
    Ok(())
}
