//! Finds the folders of skills in what plugins list.
//!
//! A plugin lists what is under `skill://` first: the host goes through its pages until one has nothing of it. So a plugin
//! with a million other resources costs one page more, and one without skills costs nothing.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::Resource;
use tokio::time::timeout;

use super::super::call::{self, Caller};
use super::super::error;
use super::{address, overlap};
use crate::catalog::Catalog;
use crate::plugin::{Plugin, SKILLS};

/// How long one plugin may take to list its files. All are asked at once.
const WALKING: Duration = Duration::from_secs(5);

/// Files of all skills of one plugin: each is one line of an entry, and one call when it is read.
const MAX_LISTED: usize = 10_000;

/// Files of one skill, and their bytes: more than these a client need not take ("Limits").
const MAX_FILES: usize = 512;
pub(super) const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Skills of one plugin. A model cannot choose among more.
const MAX_SKILLS: usize = 1000;

/// A skill: a folder with a `SKILL.md`, and what its plugin lists below it.
pub(super) struct Folder {
    /// Whose it is.
    pub(super) plugin: Arc<Plugin>,
    /// The URI of its `SKILL.md`.
    pub(super) uri: String,
    /// Its files, in order, `SKILL.md` among them.
    pub(super) files: Vec<Resource>,
    /// Why it is left out, where that is known without reading it.
    pub(super) wrong: Option<String>,
    /// Whether another plugin's folder is in its place.
    pub(super) is_overlapped: bool,
}

impl Folder {
    /// The URI of the folder itself.
    pub(super) fn root(&self) -> &str {
        address::root(&self.uri).unwrap_or(&self.uri)
    }
}

/// The folders of all plugins, in the order of their URIs; those of one URI in the order of the configuration.
pub(super) async fn find(caller: &Caller, catalog: &Catalog) -> Result<Vec<Folder>, ErrorData> {
    let plugins = catalog.plugins().iter().filter(|plugin| plugin.menu().has_skills);
    let walks = futures::future::join_all(plugins.map(|plugin| of_plugin(caller, plugin))).await;
    let mut folders = Vec::new();
    for walk in walks {
        folders.extend(walk?);
    }
    overlap::mark(&mut folders);
    folders.sort_by(|one, other| one.uri.cmp(&other.uri));
    Ok(folders)
}

/// Those of one plugin: none, and a line in the log, when it cannot list them.
async fn of_plugin(caller: &Caller, plugin: &Arc<Plugin>) -> Result<Vec<Folder>, ErrorData> {
    let found = match timeout(WALKING, walk(caller, plugin)).await {
        Ok(found) => found?,
        Err(_) => Err(format!("it took longer than {WALKING:?} to list them")),
    };
    match found.and_then(|files| folders(plugin, &files)) {
        Ok(folders) => Ok(folders),
        Err(reason) => {
            tracing::warn!(plugin = plugin.id(), "its skills are left out: {reason}");
            Ok(Vec::new())
        }
    }
}

/// What it lists under `skill://`, by URI.
async fn walk(caller: &Caller, plugin: &Plugin) -> Result<Result<BTreeMap<String, Resource>, String>, ErrorData> {
    let (mut found, mut count, mut cursor) = (BTreeMap::new(), 0, None);
    loop {
        let asked = cursor.take();
        let (page, next) =
            match call::run(caller, plugin, |outbox| plugin.list_resources(asked, outbox.muted())).await? {
                Ok(page) => page,
                Err(failure) => return Ok(Err(error::words(&failure))),
            };
        let before = count;
        for resource in page.into_iter().filter(|resource| resource.uri.starts_with(SKILLS)) {
            count += 1;
            if count > MAX_LISTED {
                return Ok(Err(format!("it lists more than {MAX_LISTED} files of skills")));
            }
            found.entry(resource.uri.clone()).or_insert(resource);
        }
        cursor = next.filter(|next| !next.is_empty() && count > before);
        if cursor.is_none() {
            return Ok(Ok(found));
        }
    }
}

