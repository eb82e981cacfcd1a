//! What a folder holds.

use std::fs;

use barkeep_sdk::prelude::*;

use crate::answer::Text;
use crate::failure::Failure;
use crate::folder::{self, Entry, Kind};
use crate::granted::granted;
use crate::text::units;
use crate::{lexical, order, size};

// Which folder.
#[arguments]
pub struct ListDirectory {
    path: String,
}

// Which folder, in which order.
#[arguments]
pub struct ListDirectoryWithSizes {
    path: String,
    /// Sort entries by name or size
    #[serde(rename = "sortBy", default)]
    sort_by: SortBy,
}

// By what entries are sorted: their names, or their sizes, the largest first.
#[arguments]
#[output]
#[derive(Default)]
#[serde(rename_all = "lowercase")]
pub enum SortBy {
    #[default]
    Name,
    Size,
}

/// Lists what is in a folder, each name with `[FILE]` or `[DIR]` before it. Only works within allowed directories.
#[tool(title = "List Directory", read_only, open_world = false)]
pub fn list_directory(args: ListDirectory) -> Result<Text, Failure> {
    let path = granted().validate(&args.path)?;
    Ok(Text(listing(&folder::entries(&path)?)))
}

/// Lists what is in a folder with sizes, each name with `[FILE]` or `[DIR]` before it, and with totals at the end. Only works within
/// allowed directories.
#[tool(title = "List Directory with Sizes", read_only, open_world = false)]
pub fn list_directory_with_sizes(args: ListDirectoryWithSizes) -> Result<Text, Failure> {
    let allowed = granted();
    let path = allowed.validate(&args.path)?;
    let size_of = |entry: &Entry| {
        // The size of what a link leads to, as long as that may be known.
        let real = match entry.kind {
            Kind::Link => allowed.follow(&path, &entry.name).ok(),
            _ => Some(lexical::join(&path, &entry.name)),
        };
        real.and_then(|real| fs::metadata(real).ok()).map_or(0, |found| found.len())
    };
    let mut entries: Vec<(u64, Entry)> =
        folder::entries(&path)?.into_iter().map(|entry| (size_of(&entry), entry)).collect();
    match args.sort_by {
        SortBy::Size => entries.sort_by_key(|(size, _)| std::cmp::Reverse(*size)),
        SortBy::Name => entries.sort_by(|(_, left), (_, right)| order::by_name(&left.name, &right.name)),
    }
    let folders = entries.iter().filter(|(_, entry)| entry.is_folder()).count();
    let files = entries.iter().filter(|(_, entry)| !entry.is_folder());
    let total = files.fold(0_u64, |total, (size, _)| total.saturating_add(*size));
    let mut lines: Vec<String> = entries.iter().map(|(size, entry)| line(entry, *size)).collect();
    lines.push(String::new());
    lines.push(format!("Total: {} files, {folders} directories", entries.len() - folders));
    lines.push(format!("Combined size: {}", size::format(total)));
    Ok(Text(lines.join("\n")))
}

/// One entry with its size, in columns.
fn line(entry: &Entry, bytes: u64) -> String {
    let pad = " ".repeat(30_usize.saturating_sub(units(&entry.name)));
    if entry.is_folder() {
        return format!("[DIR] {}{pad} ", entry.name);
    }
    format!("[FILE] {}{pad} {:>10}", entry.name, size::format(bytes))
}

/// The entries of a folder, one a line.
pub fn listing(entries: &[Entry]) -> String {
    let mut lines = String::new();
    for entry in entries {
        lines.extend([if entry.is_folder() { "[DIR] " } else { "[FILE] " }, &entry.name, "\n"]);
    }
    lines.pop();
    lines
}
