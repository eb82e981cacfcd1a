//! Sizes for people.

const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];

/// A size in the largest unit of which there is at least one, with two digits after the point from KB on.
pub fn format(bytes: u64) -> String {
    let mut unit = 0;
    let mut divisor: u128 = 1;
    for (index, _) in UNITS.iter().enumerate().skip(1) {
        if u128::from(bytes) < divisor * 1024 {
            break;
        }
        divisor *= 1024;
        unit = index;
    }
    let name = UNITS.get(unit).copied().unwrap_or("TB");
    if unit == 0 {
        return format!("{bytes} {name}");
    }
    // Halves go up, as JavaScript's toFixed has it, where Rust's own formatting takes them to the even digit.
    let hundredths = (u128::from(bytes) * 200 + divisor) / (divisor * 2);
    format!("{}.{:02} {name}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_change_at_powers_of_1024_and_halves_go_up() {
        assert_eq!(format(0), "0 B");
        assert_eq!(format(1023), "1023 B");
        assert_eq!(format(1024), "1.00 KB");
        assert_eq!(format(1152), "1.13 KB");
        assert_eq!(format(1_048_575), "1024.00 KB");
        assert_eq!(format(1_048_576), "1.00 MB");
        assert_eq!(format(5 * 1024_u64.pow(5)), "5120.00 TB");
    }
}
