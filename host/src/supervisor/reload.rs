//! Loads, checks, swaps: makes what is served follow the configuration and the files, one round after the other.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream;
use indexmap::IndexMap;
use tokio::sync::mpsc;

use super::stamp::Stamp;
use super::wanted::{Wanted, wanted};
use super::watch::{SWEEP, Watch};
use super::{Progress, Report, Status, Supervisor};
use crate::capability::secrets::Secrets;
use crate::catalog::Catalog;
use crate::config::{Config, PluginId};
use crate::plugin::{LoadError, Loader, Plugin};

/// Plugins that are loaded at once. The compiler uses all processors for one; a second keeps them busy while the first is
/// read or listed.
const LOADS: usize = 2;

/// How long a file must be gone, or half written, before that is believed: linkers and editors remove a file before they
/// write it anew, and write it in several steps.
const DOUBT: Duration = Duration::from_secs(1);

/// How often a file in doubt is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// One plugin, as far as it is known.
struct Entry {
    wanted: Wanted,
    stamp: Option<Stamp>,
    /// The newest generation that is good in itself.
    newest: Option<Arc<Plugin>>,
    /// The generation in the catalog.
    serving: Option<Arc<Plugin>>,
    problem: Option<String>,
    /// The file as it was when it was first seen to be gone or half written, and when that was.
    doubt: Option<(Option<Stamp>, Instant)>,
}

/// Makes what is served follow the configuration and the files.
pub struct Reloader {
    supervisor: Arc<Supervisor>,
    relists: mpsc::Receiver<String>,
    loader: Loader,
    config_file: Option<PathBuf>,
    config_stamp: Option<Stamp>,
    secrets: Secrets,
    secrets_stamp: Option<Stamp>,
    config: Config,
    config_problem: Option<String>,
    entries: IndexMap<PluginId, Entry>,
    refused: Vec<(String, String)>,
}

impl Reloader {
    /// Begins with `config`, which was read from `config_file` if that is given. Nothing is loaded yet.
    pub fn new(loader: Loader, config: Config, config_file: Option<PathBuf>) -> (Self, Arc<Supervisor>) {
        let (supervisor, relists) = Supervisor::new();
        let reloader = Self {
            supervisor: Arc::clone(&supervisor),
            relists,
            config_stamp: config_file.as_deref().and_then(Stamp::of),
            secrets: Secrets::read(config.secrets_file.as_deref()),
            secrets_stamp: config.secrets_file.as_deref().and_then(Stamp::of),
            loader,
            config_file,
            config,
            config_problem: None,
            entries: IndexMap::new(),
            refused: Vec::new(),
        };
        (reloader, supervisor)
    }

    /// Loads everything for the first time.
    pub async fn load(&mut self) {
        self.follow_wants();
        self.load_changed().await;
        self.supervisor.progress.send_modify(|progress| progress.ready = true);
    }

    /// Loads everything, then follows each change. Does not end.
    pub async fn run(mut self) {
        let mut watch = Watch::new();
        watch.set(&self.folders());
        self.load().await;
        loop {
            tokio::select! {
                () = watch.changed(self.patience()) => {}
                Some(id) = self.relists.recv() => self.forget(&id),
            }
            self.round().await;
            watch.set(&self.folders());
        }
    }

    fn patience(&self) -> Duration {
        if self.entries.values().any(|entry| entry.doubt.is_some()) { LOOK_AGAIN } else { SWEEP }
    }

    async fn round(&mut self) {
        self.reread_config();
        self.reread_secrets();
        let gone = self.follow_wants();
        let loaded = self.load_changed().await;
        if gone && !loaded {
            self.publish();
        }
    }

    /// The folders in which something may change that matters.
    fn folders(&self) -> HashSet<PathBuf> {
        let sources = self.entries.values().map(|entry| entry.wanted.file.as_path());
        let files = self.config_file.as_deref().into_iter().chain(self.config.secrets_file.as_deref()).chain(sources);
        let folders = files.filter_map(Path::parent).chain(self.config.folder.as_deref());
        // The parent of a bare file name is the empty path.
        folders.map(|folder| if folder.as_os_str().is_empty() { ".".into() } else { folder.to_owned() }).collect()
    }

