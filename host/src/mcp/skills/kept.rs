//! Entries that need not be made again: those of plugins that say the same each time. And what was told of others in the
//! log, which is told once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rmcp::model::Resource;

use super::entry::Told;
use super::folders::Folder;
use crate::catalog::Catalog;

/// What is kept. The bounds of a plugin's skills bound it: those of plugins that are gone are forgotten at the next list.
#[derive(Default)]
pub(in super::super) struct Kept(Mutex<State>);

#[derive(Default)]
struct State {
    /// The catalog that the entries are of.
    catalog: Weak<Catalog>,
    /// By plugin and URI.
    skills: HashMap<(String, String), One>,
}

/// What is kept of one skill.
struct One {
    generation: u64,
    files: Vec<Resource>,
    told: Told,
    /// Whether it is of the catalog of now: in another one, another plugin may answer for a file.
    is_of_now: bool,
}

impl State {
    fn is_at(&self, catalog: &Arc<Catalog>) -> bool {
        self.catalog.as_ptr() == Arc::as_ptr(catalog)
    }
}

impl Kept {
    /// The entry of a skill, when it is still good: of a plugin that reaches nothing outside, which lists the same files.
    pub(super) fn get(&self, catalog: &Arc<Catalog>, folder: &Folder) -> Option<Told> {
        if folder.wrong.is_some() || !folder.plugin.is_self_contained() {
            return None;
        }
        let kept = self.state();
        let one = kept.skills.get(&key(folder))?;
        let is_good = kept.is_at(catalog)
            && one.is_of_now
            && one.generation == folder.plugin.generation()
            && one.files == folder.files;
        (is_good && one.told.is_ok()).then(|| one.told.clone())
    }

    /// Keeps what a skill came to in this catalog. The log says why it is left out, unless it has said so of this
    /// generation.
    pub(super) fn put(&self, catalog: &Arc<Catalog>, folder: &Folder, told: &Told) {
        let generation = folder.plugin.generation();
        let mut state = self.state();
        let is_of_now = state.is_at(catalog);
        let one = One { generation, files: folder.files.clone(), told: told.clone(), is_of_now };
        let before = state.skills.insert(key(folder), one);
        drop(state);
        let said = before.filter(|before| before.generation == generation);
        if let Err(reason) = told
            && said.and_then(|before| before.told.err()).as_ref() != Some(reason)
        {
            tracing::warn!(plugin = folder.plugin.id(), uri = folder.uri, "a skill is left out: {reason}");
        }
    }

    /// What follows is of `catalog`. Forgets what is of no generation in it.
    pub(super) fn turn_to(&self, catalog: &Arc<Catalog>) {
        let mut state = self.state();
        if state.is_at(catalog) {
            return;
        }
        state.catalog = Arc::downgrade(catalog);
        let serves = |id: &str, generation| catalog.plugin(id).is_some_and(|plugin| plugin.generation() == generation);
        state.skills.retain(|(id, _), one| {
            one.is_of_now = false;
            serves(id, one.generation)
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(folder: &Folder) -> (String, String) {
    (folder.plugin.id().to_owned(), folder.uri.clone())
}
