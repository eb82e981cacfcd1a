//! The order in which names are shown to people: that of JavaScript's `localeCompare`, Unicode's root collation.

use std::cmp::Ordering;

use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed};

/// Compares names the way people sort them: `apple`, `Banana`, `cherry`.
pub struct NameOrder(Option<CollatorBorrowed<'static>>);

impl NameOrder {
    /// The order of Unicode's root collation, which English shares.
    pub fn new() -> Self {
        Self(Collator::try_new(icu_locale_core::locale!("und").into(), CollatorOptions::default()).ok())
    }

    /// Which of two names comes first.
    pub fn compare(&self, left: &str, right: &str) -> Ordering {
        self.0.as_ref().map_or_else(|| left.cmp(right), |collator| collator.compare(left, right))
    }
}

impl Default for NameOrder {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_people_sort_them() {
        let order = NameOrder::new();
        let mut names = vec!["b", "Z", "a", "_x", ".git", "A", "é", "e", "f", "10", "9", "a-b", "a b", "ab"];
        names.sort_by(|left, right| order.compare(left, right));
        assert_eq!(names, ["_x", ".git", "10", "9", "a", "A", "a b", "a-b", "ab", "b", "e", "é", "f", "Z"]);
    }
}
