//! Reads the files of one skill, and makes its entry.

use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::model::{Skill, SkillResource, SkillResources};

use super::super::call::{self, Caller};
use super::super::error;
use super::folders::{Folder, MAX_BYTES};
use super::{address, frontmatter};
use crate::catalog::Catalog;
use crate::plugin::{CallError, File, Plugin};
use crate::runtime::bindings::barkeep::plugin::types;

/// The entry of a skill.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// As clients get it.
    pub(super) skill: Skill,
    /// Its JSON's.
    pub(super) bytes: usize,
}

/// The entry, or why the skill is left out: a sentence for people.
pub(super) type Told = Result<Entry, String>;

/// Reads all files of a skill, one after the other.
///
/// # Errors
///
/// When the client cancels, or the host stops.
pub(super) async fn read(caller: &Caller, catalog: &Catalog, folder: &Folder) -> Result<Told, ErrorData> {
    if let Some(wrong) = &folder.wrong {
        return Ok(Err(wrong.clone()));
    }
    let mut resources = Vec::with_capacity(folder.files.len());
    let mut skill_md = None;
    let mut left = MAX_BYTES;
    for listed in &folder.files {
        let uri = &listed.uri;
        let is_skill_md = *uri == folder.uri;
        let file = match file(caller, catalog, &folder.plugin, uri, is_skill_md).await? {
            Ok(file) => file,
            Err(reason) => return Ok(Err(format!("{uri}: {reason}"))),
        };
        let Some(rest) = left.checked_sub(file.size) else {
            return Ok(Err(format!("its files have more than {MAX_BYTES} bytes")));
        };
        left = rest;
        resources.push(SkillResource::new(uri, file.digest, file.size));
        if is_skill_md {
            skill_md = Some(file.text);
        }
    }
    Ok(make(&folder.uri, skill_md.flatten(), resources))
}

fn make(uri: &str, skill_md: Option<String>, resources: Vec<SkillResource>) -> Told {
    let text = skill_md.ok_or("its SKILL.md is no text")?;
    let frontmatter = frontmatter::read(&text).map_err(|wrong| format!("its SKILL.md {wrong}"))?;
    let name = address::root(uri).map(address::name).unwrap_or_default();
    if !address::is_name(name) {
        return Err(format!("`{name}` is no name of a skill: it has 1 to 64 of `a-z 0-9 -`, and no two `-` in a row"));
    }
    if frontmatter.name != name {
        let shown: String = frontmatter.name.escape_debug().take(64).collect();
        return Err(format!("its SKILL.md has the name `{shown}`, its folder `{name}`"));
    }
    let skill = Skill::new(uri, frontmatter, SkillResources::Files(resources));
    // rmcp fails a whole list for one entry that it finds wrong.
    skill.validate().map_err(|wrong| wrong.to_string())?;
    let bytes = serde_json::to_string(&skill).map_err(|wrong| wrong.to_string())?.len();
    Ok(Entry { skill, bytes })
}

/// Reads a file by the way that a client's `resources/read` takes, so that the digest is that of what the client gets. It
/// has to end at the plugin that lists the file.
async fn file(
    caller: &Caller,
    catalog: &Catalog,
    owner: &Arc<Plugin>,
    uri: &str,
    with_text: bool,
) -> Result<Result<File, String>, ErrorData> {
    for reader in catalog.readers(uri) {
        return Ok(
            match call::run(caller, &reader, |outbox| reader.read_file(uri, with_text, outbox.muted())).await? {
                Err(CallError::Guest(types::Error::NotFound(_))) => continue,
                _ if !Arc::ptr_eq(&reader, owner) => Err(format!("plugin `{}` answers for it", reader.id())),
                Ok(file) => Ok(file),
                Err(failure) => Err(error::words(&failure)),
            },
        );
    }
    Ok(Err("it is listed, but not there".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(uri: &str, text: &str) -> Result<Skill, String> {
        let resources = vec![SkillResource::from_bytes(uri, text.as_bytes())];
        make(uri, Some(text.to_owned()), resources).map(|entry| entry.skill)
    }

    #[test]
    fn an_entry_is_made_of_the_files() {
        let skill = made("skill://acme/a/SKILL.md", "---\nname: a\ndescription: b\n---\n").expect("it is good");
        assert_eq!(skill.name(), "a");
        assert_eq!(skill.uri, "skill://acme/a/SKILL.md");
    }

    #[test]
    fn a_name_has_to_be_the_folders() {
        let text = "---\nname: a\ndescription: b\n---\n";
        assert_eq!(made("skill://b/SKILL.md", text), Err("its SKILL.md has the name `a`, its folder `b`".to_owned()));
        let wrong = made("skill://A/SKILL.md", "---\nname: A\ndescription: b\n---\n").expect_err("it is wrong");
        assert!(wrong.starts_with("`A` is no name of a skill"), "{wrong}");
    }
}
