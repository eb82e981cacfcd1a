//! Why a plugin cannot have what it is granted.

/// Why a plugin cannot have what it is granted: the end of a sentence about the plugin.
#[derive(Debug, thiserror::Error)]
pub enum CapabilityError {
    /// A folder cannot be opened.
    #[error("its folder {folder} cannot be opened: {reason}; make it, or mend `host` in its grant `fs`")]
    Folder {
        /// The folder.
        folder: String,
        /// The operating system's words.
        reason: std::io::Error,
    },
    /// Two folders under one path.
    #[error("two of its folders have the guest path {guest}; give each its own")]
    FolderTwice {
        /// The path.
        guest: String,
    },
    /// Too many folders.
    #[error("it is granted {count} folders; {most} is the most: grant one folder above them in their place")]
    TooManyFolders {
        /// As granted.
        count: usize,
        /// The limit.
        most: usize,
    },
    /// A variable that cannot be one.
    #[error("its variable `{name}` cannot be set: {reason}")]
    Env {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A value that cannot be given by `wasi:config`.
    #[error("its config `{key}` cannot be given: {reason}")]
    Config {
        /// Its key.
        key: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A grant of `kv` that cannot be used.
    #[error("its grant `kv` {0}")]
    Kv(String),
    /// A secret that is not there.
    #[error("its secret {name} is not there: {reason}")]
    Secret {
        /// Its name.
        name: String,
        /// What is wrong, or what to do.
        reason: String,
    },
    /// A grant of `http` that cannot be used.
    #[error("its grant `http` {0}")]
    Http(String),
    /// The component's requests are not to be understood.
    #[error("what the component asks for is not known to this version of Barkeep: {0}")]
    Requests(String),
}