/// The folders that these files are in. A folder in another is one of its own, and its files are those of both ("Nested
/// Skills").
fn folders(plugin: &Arc<Plugin>, files: &BTreeMap<String, Resource>) -> Result<Vec<Folder>, String> {
    let uris: Vec<&String> = files.keys().filter(|uri| address::root(uri).is_some()).collect();
    if uris.len() > MAX_SKILLS {
        return Err(format!("it has {} skills; {MAX_SKILLS} is the most", uris.len()));
    }
    let folder = |uri: &String| {
        let files = below(address::root(uri).unwrap_or(uri), files);
        let wrong = wrong(&files);
        Folder { plugin: Arc::clone(plugin), uri: uri.clone(), files, wrong, is_overlapped: false }
    };
    Ok(uris.into_iter().map(folder).collect())
}

/// The files below a folder; one more than it may have at the most.
fn below(root: &str, files: &BTreeMap<String, Resource>) -> Vec<Resource> {
    let prefix = format!("{root}/");
    let inside = files.range(prefix.clone()..).take_while(|(uri, _)| uri.starts_with(&prefix));
    inside.take(MAX_FILES + 1).map(|(_, file)| file.clone()).collect()
}

/// What is wrong with the files of a folder: a sentence for people.
fn wrong(files: &[Resource]) -> Option<String> {
    if files.len() > MAX_FILES {
        return Some(format!("it has more than {MAX_FILES} files"));
    }
    if let Some(file) = files.iter().find(|file| !address::is_normal(&file.uri)) {
        let shown: String = file.uri.escape_debug().take(128).collect();
        return Some(format!("`{shown}` is not a URI in its shortest form, without `..` and the like"));
    }
    let size = files.iter().fold(0_u64, |size, file| size.saturating_add(file.size.unwrap_or_default()));
    if size > MAX_BYTES {
        return Some(format!("its files have {size} bytes; {MAX_BYTES} is the most"));
    }
    let uris: HashSet<&str> = files.iter().map(|file| file.uri.as_str()).collect();
    let above =
        |uri: &str| uri.match_indices('/').filter_map(|(at, _)| uri.get(..at)).any(|above| uris.contains(above));
    let both = files.iter().find(|file| above(&file.uri))?;
    Some(format!("`{}` lies below what is a file", both.uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below_a(uris: &[&str]) -> Vec<Resource> {
        below("skill://a", &uris.iter().map(|uri| ((*uri).to_owned(), Resource::new(*uri, "a"))).collect())
    }

    #[test]
    fn a_folder_has_what_is_below_it_and_nothing_else() {
        let files = below_a(&[
            "skill://a",
            "skill://a-b/x",
            "skill://a/SKILL.md",
            "skill://a/c/SKILL.md",
            "skill://a/x",
            "skill://ab/x",
        ]);
        let uris: Vec<&str> = files.iter().map(|file| file.uri.as_str()).collect();
        assert_eq!(uris, ["skill://a/SKILL.md", "skill://a/c/SKILL.md", "skill://a/x"]);
        assert_eq!(wrong(&files), None);
    }

    #[test]
    fn what_is_wrong_with_a_folder_is_told() {
        let of = |files: &[&str]| wrong(&below_a(files)).expect("it is wrong");
        assert!(of(&["skill://a/../b/x"]).contains("`skill://a/../b/x` is not a URI in its shortest form"));
        assert!(of(&["skill://a/b", "skill://a/b-c", "skill://a/b/c"]).contains("`skill://a/b/c` lies below"));
        let many: Vec<String> = (0..=MAX_FILES).map(|number| format!("skill://a/{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(of(&many).contains("more than 512 files"));
        let large = |size| {
            let file = Resource::new("skill://a/x", "x").with_size(size);
            wrong(&[file.clone(), file])
        };
        assert!(large(MAX_BYTES).is_some_and(|wrong| wrong.contains("16777216 is the most")));
        assert!(large(u64::MAX).is_some());
        assert!(large(MAX_BYTES / 2).is_none());
    }
}
