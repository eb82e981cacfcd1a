//! Any text as `barkeep.toml`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| barkeep::config::fuzzing::configuration(bytes));

#[cfg(not(fuzzing))]
fn main() {}
