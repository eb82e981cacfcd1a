//! Files and folders found by patterns.

use barkeep_sdk::prelude::*;

use crate::answer::Text;
use crate::failure::Failure;
use crate::folder::{self, Kind};
use crate::glob::Pattern;
use crate::granted::granted;
use crate::{lexical, limits};

// Where to look, and for what.
#[arguments]
pub struct SearchFiles {
    path: String,
    pattern: String,
    #[serde(rename = "excludePatterns", default)]
    exclude_patterns: Vec<String>,
}

/// Finds files and folders below a folder by a glob pattern, which is matched against their paths as seen from that folder:
/// '*.ext' finds files in the folder itself, '**/*.ext' in all folders below it as well. What matches one of the
/// excludePatterns is left out. Answers with full paths. Only searches within allowed directories.
#[tool(title = "Search Files", read_only, open_world = false)]
pub fn search_files(args: SearchFiles) -> Result<Text, Failure> {
    let allowed = granted();
    let root = allowed.validate(&args.path)?;
    let read = |pattern: &String| Pattern::new(pattern).map_err(Failure::words);
    let pattern = read(&args.pattern)?;
    let excluded: Vec<Pattern> = args.exclude_patterns.iter().map(read).collect::<Result<_, _>>()?;
    let mut found = String::new();
    let mut open = vec![(root.clone(), String::new(), folder::entries(&root)?.into_iter())];
    while let Some((folder, prefix, entries)) = open.last_mut() {
        let Some(entry) = entries.next() else {
            open.pop();
            continue;
        };
        let (path, below) = (lexical::join(folder, &entry.name), format!("{prefix}{}", entry.name));
        // Only a link can lead out: the folder that it lies in was looked at before.
        if entry.kind == Kind::Link && allowed.follow(folder, &entry.name).is_err() {
            continue;
        }
        if excluded.iter().any(|pattern| pattern.matches(&below)) {
            continue;
        }
        if pattern.matches(&below) {
            found.push_str(&path);
            found.push('\n');
            if found.len() > limits::TEXT {
                return Err(Failure::words(format!(
                    "The search finds too much: this plugin gives {} of paths at the most. Look in a folder further down, or \
                     for less.",
                    limits::mib(limits::TEXT as u64)
                )));
            }
        }
        if entry.is_folder() {
            // A folder that cannot be read has nothing to be found in.
            if let Ok(entries) = folder::entries(&path) {
                open.push((path, format!("{below}/"), entries.into_iter()));
            }
        }
    }
    found.pop();
    Ok(Text(if found.is_empty() { "No matches found".to_owned() } else { found }))
}
