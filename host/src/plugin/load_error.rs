//! Why a file did not become a plugin.

use super::component::MAX_COMPONENT;
use super::manifest::ManifestError;
use crate::capability::CapabilityError;
use crate::runtime::MAX_TABLE;

/// Why a file did not become a plugin: the end of a sentence about the plugin.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("its file {file} cannot be read: {reason}")]
    Unreadable {
        /// The file's name, without its folder.
        file: String,
        /// The operating system's words.
        reason: std::io::Error,
    },
    /// The file is too large.
    #[error("its file has {size} bytes; {MAX_COMPONENT} is the most")]
    TooLarge {
        /// Bytes.
        size: u64,
    },
    /// Not a component, or not for us.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// What it is granted, or asks for, cannot be had.
    #[error(transparent)]
    Capability(#[from] CapabilityError),
    /// It does not compile.
    #[error("the component does not compile: {0}; build it again, with current tools")]
    Compile(String),
    /// It holds more of something than any may.
    #[error("the component holds more than a plugin may: {0}; no setting raises it: build a smaller one")]
    TooMuch(String),
    /// It begins with a table that is larger than any may be.
    #[error(
        "it begins with a table of more than {MAX_TABLE} elements, which is the most for every plugin; no setting raises it: it must hold fewer functions by reference"
    )]
    Table,
    /// It needs what Barkeep does not have.
    #[error(
        "the component imports `{0}`, which Barkeep does not offer; build it against barkeep:plugin@0.1.0 and WASI 0.2 or 0.3 alone"
    )]
    UnknownImport(String),
    /// It says that it has an interface, and does not have its functions.
    #[error(
        "the component exports `barkeep:plugin/{0}@0.1.0`, but it has not all of that interface's functions; build it again with a matching SDK"
    )]
    Hollow(String),
    /// It is not what was approved.
    #[error("{why}, which `barkeep.lock` does not have; `barkeep update {id}` shows what changed, and approves it")]
    Unapproved {
        /// What is not as it was.
        why: String,
        /// The plugin.
        id: String,
    },
    /// It cannot be linked for another reason.
    #[error(
        "the component does not fit this host: {0}; build it again with an SDK for barkeep:plugin@0.1.0, for WASI 0.2 or 0.3"
    )]
    Link(String),
    /// It cannot be listed.
    #[error("it failed when it was asked what it offers: {words}")]
    Listing {
        /// Its own words, or the host's.
        words: String,
        /// Whether it may do better another time.
        may_pass: bool,
    },
}

/// What wasmtime says of a table that does not fit the pool.
const LARGE_TABLE: &str = "has a minimum element size of";

/// What it says of all else that does not, and its parser of what the specification bounds.
const EXCEEDS: &str = " exceeds ";

impl LoadError {
    /// Why wasmtime did not take a component in, in its innermost words.
    pub(super) fn compile(words: String) -> Self {
        if words.contains(LARGE_TABLE) {
            Self::Table
        } else if words.contains(EXCEEDS) {
            Self::TooMuch(words)
        } else {
            Self::Compile(words)
        }
    }

    /// Whether a file that is just being written would look like this.
    pub fn may_be_unfinished(&self) -> bool {
        match self {
            Self::Manifest(error) => error.may_be_unfinished(),
            Self::Unreadable { .. } | Self::Compile(_) => true,
            _ => false,
        }
    }

    /// Whether the same file may do better another time, because of what is not in it.
    pub fn may_pass(&self) -> bool {
        match self {
            // A file that comes to be there is seen.
            Self::Unreadable { reason, .. } => reason.kind() != std::io::ErrorKind::NotFound,
            Self::Capability(CapabilityError::Folder { .. } | CapabilityError::Secret { .. }) => true,
            Self::Listing { may_pass, .. } => *may_pass,
            _ => false,
        }
    }
}
