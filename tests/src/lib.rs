//! What the tests share.

pub mod github;
