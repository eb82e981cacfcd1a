//! `[plugins.ID.limits]`: how much memory and time one call may take.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::{DeserializeFromStr, SerializeDisplay};

use crate::capability::size::Size;

/// Limits of each call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Memory of one instance: 128MiB unless said, which is what interpreters of Python and JavaScript need at ease.
    pub memory: Memory,
    /// Time of one call, with all it waits for: 30s unless said, after which people give up.
    pub time: Time,
    /// Time of one call that can go on as a task, for which nobody waits: 10m unless said.
    pub task_time: Time,
    /// Time that one call may work, apart from what it waits for: 10s unless said. A call that needs more is likelier caught
    /// in a loop, and keeps a processor from all others.
    pub cpu: Time,
    /// Bytes of one answer: 64MiB unless said, in which a file of 16 MiB fits as text and as JSON. What is below 1MiB counts
    /// as that: it bounds each message from the plugin to the host.
    pub result: Memory,
    /// Calls that run at once; more wait. 128 unless said, a quarter of what the host runs at once, so that a plugin that
    /// hangs leaves the others their turns.
    pub calls: NonZeroU32,
    /// Calls a minute: 6000 unless said, which no conversation comes to and a loop gone wild does.
    pub calls_per_minute: NonZeroU32,
}

const CALLS: NonZeroU32 = number(128);
const CALLS_PER_MINUTE: NonZeroU32 = number(6000);

const fn number(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

impl Default for Limits {
    fn default() -> Self {
        let (time, task_time) = (Time(Duration::from_secs(30)), Time(Duration::from_mins(10)));
        Self {
            memory: Memory::default(),
            time,
            task_time,
            cpu: Time(Duration::from_secs(10)),
            result: Memory(ByteSize::mib(64)),
            calls: CALLS,
            calls_per_minute: CALLS_PER_MINUTE,
        }
    }
}

/// A number of bytes, such as `128MiB`: from 64KiB to 4GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct Memory(ByteSize);

/// One page of WebAssembly.
const LEAST_MEMORY: ByteSize = ByteSize::kib(64);

/// All that a 32-bit WebAssembly can address.
const MOST_MEMORY: ByteSize = ByteSize::gib(4);

impl Memory {
    pub(super) const fn mib(count: u64) -> Self {
        Self(ByteSize::mib(count))
    }

    /// In bytes.
    pub fn as_u64(self) -> u64 {
        self.0.as_u64()
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self(ByteSize::mib(128))
    }
}

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let size: ByteSize =
            text.parse().map_err(|_| format!("`{text}` is no amount of memory, such as \"128MiB\" or \"1GiB\""))?;
        if size < LEAST_MEMORY || size > MOST_MEMORY {
            return Err(format!("`{text}` is not between 64KiB and 4GiB"));
        }
        Ok(Self(size))
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.as_u64();
        // Exact, so that what is shown can be read back.
        match [(30, "GiB"), (20, "MiB"), (10, "KiB")].into_iter().find(|(shift, _)| bytes.trailing_zeros() >= *shift) {
            Some((shift, unit)) => write!(f, "{}{unit}", bytes >> shift),
            None => write!(f, "{bytes}B"),
        }
    }
}

/// The memory of all plugins together, such as `8GiB`: from 16MiB to 16TiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct MemoryTotal(Size);

/// With less no two plugins run: one has half of it.
const LEAST_TOTAL: Size = Size::mib(16);

/// More than machines have.
const MOST_TOTAL: Size = Size::mib(16 * 1024 * 1024);

impl MemoryTotal {
    /// In bytes.
    pub fn as_u64(self) -> u64 {
        self.0.bytes()
    }
}

impl FromStr for MemoryTotal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let size: Size = text.parse()?;
        if size < LEAST_TOTAL || size > MOST_TOTAL {
            return Err(format!("`{size}` is not between 16MiB and 16TiB"));
        }
        Ok(Self(size))
    }
}

impl fmt::Display for MemoryTotal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A length of time, such as `30s`: from 1ms to 1h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct Time(Duration);

/// Less than this nothing runs.
const LEAST_TIME: Duration = Duration::from_millis(1);

/// Longer work is not a call.
const MOST_TIME: Duration = Duration::from_hours(1);

impl Time {
    /// As a duration.
    pub fn as_duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = humantime::parse_duration(text)
            .map_err(|error| format!("`{text}` is no length of time, such as \"30s\" or \"2m\": {error}"))?;
        if time < LEAST_TIME || time > MOST_TIME {
            return Err(format!("`{text}` is not between 1ms and 1h"));
        }
        Ok(Self(time))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_read_back() {
        for memory in ["64KiB", "128MiB", "4GiB", "1500KiB", "65537B"] {
            assert_eq!(memory.parse::<Memory>().expect("memory").to_string(), memory);
        }
        for memory in ["16MiB", "8GiB", "1500MiB", "16384GiB"] {
            assert_eq!(memory.parse::<MemoryTotal>().expect("memory").to_string(), memory);
        }
        for time in ["1ms", "30s", "1m 30s", "1h"] {
            assert_eq!(time.parse::<Time>().expect("a time").to_string(), time);
        }
    }

    #[test]
    fn limits_have_limits() {
        for memory in ["", "0", "-1MiB", "5GiB", "1 parsec", "NaN", "1e300GiB"] {
            assert!(memory.parse::<Memory>().is_err(), "{memory}");
        }
        for memory in ["", "0", "15MiB", "17TiB", "-1GiB", "all", "1e300GiB"] {
            assert!(memory.parse::<MemoryTotal>().is_err(), "{memory}");
        }
        for time in ["", "0s", "2h", "soon", "-1s", "99999999999999999999s"] {
            assert!(time.parse::<Time>().is_err(), "{time}");
        }
    }
}
