//! The configuration and the secrets that are in force, which follow their files.

mod keyring;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::doubt::Doubt;
use super::stamp::Stamp;
use crate::capability::secrets::Secrets;
use crate::config::{Config, Lock, LockError};

/// What is in force.
pub(super) struct Settings {
    /// The configuration.
    pub(super) config: Config,
    /// Why the newest configuration is not in force.
    pub(super) problem: Option<String>,
    /// The secrets: the same value as long as they are the same.
    pub(super) secrets: Arc<Secrets>,
    file: Option<PathBuf>,
    seen: Option<Stamp>,
    doubt: Doubt,
    secrets_file: Option<PathBuf>,
    secrets_seen: Option<Stamp>,
    secrets_doubt: Doubt,
    keyring: keyring::Follower,
    locked: Option<Locked>,
}

/// The lock in force, and its file as it was last read.
struct Locked {
    lock: Lock,
    file: PathBuf,
    seen: Option<Stamp>,
}

impl Settings {
    /// Begins with `config`, which was read from `file` if that is given.
    pub(super) fn new(config: Config, file: Option<PathBuf>) -> Self {
        let secrets_file = config.secrets_file.clone();
        Self {
            problem: None,
            secrets_seen: secrets_file.as_deref().and_then(Stamp::of),
            secrets: Arc::new(Secrets::read(secrets_file.as_deref())),
            seen: file.as_deref().and_then(Stamp::of),
            doubt: Doubt::default(),
            secrets_doubt: Doubt::default(),
            keyring: keyring::Follower::default(),
            config,
            file,
            secrets_file,
            locked: None,
        }
    }

    /// Puts the lock in `file` in force.
    pub(super) fn lock_by(&mut self, file: PathBuf) -> Result<(), LockError> {
        let seen = Stamp::of(&file);
        self.locked = Some(Locked { lock: Lock::read(&file)?, file, seen });
        Ok(())
    }

    /// Asks the keyring again whenever the file `notice` changes.
    pub(super) fn told_of_secrets_by(&mut self, notice: Option<PathBuf>) {
        self.keyring = keyring::Follower::of(notice);
    }

    /// The lock, if only what it holds may be served.
    pub(super) fn lock(&self) -> Option<&Lock> {
        self.locked.as_ref().map(|locked| &locked.lock)
    }

    /// The files.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        let locked = self.locked.as_ref().map(|locked| &locked.file);
        [self.file.as_ref(), self.secrets_file.as_ref(), self.keyring.notice(), locked]
            .into_iter()
            .flatten()
            .map(PathBuf::as_path)
    }

    /// Whether a file is in doubt.
    pub(super) fn doubts(&self) -> bool {
        self.doubt.is_there() || self.secrets_doubt.is_there() || self.keyring.is_asked()
    }

    /// Takes in what changed. Tells whether [`Self::problem`] did.
    pub(super) fn follow(&mut self, now: Instant) -> bool {
        let told = self.follow_config(now);
        self.follow_secrets(now);
        if let Some(secrets) = self.keyring.follow(&self.secrets) {
            tracing::info!("the secrets changed; every plugin gets the new ones");
            self.secrets = Arc::new(secrets);
        }
        self.follow_lock();
        told
    }

    /// A lock that is gone or bad approves nothing new: the one before stays in force.
    fn follow_lock(&mut self) {
        let Some(locked) = &mut self.locked else { return };
        let stamp = Stamp::of(&locked.file);
        if stamp == locked.seen {
            return;
        }
        locked.seen = stamp;
        match Lock::read(&locked.file) {
            Ok(lock) => {
                tracing::info!("what is approved changed");
                locked.lock = lock;
            }
            Err(error) => tracing::warn!("what was approved before stays in force: {error}"),
        }
    }

    /// A file that is empty or gone is no wish to have no plugins until it stays so; one that stays gone is no wish at all.
    fn follow_config(&mut self, now: Instant) -> bool {
        let Some(file) = &self.file else { return false };
        let stamp = Stamp::of(file);
        if stamp == self.seen {
            self.doubt.clear();
            return false;
        }
        if stamp.is_none_or(Stamp::is_empty) && !self.doubt.believes(stamp, now) {
            return false;
        }
        let loaded = Config::load(file);
        if Stamp::of(file) != stamp {
            // It changed under the reader. Not believed at once, so that it is looked at again soon.
            self.doubt.believes(stamp, now);
            return false;
        }
        self.doubt.clear();
        self.seen = stamp;
        let before = self.problem.take();
        match loaded {
            Ok(config) => {
                tracing::info!("the configuration changed");
                for key in read_at_start(&self.config, &config) {
                    tracing::warn!("`{key}` changed too, which is read when Barkeep starts: restart it for that");
                }
                self.config = config;
            }
            Err(error) => {
                tracing::warn!("the configuration is not in force, all goes on as before: {error}");
                self.problem = Some(error.to_string());
            }
        }
        self.problem != before
    }

    fn follow_secrets(&mut self, now: Instant) {
        let file = self.config.secrets_file.as_deref();
        let stamp = file.and_then(Stamp::of);
        let another = self.secrets_file.as_deref() != file;
        // Rights are no part of the stamp: a file that could not be used is read again.
        if !another && stamp == self.secrets_seen && self.secrets.problem().is_none() {
            self.secrets_doubt.clear();
            return;
        }
        let secrets = self.secrets.read_again(file);
        let may_pass = stamp.is_none_or(Stamp::is_empty) || secrets.problem().is_some();
        if !another && stamp != self.secrets_seen && may_pass && !self.secrets_doubt.believes(stamp, now) {
            return;
        }
        self.secrets_doubt.clear();
        let same = !another && stamp == self.secrets_seen && secrets.problem() == self.secrets.problem();
        self.secrets_file = file.map(Path::to_owned);
        self.secrets_seen = stamp;
        if !same {
            tracing::info!("the secrets changed; every plugin gets the new ones");
            self.secrets = Arc::new(secrets);
        }
    }
}

