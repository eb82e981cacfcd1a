//! Whose folder it is when two plugins have it: the first one's, in the order of the configuration, as with names. One
//! plugin cannot put a file into another's skill either, nor a skill around it: a client that was asked whether it trusts a
//! skill would trust both.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::folders::Folder;

/// Marks the folders that lie in, around or under those of a plugin before theirs. `folders` are in the order of plugins.
pub(super) fn mark(folders: &mut [Folder]) {
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for of_plugin in folders.chunk_by_mut(|one, other| one.plugin.id() == other.plugin.id()) {
        for folder in &mut *of_plugin {
            if let Some((root, owner)) = overlapping(&taken, folder.root()) {
                folder.is_overlapped = true;
                folder.wrong = Some(format!("plugin `{owner}`, which comes before, has the skill at {root}"));
            }
        }
        let own = of_plugin.iter().filter(|folder| !folder.is_overlapped);
        taken.extend(own.map(|folder| (folder.root().to_owned(), folder.plugin.id().to_owned())));
    }
}

fn overlapping<'a>(taken: &'a BTreeMap<String, String>, root: &str) -> Option<(&'a String, &'a String)> {
    let above =
        root.match_indices('/').filter_map(|(at, _)| root.get(..at)).find_map(|above| taken.get_key_value(above));
    let below = format!("{root}/");
    let first_below = || taken.range::<String, _>((Bound::Included(&below), Bound::Unbounded)).next();
    above.or_else(|| taken.get_key_value(root)).or_else(|| first_below().filter(|(taken, _)| taken.starts_with(&below)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_overlap_when_they_are_one_or_one_is_in_the_other() {
        let taken: BTreeMap<_, _> =
            ["skill://a/b", "skill://c"].map(|root| (root.to_owned(), "first".to_owned())).into();
        for (root, overlaps) in [
            ("skill://a/b", true),
            ("skill://a/b/c", true),
            ("skill://a", true),
            ("skill://a/bc", false),
            ("skill://a/b-c", false),
            ("skill://b", false),
            ("skill://c/x/y", true),
            ("skill://d", false),
        ] {
            assert_eq!(overlapping(&taken, root).is_some(), overlaps, "{root}");
        }
    }
}
