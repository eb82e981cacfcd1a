//! Loads, checks, swaps: makes what is served follow the configuration and the files.
//!
//! One task looks at the files when something changed, begins to load what did, takes in what is loaded, and puts it in
//! force: what began together in one go, unless a part of it takes too long.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use super::Supervisor;
use super::doubt::LOOK_AGAIN;
use super::entry::{Entry, Loaded, TOGETHER};
use super::publish::publish;
use super::relist::Relists;
use super::settings::Settings;
use super::stamp::Stamp;
use super::wanted::wanted;
use super::watch::{SWEEP, Watch};
use crate::audit::{self, Audit, News};
use crate::config::{AuditConfig, Config, LockError, MemoryTotal, PluginId};
use crate::plugin::{LoadError, Loader, Plugin};

/// How long clients wait for the first menu while components are compiled, which happens once on a machine. What is ready
/// by then is served; clients that wait for a minute, as most do, get it in time.
const COMPILED: Duration = Duration::from_secs(45);

/// How long a plugin is left alone that is to be listed again and could not be.
const LIST_AGAIN: Duration = Duration::from_secs(10);

/// What a task came to.
enum Done {
    Loaded(Box<Loaded>),
    Listed(Box<Result<Plugin, LoadError>>),
}

/// How the record of calls follows the configuration.
struct Recording {
    settings: fn(&AuditConfig) -> Option<audit::Settings>,
    seen: AuditConfig,
}

impl Recording {
    fn follow(&mut self, config: &AuditConfig, audit: &Audit) {
        if self.seen != *config {
            self.seen = config.clone();
            audit.follow((self.settings)(config));
            tracing::info!("[audit] changed; calls are recorded as it says from now on");
        }
    }
}

/// Makes what is served follow the configuration and the files.
pub struct Reloader {
    supervisor: Arc<Supervisor>,
    loader: Arc<Loader>,
    settings: Settings,
    recording: Option<Recording>,
    entries: IndexMap<PluginId, Entry>,
    refused: Vec<(String, String)>,
    relists: Relists,
    /// Loads and lists; the one of each plugin that counts is in `current`.
    tasks: JoinSet<(PluginId, Done)>,
    current: HashMap<PluginId, AbortHandle>,
    /// Since when there is something to be put in force.
    unpublished: Option<Instant>,
    /// Plugins that are served no longer, which the log has yet to say.
    gone: Vec<PluginId>,
    began: Instant,
    /// When a component was last seen to be compiled for the first catalog.
    compiled: Instant,
    looked: Instant,
}

impl Reloader {
    /// Begins with `config`, which was read from `config_file` if that is given. Nothing is loaded yet.
    pub fn new(loader: Loader, config: Config, config_file: Option<PathBuf>) -> (Self, Arc<Supervisor>) {
        let supervisor = Supervisor::new(loader.audit().clone());
        let now = Instant::now();
        let reloader = Self {
            supervisor: Arc::clone(&supervisor),
            loader: Arc::new(loader),
            settings: Settings::new(config, config_file),
            recording: None,
            entries: IndexMap::new(),
            refused: Vec::new(),
            relists: Relists::default(),
            tasks: JoinSet::new(),
            current: HashMap::new(),
            unpublished: Some(now),
            gone: Vec::new(),
            began: now,
            compiled: now,
            looked: now,
        };
        (reloader, supervisor)
    }

    /// Serves only what the lock in `file` holds, from now on; it follows the file.
    ///
    /// # Errors
    ///
    /// When there is no such lock.
    pub fn locked_by(mut self, file: PathBuf) -> Result<Self, LockError> {
        self.settings.lock_by(file)?;
        Ok(self)
    }

    /// Looks at the secrets of the keyring again whenever the file `notice` changes.
    #[must_use]
    pub fn told_of_secrets_by(mut self, notice: Option<PathBuf>) -> Self {
        self.settings.told_of_secrets_by(notice);
        self
    }

    /// Keeps the record of calls as `settings` makes of the configuration, from now on.
    #[must_use]
    pub fn recording_by(mut self, settings: fn(&AuditConfig) -> Option<audit::Settings>) -> Self {
        self.recording = Some(Recording { settings, seen: self.settings.config.audit.clone() });
        self
    }

    /// Loads everything once, however long it takes.
    pub async fn load(&mut self) {
        self.look(Instant::now());
        while let Some(done) = self.tasks.join_next_with_id().await {
            self.take_in(done, Instant::now());
        }
        self.publish(Instant::now());
    }

