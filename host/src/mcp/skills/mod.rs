//! `skills/list`, `skills/get` and `resources/directory/read` (the extension `io.modelcontextprotocol/skills`): skills are
//! folders of resources under `skill://`, of whatever plugin lists them.
//!
//! A plugin says nothing of skills: the host finds them in its list of resources, reads their files, and tells their digests.
//! What is wrong with one skill leaves that one out, with its reason in the log, in the answer's `_meta`, and in the error
//! of `skills/get`.
//!
//! | module | what it does |
//! |---|---|
//! | `folders` | finds the folders of skills in what plugins list |
//! | `overlap` | whose folder it is when two plugins have it |
//! | `entry` | reads the files of one, and makes its entry |
//! | `frontmatter` | what the beginning of a `SKILL.md` says |
//! | `address` | which URIs are those of a skill and its files |
//! | `kept` | entries that need not be made again |

mod address;
mod entry;
mod folders;
mod frontmatter;
mod kept;
mod overlap;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{
    CacheScope, DIRECTORY_MIME_TYPE, GetSkillRequestParams, GetSkillResult, ListSkillsResult, MetaObject,
    PaginatedRequestParams, ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult, Resource, Skill,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::call::Caller;
use super::server::Server;
use super::{freshness, page, resources};
use crate::catalog::Catalog;
use crate::plugin::SKILLS;
use entry::Told;
use folders::Folder;
pub(super) use kept::Kept;

/// Skills of one page.
const PAGE: usize = 100;

/// Bytes of JSON after which a page ends: an entry has one line for each file of its skill.
const PAGE_BYTES: usize = 1024 * 1024;

/// How long skills are read for one page; what is left is on the next page.
const LISTING: Duration = Duration::from_secs(20);

/// How long the files of one skill may take to be read. A plugin that takes longer is not asked again for that page.
const READING: Duration = Duration::from_secs(10);

/// Skills of one page whose reasons to be left out are told. More are in the log.
const MAX_TOLD: usize = 20;

/// Where a page of skills tells which it leaves out, each with the reason.
const LEFT_OUT: &str = "barkeep/leftOut";

/// One page of the skills of all plugins, in the order of their URIs. A cursor is the last URI of the page before, and stays
/// good when that skill is gone.
pub(super) async fn list(
    server: &Server,
    request: Option<PaginatedRequestParams>,
    context: RequestContext<RoleServer>,
) -> Result<ListSkillsResult, ErrorData> {
    let until = Instant::now() + LISTING;
    let catalog = server.host.catalog_with(resources::all_in_force).await;
    let after = request.and_then(|request| request.cursor).map(|cursor| page::decode(&cursor)).transpose()?;
    if after.as_ref().is_some_and(|after| !after.starts_with(SKILLS)) {
        return Err(page::unknown());
    }
    server.host.skills.turn_to(&catalog);
    let caller = Caller::of(server, context);
    let folders = folders::find(&caller, &catalog).await?;
    let first = after.map_or(0, |after| folders.partition_point(|folder| folder.uri <= after));
    let mut rest = folders.iter().skip(first).peekable();
    let mut page = Page::default();
    let mut slow = HashSet::new();
    while let Some(folder) = rest.next() {
        let one = if slow.contains(folder.plugin.id()) {
            Err("its plugin took too long with another".to_owned())
        } else if let Some(kept) = server.host.skills.get(&catalog, folder) {
            kept
        } else {
            let made = made(&caller, &catalog, folder).await?;
            if made.is_none() {
                slow.insert(folder.plugin.id());
            }
            told(server, &catalog, folder, made)
        };
        page.add(folder, one);
        if rest.peek().is_some_and(|next| next.uri != folder.uri) && (page.is_full() || Instant::now() >= until) {
            page.next = Some(page::encode(&folder.uri));
            break;
        }
    }
    let mut result = ListSkillsResult::from(page);
    // What was too slow may be faster another time.
    if slow.is_empty() && folders.iter().all(|folder| folder.plugin.is_self_contained()) {
        result = result.with_ttl_ms(freshness::ttl_ms(catalog.since().resources)).with_cache_scope(CacheScope::Public);
    }
    Ok(result)
}

/// The entry of a skill as it is now; none when that takes too long.
async fn made(caller: &Caller, catalog: &Catalog, folder: &Folder) -> Result<Option<Told>, ErrorData> {
    timeout(READING, entry::read(caller, catalog, folder)).await.ok().transpose()
}

fn told(server: &Server, catalog: &Arc<Catalog>, folder: &Folder, made: Option<Told>) -> Told {
    let told = made.unwrap_or_else(|| Err(format!("its files took longer than {READING:?} to be read")));
    server.host.skills.put(catalog, folder, &told);
    told
}

/// What a page has so far.
#[derive(Default)]
struct Page {
    skills: Vec<Skill>,
    bytes: usize,
    left_out: Vec<Value>,
    next: Option<String>,
}

impl Page {
    fn add(&mut self, folder: &Folder, told: Told) {
        match told {
            Ok(entry) => {
                self.bytes += entry.bytes;
                self.skills.push(entry.skill);
            }
            Err(reason) if self.left_out.len() < MAX_TOLD => {
                self.left_out.push(json!({ "uri": folder.uri, "plugin": folder.plugin.id(), "reason": reason }));
            }
            Err(_) => {}
        }
    }

