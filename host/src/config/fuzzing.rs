//! For the fuzz target `configuration`.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a fuzz target finds it tells by a panic")]

use std::path::Path;

use super::Config;

/// Reads any text. What is wrong with it is one line that moves no terminal; what is right is the same after it was written.
///
/// # Panics
///
/// When that is not so.
pub fn configuration(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let folder = Path::new("/etc/barkeep");
    match Config::parse(text, folder) {
        Err(fault) => {
            let told = fault.to_string();
            assert!(!told.is_empty() && !told.chars().any(char::is_control), "{told:?}");
        }
        Ok(config) => {
            let Ok(shown) = config.to_toml() else { return };
            let again = Config::parse(&shown, folder);
            assert!(again.as_ref().is_ok_and(|again| *again == config), "{again:?} of {shown}");
        }
    }
}
