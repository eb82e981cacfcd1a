//! The keyring of the operating system: Secret Service on Linux and its kin, the keychain on macOS, the Credential Manager
//! on Windows. It may be missing, locked, or wait for a person: it is asked off the threads that serve, for so long.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use keyring_core::{CredentialStore, Entry, Error};
use tokio::sync::{Semaphore, oneshot};

use super::{Name, Secret};

/// Under which Barkeep's entries stand among those of other programs.
const SERVICE: &str = "barkeep";

/// How long the keyring may take: a person may have to unlock it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why the keyring does not do what it should. No value is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// There is none.
    #[error("there is no keyring on this machine ({0})")]
    None(String),
    /// It waits for somebody.
    #[error("the keyring did not answer in {PATIENCE:?}; it may have to be unlocked")]
    Silent,
    /// It does not want to.
    #[error("the keyring does not do it: {0}")]
    Failed(String),
}

/// The keyring. Clones are the same.
#[derive(Clone)]
pub struct Keyring(Arc<Inner>);

struct Inner {
    open: fn() -> Result<Arc<CredentialStore>, Error>,
    opened: Mutex<Option<Arc<CredentialStore>>>,
    /// One question at a time. It goes with the thread that asks: while one waits for a person, no more threads do.
    turn: Arc<Semaphore>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring")
    }
}

impl Keyring {
    /// The one of this user. It is opened when it is first asked.
    pub fn of_user() -> Self {
        Self::opened_by(of_system)
    }

    fn opened_by(open: fn() -> Result<Arc<CredentialStore>, Error>) -> Self {
        Self(Arc::new(Inner { open, opened: Mutex::default(), turn: Arc::new(Semaphore::new(1)) }))
    }

    /// The secret `name`, if it is there.
    ///
    /// # Errors
    ///
    /// When there is no keyring, or it cannot be asked.
    pub async fn get(&self, name: &Name) -> Result<Option<Secret>, KeyringError> {
        let name = name.clone();
        self.ask(move |store| none_or(entry(store, &name)?.get_password().map(Secret::new))).await
    }

    /// Keeps `secret` under `name`.
    ///
    /// # Errors
    ///
    /// When there is no keyring, or it does not take it.
    pub async fn set(&self, name: &Name, secret: &Secret) -> Result<(), KeyringError> {
        let (name, secret) = (name.clone(), secret.clone());
        self.ask(move |store| entry(store, &name)?.set_password(secret.reveal())).await
    }

    /// Forgets `name`. Tells whether it was there.
    ///
    /// # Errors
    ///
    /// When there is no keyring, or it does not want to.
    pub async fn delete(&self, name: &Name) -> Result<bool, KeyringError> {
        let name = name.clone();
        self.ask(move |store| none_or(entry(store, &name)?.delete_credential())).await.map(|gone| gone.is_some())
    }

    /// The names that it keeps for Barkeep, as far as it can tell: Windows' does not.
    ///
    /// # Errors
    ///
    /// When there is no keyring, or it cannot be asked.
    pub async fn names(&self) -> Result<Vec<Name>, KeyringError> {
        self.ask(|store| {
            let entries = match store.search(&HashMap::from([("service", SERVICE)])) {
                Err(Error::NotSupportedByStore(_)) => Vec::new(),
                entries => entries?,
            };
            let ours = entries.iter().filter_map(Entry::get_specifiers).filter(|(service, _)| service == SERVICE);
            Ok(ours.filter_map(|(_, name)| name.parse().ok()).collect())
        })
        .await
    }