    /// Loads everything, then follows each change. Does not end.
    pub async fn run(mut self) {
        let mut watch = Watch::new();
        let now = Instant::now();
        (self.began, self.compiled) = (now, now);
        self.look(now);
        loop {
            watch.set(&self.folders());
            self.publish_if_due(Instant::now());
            let wake = tokio::time::Instant::from_std(self.wake(Instant::now()));
            let done = tokio::select! {
                Some(done) = self.tasks.join_next_with_id() => Some(done),
                () = self.supervisor.relist.anything() => None,
                () = watch.changed() => None,
                () = tokio::time::sleep_until(wake) => None,
            };
            let now = Instant::now();
            match done {
                Some(done) => {
                    let id = self.take_in(done, now);
                    self.publish_if_due(now);
                    // It may have changed meanwhile.
                    if let Some((at, _, entry)) = id.and_then(|id| self.entries.get_full(&id))
                        && entry.is_outdated(Stamp::of(&entry.wanted.file))
                    {
                        self.load_if_changed(at, now);
                    }
                }
                None => self.look(now),
            }
        }
    }

    /// When there is something to do at the latest.
    fn wake(&self, now: Instant) -> Instant {
        let doubts = self.settings.doubts() || self.entries.values().any(Entry::doubts);
        let look = self.looked + if doubts { LOOK_AGAIN } else { SWEEP };
        let held = self.held_until(now).filter(|_| self.unpublished.is_some());
        [Some(look), held, self.relists.next()].into_iter().flatten().min().unwrap_or(look).max(now)
    }

    /// Looks at everything, and begins to load what changed.
    fn look(&mut self, now: Instant) {
        self.looked = now;
        let told = self.settings.follow(now);
        let config = &self.settings.config;
        self.loader.bound_memory(config.memory_total.map(MemoryTotal::as_u64));
        if let Some(recording) = &mut self.recording {
            recording.follow(&config.audit, self.supervisor.audit());
        }
        let moved = self.follow_wants(now);
        self.is_unpublished(told || moved, now);
        for at in 0..self.entries.len() {
            self.load_if_changed(at, now);
        }
        if self.is_first() {
            let total = self.entries.len();
            self.supervisor.progress.send_modify(|progress| progress.total = total);
        }
        for id in self.relists.due(&self.supervisor.relist, now) {
            self.relist(&id, now);
        }
    }

    /// The folders in which something may change that matters.
    fn folders(&self) -> HashSet<PathBuf> {
        let sources = self.entries.values().map(|entry| entry.wanted.file.as_path());
        let files = self.settings.files().chain(sources);
        let folders = files.filter_map(Path::parent).chain(self.settings.config.folder.as_deref());
        // The parent of a bare file name is the empty path.
        folders.map(|folder| if folder.as_os_str().is_empty() { ".".into() } else { folder.to_owned() }).collect()
    }

