//! Files and folders.

pub mod allowed;
pub mod date;
pub mod failure;
pub mod folder;
pub mod lexical;
pub mod limits;
pub mod order;
pub mod size;
pub mod text;
#[cfg(target_os = "wasi")]
mod preopens;
