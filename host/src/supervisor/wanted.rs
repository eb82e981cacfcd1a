//! Which plugins there should be: those that the configuration names, then the files of its folder.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::config::{Approval, Config, Lock, MAX_PLUGINS, PluginConfig, PluginId};

/// A plugin that there should be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) id: PluginId,
    pub(super) file: PathBuf,
    pub(super) config: PluginConfig,
    pub(super) approval: Approval,
}

/// What there should be, and what cannot be.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Wants {
    pub(super) plugins: Vec<Wanted>,
    /// Files or entries that cannot be plugins, each with the reason.
    pub(super) refused: Vec<(String, String)>,
}

/// Reads the configuration's folder and puts it together with the plugins that the configuration names. Files of that
/// folder which are `missing` count as if they were there. With a `lock`, each may be only what it holds.
pub(super) fn wanted(config: &Config, lock: Option<&Lock>, missing: &[PathBuf]) -> Wants {
    let mut wants = Wants::default();
    for (id, plugin) in &config.plugins {
        if !plugin.enabled {
            continue;
        }
        let file = match (&plugin.source, &config.folder) {
            (Some(source), _) => source.clone(),
            (None, Some(folder)) => folder.join(format!("{id}.wasm")),
            (None, None) => {
                wants.refused.push((id.to_string(), "it has no `source`, and the file names no `folder`".to_owned()));
                continue;
            }
        };
        wants.plugins.push(Wanted { id: id.clone(), file, config: plugin.clone(), approval: Approval::default() });
    }
    if let Some(folder) = &config.folder {
        add_folder(config, folder, missing, &mut wants);
    }
    if let Some(lock) = lock {
        for wanted in &mut wants.plugins {
            wanted.approval = lock.approval(wanted.id.as_str());
        }
    }
    if wants.plugins.len() > MAX_PLUGINS {
        let over = wants.plugins.split_off(MAX_PLUGINS);
        let reason = format!(
            "there are more than {MAX_PLUGINS} plugins, which is the most for one host; take some out of it, or have them served \
             by another with a configuration of its own"
        );
        wants.refused.extend(over.into_iter().map(|wanted| (wanted.id.to_string(), reason.clone())));
    }
    wants
}

/// The files of the plugins that `config` wants.
pub fn files(config: &Config) -> impl Iterator<Item = (PluginId, PathBuf)> {
    wanted(config, None, &[]).plugins.into_iter().map(|wanted| (wanted.id, wanted.file))
}

fn add_folder(config: &Config, folder: &Path, missing: &[PathBuf], wants: &mut Wants) {
    let mut files: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect(),
        Err(error) => {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            wants.refused.push((format!("{name}/"), format!("the folder of plugins cannot be read: {error}")));
            Vec::new()
        }
    };
    files.retain(|file| file.extension().is_some_and(|extension| extension == "wasm") && file.is_file());
    files.extend(missing.iter().filter(|file| file.parent() == Some(folder)).cloned());
    files.sort();
    files.dedup();
    let taken: HashSet<_> = wants.plugins.iter().map(|wanted| wanted.file.clone()).collect();
    for file in files {
        if taken.contains(&file) {
            continue;
        }
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match stem.parse::<PluginId>() {
            Ok(id) if config.plugins.contains_key(&id) => {}
            Ok(id) => {
                let config = PluginConfig { consent: Some(config.consent), ..PluginConfig::default() };
                wants.plugins.push(Wanted { id, file, config, approval: Approval::default() });
            }
            Err(error) => wants.refused.push((
                format!("{stem}.wasm"),
                format!("its file name is the plugin's id, but it {error}; rename it, or name it under [plugins.ID]"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(wants: &Wants) -> Vec<&str> {
        wants.plugins.iter().map(|wanted| wanted.id.as_str()).collect()
    }

    #[test]
    fn named_plugins_come_first_and_the_folder_follows_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        for file in ["b.wasm", "a.wasm", "z.wasm", "off.wasm", "note.txt", "Bad Name.wasm"] {
            std::fs::write(folder.path().join(file), "").expect("written");
        }
        let text =
            "folder = \".\"\n[plugins.z]\n[plugins.other]\nsource = \"b.wasm\"\n[plugins.off]\nenabled = false\n";
        let config = Config::parse(text, folder.path()).expect("it is good");
        let wants = wanted(&config, None, &[]);
        assert_eq!(ids(&wants), ["z", "other", "a"]);
        assert_eq!(wants.refused.len(), 1);
        assert_eq!(wants.refused[0].0, "Bad Name.wasm");
    }

    #[test]
    fn a_folder_that_is_not_there_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = Config::parse("folder = \"gone\"", folder.path()).expect("it is good");
        assert!(wanted(&config, None, &[]).refused[0].1.contains("cannot be read"));
    }

    #[test]
    fn a_file_that_is_missing_keeps_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        for file in ["a.wasm", "c.wasm"] {
            std::fs::write(folder.path().join(file), "").expect("written");
        }
        let config = Config::parse("folder = \".\"", folder.path()).expect("it is good");
        let there = config.folder.as_deref().expect("a folder");
        let missing = [there.join("b.wasm"), there.join("c.wasm"), "elsewhere/d.wasm".into()];
        assert_eq!(ids(&wanted(&config, None, &missing)), ["a", "b", "c"]);
        std::fs::remove_dir_all(folder.path()).expect("removed");
        let wants = wanted(&config, None, &missing);
        assert_eq!((ids(&wants).as_slice(), wants.refused.len()), (["b", "c"].as_slice(), 1), "the folder too");
    }
}
