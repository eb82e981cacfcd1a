//! Where things are in the repository.

use std::{
    env::{
        self,
        consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX},
    },
    path::{Path, PathBuf},
};

/// The repository's folders. All that is built or installed lies under [`target`](Self::target).
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The repository that this program was built from, or the one that `BARKEEP_ROOT` names.
    pub fn of_this_repository() -> Self {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = env::var_os("BARKEEP_ROOT").map(PathBuf::from);
        Self { root: root.unwrap_or_else(|| package.parent().unwrap_or(package).to_path_buf()) }
    }

    /// A repository elsewhere.
    #[cfg(test)]
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// The sources of the plugins, a folder each.
    pub fn plugins(&self) -> PathBuf {
        self.root.join("plugins")
    }

    /// The sources of the guests that only tests run, a folder each.
    pub fn test_guests(&self) -> PathBuf {
        self.root.join("tests").join("guests")
    }

    /// The fuzz targets of the host.
    pub fn fuzz(&self) -> PathBuf {
        self.root.join("host").join("fuzz")
    }

    /// The configuration that `cargo xtask serve` serves.
    pub fn configuration(&self) -> PathBuf {
        self.plugins().join("barkeep.toml")
    }

    /// The plugins, built.
    pub fn built_plugins(&self) -> PathBuf {
        self.target().join("plugins")
    }

    /// The guests of the tests, built.
    pub fn built_test_guests(&self) -> PathBuf {
        self.target().join("test-guests")
    }

    /// What others made and tests need.
    pub fn test_tools(&self) -> PathBuf {
        self.target().join("test-tools")
    }

    /// A program of this workspace, built for release.
    pub fn program(&self, name: &str) -> PathBuf {
        self.target().join("release").join(format!("{name}{EXE_SUFFIX}"))
    }

    /// A library among the examples of this workspace, built for release.
    pub fn example_library(&self, name: &str) -> PathBuf {
        self.target().join("release").join("examples").join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"))
    }
}
