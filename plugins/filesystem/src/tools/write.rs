//! Files and folders made, replaced and moved.

use std::fs;

use barkeep_sdk::prelude::*;

use crate::answer::Text;
use crate::failure::{EISDIR, ENOENT, Failure};
use crate::granted::granted;
use crate::replace;

// Which file, and what shall be in it.
#[arguments]
pub struct Write {
    path: String,
    content: String,
}

// Which folder.
#[arguments]
pub struct CreateDirectory {
    path: String,
}

// From where to where.
#[arguments]
pub struct Move {
    source: String,
    destination: String,
}

/// Creates a file, or replaces all that is in it: what was there is gone without a warning. The content is text, written as
/// UTF-8. Only works within allowed directories.
#[tool(title = "Write File", read_only = false, destructive, idempotent, open_world = false)]
pub fn write_file(args: Write) -> Result<Text, Failure> {
    let allowed = granted();
    let path = allowed.validate(&args.path)?;
    allowed.writable(&path)?;
    // Beside an allowed folder there is no place for a file that is to be put in its place.
    if allowed.is_root(&path) {
        return Err(Failure::system(EISDIR, "open", &path));
    }
    replace::write(&path, args.content.as_bytes())?;
    Ok(Text(format!("Successfully wrote to {}", args.path)))
}

/// Creates a folder, with the folders that it lies in where they are missing. Nothing happens where it is there already. Only
/// works within allowed directories.
#[tool(title = "Create Directory", read_only = false, destructive = false, idempotent, open_world = false)]
pub fn create_directory(args: CreateDirectory) -> Result<Text, Failure> {
    let allowed = granted();
    let path = allowed.validate(&args.path)?;
    allowed.writable(&path)?;
    fs::create_dir_all(&path).map_err(Failure::of("mkdir", &path))?;
    Ok(Text(format!("Successfully created directory {}", args.path)))
}

/// Moves or renames a file or a folder, also from one folder to another. Fails where something is at the destination already.
/// Both must be within allowed directories.
#[tool(title = "Move File", read_only = false, destructive, idempotent = false, open_world = false)]
pub fn move_file(args: Move) -> Result<Text, Failure> {
    let allowed = granted();
    let source = allowed.validate(&args.source)?;
    let destination = allowed.validate(&args.destination)?;
    allowed.writable(&source)?;
    allowed.writable(&destination)?;
    match fs::symlink_metadata(&destination).map_err(Failure::of("lstat", &destination)) {
        Ok(_) => return Err(Failure::words(format!("Destination already exists: {destination}"))),
        Err(failure) if !failure.is(ENOENT) => return Err(failure),
        Err(_) => {}
    }
    if allowed.is_root(&source) {
        return Err(Failure::denied(format_args!("{source} is an allowed directory itself, and stays where it is")));
    }
    fs::rename(&source, &destination).map_err(Failure::of_rename(&source, &destination))?;
    Ok(Text(format!("Successfully moved {} to {}", args.source, args.destination)))
}
