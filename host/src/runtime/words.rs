//! Errors in words of bounded length. What they name is a guest's, such as the functions of a backtrace, and may be as long as
//! its file: the whole of it is never put together.

use std::fmt::{self, Display, Write};

/// Bytes of one reason, which goes to the log, the record of calls and the client.
pub const MAX_REASON: usize = 1024;

/// Bytes of an error with all that led to it, for the log: the twenty frames of a backtrace, each with a long name of Rust or
/// C++.
const MAX_WHOLE: usize = 8 * 1024;

/// What stands for the rest.
const REST: &str = "...";

/// The start of `words`: `most` bytes of it, and dots where there is more. It ends there, as far as it is asked for its words.
pub fn start(words: impl Display, most: usize) -> String {
    let mut start = Start { text: String::new(), most };
    if write!(start, "{words}").is_err() {
        start.text.push_str(REST);
    }
    start.text
}

/// The innermost reason of `error`, in one line.
pub fn reason(error: &wasmtime::Error) -> String {
    start(error.root_cause(), MAX_REASON).lines().next().unwrap_or("unknown reason").to_owned()
}

/// All of `error`, with its backtrace. The reason stands at its end, and is there also where there is too much before it.
pub(super) fn whole(error: &wasmtime::Error) -> String {
    let mut whole = start(format_args!("{error:#}"), MAX_WHOLE);
    if whole.ends_with(REST) {
        whole.push_str(": ");
        whole.push_str(&reason(error));
    }
    whole
}

/// Takes in so many bytes, and then fails, so that nobody goes on.
struct Start {
    text: String,
    most: usize,
}

impl Write for Start {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.most.saturating_sub(self.text.len());
        if text.len() <= room {
            self.text.push_str(text);
            return Ok(());
        }
        self.text.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says the same without end.
    struct Endless;

    impl Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("on and ")?;
            }
        }
    }

    impl std::fmt::Debug for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            Display::fmt(self, f)
        }
    }

    #[test]
    fn words_end_where_they_may_not_be_longer() {
        assert_eq!(start("short", 5), "short");
        assert_eq!(start("short", 4), "shor...");
        assert_eq!(start("größer", 3), "gr...");
        assert_eq!(start(Endless, 9), "on and on...");
    }

    #[test]
    fn an_error_without_end_is_told_with_its_reason() {
        let error = wasmtime::Error::msg("the reason\nin two lines").context(Endless);
        let told = whole(&error);
        assert!(told.len() < MAX_WHOLE + 100 && told.ends_with("...: the reason"), "{told}");
        let error = wasmtime::Error::msg("the reason").context("where it was");
        assert_eq!((whole(&error).as_str(), reason(&error).as_str()), ("where it was: the reason", "the reason"));
        assert_eq!(reason(&wasmtime::Error::msg(Endless)).len(), MAX_REASON + REST.len());
    }
}
