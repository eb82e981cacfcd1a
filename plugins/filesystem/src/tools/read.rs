//! Text read: one file, a part of one, several.

use barkeep_sdk::prelude::*;

use crate::answer::Text;
use crate::failure::Failure;
use crate::granted::granted;
use crate::{file, limits};

// Which file, and which part of it.
#[arguments]
pub struct Read {
    path: String,
    /// If provided, returns only the last N lines of the file
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    tail: Option<f64>,
    /// If provided, returns only the first N lines of the file
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    head: Option<f64>,
}

// Which files.
#[arguments]
pub struct ReadMultiple {
    /// The paths of the files to read, each in an allowed directory.
    #[schemars(length(min = 1))]
    paths: Vec<String>,
}

/// Reads a file as text. DEPRECATED: use `read_text_file`.
#[tool(title = "Read File (Deprecated)", read_only, open_world = false)]
pub fn read_file(args: Read) -> Result<Text, Failure> {
    read_text_file(args)
}

/// Reads a file as text, whatever its extension, and explains why where it cannot be read. Use it to look at the contents of
/// one file. 'head' gives only its first N lines, 'tail' only its last N lines. Only works within allowed directories.
#[tool(title = "Read Text File", read_only, open_world = false)]
pub fn read_text_file(args: Read) -> Result<Text, Failure> {
    let path = granted().validate(&args.path)?;
    // No lines at all are asked for by nobody: zero is as good as unsaid.
    let (head, tail) = (args.head.filter(|lines| *lines != 0.0), args.tail.filter(|lines| *lines != 0.0));
    match (head, tail) {
        (Some(_), Some(_)) => Err(Failure::words("Cannot specify both head and tail parameters simultaneously")),
        (Some(lines), None) => file::head(&path, lines),
        (None, Some(lines)) => file::tail(&path, lines),
        (None, None) => file::text(&path, limits::READ),
    }
    .map(Text)
}

/// Reads several files as text in one call, which is quicker than one by one where they are to be compared. Each comes with
/// its path; a file that cannot be read does not keep the others back. Only works within allowed directories.
#[tool(title = "Read Multiple Files", read_only, open_world = false)]
pub fn read_multiple_files(args: ReadMultiple) -> Text {
    let allowed = granted();
    let mut left = limits::READ;
    let parts = args.paths.iter().map(|path| match allowed.validate(path).and_then(|real| file::text(&real, left)) {
        Ok(text) => {
            left = left.saturating_sub(text.len() as u64);
            format!("{path}:\n{text}\n")
        }
        Err(failure) => format!("{path}: Error - {failure}"),
    });
    Text(parts.collect::<Vec<_>>().join("\n---\n"))
}
