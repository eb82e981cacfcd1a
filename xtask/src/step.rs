//! One step: said in a line, then done.

use std::{env, path::PathBuf, process::Command};

use anyhow::{Context as _, Result, bail};
use barkeep_toolchain::Cancel;

use crate::layout::Layout;

/// Says what is being done.
pub fn say(line: &str) {
    eprintln!("xtask: {line}");
}

/// This repository's cargo, which builds into this repository's `target` whatever the user's settings say: the other
/// steps look for programs there.
pub fn cargo(layout: &Layout, verb: &str) -> Command {
    let cargo = env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let mut command = Command::new(cargo);
    command.current_dir(layout.root()).arg(verb).arg("--target-dir").arg(layout.target());
    command
}

/// Runs a command to its end with its output shown; an exit code other than 0 is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().display().to_string();
    let status = command.status().with_context(|| format!("{program} cannot be started"))?;
    if !status.success() {
        bail!("{program} ended with {status}");
    }
    Ok(())
}

/// As [`run`], but ended when `cancel` says so. What the command prints to standard output is not shown.
pub fn run_until(cancel: &Cancel, command: &mut Command) -> Result<()> {
    let (status, _) = cancel.run(command)?;
    if !status.success() {
        bail!("{} ended with {status}", command.get_program().display());
    }
    Ok(())
}

/// Runs a command and gives what it prints to standard output; an exit code other than 0 is an error with its words.
pub fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().display().to_string();
    let output = command.output().with_context(|| format!("{program} cannot be started"))?;
    if !output.status.success() {
        bail!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
