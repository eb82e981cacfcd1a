//! Amounts of bytes in grants.

use std::fmt;
use std::str::FromStr;

use bytesize::ByteSize;
use schemars::JsonSchema;
use serde_with::{DeserializeFromStr, SerializeDisplay};

/// An amount of bytes, such as `64MiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct Size(u64);

impl Size {
    /// So many bytes.
    pub const fn of(bytes: u64) -> Self {
        Self(bytes)
    }

    /// So many times 1,048,576 bytes.
    pub const fn mib(count: u64) -> Self {
        Self(count << 20)
    }

    /// In bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{}` is no amount of bytes, such as \"64MiB\" or \"1GiB\"", text.escape_debug());
        // Numbers that are none, or too large for a count, would be read as zero or as the largest there is.
        let plain = text.bytes().next().is_some_and(|first| first.is_ascii_digit()) && text.len() <= 24;
        let size: ByteSize = if plain { text.parse().map_err(|_| wrong())? } else { return Err(wrong()) };
        if size.as_u64() == u64::MAX { Err(wrong()) } else { Ok(Self(size.as_u64())) }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Exact, so that what is shown can be read back.
        match [(30, "GiB"), (20, "MiB"), (10, "KiB")].into_iter().find(|(shift, _)| self.0.trailing_zeros() >= *shift) {
            Some((shift, unit)) if self.0 > 0 => write!(f, "{}{unit}", self.0 >> shift),
            _ => write!(f, "{}B", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_read_back() {
        for text in ["0B", "1B", "1023B", "1KiB", "64MiB", "3GiB", "5000GiB", "1048577B"] {
            assert_eq!(text.parse::<Size>().expect("an amount").to_string(), text);
        }
        assert_eq!("1MB".parse(), Ok(Size::of(1_000_000)));
        assert_eq!("2 MiB".parse(), Ok(Size::mib(2)));
    }

    #[test]
    fn what_is_no_amount_is_told() {
        for text in ["", "MiB", "-1MiB", "1 parsec", "NaN", "inf", "1e300GiB", "99999999999999999999", &"9".repeat(99)]
        {
            let error = text.parse::<Size>().expect_err(text);
            assert!(error.contains("no amount of bytes"), "{error}");
        }
    }
}