    fn forget(&mut self, id: &str) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.stamp = None;
        }
    }

    fn reread_config(&mut self) {
        let Some(file) = &self.config_file else { return };
        let stamp = Stamp::of(file);
        if stamp == self.config_stamp {
            return;
        }
        self.config_stamp = stamp;
        match Config::load(file) {
            Ok(config) => {
                tracing::info!("the configuration changed");
                self.config_problem = None;
                self.config = config;
            }
            Err(error) => {
                tracing::warn!("the configuration is not in force, all goes on as before: {error}");
                self.config_problem = Some(error.to_string());
                self.publish();
            }
        }
    }

    fn reread_secrets(&mut self) {
        let stamp = self.config.secrets_file.as_deref().and_then(Stamp::of);
        if stamp == self.secrets_stamp {
            return;
        }
        self.secrets_stamp = stamp;
        self.secrets = Secrets::read(self.config.secrets_file.as_deref());
        tracing::info!("the secrets changed; every plugin gets the new ones");
        for entry in self.entries.values_mut() {
            entry.stamp = None;
        }
    }

    /// Makes the entries those that are wanted. Tells whether some are gone.
    fn follow_wants(&mut self) -> bool {
        let missing: Vec<PathBuf> =
            self.entries.values().filter(|entry| entry.may_return()).map(|entry| entry.wanted.file.clone()).collect();
        let wants = wanted(&self.config, &missing);
        let mut before = std::mem::take(&mut self.entries);
        let mut moved = before.len() != wants.plugins.len() || self.refused != wants.refused;
        for (at, wanted) in wants.plugins.into_iter().enumerate() {
            moved |= before.get_index_of(&wanted.id).is_some_and(|was| was != at);
            let entry = match before.get_mut(&wanted.id) {
                Some(entry) => Entry {
                    // With other grants, limits or another name it is another plugin.
                    stamp: entry.stamp.filter(|_| entry.wanted == wanted),
                    wanted,
                    newest: entry.newest.take(),
                    serving: entry.serving.take(),
                    problem: entry.problem.take(),
                    doubt: entry.doubt,
                },
                None => Entry { wanted, stamp: None, newest: None, serving: None, problem: None, doubt: None },
            };
            self.entries.insert(entry.wanted.id.clone(), entry);
        }
        for (id, entry) in &before {
            if !self.entries.contains_key(id) && entry.serving.is_some() {
                tracing::info!(plugin = %id, "gone");
            }
        }
        for (name, reason) in &wants.refused {
            if !self.refused.iter().any(|(known, _)| known == name) {
                tracing::warn!(plugin = %name, "not loaded: {reason}");
            }
        }
        self.refused = wants.refused;
        moved
    }

    /// Loads what changed, and publishes after each plugin. Tells whether there was anything.
    async fn load_changed(&mut self) -> bool {
        let mut changed = Vec::new();
        for entry in self.entries.values_mut() {
            let stamp = Stamp::of(&entry.wanted.file);
            let same = stamp.is_some() && stamp == entry.stamp;
            let still_gone = stamp.is_none() && entry.stamp.is_none() && entry.problem.is_some();
            if (same || still_gone) && entry.doubt.is_none() {
                continue;
            }
            if stamp.is_none() && !entry.believes(stamp) {
                continue;
            }
            entry.stamp = stamp;
            changed.push(entry.wanted.clone());
        }
        if changed.is_empty() {
            return false;
        }
        let first = !self.supervisor.progress.borrow().ready;
        if first {
            self.supervisor.progress.send_replace(Progress { done: 0, total: changed.len(), ready: false });
        }
        let (loader, secrets, entries) = (&self.loader, &self.secrets, &mut self.entries);
        let mut loads =
            stream::iter(changed)
                .map(|wanted| async move {
                    (loader.load(&wanted.id, &wanted.config, &wanted.file, secrets).await, wanted.id)
                })
                .buffer_unordered(LOADS);
        while let Some((result, id)) = loads.next().await {
            let loaded = result.as_ref().ok().map(Plugin::generation);
            if let Some(entry) = entries.get_mut(&id) {
                entry.take_in(result);
            }
            publish(&self.supervisor, entries, &self.refused, self.config_problem.clone());
            // Said when it is in force, so that who reads it gets it.
            if let Some(generation) = loaded {
                tracing::info!(plugin = %id, generation, "loaded");
            }
            if first {
                self.supervisor.progress.send_modify(|progress| progress.done += 1);
            }
        }
        true
    }

    fn publish(&mut self) {
        publish(&self.supervisor, &mut self.entries, &self.refused, self.config_problem.clone());
    }
}

