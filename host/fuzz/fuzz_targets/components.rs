//! Any file as a component.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| barkeep::plugin::fuzzing::components(bytes));

#[cfg(not(fuzzing))]
fn main() {}