    /// Makes the entries those that are wanted. Tells whether some are gone, or in another order.
    fn follow_wants(&mut self, now: Instant) -> bool {
        let may_return = self.entries.values().filter(|entry| entry.may_return(now));
        let missing: Vec<PathBuf> = may_return.map(|entry| entry.wanted.file.clone()).collect();
        let wants = wanted(&self.settings.config, self.settings.lock(), &missing);
        let secrets = &self.settings.secrets;
        let mut before = std::mem::take(&mut self.entries);
        let mut moved = before.len() != wants.plugins.len() || self.refused != wants.refused;
        for (at, wanted) in wants.plugins.into_iter().enumerate() {
            let id = wanted.id.clone();
            moved |= before.get_index_of(&id).is_some_and(|was| was != at);
            let entry = match before.get_mut(&id) {
                Some(entry) => {
                    let mut entry = std::mem::replace(entry, Entry::new(wanted.clone(), secrets));
                    if entry.follow(wanted, secrets)
                        && let Some(task) = self.current.remove(&id)
                    {
                        task.abort();
                    }
                    entry.enforce();
                    entry
                }
                None => Entry::new(wanted, secrets),
            };
            self.entries.insert(id, entry);
        }
        for (id, mut entry) in before {
            if !self.entries.contains_key(&id) {
                moved = true;
                entry.take_back();
                if let Some(task) = self.current.remove(&id) {
                    task.abort();
                }
                self.gone.extend(entry.serving.map(|_| id));
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

    fn load_if_changed(&mut self, at: usize, now: Instant) {
        let Some((id, entry)) = self.entries.get_index_mut(at) else { return };
        if !entry.begins(Stamp::of(&entry.wanted.file), now) {
            return;
        }
        let holds = entry.holds_until().is_some();
        let (loader, id) = (Arc::clone(&self.loader), id.clone());
        let (file, terms) = (entry.wanted.file.clone(), entry.terms.clone());
        // Also where what was taken back is given again: its calls were ended, and it is in force no more.
        let before = entry.newest.clone();
        let before = before.filter(|before| !before.terms.are(&terms) || !before.plugin.is_in_force());
        self.is_unpublished(holds, now);
        self.begin(id.clone(), async move {
            let result = loader.load(&id, &terms.config, &file, &terms.secrets, &terms.approval).await;
            let renewed = match (&result, before) {
                (Err(_), Some(before)) => {
                    Some(loader.renew(&before.plugin, &terms.config, &terms.secrets, &terms.approval).await)
                }
                _ => None,
            };
            Done::Loaded(Box::new(Loaded { result, renewed, terms }))
        });
    }

    fn relist(&mut self, id: &str, now: Instant) {
        let Some((id, entry)) = self.entries.get_key_value(id) else { return };
        let Some(serving) = entry.serving.clone() else { return };
        if entry.is_loading() {
            return self.relists.again(id.as_str(), now + LIST_AGAIN);
        }
        let (loader, id) = (Arc::clone(&self.loader), id.clone());
        self.begin(id, async move {
            Done::Listed(Box::new(loader.relist(&serving.plugin, &serving.terms.config, &serving.terms.approval).await))
        });
    }

    /// Begins a task of a plugin. One that is under way does not count any more.
    fn begin(&mut self, id: PluginId, task: impl Future<Output = Done> + Send + 'static) {
        let name = id.clone();
        let task = self.tasks.spawn(async move { (name, task.await) });
        if let Some(before) = self.current.insert(id, task) {
            before.abort();
        }
    }

    /// Takes in what a task came to. Gives the plugin, if the task counts.
    fn take_in(&mut self, done: Result<(Id, (PluginId, Done)), JoinError>, now: Instant) -> Option<PluginId> {
        let (task, id, done) = match done {
            Ok((task, (id, done))) => (task, id, done),
            Err(error) => {
                let id = self.current_of(error.id())?;
                let entry = self.entries.get(&id)?;
                let result = Err(LoadError::Compile("the loader stopped".to_owned()));
                (error.id(), id, Done::Loaded(Box::new(Loaded { result, renewed: None, terms: entry.terms.clone() })))
            }
        };
        if self.current.get(&id).is_none_or(|current| current.id() != task) {
            return None;
        }
        self.current.remove(&id);
        let entry = self.entries.get_mut(&id)?;
        match done {
            Done::Loaded(loaded) => {
                let told = entry.take_in(*loaded, now);
                self.is_unpublished(told, now);
                if self.is_first() {
                    self.supervisor.progress.send_modify(|progress| progress.done += 1);
                }
            }
            Done::Listed(listed) => match *listed {
                Ok(plugin) => {
                    tracing::debug!(plugin = %id, generation = plugin.generation(), "listed again");
                    let is_there = entry.relisted(plugin);
                    self.is_unpublished(is_there, now);
                }
                Err(error) => {
                    tracing::warn!(plugin = %id, "its lists stay as they were: {error}");
                    if error.may_pass() {
                        self.relists.again(id.as_str(), now + LIST_AGAIN);
                    }
                }
            },
        }
        Some(id)
    }

    fn current_of(&self, task: Id) -> Option<PluginId> {
        self.current.iter().find(|(_, current)| current.id() == task).map(|(id, _)| id.clone())
    }

    fn is_first(&self) -> bool {
        !self.supervisor.progress.borrow().ready
    }

    fn is_unpublished(&mut self, yes: bool, now: Instant) {
        if yes {
            self.unpublished.get_or_insert(now);
        }
    }

    /// Until when something that is being loaded holds back the rest, as far as is known now.
    fn held_until(&self, now: Instant) -> Option<Instant> {
        let until = if self.is_first() {
            let loads = self.entries.values().any(Entry::is_loading);
            loads.then(|| (self.compiled + TOGETHER).min(self.began + COMPILED))
        } else {
            let loads = self.entries.values().filter_map(Entry::holds_until).filter(|until| *until > now).min();
            loads.map(|until| until.min(self.unpublished.unwrap_or(now) + TOGETHER))
        };
        until.filter(|until| *until > now)
    }

    fn publish_if_due(&mut self, now: Instant) {
        if self.is_first() && self.loader.compiles() {
            self.compiled = now;
        }
        if self.unpublished.is_some() && self.held_until(now).is_none() {
            self.publish(now);
        }
    }

    fn publish(&mut self, now: Instant) {
        self.unpublished = None;
        let problem = self.settings.problem.clone();
        publish(&self.supervisor, &mut self.entries, &self.refused, problem, now);
        for id in self.gone.drain(..) {
            tracing::info!(plugin = %id, "gone");
            self.supervisor.audit.plugin(&News::of(id.as_str()));
        }
        self.supervisor.progress.send_if_modified(|progress| !std::mem::replace(&mut progress.ready, true));
    }
}