impl Entry {
    /// Whether a file that is gone or half written, as `stamp` has it, is so for good: it has been for long enough, or
    /// nothing is served that could be kept meanwhile.
    fn believes(&mut self, stamp: Option<Stamp>) -> bool {
        let nothing_to_keep = self.serving.is_none() && self.newest.is_none();
        let since = match self.doubt {
            Some((seen, since)) if seen == stamp => since,
            _ => Instant::now(),
        };
        let believes = nothing_to_keep || since.elapsed() >= DOUBT;
        self.doubt = (!believes).then_some((stamp, since));
        believes
    }

    /// Whether a plugin whose file is not in the folder may be in the middle of a change.
    fn may_return(&self) -> bool {
        let gone_for_good = matches!(self.doubt, Some((None, since)) if since.elapsed() >= DOUBT);
        self.serving.is_some() && !gone_for_good
    }

    fn take_in(&mut self, result: Result<Plugin, LoadError>) {
        match result {
            Ok(plugin) => {
                self.problem = None;
                self.doubt = None;
                self.newest = Some(Arc::new(plugin));
            }
            Err(error) if self.stamp.is_some() && error.may_be_unfinished() && !self.believes(self.stamp) => {
                tracing::debug!(plugin = %self.wanted.id, "its file seems to be half written: {error}");
            }
            Err(error) => {
                self.doubt = None;
                if self.stamp.is_none() {
                    // Its file is gone, and has been for a while: it was removed.
                    self.newest = None;
                    self.serving = None;
                }
                let problem = error.to_string();
                let kept = self.serving.as_ref().map(|plugin| plugin.generation());
                tracing::warn!(plugin = %self.wanted.id, still_serving = kept, "not loaded: {problem}");
                self.problem = Some(problem);
            }
        }
    }
}

/// Makes the catalog of the newest good generations, in the order of the configuration, and puts it in force. A newest
/// generation whose names are taken stays out; the one before it goes on, if there is one.
fn publish(
    supervisor: &Supervisor,
    entries: &mut IndexMap<PluginId, Entry>,
    refused: &[(String, String)],
    config_problem: Option<String>,
) {
    let mut catalog = Catalog::default();
    let mut plugins = Vec::new();
    for (id, entry) in entries.iter_mut() {
        let mut problem = entry.problem.clone();
        let before = entry.serving.take();
        if let Some(newest) = &entry.newest {
            match catalog.add(Arc::clone(newest)) {
                Ok(()) => entry.serving = Some(Arc::clone(newest)),
                Err(collision) => {
                    entry.serving = before.filter(|before| catalog.add(Arc::clone(before)).is_ok());
                    tracing::warn!(plugin = %id, "not served: {collision}");
                    problem = Some(collision.to_string());
                }
            }
        }
        plugins.push(Status {
            id: id.to_string(),
            generation: entry.serving.as_ref().map(|plugin| plugin.generation()),
            problem,
        });
    }
    plugins.extend(refused.iter().map(|(name, reason)| Status {
        id: name.clone(),
        generation: None,
        problem: Some(reason.clone()),
    }));
    supervisor.publish(catalog, Report { config_problem, plugins });
}
