//! What the server is asked to do: Lua scripts, each of which it runs whole, and nothing else meanwhile.

use std::sync::LazyLock;

use redis::Script;

/// A script, behind what all of them share.
macro_rules! script {
    ($name:literal) => {
        LazyLock::new(|| {
            Script::new(concat!(include_str!("scripts/common.lua"), "\n", include_str!(concat!("scripts/", $name))))
        })
    };
}

pub(super) static DELETE: LazyLock<Script> = script!("delete.lua");
pub(super) static INCREMENT: LazyLock<Script> = script!("increment.lua");
pub(super) static LIST: LazyLock<Script> = script!("list.lua");
pub(super) static READ: LazyLock<Script> = script!("read.lua");
pub(super) static SET: LazyLock<Script> = script!("set.lua");
pub(super) static SWAP: LazyLock<Script> = script!("swap.lua");
pub(super) static VERSION: LazyLock<Script> = script!("version.lua");
