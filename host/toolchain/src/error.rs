//! Everything that can go wrong between a guest's source and its component.

use std::path::PathBuf;

use crate::{manifest::ManifestError, section::SectionError, way::NoWay};

/// Why there is no component. Each message is a whole sentence for a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing on this machine can build guests.
    #[error(transparent)]
    NoWay(#[from] NoWay),
    /// A file or folder could not be read or written.
    #[error("{path} cannot be {action}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was to be done with it: "read", "written", "made".
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program could not be started.
    #[error("{program} cannot be started: {source}")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program ended with an error; it has said why on standard error.
    #[error("{what} failed ({status})")]
    Failed {
        /// What was being done.
        what: String,
        /// How the program ended.
        status: std::process::ExitStatus,
    },
    /// The target's linker could not be built.
    #[error("wasm-component-ld, the linker of wasm32-wasip2, could not be built: {reason}")]
    LinkerBuild {
        /// How the build ended.
        reason: String,
    },
    /// [`Cancel::cancel`](crate::Cancel::cancel) was called.
    #[error("the build was stopped")]
    Cancelled,
    /// The build succeeded but left no component.
    #[error("{0} built no component: its Cargo.toml needs `[lib]` with `crate-type = [\"cdylib\"]`")]
    NoComponent(PathBuf),
    /// A package that the Debian way was chosen for has no such file.
    #[error("Debian's package {package} holds no {file}: `apt-get install --reinstall {package}` may mend it")]
    PackageFile {
        /// The package.
        package: &'static str,
        /// The end of the path that was looked for.
        file: &'static str,
    },
    /// `plugin.toml` says something that cannot be used.
    #[error("{path}: {source}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        source: ManifestError,
    },
    /// The built file is not a component.
    #[error("{path}: {source}")]
    Section {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: SectionError,
    },
}

impl Error {
    /// An error about a path, for `map_err`.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, action, source }
    }
}
