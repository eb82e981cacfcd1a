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

/// Bytes of what may be wrong with one file, about.
const ERROR: usize = 256;

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
    let mut out = String::new();
    let mut rest: usize = args.paths.iter().map(|path| path.len() + ERROR).sum();
    for (index, path) in args.paths.iter().enumerate() {
        if index > 0 {
            out.push_str("\n---\n");
        }
        // So much of the answer is free, with room for the other paths and what may be wrong with them.
        rest = rest.saturating_sub(path.len() + ERROR);
        let left = limits::TEXT.saturating_sub(out.len() + path.len() + ERROR + rest);
        match allowed.validate(path).and_then(|real| file::text(&real, limits::READ)) {
            Ok(text) if text.len() > left => {
                out.extend([path, ": Error - it is too long for what is left of this answer: read it in another call"]);
            }
            Ok(text) => out.extend([path, ":\n", &text, "\n"]),
            Err(failure) => out.extend([path, ": Error - ", &failure.to_string()]),
        }
    }
    Text(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allowed::Allowed;

    #[test]
    fn a_file_that_does_not_fit_into_the_answer_keeps_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().to_str().unwrap().to_owned();
        crate::granted::set(Allowed::new([(root.clone(), false)], None));
        for name in ["a", "b"] {
            std::fs::write(format!("{root}/{name}"), vec![b'x'; 9 << 20]).unwrap();
        }
        std::fs::write(format!("{root}/c"), "c").unwrap();
        let paths = ["a", "b", "c"].map(str::to_owned).to_vec();
        let Text(text) = read_multiple_files(ReadMultiple { paths });
        assert!(text.len() < limits::TEXT);
        let parts: Vec<&str> = text.split("\n---\n").collect();
        assert!(parts[0].starts_with("a:\nxxx") && parts[1].starts_with("b: Error - it is too long for what is left"));
        assert_eq!(parts[2], "c:\nc\n");
    }
}
