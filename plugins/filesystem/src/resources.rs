//! Files and folders as resources: `file:///...`.

use barkeep_sdk::prelude::*;
use barkeep_sdk::{Completion, Error};

use crate::allowed::Allowed;
use crate::failure::Failure;
use crate::folder::{self, Kind};
use crate::granted::granted;
use crate::tools::list::listing;
use crate::{file, lexical, limits, uri};

mod media;
mod walk;
mod watch;

pub use watch::watch;

/// The files of the allowed directories, and the directories themselves, each before what is in it. Links are listed where
/// they lead to a file or a directory within the allowed ones, and are not followed. What cannot be read as a file or a
/// directory is left out: links that lead out or nowhere, pipes, sockets, devices.
pub fn list(cursor: Option<&str>) -> Result<ResourcePage> {
    let allowed = granted();
    // A plugin without folders has nothing to list; the tools say what to do about it.
    if allowed.some().is_err() {
        return Ok(ResourcePage::default());
    }
    walk::page(&allowed, cursor)
}

// A file's path.
#[arguments]
pub struct FileUri {
    /// The absolute path, without the slash that it begins with
    path: String,
}

/// A file within the allowed directories, as text where it is UTF-8 and as bytes where it is not; or a directory, as a list
/// of its entries.
#[resource(template = "file:///{+path}", name = "file", title = "File or directory")]
pub fn read(args: FileUri) -> Result<ResourceContents, Failure> {
    let path = granted().validate(&format!("/{}", args.path))?;
    let uri = uri::of(&lexical::resolve("/", &args.path));
    let found = std::fs::metadata(&path).map_err(Failure::of("open", &path))?;
    if found.is_dir() {
        return Ok(ResourceContents::text(uri, listing(&folder::entries(&path)?)).mime_type("text/plain"));
    }
    Ok(media::contents(uri, &path, file::bytes(&path, limits::READ)?))
}

/// Paths that begin with what was typed.
#[completion(template = "file:///{+path}", argument = "path")]
pub fn path(typed: &str) -> Result<Completion, Error> {
    Ok(paths(&granted(), typed))
}

fn paths(allowed: &Allowed, typed: &str) -> Completion {
    let typed = format!("/{typed}");
    let (folder, begun) = typed.rsplit_once('/').unwrap_or(("", &typed));
    let mut values: Vec<String> = Vec::new();
    // Above the allowed folders there is only the way to them.
    for root in allowed.folders() {
        let way = root.strip_prefix(typed.as_str()).map(|rest| rest.split('/').next().unwrap_or(""));
        values.extend(way.map(|rest| format!("{typed}{rest}/")));
    }
    let real = lexical::resolve("/", folder);
    if let Ok(entries) = allowed.validate(&real).and_then(|real| folder::entries(&real)) {
        let fitting = entries.iter().filter(|entry| entry.name.starts_with(begun) && entry.kind != Kind::Other);
        values.extend(
            fitting.map(|entry| format!("{folder}/{}{}", entry.name, if entry.is_folder() { "/" } else { "" })),
        );
    }
    values.sort();
    values.dedup();
    let total = values.len();
    values.truncate(limits::COMPLETIONS);
    let values: Vec<String> = values.into_iter().map(|value| value.trim_start_matches('/').to_owned()).collect();
    Completion { has_more: Some(total > values.len()), total: u32::try_from(total).ok(), values }
}

#[cfg(test)]
mod tests;
