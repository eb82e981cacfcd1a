//! Rust types and traits for `barkeep:plugin`, generated from `wit/`.
#![allow(missing_docs, clippy::pedantic, clippy::all, reason = "wasmtime writes it")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "plugin",
    exports: { default: async },
});
