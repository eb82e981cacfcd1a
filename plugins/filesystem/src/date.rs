//! Points in time as JavaScript's `Date` prints them, in UTC: the sandbox has no other time zone.

use std::time::{SystemTime, UNIX_EPOCH};

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY: i64 = 24 * 60 * 60;

/// Such as `Tue Nov 24 2026 10:00:00 GMT+0000 (Coordinated Universal Time)`.
pub fn print(time: SystemTime) -> String {
    let (days, [hour, minute, second]) = split(time);
    let (year, month, day) = civil(days);
    let name = |names: &[&'static str], at: i64| usize::try_from(at).ok().and_then(|at| names.get(at)).copied();
    let weekday = name(&DAYS, days.rem_euclid(7)).unwrap_or("");
    let month = name(&MONTHS, month).unwrap_or("");
    format!(
        "{weekday} {month} {day:02} {year:04} {hour:02}:{minute:02}:{second:02} GMT+0000 (Coordinated Universal Time)"
    )
}

/// Such as `2026-11-24T10:00:00Z` (ISO 8601).
pub fn iso(time: SystemTime) -> String {
    let (days, [hour, minute, second]) = split(time);
    let (year, month, day) = civil(days);
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", month + 1)
}

/// Days after the first of January 1970, and the hour, minute and second of the day.
fn split(time: SystemTime) -> (i64, [i64; 3]) {
    let seconds = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
        // JavaScript counts milliseconds and prints the second that has begun.
        Err(before) => {
            let before = before.duration();
            -i64::try_from(before.as_secs()).unwrap_or(i64::MAX) - i64::from(before.subsec_millis() > 0)
        }
    };
    let of_day = seconds.rem_euclid(DAY);
    (seconds.div_euclid(DAY), [of_day / 3600, of_day / 60 % 60, of_day % 60])
}

/// Year, month from 0 and day of the month, `days` after the first of January 1970 (Gregorian).
fn civil(days: i64) -> (i64, i64, i64) {
    // Counted from the first of March of the year 0: a leap day is then the last of its year, and 400 years are one round.
    let days = days + 719_468;
    let (round, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 2, 0) } else { (month - 10, 1) };
    (round * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_read_as_javascript_prints_them() {
        let after = |milliseconds| print(UNIX_EPOCH + Duration::from_millis(milliseconds));
        assert_eq!(after(1_795_514_400_123), "Tue Nov 24 2026 10:00:00 GMT+0000 (Coordinated Universal Time)");
        assert_eq!(after(0), "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)");
        assert_eq!(after(951_782_399_000), "Mon Feb 28 2000 23:59:59 GMT+0000 (Coordinated Universal Time)");
        assert_eq!(after(951_782_400_000), "Tue Feb 29 2000 00:00:00 GMT+0000 (Coordinated Universal Time)");
        let before = print(UNIX_EPOCH - Duration::from_secs(1_000_000_000));
        assert_eq!(before, "Sun Apr 24 1938 22:13:20 GMT+0000 (Coordinated Universal Time)");
        let just = print(UNIX_EPOCH - Duration::from_millis(1));
        let iso = |milliseconds| iso(UNIX_EPOCH + Duration::from_millis(milliseconds));
        assert_eq!(iso(1_795_514_400_999), "2026-11-24T10:00:00Z");
        assert_eq!(just, "Wed Dec 31 1969 23:59:59 GMT+0000 (Coordinated Universal Time)");
    }
}