/// The keys that are another in `after` and are not followed.
fn read_at_start(before: &Config, after: &Config) -> impl Iterator<Item = &'static str> {
    let keys = [
        ("http", before.http != after.http),
        ("log", before.log != after.log),
        ("state_secret", before.state_secret != after.state_secret),
    ];
    keys.into_iter().filter_map(|(key, differs)| differs.then_some(key))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::supervisor::doubt::DOUBT;

    const ONE: &str = "[plugins.one]\nsource = \"one.wasm\"\n";

    #[test]
    fn a_configuration_that_is_empty_or_gone_is_looked_at_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("barkeep.toml");
        fs::write(&file, ONE).expect("written");
        let mut settings = Settings::new(Config::load(&file).expect("it is good"), Some(file.clone()));
        let plugins = |settings: &Settings| settings.config.plugins.len();
        let now = Instant::now();
        assert!(!settings.follow(now) && !settings.doubts());

        fs::write(&file, "").expect("written");
        assert!(!settings.follow(now) && settings.doubts());
        fs::remove_file(&file).expect("removed");
        settings.follow(now);
        fs::write(&file, format!("{ONE}[plugins.two]\nsource = \"two.wasm\"\n")).expect("written");
        settings.follow(now);
        assert_eq!((plugins(&settings), settings.doubts()), (2, false));

        fs::remove_file(&file).expect("removed");
        assert!(!settings.follow(now), "in doubt");
        assert!(settings.follow(now + DOUBT), "it is told");
        assert!(settings.problem.as_ref().is_some_and(|problem| problem.contains("cannot be read")));
        assert_eq!((plugins(&settings), settings.doubts()), (2, false));

        fs::write(&file, "").expect("written");
        assert!(!settings.follow(now), "in doubt");
        assert!(settings.follow(now + DOUBT), "the problem is gone");
        assert_eq!((plugins(&settings), &settings.problem), (0, &None));
    }

    #[test]
    fn what_is_not_followed_is_named() {
        let parse = |text: &str| Config::parse(text, Path::new("/")).expect("it is good");
        let (one, other) =
            (parse("state_secret = \"A\"\n[http]\nallowed_hosts = [\"a.example\"]"), parse("log = \"debug\""));
        assert_eq!(read_at_start(&one, &other).collect::<Vec<_>>(), ["http", "log", "state_secret"]);
        assert_eq!(
            read_at_start(&one, &parse("state_secret = \"A\"\nhttp.allowed_hosts = [\"a.example\"]")).count(),
            0
        );
    }

    #[test]
    fn secrets_that_are_gone_or_wrong_are_looked_at_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("secrets.toml");
        let write = |text: &str| {
            let new = tempfile::NamedTempFile::new_in(folder.path()).expect("a file");
            fs::write(new.path(), text).expect("written");
            new.persist(&file).expect("renamed");
        };
        write("BARKEEP_A = \"1\"\n");
        let config = Config::parse("secrets_file = \"secrets.toml\"", folder.path()).expect("it is good");
        let mut settings = Settings::new(config, None);
        let (now, first) = (Instant::now(), Arc::clone(&settings.secrets));
        write("BARKEEP_A = ");
        settings.follow(now);
        assert!(settings.doubts() && Arc::ptr_eq(&settings.secrets, &first));
        settings.follow(now + DOUBT);
        let bad = Arc::clone(&settings.secrets);
        assert!(!settings.doubts() && bad.problem().is_some());
        settings.follow(now + DOUBT);
        assert!(Arc::ptr_eq(&settings.secrets, &bad), "the same problem");
        write("BARKEEP_A = \"2\"\n");
        settings.follow(now + DOUBT);
        assert!(settings.secrets.problem().is_none() && !settings.doubts());
    }
}
