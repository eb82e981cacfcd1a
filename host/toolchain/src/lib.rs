//! From the source of a guest to a component that a host can load.
//!
//! | module | idea |
//! |---|---|
//! | [`way`] | which of the ways to build `wasm32-wasip2` this machine has, or can get |
//! | `machine` | the questions `way` asks, answered by the real machine |
//! | [`apt`] | Debian's packages: which are missing, and installing them |
//! | `debian` | the way that needs only Debian's packages and crates.io |
//! | `linker` | `wasm-component-ld`, where the compiler lacks it |
//! | `process` | commands: with a time limit, or ended from another thread |
//! | `cargo` | cargo's own messages: which component came out of a build |
//! | [`manifest`] | `plugin.toml`: what an author says a plugin needs |
//! | [`section`] | custom sections of a component |
//! | [`component`] | a built guest, with its manifest inside, put where a host finds it |
//!
//! ```no_run
//! use barkeep_toolchain::{Build, Cancel, GuestToolchain, component};
//! use std::path::Path;
//!
//! let toolchain = GuestToolchain::find(Path::new("target"), &|line| eprintln!("{line}"))?;
//! let source = Path::new("plugins/hello");
//! let built = toolchain.build(&Build::release(source), &Cancel::default())?;
//! component::install(source, &built, Path::new("target/plugins/hello.wasm"))?;
//! # Ok::<(), barkeep_toolchain::Error>(())
//! ```

pub mod apt;
mod cargo;
pub mod component;
mod debian;
mod error;
mod linker;
mod machine;
pub mod manifest;
mod process;
pub mod section;
mod toolchain;
pub mod way;

pub use error::Error;
pub use machine::present;
pub use process::{Cancel, run_within};
pub use toolchain::{Build, GuestToolchain};
