//! Any bytes of a client, in any pieces.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| barkeep::transport::fuzzing::messages(bytes));

#[cfg(not(fuzzing))]
fn main() {}
