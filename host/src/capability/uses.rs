//! What one call does with its capabilities: told to who listens, and, where something was refused, kept so that the
//! call's answer can say which line to add to `barkeep.toml`.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::Grants;

/// Refusals that are told with one answer. The first ones tell what is missing; a guest that tries on adds nothing.
const MOST: usize = 3;

/// A kind of capability, by the name of its grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Folders and files.
    Fs,
    /// Outgoing HTTP.
    Http,
    /// Outgoing TCP.
    Tcp,
    /// Configuration by `wasi:config`.
    Config,
    /// Key-value stores.
    Kv,
    /// Questions to the client.
    Client,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fs => "fs",
            Self::Http => "http",
            Self::Tcp => "tcp",
            Self::Config => "config",
            Self::Kv => "kv",
            Self::Client => "client",
        })
    }
}

/// What was refused, and what would allow it.
#[derive(Debug, Clone, PartialEq)]
pub struct Denial {
    /// For people: what was refused, to which plugin, and what to add where. Nothing of the host's, no secret.
    pub sentence: String,
    /// The least that would have to be granted; none where no grant allows it.
    pub needs: Option<Grants>,
}

/// One use of a capability.
#[derive(Debug)]
pub struct Use<'a> {
    /// Of which kind.
    pub kind: Kind,
    /// What was reached, or was to be: `GET https://api.example.com/a`, `write /code/a.txt`. In the guest's words where these
    /// are not the host's to give, without query and secret, of bounded length.
    pub what: &'a str,
    /// The least grant that covers it, where one does.
    pub needs: Option<&'a Grants>,
    /// Why it was refused; none where it was allowed.
    pub refused: Option<&'a str>,
}

/// Takes in what a call does. It is called on the path of the call: it must not wait.
pub trait Witness: Send + Sync {
    /// One use of a capability.
    fn saw(&self, seen: &Use<'_>);
}

/// The uses of one call. Clones share them. A warm instance keeps one from call to call, with another witness for each.
#[derive(Clone, Default)]
pub struct Uses(Arc<Inner>);

#[derive(Default)]
struct Inner {
    witness: Mutex<Option<Arc<dyn Witness>>>,
    denials: Mutex<Vec<Denial>>,
}

impl Uses {
    /// From now on `witness` hears of each use; none, and nobody does.
    pub fn witnessed_by(&self, witness: Option<Arc<dyn Witness>>) {
        *self.0.witness.lock().unwrap_or_else(PoisonError::into_inner) = witness;
    }

    /// A use of `kind` that is allowed. `seen` says what it is, and the least grant that covers it; it is asked only where
    /// somebody listens.
    pub fn allowed(&self, kind: Kind, seen: impl FnOnce() -> (String, Option<Grants>)) {
        if let Some(witness) = self.witness() {
            let (what, needs) = seen();
            witness.saw(&Use { kind, what: &what, needs: needs.as_ref(), refused: None });
        }
    }

    /// A use of `kind` that is refused.
    pub fn refused(&self, kind: Kind, what: &str, denial: Denial) {
        if let Some(witness) = self.witness() {
            witness.saw(&Use { kind, what, needs: denial.needs.as_ref(), refused: Some(&denial.sentence) });
        }
        let mut told = self.0.denials.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST && !told.iter().any(|known| known.sentence == denial.sentence) {
            told.push(denial);
        }
    }

    /// Takes the refusals out.
    pub fn take_denials(&self) -> Vec<Denial> {
        std::mem::take(&mut *self.0.denials.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn witness(&self) -> Option<Arc<dyn Witness>> {
        self.0.witness.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Notes(Mutex<Vec<String>>);

    impl Witness for Notes {
        fn saw(&self, seen: &Use<'_>) {
            let ended = seen.refused.unwrap_or("allowed");
            self.0.lock().expect("no panic").push(format!("{} {}: {ended}", seen.kind, seen.what));
        }
    }

    fn denial(sentence: &str) -> Denial {
        Denial { sentence: sentence.to_owned(), needs: None }
    }

    #[test]
    fn the_first_refusals_are_kept_once_each() {
        let uses = Uses::default();
        for sentence in ["a", "a", "b", "c", "d"] {
            uses.clone().refused(Kind::Http, "GET x", denial(sentence));
        }
        assert_eq!(uses.take_denials(), ["a", "b", "c"].map(denial));
        assert!(uses.take_denials().is_empty());
    }

    #[test]
    fn a_witness_hears_of_each_use_while_it_listens() {
        let (uses, notes) = (Uses::default(), Arc::new(Notes::default()));
        uses.allowed(Kind::Fs, || panic!("nobody listens"));
        let listening: Arc<dyn Witness> = Arc::<Notes>::clone(&notes);
        uses.witnessed_by(Some(listening));
        uses.allowed(Kind::Fs, || ("read /a".to_owned(), None));
        uses.refused(Kind::Tcp, "a:1", denial("no"));
        uses.refused(Kind::Tcp, "a:1", denial("no"));
        uses.witnessed_by(None);
        uses.refused(Kind::Tcp, "b:1", denial("no"));
        assert_eq!(*notes.0.lock().expect("no panic"), ["fs read /a: allowed", "tcp a:1: no", "tcp a:1: no"]);
    }
}
