//! Why something could not be done.

use std::fmt;
use std::io::ErrorKind;

/// Why a tool, a resource or a prompt could not do its work.
///
/// The words are for the model and for people: what happened, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// There is no such tool, resource, prompt or thing.
    NotFound(String),
    /// The arguments do not fit.
    InvalidArguments(String),
    /// It exists, but this plugin or this user may not have it.
    AccessDenied(String),
    /// It cannot be reached now; another try may succeed.
    Unavailable(String),
    /// Anything else.
    Other(String),
}

/// A result with the SDK's [`Error`], unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// There is no such thing.
    pub fn not_found(words: impl Into<String>) -> Self {
        Self::NotFound(words.into())
    }

    /// The arguments do not fit.
    pub fn invalid_arguments(words: impl Into<String>) -> Self {
        Self::InvalidArguments(words.into())
    }

    /// It may not be had.
    pub fn access_denied(words: impl Into<String>) -> Self {
        Self::AccessDenied(words.into())
    }

    /// It cannot be reached now.
    pub fn unavailable(words: impl Into<String>) -> Self {
        Self::Unavailable(words.into())
    }

    /// Anything else.
    pub fn other(words: impl Into<String>) -> Self {
        Self::Other(words.into())
    }

    /// The words.
    pub fn words(&self) -> &str {
        match self {
            Self::NotFound(words)
            | Self::InvalidArguments(words)
            | Self::AccessDenied(words)
            | Self::Unavailable(words)
            | Self::Other(words) => words,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.words())
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let words = error.to_string();
        match error.kind() {
            ErrorKind::NotFound => Self::NotFound(words),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::AccessDenied(words),
            ErrorKind::TimedOut | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => Self::Unavailable(words),
            _ => Self::Other(words),
        }
    }
}

/// Errors whose words say all.
macro_rules! other {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::Other(error.to_string())
            }
        }
    )*};
}

other!(
    String,
    &str,
    Box<dyn std::error::Error>,
    Box<dyn std::error::Error + Send + Sync>,
    serde_json::Error,
    std::char::ParseCharError,
    std::env::VarError,
    std::fmt::Error,
    std::num::ParseFloatError,
    std::num::ParseIntError,
    std::num::TryFromIntError,
    std::str::ParseBoolError,
    std::str::Utf8Error,
    std::string::FromUtf8Error,
    std::time::SystemTimeError,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_its_words() {
        let error = Error::not_found("there is no such page");
        assert_eq!(error.to_string(), "there is no such page");
        assert_eq!(error, Error::NotFound("there is no such page".into()));
    }

    #[test]
    fn a_file_that_is_missing_or_forbidden_is_told_apart() {
        let of = |kind| Error::from(std::io::Error::new(kind, "a"));
        assert_eq!(of(ErrorKind::NotFound), Error::not_found("a"));
        assert_eq!(of(ErrorKind::PermissionDenied), Error::access_denied("a"));
        assert_eq!(of(ErrorKind::TimedOut), Error::unavailable("a"));
        assert_eq!(of(ErrorKind::Other), Error::other("a"));
    }

    #[test]
    fn the_question_mark_takes_the_errors_of_the_standard_library() {
        fn parse(text: &str) -> Result<u8> {
            Ok(text.parse()?)
        }
        fn refuse() -> Result<u8> {
            Err("no")?
        }
        assert_eq!(parse("x"), Err(Error::other("invalid digit found in string")));
        assert_eq!(refuse(), Err(Error::other("no")));
    }
}