    /// Asks on a thread of its own, which nobody waits for when the process ends.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Arc<CredentialStore>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, KeyringError> {
        let stopped = || KeyringError::Failed("it cannot be asked".to_owned());
        let asking = async {
            let turn = Arc::clone(&self.0.turn).acquire_owned().await.map_err(|_| stopped())?;
            let (answer, answered) = oneshot::channel();
            let inner = Arc::clone(&self.0);
            let thread = std::thread::Builder::new().name("barkeep-keyring".to_owned()).spawn(move || {
                let _turn = turn;
                // Nobody waits any more: there is nobody to tell.
                let _ = answer.send(inner.answer(question));
            });
            thread.map_err(|_| stopped())?;
            answered.await.unwrap_or_else(|_| Err(stopped()))
        };
        tokio::time::timeout(PATIENCE, asking).await.unwrap_or(Err(KeyringError::Silent))
    }
}

impl Inner {
    fn answer<T>(&self, question: impl FnOnce(&Arc<CredentialStore>) -> Result<T, Error>) -> Result<T, KeyringError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let store = match &*opened {
            Some(store) => Arc::clone(store),
            None => (self.open)().map_err(|error| KeyringError::None(in_words(&error)))?,
        };
        let answer = question(&store);
        // One that failed is opened anew: its service may have been started again.
        *opened = answer.is_ok().then_some(store);
        answer.map_err(|error| KeyringError::Failed(in_words(&error)))
    }
}

fn entry(store: &Arc<CredentialStore>, name: &Name) -> Result<Entry, Error> {
    Entry::new_in_store(store, SERVICE, name.as_str())
}

fn none_or<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Err(Error::NoEntry) => Ok(None),
        answer => answer.map(Some),
    }
}

/// In one line. Bytes of what was read are not in it.
fn in_words(error: &Error) -> String {
    error.to_string().lines().next().unwrap_or("for no reason that it gives").to_owned()
}

#[cfg(target_os = "macos")]
fn of_system() -> Result<Arc<CredentialStore>, Error> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn of_system() -> Result<Arc<CredentialStore>, Error> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(all(unix, not(target_os = "macos")))]
fn of_system() -> Result<Arc<CredentialStore>, Error> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A keyring in memory.
    pub(crate) fn in_memory() -> Keyring {
        Keyring::opened_by(|| Ok(keyring_core::mock::Store::new()?))
    }

    /// A machine without one.
    pub(in crate::capability) fn missing() -> Keyring {
        Keyring::opened_by(|| Err(Error::NoDefaultStore))
    }

    fn name(text: &str) -> Name {
        text.parse().expect("a name")
    }

    #[tokio::test]
    async fn a_secret_is_kept_told_and_forgotten() {
        let keyring = in_memory();
        let (a, b) = (name("A"), name("B"));
        assert!(keyring.get(&a).await.expect("it answers").is_none());
        for value in ["1", "2"] {
            keyring.set(&a, &Secret::new(value.to_owned())).await.expect("kept");
            let kept = keyring.clone().get(&a).await.expect("it answers").expect("it is there");
            assert_eq!(kept.reveal(), value);
        }
        assert!(keyring.get(&b).await.expect("it answers").is_none());
        assert!(keyring.names().await.expect("it answers").contains(&a));
        assert!(keyring.delete(&a).await.expect("it answers"));
        assert!(!keyring.delete(&a).await.expect("it answers"));
        assert!(keyring.get(&a).await.expect("it answers").is_none());
    }

    #[tokio::test]
    async fn a_machine_without_a_keyring_says_so() {
        let error = missing().get(&name("A")).await.expect_err("there is none");
        assert!(matches!(error, KeyringError::None(_)) && error.to_string().contains("no keyring"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_keyring_that_waits_for_a_person_is_not_waited_for_and_holds_one_thread() {
        let keyring = in_memory();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let waiting = keyring.ask(move |_| {
            let _ = held.recv();
            Ok(())
        });
        assert_eq!(waiting.await, Err(KeyringError::Silent));
        assert_eq!(keyring.get(&name("A")).await.err(), Some(KeyringError::Silent), "its turn does not come");
        drop(release);
        // The clock stands still for as long as something is to be done: the turn comes before the time is over.
        let turn = keyring.0.turn.acquire().await;
        drop(turn);
    }
}
