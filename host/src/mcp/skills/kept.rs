//! Entries that need not be made again: those of plugins that say the same each time. And what was told of others in the
//! log, which is told once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rmcp::model::Resource;

use super::entry::Told;
use super::folders::Folder;
use crate::catalog::Catalog;

/// What is kept, by plugin and URI. The bounds of a plugin's skills bound it: those of plugins that are gone are forgotten
/// at the next list.
#[derive(Default)]
pub(in super::super) struct Kept(Mutex<HashMap<(String, String), One>>);

/// What is kept of one skill.
struct One {
    generation: u64,
    files: Vec<Resource>,
    told: Told,
}

impl Kept {
    /// The entry of a skill, when it is still good: of the same generation of a plugin that reaches nothing outside, which
    /// lists the same files.
    pub(super) fn get(&self, folder: &Folder) -> Option<Told> {
        if !folder.plugin.is_self_contained() {
            return None;
        }
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = kept.get(&key(folder))?;
        (one.generation == folder.plugin.generation() && one.files == folder.files && one.told.is_ok())
            .then(|| one.told.clone())
    }

    /// Keeps what a skill came to. The log says why it is left out, unless it has said so of this generation.
    pub(super) fn put(&self, folder: &Folder, told: &Told) {
        let one = One { generation: folder.plugin.generation(), files: folder.files.clone(), told: told.clone() };
        let before = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key(folder), one);
        let said = before.filter(|before| before.generation == folder.plugin.generation());
        if let Err(reason) = told
            && said.and_then(|before| before.told.err()).as_ref() != Some(reason)
        {
            tracing::warn!(plugin = folder.plugin.id(), uri = folder.uri, "a skill is left out: {reason}");
        }
    }

    /// Forgets what is of no generation that serves.
    pub(super) fn forget_all_but(&self, catalog: &Catalog) {
        let serves = |id: &str, generation| catalog.plugin(id).is_some_and(|plugin| plugin.generation() == generation);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(id, _), one| serves(id, one.generation));
    }
}

fn key(folder: &Folder) -> (String, String) {
    (folder.plugin.id().to_owned(), folder.uri.clone())
}
