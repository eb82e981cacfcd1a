//! Why something with files failed, in the words of either version of wasi:filesystem.

use std::fmt;
use std::io;

use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode as P2;
use wasmtime_wasi::p2::{FsError, StreamError};
use wasmtime_wasi::p3::bindings::filesystem::types::ErrorCode as P3;
use wasmtime_wasi::p3::filesystem::FilesystemError;

/// Why something failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// What the operating system says.
    Io(io::Error),
    /// What we say.
    Code(Code),
    /// The guest is ended: it used a handle that is none.
    Trap(wasmtime::Error),
}

/// The errors that we give ourselves, by their names in wasi:filesystem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    BadDescriptor,
    FileTooLarge,
    IllegalByteSequence,
    InsufficientMemory,
    Invalid,
    NotDirectory,
    NotPermitted,
    Overflow,
    Quota,
    Unsupported,
}

impl Code {
    pub(super) fn p2(self) -> P2 {
        match self {
            Self::BadDescriptor => P2::BadDescriptor,
            Self::FileTooLarge => P2::FileTooLarge,
            Self::IllegalByteSequence => P2::IllegalByteSequence,
            Self::InsufficientMemory => P2::InsufficientMemory,
            Self::Invalid => P2::Invalid,
            Self::NotDirectory => P2::NotDirectory,
            Self::NotPermitted => P2::NotPermitted,
            Self::Overflow => P2::Overflow,
            Self::Quota => P2::Quota,
            Self::Unsupported => P2::Unsupported,
        }
    }

    fn p3(self) -> P3 {
        match self {
            Self::BadDescriptor => P3::BadDescriptor,
            Self::FileTooLarge => P3::FileTooLarge,
            Self::IllegalByteSequence => P3::IllegalByteSequence,
            Self::InsufficientMemory => P3::InsufficientMemory,
            Self::Invalid => P3::Invalid,
            Self::NotDirectory => P3::NotDirectory,
            Self::NotPermitted => P3::NotPermitted,
            Self::Overflow => P3::Overflow,
            Self::Quota => P3::Quota,
            Self::Unsupported => P3::Unsupported,
        }
    }
}

/// Kept in the error of a stream, from which wasi:filesystem 0.2 asks its code back.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Code {}

impl Fault {
    /// As the end of a stream or future of wasi:filesystem 0.3, which cannot end the guest.
    pub(super) fn p3(self) -> P3 {
        match self {
            Self::Io(error) => error.into(),
            Self::Code(code) => code.p3(),
            Self::Trap(_) => P3::Io,
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Code> for Fault {
    fn from(code: Code) -> Self {
        Self::Code(code)
    }
}

impl From<wasmtime::component::ResourceTableError> for Fault {
    fn from(error: wasmtime::component::ResourceTableError) -> Self {
        Self::Trap(error.into())
    }
}

impl From<Fault> for FsError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Io(error) => error.into(),
            Fault::Code(code) => code.p2().into(),
            Fault::Trap(error) => Self::trap(error),
        }
    }
}

impl From<Fault> for FilesystemError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Io(error) => error.into(),
            Fault::Code(code) => code.p3().into(),
            Fault::Trap(error) => Self::trap(error),
        }
    }
}

impl From<Fault> for StreamError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Io(error) => Self::LastOperationFailed(error.into()),
            Fault::Code(code) => Self::LastOperationFailed(code.into()),
            Fault::Trap(error) => Self::Trap(error),
        }
    }
}
