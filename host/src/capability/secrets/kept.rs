//! What the keyring told: it is asked once for each name, since it may be slow, or ask a person in turn.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Keyring, KeyringError, Name, Secret};

/// How long a keyring that failed is left alone.
const REST: Duration = Duration::from_mins(1);

type Answer = Result<Option<Secret>, KeyringError>;

/// What the keyring told, by name.
#[derive(Debug)]
pub(super) struct Kept {
    keyring: Keyring,
    known: Mutex<BTreeMap<Name, (Instant, Answer)>>,
}

impl Kept {
    /// Nothing yet.
    pub(super) fn by(keyring: Keyring) -> Self {
        Self { keyring, known: Mutex::default() }
    }

    pub(super) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// What is known of `name`.
    pub(super) fn get(&self, name: &Name) -> Answer {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .map_or(Ok(None), |(_, answer)| answer.clone())
    }

    /// Asks for those of `names` that are not known.
    pub(super) async fn fetch(&self, mut names: Vec<Name>) {
        names.retain(|name| {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(name).is_none_or(|(at, answer)| answer.is_err() && at.elapsed() >= REST)
        });
        let mut failed = None;
        for name in names {
            let answer = match &failed {
                // It would say the same, and may take its time for it.
                Some(error) => Err(KeyringError::clone(error)),
                None => self.keyring.get(&name).await,
            };
            failed = answer.as_ref().err().cloned();
            self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(name, (Instant::now(), answer));
        }
    }

    /// Asks for all that is known again. Nothing, when it is as it was. What it fails to tell stays as it was.
    pub(super) async fn fetched_again(&self) -> Option<Self> {
        let before = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let again = Self::by(self.keyring.clone());
        again.fetch(before.keys().cloned().collect()).await;
        let mut known = again.known.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut changed = false;
        for (name, (_, was)) in before {
            let Some((_, is)) = known.get_mut(&name) else { continue };
            if is.is_err() {
                is.clone_from(&was);
            }
            let reveal = |answer: &Answer| answer.clone().ok().flatten();
            changed |= reveal(is).as_ref().map(Secret::reveal) != reveal(&was).as_ref().map(Secret::reveal);
        }
        changed.then(|| Self { keyring: again.keyring, known: Mutex::new(known) })
    }
}
