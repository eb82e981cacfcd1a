//! `barkeep completion`.

use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Arguments;

/// `barkeep completion`.
#[derive(Debug, clap::Args)]
pub(super) struct Completion {
    /// The shell.
    shell: Shell,
}

impl Completion {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        // Into memory first: the generator panics where it cannot write, as into a pipe that was closed.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "barkeep", &mut script);
        std::io::stdout().lock().write_all(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
