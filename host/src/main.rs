//! The binary `barkeep`: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser;

/// Times that a worker polls tasks between two looks at sockets and timers. A busy guest takes a tick of 5 ms for each poll:
/// with all workers busy, who waits for the network waits for this many ticks, and with tokio's own 61 for 300 ms.
const POLLS: u32 = 4;

fn main() -> ExitCode {
    let arguments = barkeep::cli::Arguments::parse();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let builder = builder.enable_all().worker_threads(barkeep::runtime::workers()).event_interval(POLLS);
    let runtime = match builder.build() {
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
