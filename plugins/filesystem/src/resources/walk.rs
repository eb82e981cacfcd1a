//! The list of all files, a page at a time.
//!
//! The order is that of a walk: a folder, then what is in it, by the bytes of the names. A cursor is where the walk was, so that
//! nothing has to be kept from page to page, and a page after a change goes on from the same place.

use std::fs;

use barkeep_sdk::{Error, ResourceInfo, ResourcePage, Result};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::media;
use crate::allowed::Allowed;
use crate::date;
use crate::folder::{self, Entry, Kind};
use crate::{lexical, limits, uri};

/// The page after `cursor`, or the first.
pub(super) fn page(allowed: &Allowed, cursor: Option<&str>) -> Result<ResourcePage> {
    let mut walk = match cursor {
        None => Walk::new(allowed),
        Some(cursor) => {
            let path = decode(cursor).filter(|path| allowed.contains(path) && lexical::resolve("/", path) == *path);
            Walk::after(allowed, &path.ok_or_else(|| Error::invalid_arguments("there is no such page of files"))?)
        }
    };
    let mut resources = Vec::new();
    let mut last = String::new();
    while let Some((path, kind)) = walk.next() {
        if let Some(resource) = resource(allowed, &path, kind, walk.failure.take()) {
            // There is another page: this one is not the last.
            if resources.len() == limits::PAGE {
                return Ok(ResourcePage { resources, next_cursor: Some(BASE64_URL_SAFE_NO_PAD.encode(last)) });
            }
            resources.push(resource);
            last = path;
        }
    }
    Ok(ResourcePage { resources, next_cursor: None })
}

fn decode(cursor: &str) -> Option<String> {
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}

/// What the list says of one entry; nothing where it cannot be read.
fn resource(allowed: &Allowed, path: &str, kind: Kind, failure: Option<String>) -> Option<ResourceInfo> {
    let real = match kind {
        Kind::Other => return None,
        Kind::Link => allowed.follow(lexical::parent(path), lexical::name(path)).ok()?,
        Kind::File | Kind::Folder => path.to_owned(),
    };
    let found = fs::metadata(&real).ok()?;
    let resource = ResourceInfo::new(uri::of(path), lexical::name(path));
    let mut resource = match (found.is_dir(), found.is_file(), media::by_name(path)) {
        (true, ..) => resource.mime_type("inode/directory"),
        (_, true, Some(media_type)) => resource.mime_type(media_type).size(found.len()),
        (_, true, None) => resource.size(found.len()),
        _ => return None,
    };
    if resource.name.is_empty() {
        "/".clone_into(&mut resource.name);
    }
    if let Ok(modified) = found.modified() {
        resource = resource.last_modified(date::iso(modified));
    }
    match failure {
        Some(failure) => Some(resource.description(format!("Its entries cannot be listed: {failure}"))),
        None => Some(resource),
    }
}

/// A walk through all allowed folders.
struct Walk<'a> {
    allowed: &'a Allowed,
    /// Allowed folders that are still to come, in their order.
    roots: Vec<&'a str>,
    /// The folders that are open, each with the entries that are still to come.
    open: Vec<(String, std::vec::IntoIter<Entry>)>,
    /// Why the folder that came last cannot be listed.
    failure: Option<String>,
}

impl<'a> Walk<'a> {
    fn new(allowed: &'a Allowed) -> Self {
        Self { allowed, roots: allowed.folders().collect(), open: Vec::new(), failure: None }
    }

    /// The walk as it was when it had come to `path`. What has gone since is passed over.
    fn after(allowed: &'a Allowed, path: &str) -> Self {
        let mut walk = Self::new(allowed);
        let Some(root) = allowed.root_of(path) else { return walk };
        let index = walk.roots.iter().position(|other| *other == root).map_or(walk.roots.len(), |index| index + 1);
        walk.roots.drain(..index);
        let mut folder = root.to_owned();
        for name in lexical::components(lexical::below(path, root).unwrap_or("")) {
            if walk.is_walked(&folder) {
                let mut entries = folder::entries(&folder).unwrap_or_default();
                entries.retain(|entry| entry.name.as_str() > name);
                walk.open.push((folder.clone(), entries.into_iter()));
            }
            folder = lexical::join(&folder, name);
        }
        if walk.is_walked(&folder) {
            walk.enter(folder);
            walk.failure = None;
        }
        walk
    }

    /// Whether this is a folder itself, not by a link: a cursor may say anything.
    fn is_walked(&self, folder: &str) -> bool {
        self.allowed.validate(folder).is_ok_and(|real| real == folder)
            && fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir())
    }

    /// The next path, and what is there.
    fn next(&mut self) -> Option<(String, Kind)> {
        self.failure = None;
        loop {
            let Some((folder, entries)) = self.open.last_mut() else {
                if self.roots.is_empty() {
                    return None;
                }
                let root = self.roots.remove(0).to_owned();
                self.enter(root.clone());
                return Some((root, Kind::Folder));
            };
            let Some(entry) = entries.next() else {
                self.open.pop();
                continue;
            };
            let path = lexical::join(folder, &entry.name);
            // An allowed folder in another comes in its own turn.
            if self.allowed.is_root(&path) {
                continue;
            }
            if entry.is_folder() {
                self.enter(path.clone());
            }
            return Some((path, entry.kind));
        }
    }

    fn enter(&mut self, folder: String) {
        match folder::entries(&folder) {
            Ok(entries) => self.open.push((folder, entries.into_iter())),
            Err(failure) => self.failure = Some(failure.to_string()),
        }
    }
}
