//! `barkeep.toml` changed by a program: what a person wrote stays, with its comments, its order and its looks.
//!
//! What is wanted is worked out on plain values, [`document`] changes the text so that it means that, and what the new text
//! means is compared with it before anything is written. Two that change the file at once wait for each other.

mod document;

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::write::{Turn, WriteError, replace};
use super::{Config, ConfigError, Fault, MAX_FILE, PluginId};
use crate::capability::merge::{merge, take_away};

/// Times that a change is worked out anew because the file changed meanwhile. Nobody saves so often.
const TRIES: usize = 5;

/// Why the file was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It cannot be read, or is no configuration before the change.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It would be no configuration after the change.
    #[error("{} is not changed, because it would say what cannot be meant: {fault}", file.display())]
    Fault {
        /// The file.
        file: PathBuf,
        /// What cannot be meant.
        fault: Fault,
    },
    /// It is written in a way that cannot be changed by a program.
    #[error("{} is written in a way that only its author can change; change it by hand", .0.display())]
    Unclear(PathBuf),
    /// The change itself cannot be.
    #[error("plugin `{id}` {wrong}")]
    Clash {
        /// The plugin.
        id: String,
        /// What is wrong: the end of the sentence.
        wrong: String,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Where in a plugin's entry grants are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `[plugins.ID.grants]`.
    Grants,
    /// `[plugins.ID.never]`: what is not asked for again.
    Never,
}

impl Part {
    fn key(self) -> &'static str {
        match self {
            Self::Grants => "grants",
            Self::Never => "never",
        }
    }
}

/// A change of the configuration.
#[derive(Debug, Clone)]
pub enum Edit {
    /// A plugin that is not there yet, with its source as it is to be written.
    Add {
        /// Its id.
        id: PluginId,
        /// The component.
        source: String,
        /// What it is granted.
        grants: Table,
    },
    /// More grants for a plugin.
    Grant {
        /// The plugin.
        id: PluginId,
        /// Where to.
        part: Part,
        /// The grants, as a person writes them.
        more: Table,
    },
    /// A grant taken back, or all of one kind.
    Revoke {
        /// The plugin.
        id: PluginId,
        /// The kind.
        kind: String,
        /// What names it.
        value: Option<String>,
    },
}

impl Edit {
    /// Changes `file`. Tells whether there was anything to change.
    ///
    /// # Errors
    ///
    /// When it cannot be changed. It is as it was then.
    pub fn apply(&self, file: &Path) -> Result<bool, EditError> {
        let _turn = Turn::take(file)?;
        for _ in 0..TRIES {
            let before = read(file)?;
            let Some(after) = self.text(file, &before)? else { return Ok(false) };
            // Who takes no turns, an editor for one, may have written it meanwhile, and that must not be lost.
            if read(file)? == before {
                replace(file, &after)?;
                return Ok(true);
            }
        }
        Err(WriteError::Held(file.to_owned()).into())
    }

    /// The file's text after the change; none where it says that already.
    fn text(&self, file: &Path, before: &str) -> Result<Option<String>, EditError> {
        let folder = file.parent().unwrap_or(Path::new(""));
        let faulty = |fault| ConfigError::Fault { file: file.to_owned(), fault };
        Config::parse(before, folder).map_err(faulty)?;
        let known: Table = toml::from_str(before).map_err(|error| faulty(Fault::of(before, &error)))?;
        let mut wanted = known.clone();
        self.change(&mut wanted, file)?;
        if wanted == known {
            return Ok(None);
        }
        let unclear = || EditError::Unclear(file.to_owned());
        let after = document::rewrite(before, &known, &wanted).ok_or_else(unclear)?;
        Config::parse(&after, folder).map_err(|fault| EditError::Fault { file: file.to_owned(), fault })?;
        if toml::from_str::<Table>(&after).ok().as_ref() != Some(&wanted) {
            return Err(unclear());
        }
        Ok(Some(after))
    }

    fn change(&self, config: &mut Table, file: &Path) -> Result<(), EditError> {
        let clash = |id: &PluginId, wrong: String| EditError::Clash { id: id.to_string(), wrong };
        let unclear = || EditError::Unclear(file.to_owned());
        match self {
            Self::Add { id, source, grants } => {
                let plugins = child(config, &["plugins"]).ok_or_else(unclear)?;
                if plugins.contains_key(id.as_str()) {
                    return Err(clash(id, "is in the configuration already; choose another id with --id".to_owned()));
                }
                let mut plugin = Table::new();
                plugin.insert("source".to_owned(), Value::from(source.as_str()));
                if !grants.is_empty() {
                    plugin.insert("grants".to_owned(), Value::Table(grants.clone()));
                }
                plugins.insert(id.to_string(), Value::Table(plugin));
            }
            Self::Grant { more, .. } if more.is_empty() => {}
            Self::Grant { id, part, more } => {
                let known = child(config, &["plugins", id.as_str(), part.key()]).ok_or_else(unclear)?;
                let folder = file.parent().unwrap_or(Path::new(""));
                merge(known, more, folder).map_err(|wrong| clash(id, wrong))?;
            }
            Self::Revoke { id, kind, value } => {
                let plugin = config.get_mut("plugins").and_then(|plugins| plugins.get_mut(id.as_str()));
                let grants = plugin.and_then(|plugin| plugin.get_mut("grants")).and_then(Value::as_table_mut);
                if let Some(grants) = grants {
                    take_away(grants, kind, value.as_deref());
                }
            }
        }
        Ok(())
    }
}

/// The table at `path`, made where it is not there.
fn child<'a>(table: &'a mut Table, path: &[&str]) -> Option<&'a mut Table> {
    path.iter()
        .try_fold(table, |table, key| table.entry(*key).or_insert_with(|| Value::Table(Table::new())).as_table_mut())
}

fn read(file: &Path) -> Result<String, EditError> {
    let unreadable = |reason| ConfigError::Unreadable { file: file.to_owned(), reason };
    let size = std::fs::metadata(file).map_err(unreadable)?.len();
    if size > MAX_FILE {
        return Err(ConfigError::TooLarge { file: file.to_owned(), size, most: MAX_FILE }.into());
    }
    Ok(std::fs::read_to_string(file).map_err(unreadable)?)
}

#[cfg(test)]
mod tests;
