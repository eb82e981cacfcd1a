//! Where `cargo xtask test` put what it built and installed.

use std::path::PathBuf;

/// Where things are, as `cargo xtask test` says in environment variables.
#[derive(Debug, Clone, Copy)]
pub struct Environment;

impl Environment {
    /// The binary `barkeep`.
    pub fn barkeep() -> PathBuf {
        path("BARKEEP_BIN")
    }

    /// The component of the plugin `name`.
    pub fn plugin(name: &str) -> PathBuf {
        path("BARKEEP_PLUGINS").join(format!("{name}.wasm"))
    }

    /// The component of the guest `name`, of `tests/guests/`.
    pub fn guest(name: &str) -> PathBuf {
        path("BARKEEP_GUESTS").join(format!("{name}.wasm"))
    }

    /// A Python with the official client.
    pub fn python() -> PathBuf {
        path("BARKEEP_PYTHON")
    }

    /// Node.js.
    pub fn node() -> PathBuf {
        path("BARKEEP_NODE")
    }

    /// The script of the official inspector.
    pub fn inspector() -> PathBuf {
        path("BARKEEP_INSPECTOR")
    }

    /// The main module of the official TypeScript client.
    pub fn typescript_client() -> PathBuf {
        path("BARKEEP_TYPESCRIPT_CLIENT")
    }

    /// The script of the reference server for files.
    pub fn reference_filesystem() -> PathBuf {
        path("BARKEEP_REFERENCE_FILESYSTEM")
    }

    /// A Redis server.
    pub fn redis() -> PathBuf {
        match std::env::var_os("BARKEEP_REDIS") {
            Some(path) if !path.is_empty() => path.into(),
            _ => panic!(
                "BARKEEP_REDIS is not set: `cargo xtask test` brings a Redis server where there is one to be had (Linux on \
                 x86-64 with Python 3.8 to 3.12); elsewhere install Redis and give the path of its `redis-server`"
            ),
        }
    }

    /// The library by which some names move: the example `moving-names`.
    pub fn moving_names() -> PathBuf {
        path("BARKEEP_MOVING_NAMES_LIBRARY")
    }

    /// Zig, which compiles C.
    pub fn zig() -> PathBuf {
        path("BARKEEP_ZIG")
    }

    /// The binary `xtask`.
    pub fn xtask() -> PathBuf {
        path("BARKEEP_XTASK")
    }

    /// The program that stands in for GitHub's API.
    pub fn github_api() -> PathBuf {
        path("BARKEEP_GITHUB_API")
    }
}

fn path(variable: &str) -> PathBuf {
    match std::env::var_os(variable) {
        Some(path) if !path.is_empty() => path.into(),
        _ => panic!("{variable} is not set: this test is run by `cargo xtask test`, which builds what it needs"),
    }
}
