//! A tree of files, as `tests/filesystem-cases/tree.json` has it: the folder `root` that is allowed, and its neighbours.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tempfile::TempDir;

/// A table of `tests/filesystem-cases/`.
pub(crate) fn table(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("filesystem-cases").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A tree, removed with its owner.
pub(crate) struct Tree {
    _folder: TempDir,
    top: String,
}

impl Tree {
    /// The tree of the tables.
    pub(crate) fn new() -> Self {
        let tree = Self::empty();
        for entry in table("tree.json") {
            tree.make(&entry);
        }
        tree
    }

    /// An allowed folder with nothing in it.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // The reference tells paths as they are behind links.
        let top = folder.path().canonicalize().unwrap().to_str().expect("a path in UTF-8").to_owned();
        fs::create_dir(format!("{top}/root")).unwrap();
        Self { _folder: folder, top }
    }

    /// What holds the allowed folder.
    pub(crate) fn top(&self) -> &Path {
        Path::new(&self.top)
    }

    /// The allowed folder.
    pub(crate) fn root(&self) -> PathBuf {
        self.top().join("root")
    }

    fn make(&self, entry: &Value) {
        let mut path = self.root();
        for part in Path::new(entry["path"].as_str().unwrap()).components() {
            if part.as_os_str() == ".." {
                path.pop();
            } else {
                path.push(part);
            }
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if entry.get("folder").is_some() {
            fs::create_dir_all(path).unwrap();
        } else if let Some(target) = entry["link"].as_str() {
            symlink(self.fill_text(target), path).unwrap();
        } else if let Some(base64) = entry["base64"].as_str() {
            fs::write(path, BASE64_STANDARD.decode(base64).unwrap()).unwrap();
        } else {
            let times = entry.get("repeat").and_then(Value::as_u64).unwrap_or(1);
            fs::write(path, entry["text"].as_str().unwrap().repeat(times.try_into().unwrap())).unwrap();
        }
    }

    /// This tree's paths in the place of `{root}` and `{top}`.
    fn fill_text(&self, text: &str) -> String {
        text.replace("{root}", &format!("{}/root", self.top)).replace("{top}", &self.top)
    }

    /// The same in all texts of a value.
    pub(crate) fn fill(&self, value: &Value) -> Value {
        each_text(value, &|text| self.fill_text(text))
    }

    /// `{root}` and `{top}` in the place of this tree's paths.
    pub(crate) fn blank(&self, value: &Value) -> Value {
        each_text(value, &|text| text.replace(&format!("{}/root", self.top), "{root}").replace(&self.top, "{top}"))
    }

    /// All that is in the tree: files with their bytes, links with their targets, folders.
    pub(crate) fn everything(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.top().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let kind = path.symlink_metadata().unwrap().file_type();
                let what = if kind.is_symlink() {
                    format!("a link to {}", path.read_link().unwrap().display()).replace(&self.top, "{top}")
                } else if kind.is_dir() {
                    folders.push(path.clone());
                    "a folder".to_owned()
                } else {
                    format!("a file: {:?}", String::from_utf8_lossy(&fs::read(&path).unwrap()))
                };
                found.insert(path.strip_prefix(self.top()).unwrap().to_owned(), what);
            }
        }
        found
    }
}

fn each_text(value: &Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(text)),
        Value::Array(values) => values.iter().map(|value| each_text(value, change)).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), each_text(value, change))).collect(),
        other => other.clone(),
    }
}
