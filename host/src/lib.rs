//! Barkeep: a host for MCP plugins.
