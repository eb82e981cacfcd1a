//! The order in which names are shown to people: that of JavaScript's `localeCompare`, Unicode's root collation.

use std::cmp::Ordering;

use icu_collator::CollatorBorrowed;
use icu_collator::options::CollatorOptions;

/// Compares names the way people sort them: `apple`, `Banana`, `cherry`.
pub fn by_name(left: &str, right: &str) -> Ordering {
    const ROOT: &CollatorBorrowed<'static> = &CollatorBorrowed::new_root(CollatorOptions::default());
    ROOT.compare(left, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_people_sort_them() {
        let mut names = vec!["b", "Z", "a", "_x", ".git", "A", "é", "e", "f", "10", "9", "a-b", "a b", "ab"];
        names.sort_by(|left, right| by_name(left, right));
        assert_eq!(names, ["_x", ".git", "10", "9", "a", "A", "a b", "a-b", "ab", "b", "e", "é", "f", "Z"]);
    }
}
