//! Points in time as people write them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, UTC.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// ISO 8601 in UTC, such as `2026-07-28T12:00:00Z`.
pub(crate) fn iso(seconds: u64) -> String {
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March put the leap day last, so that months have a regular length.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (month, turn) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + turn;
    format!("{year:04}-{month:02}-{date:02}T{:02}:{:02}:{:02}Z", time / 3_600, time / 60 % 60, time % 60)
}

/// A length of time, in the largest unit of which it has more than two.
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0 | 1 => "1 second".into(),
        2..=120 => format!("{seconds} seconds"),
        121..=7_200 => format!("{} minutes", seconds.div_ceil(60)),
        7_201..=172_800 => format!("{} hours", seconds.div_ceil(3_600)),
        _ => format!("{} days", seconds.div_ceil(86_400)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(iso(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(iso(951_868_800), "2000-03-01T00:00:00Z");
        assert_eq!(iso(1_785_240_000), "2026-07-28T12:00:00Z");
        assert_eq!(iso(1_798_761_599), "2026-12-31T23:59:59Z");
    }

    #[test]
    fn spans_are_rounded_up() {
        assert_eq!(span(0), "1 second");
        assert_eq!(span(120), "120 seconds");
        assert_eq!(span(121), "3 minutes");
        assert_eq!(span(7_201), "3 hours");
        assert_eq!(span(172_801), "3 days");
    }
}
