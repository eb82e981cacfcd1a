//! A file or directory watched for change: looked at a few times a second. A sandbox has no other way, and one look is cheap.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use barkeep_sdk::prelude::*;
use barkeep_sdk::{Error, client};

use crate::folder::{self, Kind};
use crate::granted::granted;
use crate::uri;

/// Between two looks: soon enough for a person, and less than a hundredth of a processor.
const PAUSE: Duration = Duration::from_millis(250);

/// How long ago something changed that may have changed unseen: after a client began to watch and before the first look, or
/// within one tick of a file system's clock, which is two seconds where it is slowest.
const YOUNG: Duration = Duration::from_secs(2);

/// Watches the file or directory of `uri`, also one that is not there yet: that it comes or goes is a change too.
pub fn watch(uri: &str) -> Result<()> {
    let path = uri::path(uri).ok_or_else(|| Error::not_found("only file: URIs can be watched"))?;
    // What is outside the folders stays there.
    if !granted().contains(&path) {
        return Err(Error::not_found("this is not in a folder that is granted to this plugin"));
    }
    let first = Seen::of(&path, None);
    // A second look tells of a change while a directory was read, which the first has half.
    let mut seen = Seen::of(&path, Some(&first));
    if seen.is_young() || seen.differs(&first) {
        client::resource_updated(uri);
    }
    loop {
        sleep(PAUSE);
        let now = Seen::of(&path, Some(&seen));
        if now.differs(&seen) {
            client::resource_updated(uri);
        }
        seen = now;
    }
}

/// What is seen of a file or directory at a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// There is none, or none that may be read.
    Nothing,
    /// A file of so many bytes, changed last at that time.
    File { size: u64, changed: Option<SystemTime> },
    /// A directory, changed last at that time, with a digest of the names and kinds in it.
    Folder { changed: Option<SystemTime>, entries: u64 },
}

impl Seen {
    fn of(path: &str, before: Option<&Self>) -> Self {
        let found = granted().validate(path).ok().and_then(|real| Some((std::fs::metadata(&real).ok()?, real)));
        let Some((found, real)) = found else { return Self::Nothing };
        let changed = found.modified().ok();
        if !found.is_dir() {
            return Self::File { size: found.len(), changed };
        }
        let entries = match before {
            // Nothing came or went since: a large directory is not read for nothing.
            Some(Self::Folder { changed: before, entries }) if *before == changed && !is_young(changed) => *entries,
            _ => digest(&real),
        };
        Self::Folder { changed, entries }
    }

    /// Whether a client that saw `other` would see something else now.
    fn differs(&self, other: &Self) -> bool {
        match (self, other) {
            // A directory's time changes also with what leaves the same names in it.
            (Self::Folder { entries: now, .. }, Self::Folder { entries: before, .. }) => now != before,
            _ => self != other,
        }
    }

    fn is_young(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::File { changed, .. } | Self::Folder { changed, .. } => is_young(*changed),
        }
    }
}

fn is_young(changed: Option<SystemTime>) -> bool {
    // Where nobody tells the time, it may be so; a time to come is that of another clock.
    changed.is_none_or(|changed| changed.elapsed().is_ok_and(|age| age < YOUNG))
}

fn digest(real: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    // One that cannot be listed has the digest of nothing.
    for entry in folder::entries(real).unwrap_or_default() {
        let kind = match entry.kind {
            Kind::File => 0,
            Kind::Folder => 1,
            Kind::Link => 2,
            Kind::Other => 3_u8,
        };
        (entry.name, kind).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;
    use crate::allowed::Allowed;

    /// An old file in a folder that is granted; the folder is old too.
    fn tree() -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().to_str().unwrap().to_owned();
        fs::write(format!("{root}/a"), "1").unwrap();
        age(&format!("{root}/a"));
        age(&root);
        crate::granted::set(Allowed::new([(root.clone(), false)], None));
        (folder, root)
    }

    fn age(path: &str) {
        File::open(path).unwrap().set_modified(SystemTime::now() - 10 * YOUNG).unwrap();
    }

    /// Whether `change` is seen.
    fn sees(path: &str, change: impl FnOnce()) -> bool {
        let before = Seen::of(path, None);
        assert!(!Seen::of(path, Some(&before)).differs(&before));
        change();
        Seen::of(path, Some(&before)).differs(&before)
    }

    #[test]
    fn a_file_that_is_written_goes_or_comes_is_a_change() {
        let (_folder, root) = tree();
        let file = format!("{root}/a");
        assert!(sees(&file, || fs::write(&file, "12").unwrap()), "another size");
        assert!(sees(&file, || age(&file)), "another time");
        assert!(!sees(&file, || drop(fs::read(&file).unwrap())));
        assert!(sees(&file, || fs::remove_file(&file).unwrap()), "it goes");
        assert!(sees(&file, || fs::write(&file, "").unwrap()), "it comes");
        assert!(sees(&file, || {
            fs::remove_file(&file).unwrap();
            fs::create_dir(&file).unwrap();
        }));
    }

    #[test]
    fn a_folder_changes_with_the_names_in_it() {
        let (_folder, root) = tree();
        assert!(sees(&root, || fs::write(format!("{root}/b"), "").unwrap()), "one comes");
        assert!(sees(&root, || fs::rename(format!("{root}/b"), format!("{root}/c")).unwrap()), "another name");
        assert!(!sees(&root, || fs::write(format!("{root}/c"), "more").unwrap()), "its list is the same");
        assert!(!sees(&root, || {
            fs::write(format!("{root}/new"), "").unwrap();
            fs::rename(format!("{root}/new"), format!("{root}/c")).unwrap();
        }));
        assert!(sees(&root, || {
            fs::remove_file(format!("{root}/c")).unwrap();
            fs::create_dir(format!("{root}/c")).unwrap();
        }));
    }

    #[test]
    fn what_changed_just_now_may_have_changed_unseen() {
        let (_folder, root) = tree();
        let file = format!("{root}/a");
        assert!(!Seen::of(&file, None).is_young());
        fs::write(&file, "2").unwrap();
        assert!(Seen::of(&file, None).is_young());
        assert!(!Seen::of(&format!("{root}/b"), None).is_young());
    }

    #[test]
    fn what_changed_between_the_parts_of_a_first_look_may_have_changed_unseen() {
        let (_folder, root) = tree();
        let Seen::Folder { changed, .. } = Seen::of(&root, None) else { panic!("a folder") };
        fs::write(format!("{root}/b"), "").unwrap();
        // Its time is of before, its names of after: to the next look they are the same, and the time tells.
        let first = Seen::Folder { changed, entries: digest(&root) };
        let seen = Seen::of(&root, Some(&first));
        assert!(!first.is_young() && !seen.differs(&first) && seen.is_young());
    }

    #[test]
    fn what_is_not_granted_is_not_watched() {
        let (_folder, root) = tree();
        for uri in ["http://a/b", "file:///etc/passwd", &format!("file://{root}/../x"), "file:///%ff"] {
            assert!(matches!(watch(uri), Err(Error::NotFound(_))), "{uri}");
        }
    }
}
