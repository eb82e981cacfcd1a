//! A folder with all that is below it.

use barkeep_sdk::prelude::*;

use crate::answer::Text;
use crate::failure::Failure;
use crate::folder::{self, Entry};
use crate::glob::Pattern;
use crate::granted::granted;
use crate::{lexical, limits};

// Which folder, and what to leave out.
#[arguments]
pub struct DirectoryTree {
    path: String,
    #[serde(rename = "excludePatterns", default)]
    exclude_patterns: Vec<String>,
}

/// Shows a folder and all below it as a tree, in JSON indented by two spaces. Each entry has 'name' and 'type' (file or
/// directory), and a directory has 'children', which may be empty. What matches one of the excludePatterns is left out. Only
/// works within allowed directories.
#[tool(title = "Directory Tree", read_only, open_world = false)]
pub fn directory_tree(args: DirectoryTree) -> Result<Text, Failure> {
    let root = granted().validate(&args.path)?;
    let excluded = Excluded::new(&args.exclude_patterns)?;
    let mut open = vec![Level::new(root, String::new())?];
    let mut out = String::from("[");
    while let Some(level) = open.last_mut() {
        let Some(entry) = level.entries.next() else {
            let empty = level.empty;
            open.pop();
            // Without a line break inside where there is nothing inside.
            if !empty {
                line(&mut out, open.len() * 2);
            }
            out.push(']');
            if !open.is_empty() {
                line(&mut out, open.len() * 2 - 1);
                out.push('}');
            }
            continue;
        };
        let path = format!("{}{}", level.prefix, entry.name);
        if excluded.has(&path) {
            continue;
        }
        if !std::mem::replace(&mut level.empty, false) {
            out.push(',');
        }
        let folder = lexical::join(&level.path, &entry.name);
        let depth = open.len() * 2 - 1;
        line(&mut out, depth);
        out.push('{');
        line(&mut out, depth + 1);
        let name =
            barkeep_sdk::serde_json::to_string(&entry.name).map_err(|error| Failure::words(error.to_string()))?;
        out.extend(["\"name\": ", &name, ","]);
        line(&mut out, depth + 1);
        if entry.is_folder() {
            out.push_str("\"type\": \"directory\",");
            line(&mut out, depth + 1);
            out.push_str("\"children\": [");
            open.push(Level::new(folder, format!("{path}/"))?);
        } else {
            out.push_str("\"type\": \"file\"");
            line(&mut out, depth);
            out.push('}');
        }
        if out.len() > limits::TEXT {
            return Err(Failure::words(format!(
                "The tree is too long: this plugin gives {} of it at the most. Ask for a folder further down, or leave out more \
                 with excludePatterns.",
                limits::mib(limits::TEXT as u64)
            )));
        }
    }
    Ok(Text(out))
}

/// A folder that is being written.
struct Level {
    path: String,
    /// What its entries' paths begin with, seen from the root of the tree.
    prefix: String,
    entries: std::vec::IntoIter<Entry>,
    empty: bool,
}

impl Level {
    fn new(path: String, prefix: String) -> Result<Self, Failure> {
        let entries = folder::entries(&path)?.into_iter();
        Ok(Self { path, prefix, entries, empty: true })
    }
}

/// A new line, indented by `depth` times two spaces.
fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// What to leave out of a tree.
struct Excluded(Vec<Pattern>);

impl Excluded {
    /// A pattern without a star is also looked for further down.
    fn new(patterns: &[String]) -> Result<Self, Failure> {
        let mut read = Vec::new();
        for pattern in patterns {
            read.push(pattern.clone());
            if !pattern.contains('*') {
                read.extend([format!("**/{pattern}"), format!("**/{pattern}/**")]);
            }
        }
        read.iter().map(|pattern| Pattern::new(pattern).map_err(Failure::words)).collect::<Result<_, _>>().map(Self)
    }

    fn has(&self, path: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(path))
    }
}
