//! How far the hostile suite goes: short with every run of the tests, long by `cargo xtask hostile --long`.

use std::time::Duration;

use super::PATIENCE;

/// The variable that asks for the long form.
const LONG: &str = "BARKEEP_HOSTILE_LONG";

/// How long is waited for what large numbers may make slow.
pub(super) fn patience() -> Duration {
    PATIENCE * short_or_long(1, 5)
}

/// `short`, or `long` where the long form was asked for.
pub fn short_or_long<T>(short: T, long: T) -> T {
    if std::env::var_os(LONG).is_some_and(|value| !value.is_empty()) { long } else { short }
}
