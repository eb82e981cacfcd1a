//! The plugin `filesystem` in the real host, side by side with the reference server: each on a tree of its own, the same
//! calls, in the order of the tables of `tests/filesystem-cases/`. What the answers may differ in stands there with its
//! reason. And the ways out of a granted folder, which are refused whatever the reference does.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on panics"
)]

mod answer;
mod escapes;
mod menu;
mod resources;
mod server;
mod tables;
mod tree;
