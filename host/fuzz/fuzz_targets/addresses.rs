//! Any pattern of a grant, and any address of a request.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| barkeep::capability::http::fuzzing::addresses(bytes));

#[cfg(not(fuzzing))]
fn main() {}
