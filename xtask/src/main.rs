//! The project's own commands: `cargo xtask serve` and its siblings.
//!
//! | module | idea |
//! |---|---|
//! | `layout` | where things are in the repository |
//! | `step` | one step: said in a line, then done |
//! | `guests` | folders of guests, built to components |
//! | `serve` | everything built and served, and built again on each save |
//! | `sources` | which guests a changed file belongs to |
//! | `host` | the running host: started, asked to end, waited for |
//! | `test` | everything set up and every test run |
//! | `bench` | what a call costs |
//! | `hostile` | the hostile suite, short or long |
//! | `fuzz` | the fuzz targets, run for a while |
//! | `conformance` | the official conformance suite, run against the host |
//! | `reference` | the pages of host/reference, made of the host's types |
//! | `tools` | the clients and servers of others that tests need |

mod bench;
mod conformance;
mod fuzz;
mod guests;
mod host;
mod hostile;
mod layout;
mod reference;
mod serve;
mod sources;
mod step;
mod test;
mod tools;

use std::{path::PathBuf, process::ExitCode};

use barkeep_toolchain::Cancel;
use clap::{Parser, Subcommand};

use crate::{guests::Guests, layout::Layout};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The project's own commands")]
struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Set everything up, build host and plugins, serve them over HTTP, and rebuild a plugin when it is saved.
    Serve {
        /// Further arguments of `barkeep serve`, such as `--http 127.0.0.1:9000`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Set everything up and run every test.
    Test {
        /// Further arguments of `cargo test`, such as part of a test's name.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measure what a call costs, beside servers without a sandbox, and print a table.
    Bench,
    /// Run the official conformance suite against the host, and print a table.
    Conformance {
        /// A host that is built already, instead of building one.
        #[arg(long, value_name = "FILE")]
        host: Option<PathBuf>,
        /// Revisions of the protocol, such as 2026-07-28, or `extension`; all unless said.
        #[arg(value_parser = conformance::REVISIONS)]
        revisions: Vec<String>,
    },
    /// Write the reference of barkeep.toml to host/reference.
    Reference,
    /// Set everything up and run the hostile suite: plugins, files and clients that mean harm.
    Hostile {
        /// With the numbers of an attack, not of a quick test: it takes a quarter of an hour once all is built.
        #[arg(long)]
        long: bool,
    },
    /// Feed the host what nobody would write, and watch what it does: configurations, addresses, headers, messages, components.
    Fuzz(fuzz::Fuzz),
    /// Build each plugin to target/plugins/NAME.wasm.
    Plugins,
    /// Build each guest of the tests to target/test-guests/NAME.wasm.
    Guests,
}

fn main() -> ExitCode {
    if let Some(compiled) = fuzz::compiles() {
        return compiled;
    }
    let layout = Layout::of_this_repository();
    let done = match Args::parse().verb {
        Verb::Serve { args } => serve::serve(&layout, &args),
        Verb::Test { args } => test::test(&layout, &args),
        Verb::Hostile { long } => hostile::hostile(&layout, long),
        Verb::Fuzz(fuzz) => fuzz.run(&layout),
        Verb::Bench => bench::bench(&layout),
        Verb::Conformance { host, revisions } => conformance::conformance(&layout, host.as_deref(), &revisions),
        Verb::Reference => reference::reference(&layout),
        Verb::Plugins => Guests::plugins(&layout).build_all(&layout, &Cancel::default()),
        Verb::Guests => Guests::of_tests(&layout).build_all(&layout, &Cancel::default()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