    fn is_full(&self) -> bool {
        self.skills.len() >= PAGE || self.bytes >= PAGE_BYTES
    }
}

impl From<Page> for ListSkillsResult {
    fn from(page: Page) -> Self {
        let mut result = Self::with_all_items(page.skills);
        result.next_cursor = page.next;
        if !page.left_out.is_empty() {
            let mut meta = MetaObject::new();
            meta.insert(LEFT_OUT.to_owned(), page.left_out.into());
            result.meta = Some(meta);
        }
        result
    }
}

/// One skill, as it is now: its files are read again, whatever is kept of them.
pub(super) async fn get(
    server: &Server,
    request: GetSkillRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<GetSkillResult, ErrorData> {
    let uri = request.uri;
    resources::bounded(&uri)?;
    let catalog = server.host.catalog_with(resources::all_in_force).await;
    let caller = Caller::of(server, context);
    let folders = folders::find(&caller, &catalog).await?;
    let Some(folder) = folders.iter().find(|folder| folder.uri == uri) else {
        return Err(ErrorData::invalid_params(format!("No skill is served at {uri}"), None));
    };
    let made = made(&caller, &catalog, folder).await?;
    match told(server, &catalog, folder, made) {
        Ok(entry) if folder.plugin.is_self_contained() => Ok(GetSkillResult::new(entry.skill)
            .with_ttl_ms(freshness::ttl_ms(catalog.since().resources))
            .with_cache_scope(CacheScope::Public)),
        Ok(entry) => Ok(GetSkillResult::new(entry.skill)),
        Err(reason) => Err(ErrorData::invalid_params(format!("The skill at {uri} is not served: {reason}"), None)),
    }
}

/// The direct children of a folder: of a skill's, of one below it, or of one above, which may have skills of several
/// plugins.
pub(super) async fn directory(
    server: &Server,
    request: ReadResourceDirectoryRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<ReadResourceDirectoryResult, ErrorData> {
    resources::bounded(&request.uri)?;
    let catalog = server.host.catalog_with(resources::all_in_force).await;
    let caller = Caller::of(server, context);
    let folders = folders::find(&caller, &catalog).await?;
    let files = folders.iter().filter(|folder| !folder.is_overlapped).flat_map(|folder| &folder.files);
    let children = children(files, &request.uri);
    if children.is_empty() {
        return Err(ErrorData::invalid_params(format!("{} is not a directory resource", request.uri), None));
    }
    let (page, next) = page::page(children.iter(), request.cursor.as_deref(), |child| &child.uri)?;
    let mut result = ReadResourceDirectoryResult::with_all_items(page);
    result.next_cursor = next;
    Ok(result)
}

/// What is in the folder `directory`, in order. Empty folders there are none: folders are made of their files.
fn children<'a>(files: impl Iterator<Item = &'a Resource>, directory: &str) -> Vec<Resource> {
    if !address::is_normal(directory) {
        return Vec::new();
    }
    let mut children = BTreeMap::new();
    for file in files.filter(|file| address::is_normal(&file.uri)) {
        let Some(inside) = file.uri.strip_prefix(directory).and_then(|rest| rest.strip_prefix('/')) else { continue };
        let child = match inside.split_once('/') {
            None => file.clone(),
            Some((name, _)) => Resource::new(format!("{directory}/{name}"), name).with_mime_type(DIRECTORY_MIME_TYPE),
        };
        children.insert(child.uri.clone(), child);
    }
    children.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_its_files_and_the_folders_below() {
        let files = [
            "skill://acme/a/SKILL.md",
            "skill://acme/a/b/c/d.md",
            "skill://acme/a/b/e.md",
            "skill://acme/a/b/../f.md",
            "skill://acme/z/SKILL.md",
        ];
        let files = files.map(|uri| Resource::new(uri, "a"));
        for (directory, expected) in [
            ("skill://acme", vec!["skill://acme/a/", "skill://acme/z/"]),
            ("skill://acme/a", vec!["skill://acme/a/SKILL.md", "skill://acme/a/b/"]),
            ("skill://acme/a/b", vec!["skill://acme/a/b/c/", "skill://acme/a/b/e.md"]),
            ("skill://acme/a/SKILL.md", vec![]),
            ("skill://acme/a/", vec![]),
            ("skill://acme/a/b/..", vec![]),
            ("skill://acm", vec![]),
            ("skill://", vec![]),
            ("skill:/", vec![]),
            ("", vec![]),
        ] {
            let children = children(files.iter(), directory).into_iter();
            let marked = children.map(|child| format!("{}{}", child.uri, if child.is_directory() { "/" } else { "" }));
            assert_eq!(marked.collect::<Vec<_>>(), expected, "{directory}");
        }
    }
}
