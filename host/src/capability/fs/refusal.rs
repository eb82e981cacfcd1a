//! What is refused, in words, with the least entry that would allow it.

use super::fault::Code;
use super::{Folder, Grant, Mode};
use crate::capability::size::Size;
use crate::capability::{Denial, Grants};

/// Why something with files is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It would change a folder that is there to be read.
    ReadOnly,
    /// The call would have written more than it may.
    TooMuch {
        /// Bytes that it would have written by now.
        written: u64,
    },
    /// A file would get longer than files may.
    TooLong {
        /// How long.
        length: u64,
    },
    /// Too much is open at once.
    TooManyOpen {
        /// How many may be.
        most: usize,
        /// Whether by all calls of the plugin together.
        of_plugin: bool,
    },
    /// It is a pipe, a socket, a device, or one of the files by which a system shows its processes.
    NotPlain,
}

impl Refusal {
    /// What the guest gets.
    pub(super) fn code(self) -> Code {
        match self {
            Self::ReadOnly | Self::NotPlain => Code::NotPermitted,
            Self::TooMuch { .. } => Code::Quota,
            Self::TooLong { .. } => Code::FileTooLarge,
            // There is none for too many open files.
            Self::TooManyOpen { .. } => Code::InsufficientMemory,
        }
    }

    /// What people get. `what` is what was refused, such as `write /code/a.txt`.
    pub(super) fn deny(self, plugin: &str, folder: &Folder, what: &str) -> Denial {
        let grant = &folder.grant;
        let may_not = format!("plugin `{plugin}` may not {what}");
        let entry =
            format!("the entry \"{}\" of fs in [plugins.{plugin}.grants] of barkeep.toml", grant.guest.as_str());
        let least = |bytes: u64| Size::of(bytes.checked_next_power_of_two().unwrap_or(u64::MAX - 1));
        let (sentence, needs) = match self {
            Self::ReadOnly if grant.mode == Mode::ReadWrite => (
                format!(
                    "{may_not}: it does not ask for more than to read, and its author would have to add it to the component (plugin.toml)"
                ),
                None,
            ),
            Self::ReadOnly => (
                format!("{may_not}: set `mode = \"read-write\"` in {entry}"),
                Some(Grant { mode: Mode::ReadWrite, ..grant.clone() }),
            ),
            Self::TooMuch { written } => (
                format!("{may_not}: one call may write {} there; raise `max_bytes` in {entry}", grant.max_bytes()),
                Some(Grant { max_bytes: Some(least(written)), ..grant.clone() }),
            ),
            Self::TooLong { length } => (
                format!(
                    "{may_not}: files may get {} long there; raise `max_file` in {entry}",
                    grant.max_file.unwrap_or(Size::of(0))
                ),
                Some(Grant { max_file: Some(least(length)), ..grant.clone() }),
            ),
            Self::TooManyOpen { most, of_plugin: false } => {
                (format!("{may_not}: it has {most} files and folders open, the most that one call may have"), None)
            }
            Self::TooManyOpen { most, of_plugin: true } => (
                format!(
                    "{may_not}: its calls have {most} files and folders open together, the most that one plugin may have"
                ),
                None,
            ),
            Self::NotPlain => {
                (format!("{may_not}: it is neither a plain file nor a folder on a disk; no grant allows that"), None)
            }
        };
        Denial { sentence, needs: needs.map(granting) }
    }
}

/// An entry, as grants.
pub(super) fn granting(entry: Grant) -> Grants {
    Grants { fs: vec![entry], ..Grants::default() }
}

/// That a plugin that asks for folders has none.
pub(super) fn no_folder(plugin: &str) -> Denial {
    let sentence = format!(
        "plugin `{plugin}` has no folder: add {{ host = \"/a/folder\", guest = \"/a/folder\" }} to fs in \
         [plugins.{plugin}.grants] of barkeep.toml"
    );
    Denial { sentence, needs: None }
}

/// That a granted folder is gone.
pub(super) fn gone(plugin: &str, folder: &Folder) -> Denial {
    let guest = folder.grant.guest.as_str();
    let sentence = format!(
        "plugin `{plugin}` does not have its folder {guest}: it cannot be opened; make it, or mend `host` of the entry \
         \"{guest}\" of fs in [plugins.{plugin}.grants] of barkeep.toml"
    );
    Denial { sentence, needs: None }
}
