//! How much this plugin handles in one call, and why. A plugin has 128 MiB of memory unless its entry in `barkeep.toml` says
//! otherwise, and an answer of more than 64 MiB is refused by the host.

/// Bytes of a file that is read whole, and of all files read together. An answer holds a text twice, as content and as
/// structured content, and the second may grow by escapes: four times this stays below the memory that a plugin has.
pub const READ: u64 = 16 << 20;

/// Bytes of text in one answer, for the same reason.
pub const TEXT: usize = 16 << 20;

/// Bytes of an answer's structured form. A control character takes six bytes there: a file made of them would outgrow
/// memory where its text does not.
pub const STRUCTURED: usize = 24 << 20;

/// Bytes of a file that is edited: it is held three times, and if it has nothing but ends of lines, the index of these takes
/// sixteen times as much.
pub const EDIT: u64 = 4 << 20;

/// Entries of one folder. They are held all at once to be sorted.
pub const ENTRIES: usize = 200_000;

/// Bytes of the names of these: a name has 255 at the most, and a folder full of such names would not fit in memory.
pub const NAMES: usize = 16 << 20;

/// Symbolic links followed on the way to one file: what Linux follows.
pub const LINKS: usize = 40;

/// Resources on one page of the list: what the host puts on one.
pub const PAGE: usize = 100;

/// Values offered for one argument: what the protocol allows.
pub const COMPLETIONS: usize = 100;

/// A size for people: whole MiB.
pub fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}
