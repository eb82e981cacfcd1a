//! Files and folders.

pub mod allowed;
pub mod date;
pub mod diff;
pub mod edit;
pub mod failure;
pub mod folder;
pub mod glob;
pub mod lexical;
pub mod limits;
pub mod order;
pub mod replace;
pub mod size;
pub mod text;
#[cfg(target_os = "wasi")]
mod preopens;
