//! Puts in force what is loaded: the catalog of the newest good generations, in the order of the configuration. Of those
//! that serve already, none grows into a name that another has.

use std::sync::Arc;
use std::time::Instant;

use indexmap::IndexMap;

use super::entry::{Entry, Generation};
use super::{Report, Status, Supervisor};
use crate::audit::{self, Event};
use crate::catalog::{Catalog, Collision};
use crate::config::PluginId;
use crate::plugin::Plugin;

/// Puts the newest good generations in force. One whose names are taken by a plugin before it stays out; the generation
/// before it goes on, if there is one that may.
pub(super) fn publish(
    supervisor: &Supervisor,
    entries: &mut IndexMap<PluginId, Entry>,
    refused: &[(String, String)],
    config_problem: Option<String>,
    now: Instant,
) {
    let mut catalog = Catalog::default();
    let mut plugins = Vec::new();
    let mut news = Vec::new();
    let served_names = supervisor.catalog();
    let offering: Vec<Arc<Plugin>> = entries.values().filter_map(|entry| offers(entry, now)).collect();
    for (id, entry) in entries.iter_mut() {
        let before = entry.serving.take();
        let has_served = before.is_some();
        let served = before.as_ref().map(|generation| generation.plugin.generation());
        let mut collision = None;
        let mut duplicates = Vec::new();
        let mut add = |generation: &Generation| match taken(&served_names, &generation.plugin, has_served, &offering)
            .map_or_else(|| catalog.add(Arc::clone(&generation.plugin)), Err)
        {
            Ok(taken) => {
                duplicates = taken;
                true
            }
            Err(taken) => {
                collision.get_or_insert(taken.to_string());
                false
            }
        };
        let newest = entry.newest.clone().filter(|generation| entry.may_serve(generation, now));
        let serving = newest.filter(&mut add);
        let before = before.filter(|generation| entry.may_serve(generation, now));
        entry.serving = serving.or_else(|| before.filter(&mut add));
        let serves = entry.serving.as_ref().map(|generation| generation.plugin.generation());
        if collision != entry.collision {
            news.extend(collision.clone().map(|collision| News::Collides(id.clone(), collision)));
            entry.collision.clone_from(&collision);
        }
        if let Some(generation) = serves.filter(|_| serves > served) {
            news.push(News::Loaded(id.clone(), generation, duplicates));
        }
        if let Some(problem) = entry.problem.clone().filter(|_| std::mem::take(&mut entry.untold)) {
            news.push(News::Failed(id.clone(), serves, problem));
        }
        let loading = || "it is still being loaded".to_owned();
        let problem = entry.problem.clone().or(collision);
        plugins.push(Status {
            id: id.to_string(),
            generation: serves,
            problem: problem.or_else(|| (serves.is_none() && entry.is_loading()).then(loading)),
        });
    }
    plugins.extend(refused.iter().map(|(name, reason)| Status {
        id: name.clone(),
        generation: None,
        problem: Some(reason.clone()),
    }));
    supervisor.publish(catalog, Report { config_problem, plugins });
    // Said when it is in force, so that who reads it gets it.
    for one in news {
        one.tell(supervisor);
    }
}

/// What a plugin is about to offer.
fn offers(entry: &Entry, now: Instant) -> Option<Arc<Plugin>> {
    let newest = entry.newest.as_ref().filter(|generation| entry.may_serve(generation, now));
    newest.or(entry.serving.as_ref()).map(|generation| Arc::clone(&generation.plugin))
}

/// A name that `plugin`, which has served without it, would take from one that has it and still offers it: calls that were
/// meant for that one would be its own from one moment to the next. One that comes new is put in its place in the file.
fn taken(served: &Catalog, plugin: &Plugin, has_served: bool, offering: &[Arc<Plugin>]) -> Option<Collision> {
    let mut taken = served.names_of_others(plugin).filter(|_| has_served);
    taken.find(|name| offering.iter().any(|other| name.is_with(other)))
}

/// What the log and the record say.
enum News {
    Loaded(PluginId, u64, Vec<String>),
    Collides(PluginId, String),
    Failed(PluginId, Option<u64>, String),
}

impl News {
    fn record(&self, supervisor: &Supervisor) {
        let (id, event, generation, why) = match self {
            Self::Loaded(id, generation, _) => (id, Event::Loaded, Some(*generation), None),
            Self::Collides(id, collision) => (id, Event::NotLoaded, None, Some(collision)),
            Self::Failed(id, serves, problem) => (id, Event::NotLoaded, *serves, Some(problem)),
        };
        let catalog = supervisor.catalog();
        let plugin = catalog.plugin(id.as_str()).filter(|_| event == Event::Loaded);
        supervisor.audit.plugin(&audit::News {
            event,
            generation,
            sha256: plugin.map(|plugin| plugin.digest()),
            grants: plugin.map(|plugin| plugin.capabilities().describe()),
            why: why.map(String::as_str),
            ..audit::News::of(id.as_str())
        });
    }

    fn tell(self, supervisor: &Supervisor) {
        self.record(supervisor);
        match self {
            Self::Loaded(id, generation, duplicates) => {
                tracing::info!(plugin = %id, generation, "loaded");
                if let Some(first) = duplicates.first() {
                    let count = duplicates.len();
                    tracing::warn!(plugin = %id, count, "lists resources of a plugin before it, which is asked for them first, such as {first}");
                }
            }
            Self::Collides(id, collision) => tracing::warn!(plugin = %id, "not served: {collision}"),
            Self::Failed(id, serves, problem) => {
                tracing::warn!(plugin = %id, still_serving = serves, "not loaded: {problem}");
            }
        }
    }
}
