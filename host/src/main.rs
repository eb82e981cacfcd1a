//! The binary `barkeep`: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = barkeep::cli::Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return barkeep::cli::failed(&error.into()),
    };
    let result = runtime.block_on(barkeep::cli::run(arguments));
    // A thread that reads stdin cannot be interrupted; the process does not wait for it.
    runtime.shutdown_background();
    match result {
        Ok(code) => code,
        Err(error) => barkeep::cli::failed(&error),
    }
}
