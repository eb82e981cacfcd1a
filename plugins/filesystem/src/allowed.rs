//! The folders that may be worked on, and which path a request means.
//!
//! A path is accepted where it lies in an allowed folder both as it is written and after every symbolic link is followed.
//! The host holds the same line beneath: what is decided here only makes for better words.

use std::fs;

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::failure::{self, Failure, Result};
use crate::folder;
use crate::lexical;

mod real;

/// One allowed folder.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Root {
    /// Its path: absolute, resolved, and real.
    path: String,
    /// Whether what is in it may be changed.
    writable: bool,
}

/// The folders that may be worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    roots: Vec<Root>,
    home: String,
}

impl Allowed {
    /// The folders of these absolute, real paths, each with whether it may be changed. `home` is what `~` stands for.
    pub fn new(folders: impl IntoIterator<Item = (String, bool)>, home: Option<String>) -> Self {
        let roots: Vec<Root> =
            folders.into_iter().map(|(path, writable)| Root { path: lexical::resolve("/", &path), writable }).collect();
        let home = home.filter(|home| lexical::is_absolute(home)).unwrap_or_else(|| home_of(&roots).to_owned());
        Self { roots, home }
    }

    /// The paths of the folders, in the order of the grants.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.roots.iter().map(|root| root.path.as_str())
    }

    /// Fails with what to do where no folder is allowed at all.
    pub fn some(&self) -> Result<()> {
        if self.roots.is_empty() { Err(Failure::denied(NO_FOLDER)) } else { Ok(()) }
    }

    /// The real path that `requested` means. What does not exist yet is accepted where its folder would be allowed.
    pub fn validate(&self, requested: &str) -> Result<String> {
        self.some()?;
        let absolute = self.absolute(requested)?;
        if !self.contains(&absolute) {
            return Err(Failure::denied(format_args!(
                "path outside allowed directories: {absolute} not in {}",
                self.named()
            )));
        }
        match self.real(&absolute) {
            Err(failure) if failure.is(failure::ENOENT) => self.composed(&absolute).map_err(|failure| {
                if failure.is(failure::ENOENT) {
                    return Failure::words(format!("Parent directory does not exist: {}", lexical::parent(&absolute)));
                }
                failure
            }),
            found => found,
        }
    }

    /// Fails with what to do where the file at the real path `path` may not be changed.
    pub fn writable(&self, path: &str) -> Result<()> {
        match self.root(path) {
            Some(Root { path, writable: false }) => Err(Failure::denied(format_args!(
                "{path} may only be read. To have files in it changed, set mode = \"read-write\" for it in \
                 barkeep.toml: fs = [{{ host = \"...\", guest = \"{path}\", mode = \"read-write\" }}]"
            ))),
            _ => Ok(()),
        }
    }

    /// Whether an allowed folder holds the resolved path `path`, or is it.
    pub fn contains(&self, path: &str) -> bool {
        // No file has a name with NUL in it; a system that reads a path up to there would open another.
        !path.contains('\0') && self.root(path).is_some()
    }

    /// Whether `path` is an allowed folder itself.
    pub fn is_root(&self, path: &str) -> bool {
        self.folders().any(|root| root == path)
    }

    /// The innermost allowed folder that holds `path`.
    pub fn root_of(&self, path: &str) -> Option<&str> {
        self.root(path).map(|root| root.path.as_str())
    }

    /// The path that `requested` means, before any link is followed.
    fn absolute(&self, requested: &str) -> Result<String> {
        let expanded = match requested.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{}{rest}", self.home),
            _ => requested.to_owned(),
        };
        // As a relative path it would name a file that nobody means.
        let drive = |path: &str| {
            let mut characters = path.chars();
            characters.next().is_some_and(|letter| letter.is_ascii_alphabetic())
                && characters.next() == Some(':')
                && characters.next().is_none_or(|next| next == '/' || next == '\\')
        };
        if drive(&expanded) {
            return Err(Failure::denied(format_args!("Windows-style path received on a POSIX host: {requested}")));
        }
        let mut seen = self.folders().map(|folder| lexical::resolve(folder, &expanded));
        let first = seen.next().unwrap_or_default();
        if lexical::is_absolute(&expanded) || self.contains(&first) {
            return Ok(first);
        }
        Ok(seen.find(|path| self.contains(path)).unwrap_or(first))
    }

    /// The real path of what is missing under the name that was asked for, but may be there in another Unicode form: what
    /// was found last, and the rest as it was asked for.
    fn composed(&self, absolute: &str) -> Result<String> {
        let Some((root, below)) = self.root(absolute).and_then(|root| {
            let below = lexical::below(absolute, &root.path)?;
            Some((root, below))
        }) else {
            return Ok(absolute.to_owned());
        };
        let mut current = root.path.clone();
        let mut names = lexical::components(below);
        while let Some(name) = names.next() {
            let Some(entry) = equivalent(&current, name)? else {
                return Ok(names.fold(lexical::join(&current, name), |path, name| lexical::join(&path, name)));
            };
            current = self.real(&lexical::join(&current, &entry))?;
        }
        Ok(current)
    }

    /// The innermost allowed folder that holds `path`.
    fn root(&self, path: &str) -> Option<&Root> {
        let holding = self.roots.iter().filter(|root| lexical::below(path, &root.path).is_some());
        holding.max_by_key(|root| root.path.len())
    }

    /// The folders for the end of a refusal.
    fn named(&self) -> String {
        self.folders().collect::<Vec<_>>().join(", ")
    }
}

/// The entry of the folder `folder` that is `name`, or the only one that is the same text in another Unicode form.
fn equivalent(folder: &str, name: &str) -> Result<Option<String>> {
    if fs::symlink_metadata(lexical::join(folder, name)).is_ok() {
        return Ok(Some(name.to_owned()));
    }
    // ASCII has one form only: no need to look at every name of a large folder.
    if name.is_ascii() {
        return Ok(None);
    }
    let composer = ComposingNormalizerBorrowed::new_nfc();
    let wanted = composer.normalize(name);
    let mut same = folder::entries(folder)?.into_iter().filter(|entry| composer.normalize(&entry.name) == wanted);
    match (same.next(), same.next()) {
        (Some(_), Some(_)) => Err(Failure::words(format!("Ambiguous Unicode path component: {name}"))),
        (only, _) => Ok(only.map(|entry| entry.name)),
    }
}

/// What `~` stands for where nobody says: the home that an allowed folder lies in. Where none does it is the root, so that
/// `~/code` means `/code`, the usual guest path for it.
fn home_of(roots: &[Root]) -> &str {
    for root in roots {
        for homes in ["/home/", "/Users/"] {
            let Some(rest) = root.path.strip_prefix(homes) else { continue };
            let user = rest.split('/').next().unwrap_or("");
            return root.path.get(..homes.len() + user.len()).unwrap_or("");
        }
        if lexical::below(&root.path, "/root").is_some() {
            return "/root";
        }
    }
    ""
}

/// What to do where no folder is granted.
const NO_FOLDER: &str = "no folder is granted to this plugin. Name one in barkeep.toml, in the grants of this plugin: \
                         fs = [{ host = \"~/folder\", guest = \"/folder\", mode = \"read\" }]";

#[cfg(test)]
mod tests;
