//! Which guests a changed file belongs to.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use notify_debouncer_full::{
    DebounceEventResult, Debouncer, RecommendedCache, new_debouncer,
    notify::{RecommendedWatcher, RecursiveMode},
};

use crate::layout::Layout;

/// An editor writes a file in several steps; after this long without one it is done.
const SETTLED: Duration = Duration::from_millis(150);

/// What lies beside the folders of the plugins.
const CONFIGURATION: &str = "barkeep.toml";

/// The watching ends when this is dropped.
pub type Watching = Debouncer<RecommendedWatcher, RecommendedCache>;

/// What has to be built again.
#[derive(Debug, PartialEq, Eq)]
pub enum Affected {
    /// Every guest: what they share has changed.
    All,
    /// These; there may be none, and some may be gone.
    Some(BTreeSet<String>),
}

/// Reports the paths that change in the sources of the plugins and in what they share.
pub fn watch(layout: &Layout, mut report: impl FnMut(Vec<PathBuf>) + Send + 'static) -> Result<Watching> {
    let handler = move |result: DebounceEventResult| match result {
        Ok(events) => {
            // Builds read these files; only writing them is a change.
            let changed = events.into_iter().filter(|event| !event.kind.is_access());
            let paths: Vec<_> = changed.flat_map(|event| event.event.paths).collect();
            if !paths.is_empty() {
                report(paths);
            }
        }
        Err(errors) => errors.iter().for_each(|error| crate::step::say(&format!("watching the sources: {error}"))),
    };
    let mut debouncer = new_debouncer(SETTLED, None, handler).context("the sources cannot be watched")?;
    for folder in [layout.plugins(), layout.root().join("sdk-guest"), layout.root().join("wit")] {
        if folder.is_dir() {
            let watched = debouncer.watch(&folder, RecursiveMode::Recursive);
            watched.with_context(|| format!("{} cannot be watched", folder.display()))?;
        }
    }
    Ok(debouncer)
}

/// The guests that these paths belong to.
pub fn affected(root: &Path, paths: &[PathBuf]) -> Affected {
    // Some systems report the real path, whatever name was watched.
    let real = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    let mut names = BTreeSet::new();
    for path in paths {
        let Some(inside) = path.strip_prefix(root).or_else(|_| path.strip_prefix(&real)).ok() else { continue };
        if inside.iter().any(is_noise) {
            continue;
        }
        let mut parts = inside.iter().filter_map(OsStr::to_str);
        match (parts.next(), parts.next(), parts.next()) {
            // A folder that comes whole, copied or moved, may be the only one to be reported: what was in it before it
            // was watched is not. The configuration beside the folders is no guest; who builds knows.
            (Some("plugins"), Some(name), _) if name != CONFIGURATION => {
                names.insert(name.to_owned());
            }
            (Some("sdk-guest" | "wit"), Some(_), _) => return Affected::All,
            _ => {}
        }
    }
    Affected::Some(names)
}

/// What editors and builds leave between sources.
fn is_noise(part: &OsStr) -> bool {
    part.to_str().is_none_or(|part| part.starts_with('.') || part.ends_with('~') || part == "target")
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::mpsc};

    use super::*;

    fn of(paths: &[&str]) -> Affected {
        let paths: Vec<PathBuf> = paths.iter().map(|path| Path::new("/repo").join(path)).collect();
        affected(Path::new("/repo"), &paths)
    }

    fn some(names: &[&str]) -> Affected {
        Affected::Some(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn a_file_in_a_plugin_affects_that_plugin() {
        let paths = ["plugins/hello/src/lib.rs", "plugins/github/plugin.toml", "plugins/hello/Cargo.toml"];
        assert_eq!(of(&paths), some(&["github", "hello"]));
    }

    #[test]
    fn what_plugins_share_affects_all() {
        assert_eq!(of(&["plugins/hello/src/lib.rs", "wit/tools.wit"]), Affected::All);
        assert_eq!(of(&["sdk-guest/rust/src/lib.rs"]), Affected::All);
    }

    #[test]
    fn the_configuration_and_what_editors_leave_affect_nothing() {
        let paths = [
            "plugins/barkeep.toml",
            "plugins/hello/src/.lib.rs.swp",
            "plugins/hello/src/lib.rs~",
            "plugins/hello/target/x",
        ];
        assert_eq!(of(&paths), some(&[]));
        assert_eq!(affected(Path::new("/repo"), &[PathBuf::from("/elsewhere/plugins/hello/a")]), some(&[]));
    }

    #[test]
    fn a_saved_source_is_reported() {
        let root = tempfile::tempdir().unwrap();
        let source = root.path().join("plugins").join("hello").join("src");
        fs::create_dir_all(&source).unwrap();
        let (sender, receiver) = mpsc::channel();
        let layout = Layout::at(root.path());
        let watching = watch(&layout, move |paths| sender.send(paths).unwrap()).unwrap();
        fs::write(source.join("lib.rs"), "//! New.").unwrap();
        assert_eq!(affected(root.path(), &receiver.recv_timeout(Duration::from_secs(30)).unwrap()), some(&["hello"]));
        drop(watching);
    }

    #[test]
    fn a_plugin_that_is_moved_here_whole_is_reported() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("plugins")).unwrap();
        fs::create_dir_all(root.path().join("words/src")).unwrap();
        fs::write(root.path().join("words/src/lib.rs"), "//! New.").unwrap();
        let (sender, receiver) = mpsc::channel();
        let layout = Layout::at(root.path());
        let watching = watch(&layout, move |paths| sender.send(paths).unwrap()).unwrap();
        fs::rename(root.path().join("words"), root.path().join("plugins/words")).unwrap();
        // The moved folder is told once with its old name, where there is one, and once with the new.
        while affected(root.path(), &receiver.recv_timeout(Duration::from_secs(30)).unwrap()) != some(&["words"]) {}
        drop(watching);
    }
}
