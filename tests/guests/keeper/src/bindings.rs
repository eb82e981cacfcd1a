//! Rust functions for `wasi:config` and `wasi:keyvalue`, generated from the WIT that the host has.
#![allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction, reason = "generated")]

pub mod config {
    wit_bindgen::generate!({ path: "../../../host/wit/config.wit", world: "imports" });
}

pub mod draft {
    wit_bindgen::generate!({ path: "../../../host/wit/keyvalue-draft.wit", world: "imports" });
}

pub mod draft2 {
    wit_bindgen::generate!({ path: "../../../host/wit/keyvalue-draft2.wit", world: "imports" });
}
