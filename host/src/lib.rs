//! Barkeep: a host for MCP plugins.

pub mod runtime;
