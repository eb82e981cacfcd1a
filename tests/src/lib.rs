//! What the tests share.

pub mod github;
mod harness;

pub use harness::*;
