//! Why a call failed, in the reference server's words: its own sentences, and Node's form for what the system refuses.

use std::fmt;
use std::io;

/// Why a call failed. `Display` gives the text that the client sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A sentence of the server's own.
    Words(String),
    /// The same, about what may not be had.
    Denied(String),
    /// The system said no.
    System {
        /// What it said.
        reason: Reason,
        /// The call that it refused, by Node's name for it.
        call: &'static str,
        /// What the call was about; empty where Node does not say.
        path: String,
        /// Where to, for a rename.
        to: Option<String>,
    },
}

/// A reason of the system: its code, and the words that libuv has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The name of the error, such as `ENOENT`.
    pub code: &'static str,
    /// The same for people.
    pub words: &'static str,
}

/// How a step of a call ends.
pub type Result<T> = std::result::Result<T, Failure>;

const fn reason(code: &'static str, words: &'static str) -> Reason {
    Reason { code, words }
}

/// There is no such file or folder.
pub const ENOENT: Reason = reason("ENOENT", "no such file or directory");
/// Something on the way is no folder.
pub const ENOTDIR: Reason = reason("ENOTDIR", "not a directory");
/// It is a folder.
pub const EISDIR: Reason = reason("EISDIR", "illegal operation on a directory");
/// It is there already.
pub const EEXIST: Reason = reason("EEXIST", "file already exists");
/// Links lead in a circle.
pub const ELOOP: Reason = reason("ELOOP", "too many symbolic links encountered");
/// The system's own permissions forbid it.
pub const EACCES: Reason = reason("EACCES", "permission denied");
/// The sandbox forbids it.
pub const EPERM: Reason = reason("EPERM", "operation not permitted");
/// The disk, or something that nobody told.
pub const EIO: Reason = reason("EIO", "i/o error");

/// What the system calls its errors, by number: the same names on every system, other numbers on each.
const REASONS: [(i32, Reason); 18] = [
    (libc::ENOENT, ENOENT),
    (libc::ENOTDIR, ENOTDIR),
    (libc::EISDIR, EISDIR),
    (libc::EEXIST, EEXIST),
    (libc::ELOOP, ELOOP),
    (libc::EACCES, EACCES),
    (libc::EPERM, EPERM),
    (libc::EROFS, reason("EROFS", "read-only file system")),
    (libc::EINVAL, reason("EINVAL", "invalid argument")),
    (libc::ENAMETOOLONG, reason("ENAMETOOLONG", "name too long")),
    (libc::ENOTEMPTY, reason("ENOTEMPTY", "directory not empty")),
    (libc::EXDEV, reason("EXDEV", "cross-device link not permitted")),
    (libc::ENOSPC, reason("ENOSPC", "no space left on device")),
    (libc::EBUSY, reason("EBUSY", "resource busy or locked")),
    (libc::EIO, EIO),
    (libc::EFBIG, reason("EFBIG", "file too large")),
    (libc::ETXTBSY, reason("ETXTBSY", "text file is busy")),
    (libc::EILSEQ, reason("EILSEQ", "illegal byte sequence")),
];

impl Reason {
    fn of(error: &io::Error) -> Self {
        let by_number = error.raw_os_error().and_then(|n| REASONS.iter().find(|(number, _)| *number == n));
        if let Some((_, reason)) = by_number {
            return *reason;
        }
        match error.kind() {
            io::ErrorKind::NotFound => ENOENT,
            io::ErrorKind::AlreadyExists => EEXIST,
            io::ErrorKind::NotADirectory => ENOTDIR,
            io::ErrorKind::IsADirectory => EISDIR,
            io::ErrorKind::PermissionDenied => EPERM,
            _ => reason("UNKNOWN", "unknown error"),
        }
    }
}

#[cfg(target_os = "wasi")]
impl Reason {
    /// What the host says.
    pub fn of_code(code: wasip2::filesystem::types::ErrorCode) -> Self {
        use wasip2::filesystem::types::ErrorCode;
        let number = match code {
            ErrorCode::NoEntry => libc::ENOENT,
            ErrorCode::NotDirectory => libc::ENOTDIR,
            ErrorCode::IsDirectory => libc::EISDIR,
            ErrorCode::Loop => libc::ELOOP,
            ErrorCode::Access => libc::EACCES,
            ErrorCode::NotPermitted => libc::EPERM,
            ErrorCode::Invalid => libc::EINVAL,
            ErrorCode::NameTooLong => libc::ENAMETOOLONG,
            ErrorCode::Busy => libc::EBUSY,
            ErrorCode::IllegalByteSequence => libc::EILSEQ,
            _ => libc::EIO,
        };
        Self::of(&io::Error::from_raw_os_error(number))
    }
}

impl Failure {
    /// A sentence of the server's own.
    pub fn words(words: impl Into<String>) -> Self {
        Self::Words(words.into())
    }

    /// `Access denied - ` and why.
    pub fn denied(why: impl fmt::Display) -> Self {
        Self::Denied(format!("Access denied - {why}"))
    }

    /// `reason`, as the answer to `call` on `path`.
    pub fn system(reason: Reason, call: &'static str, path: &str) -> Self {
        Self::System { reason, call, path: path.to_owned(), to: None }
    }

    /// Names the call and the path that an error of the system belongs to; made for `map_err`.
    pub fn of(call: &'static str, path: &str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::System { reason: Reason::of(&error), call, path, to: None }
    }

    /// The same for a rename, which has two paths.
    pub fn of_rename(from: &str, to: &str) -> impl FnOnce(io::Error) -> Self {
        let (path, to) = (from.to_owned(), Some(to.to_owned()));
        move |error| Self::System { reason: Reason::of(&error), call: "rename", path, to }
    }

    /// Whether the system gave this very reason.
    pub fn is(&self, wanted: Reason) -> bool {
        matches!(self, Self::System { reason, .. } if *reason == wanted)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) | Self::Denied(words) => f.write_str(words),
            Self::System { reason, call, path, to } => {
                write!(f, "{}: {}, {call}", reason.code, reason.words)?;
                if !path.is_empty() {
                    write!(f, " '{path}'")?;
                }
                to.as_ref().map_or(Ok(()), |to| write!(f, " -> '{to}'"))
            }
        }
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for barkeep_sdk::Error {
    fn from(failure: Failure) -> Self {
        let words = failure.to_string();
        match failure {
            Failure::System { reason: ENOENT, .. } => Self::not_found(words),
            Failure::Denied(_) | Failure::System { reason: EACCES | EPERM, .. } => Self::access_denied(words),
            Failure::Words(_) | Failure::System { .. } => Self::other(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_the_system_reads_as_node_writes_it() {
        let missing = std::fs::File::open("/nowhere/at/all").map_err(Failure::of("open", "/a")).unwrap_err();
        assert_eq!(missing.to_string(), "ENOENT: no such file or directory, open '/a'");
        let read = Failure::system(EISDIR, "read", "");
        assert_eq!(read.to_string(), "EISDIR: illegal operation on a directory, read");
        let rename = std::fs::rename("/nowhere/a", "/nowhere/b").map_err(Failure::of_rename("/a", "/b")).unwrap_err();
        assert_eq!(rename.to_string(), "ENOENT: no such file or directory, rename '/a' -> '/b'");
    }
}
