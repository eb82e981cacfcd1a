//! Official clients drive the host that is released, over stdio and over HTTP, in the older protocol and in 2026-07-28.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on panics"
)]

mod hang_up;
mod inspector;
mod python;
mod script;
mod served;
mod transcript;
mod typescript;
