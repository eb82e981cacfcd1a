//! Folders of guests, built to components.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use barkeep_toolchain::{
    Build, Cancel, GuestToolchain,
    component::{self, Outcome},
};

use crate::{layout::Layout, step::say};

/// A folder whose subfolders are guests, and the folder for their components.
#[derive(Debug)]
pub struct Guests {
    sources: PathBuf,
    built: PathBuf,
    locked: bool,
}

impl Guests {
    /// The plugins.
    pub fn plugins(layout: &Layout) -> Self {
        Self { sources: layout.plugins(), built: layout.built_plugins(), locked: false }
    }

    /// The guests of the tests.
    pub fn of_tests(layout: &Layout) -> Self {
        Self { sources: layout.test_guests(), built: layout.built_test_guests(), locked: false }
    }

    /// The same, but an out-of-date `Cargo.lock` is an error.
    pub fn locked(self) -> Self {
        Self { locked: true, ..self }
    }

    /// The names of the guests: of each subfolder with a `Cargo.toml`, in order.
    pub fn names(&self) -> Result<Vec<String>> {
        let unreadable = || format!("{} cannot be read", self.sources.display());
        let entries = match fs::read_dir(&self.sources) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.with_context(unreadable)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.with_context(unreadable)?;
            if entry.path().join("Cargo.toml").is_file()
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Finds a toolchain and builds all, each even when another fails.
    pub fn build_all(&self, layout: &Layout, cancel: &Cancel) -> Result<()> {
        let toolchain = GuestToolchain::find(&layout.target(), &say)?;
        let failed = self.build_each(&toolchain, cancel, &self.names()?)?;
        if !failed.is_empty() {
            bail!("not built: {}", failed.join(", "));
        }
        Ok(())
    }

    /// Builds these, and returns the names of those that could not be built, with the reason printed.
    pub fn build_each(&self, toolchain: &GuestToolchain, cancel: &Cancel, names: &[String]) -> Result<Vec<String>> {
        self.remove_stale()?;
        let mut failed = Vec::new();
        for name in names {
            match self.build(toolchain, cancel, name) {
                Ok(Outcome::Written) => say(&format!("built {name}")),
                Ok(Outcome::Unchanged) => say(&format!("{name} is as it was")),
                Err(error @ barkeep_toolchain::Error::Cancelled) => return Err(error.into()),
                Err(error) => {
                    say(&format!("{name}: {error}"));
                    failed.push(name.clone());
                }
            }
        }
        Ok(failed)
    }

    fn build(
        &self,
        toolchain: &GuestToolchain,
        cancel: &Cancel,
        name: &str,
    ) -> Result<Outcome, barkeep_toolchain::Error> {
        let source = self.sources.join(name);
        let built = toolchain.build(&Build { folder: &source, profile: "guest", locked: self.locked }, cancel)?;
        component::install(&source, &built, &self.component(name))
    }

    fn component(&self, name: &str) -> PathBuf {
        self.built.join(format!("{name}.wasm"))
    }

    /// Removes the components of guests that are gone, so that nobody serves them.
    fn remove_stale(&self) -> Result<()> {
        let names = self.names()?;
        let Ok(entries) = fs::read_dir(&self.built) else { return Ok(()) };
        for path in entries.flatten().map(|entry| entry.path()) {
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            if is_component(&path) && !stem.is_some_and(|stem| names.iter().any(|name| name == stem)) {
                say(&format!("removing {}, whose source is gone", path.display()));
                fs::remove_file(&path).with_context(|| format!("{} cannot be removed", path.display()))?;
            }
        }
        Ok(())
    }
}

fn is_component(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wasm")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guests(root: &Path) -> Guests {
        let layout = Layout::at(root);
        fs::create_dir_all(layout.built_plugins()).unwrap();
        for name in ["zoo", "bar"] {
            fs::create_dir_all(layout.plugins().join(name)).unwrap();
            fs::write(layout.plugins().join(name).join("Cargo.toml"), "").unwrap();
        }
        fs::create_dir(layout.plugins().join("notes")).unwrap();
        fs::write(layout.configuration(), "").unwrap();
        Guests::plugins(&layout)
    }

    #[test]
    fn guests_are_the_folders_with_a_manifest_in_order() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(guests(root.path()).names().unwrap(), ["bar", "zoo"]);
    }

    #[test]
    fn a_repository_without_guests_has_none() {
        let root = tempfile::tempdir().unwrap();
        assert!(Guests::of_tests(&Layout::at(root.path())).names().unwrap().is_empty());
    }

    #[test]
    fn only_components_without_a_source_are_removed() {
        let root = tempfile::tempdir().unwrap();
        let guests = guests(root.path());
        for name in ["bar.wasm", "gone.wasm", "gone.txt"] {
            fs::write(guests.built.join(name), "").unwrap();
        }
        guests.remove_stale().unwrap();
        assert!(guests.built.join("bar.wasm").exists());
        assert!(guests.built.join("gone.txt").exists());
        assert!(!guests.built.join("gone.wasm").exists());
    }
}
