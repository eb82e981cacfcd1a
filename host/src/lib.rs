//! Barkeep: a host for MCP plugins. One process speaks the Model Context Protocol to clients and runs sandboxed
//! WebAssembly components that offer tools, resources and prompts.
//!
//! # The map
//!
//! The path of a call is a straight line through these rooms, and back; imports point down only.
//!
//! | room | what it does |
//! |---|---|
//! | [`cli`] | one file for each verb of the command line |
//! | [`transport`] | stdio and streamable HTTP |
//! | [`mcp`] | the server that clients speak to: each request of the protocol, answered from the catalog |
//! | [`supervisor`] | owns the plugins: loads them, watches their files, swaps the catalog |
//! | [`catalog`] | the menu of all plugins together: which plugin answers to which name |
//! | [`plugin`] | one plugin: what its file says, how it is compiled, checked and called |
//! | [`config`] | `barkeep.toml`, made of the grants below |
//! | [`runtime`] | wasmtime: the engine, the store of one call, its limits |
//! | [`audit`] | the record of who called what, and what was reached |
//! | [`capability`] | one file for each kind of grant |

pub mod audit;
pub mod capability;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod mcp;
pub mod plugin;
pub mod runtime;
pub mod supervisor;
pub mod transport;
