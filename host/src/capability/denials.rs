//! What was refused during one call, kept so that its answer can say which line to add to `barkeep.toml`.

use std::sync::{Arc, Mutex, PoisonError};

/// Refusals that are told with one answer. The first ones tell what is missing; a guest that tries on adds nothing.
const MOST: usize = 3;

/// The refusals of one call. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Denials(Arc<Mutex<Vec<String>>>);

impl Denials {
    /// Notes a refusal: a sentence that says what was refused and what to add.
    pub fn note(&self, sentence: String) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST && !told.contains(&sentence) {
            told.push(sentence);
        }
    }

    /// Takes the refusals out.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_refusals_are_kept_once_each() {
        let denials = Denials::default();
        for sentence in ["a", "a", "b", "c", "d"] {
            denials.clone().note(sentence.to_owned());
        }
        assert_eq!(denials.take(), ["a", "b", "c"]);
        assert!(denials.take().is_empty());
    }
}
