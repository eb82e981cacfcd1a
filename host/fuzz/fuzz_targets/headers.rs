//! Any headers of a grant, and any of a guest.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| barkeep::capability::http::fuzzing::headers(bytes));

#[cfg(not(fuzzing))]
fn main() {}
