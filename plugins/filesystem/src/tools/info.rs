//! What is known of a file without reading it, and which folders there are to begin with.

use std::fs;
use std::io;
use std::time::SystemTime;

use barkeep_sdk::prelude::*;

use crate::answer::Text;
use crate::date;
use crate::failure::Failure;
use crate::granted::granted;

// Which file.
#[arguments]
pub struct GetFileInfo {
    path: String,
}

// No arguments. Others than none are not refused: some clients cannot send none.
#[arguments]
pub struct Nothing {}

/// Tells what is known of a file or folder without reading it: size, times, type, and whether it may be changed here. Only
/// works within allowed directories.
#[tool(title = "Get File Info", read_only, open_world = false)]
pub fn get_file_info(args: GetFileInfo) -> Result<Text, Failure> {
    let allowed = granted();
    let path = allowed.validate(&args.path)?;
    let found = fs::metadata(&path).map_err(Failure::of("stat", &path))?;
    let time = |time: io::Result<SystemTime>| time.map_or_else(|_| "unknown".to_owned(), date::print);
    // A sandbox is told when a file was created as little as it is told of owners. What the standard library has for it there
    // is when something about the file changed last.
    let created = if cfg!(target_os = "wasi") { Err(io::ErrorKind::Unsupported.into()) } else { found.created() };
    let lines = [
        format!("size: {}", found.len()),
        format!("created: {}", time(created)),
        format!("modified: {}", time(found.modified())),
        format!("accessed: {}", time(found.accessed())),
        format!("isDirectory: {}", found.is_dir()),
        format!("isFile: {}", found.is_file()),
        // Nor who may do what with it: but what it may do itself is known.
        format!("permissions: {}", if allowed.writable(&path).is_ok() { "read-write" } else { "read" }),
    ];
    Ok(Text(lines.join("\n")))
}

/// Lists the directories that may be accessed, with all that is below them. Ask for it before the first path.
#[tool(title = "List Allowed Directories", read_only, open_world = false)]
pub fn list_allowed_directories(_: Nothing) -> Result<Text, Failure> {
    let allowed = granted();
    allowed.some()?;
    Ok(Text(format!("Allowed directories:\n{}", allowed.folders().collect::<Vec<_>>().join("\n"))))
}
