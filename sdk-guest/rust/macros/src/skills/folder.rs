//! Which files there are, and which skills they belong to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::frontmatter::{self, About};

/// Files of one skill, and their bytes: more than these a client need not take (the extension
/// `io.modelcontextprotocol/skills`, "Limits").
const MAX_FILES: usize = 512;
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Folders inside each other.
const MAX_DEPTH: usize = 32;

/// What makes a folder a skill.
const SKILL_MD: &str = "SKILL.md";

/// A file of a skill.
#[derive(Debug)]
pub(super) struct File {
    /// Below the folder, with `/` between its parts.
    pub(super) path: String,
    /// Whether it is text.
    pub(super) is_text: bool,
    /// Bytes.
    pub(super) size: u64,
    /// What it says of its skill, where it is a `SKILL.md`.
    pub(super) about: Option<About>,
}

impl File {
    /// The URI by which clients read it: each part of its path in its shortest form (RFC 3986, section 6.2.2).
    pub(super) fn uri(&self) -> String {
        let mut uri = "skill://".to_owned();
        for byte in self.path.bytes() {
            if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte) {
                uri.push(char::from(byte));
            } else {
                // Writing to a string does not fail.
                let _ = write!(uri, "%{byte:02X}");
            }
        }
        uri
    }

    /// Its name for programs: the skill's for a `SKILL.md` ("Resource Metadata").
    pub(super) fn name(&self) -> &str {
        self.about.as_ref().map_or_else(|| last(&self.path), |about| &about.name)
    }
}

/// The files of all skills in `folder`, in order. The error is a sentence for people.
pub(super) fn read(folder: &Path) -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    walk(folder, "", 0, &mut files)?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    check(&files)?;
    Ok(files)
}

fn walk(folder: &Path, below: &str, depth: usize, files: &mut Vec<File>) -> Result<(), String> {
    let unreadable = |error| {
        let named = if below.is_empty() { last(&folder.to_string_lossy()).to_owned() } else { below.to_owned() };
        format!("the folder `{named}` cannot be read: {error}")
    };
    if depth > MAX_DEPTH {
        return Err(format!("`{below}` lies too deep; {MAX_DEPTH} folders are the most"));
    }
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().into_string().map_err(|name| format!("{} is no name", name.display()))?;
        if name.starts_with('.') {
            continue;
        }
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            walk(&entry.path(), &path, depth + 1, files)?;
        } else if kind.is_file() {
            files.push(file(&entry.path(), path)?);
        } else {
            return Err(format!("`{path}` is neither a file nor a folder; links are not followed"));
        }
    }
    Ok(())
}

fn file(file: &Path, path: String) -> Result<File, String> {
    let bytes = fs::read(file).map_err(|error| format!("`{path}` cannot be read: {error}"))?;
    let text = std::str::from_utf8(&bytes).ok().filter(|text| !text.contains('\0'));
    let about = match path.strip_suffix(SKILL_MD).and_then(|folder| folder.strip_suffix('/')) {
        Some(folder) => {
            let text = text.ok_or_else(|| format!("`{path}` is no text"))?;
            Some(frontmatter::read(text, last(folder)).map_err(|wrong| format!("`{path}` {wrong}"))?)
        }
        None => None,
    };
    Ok(File { path, is_text: text.is_some(), size: bytes.len() as u64, about })
}

fn last(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Each file belongs to a skill, and no skill is too large.
fn check(files: &[File]) -> Result<(), String> {
    let roots = files.iter().filter(|file| file.about.is_some()).filter_map(|file| file.path.strip_suffix(SKILL_MD));
    let mut skills: BTreeMap<&str, (usize, u64)> = roots.map(|root| (root, (0, 0))).collect();
    if skills.is_empty() {
        return Err(format!("there is no skill in this folder: a skill is a folder in it, with a file `{SKILL_MD}`"));
    }
    for file in files {
        let mut belongs = false;
        for (root, (count, bytes)) in &mut skills {
            if file.path.starts_with(*root) {
                belongs = true;
                *count += 1;
                *bytes += file.size;
            }
        }
        if !belongs {
            let path = &file.path;
            return Err(format!("`{path}` belongs to no skill: a skill is a folder with a file `{SKILL_MD}`"));
        }
    }
    for (root, (count, bytes)) in skills {
        if count > MAX_FILES || bytes > MAX_BYTES {
            let root = root.trim_end_matches('/');
            let words = format!("the skill `{root}` has {count} files of {bytes} bytes");
            return Err(format!("{words}; clients take {MAX_FILES} files of {MAX_BYTES} bytes"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "---\nname: a\ndescription: b\n---\n";

    /// What becomes of a folder with these files.
    fn read_of(files: &[(&str, &[u8])]) -> Result<Vec<File>, String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        read(folder.path())
    }

    #[test]
    fn files_are_found_in_order_with_what_they_are() {
        let nested = b"---\nname: b\ndescription: c\n---\n";
        let files = [
            ("a/SKILL.md", GOOD.as_bytes()),
            ("a/x/\u{e9} %.txt", b"text"),
            ("a/x/image.png", b"\x89PNG"),
            ("a/nul.txt", b"\0"),
            ("a/.hidden", b""),
            ("a/b/SKILL.md", nested),
        ];
        let files = read_of(&files).unwrap();
        let uris: Vec<String> = files.iter().map(File::uri).collect();
        let expected = ["a/SKILL.md", "a/b/SKILL.md", "a/nul.txt", "a/x/image.png", "a/x/%C3%A9%20%25.txt"];
        assert_eq!(uris, expected.map(|path| format!("skill://{path}")));
        assert_eq!(files.iter().map(|file| file.is_text).collect::<Vec<_>>(), [true, true, false, false, true]);
        assert_eq!(
            files.iter().map(File::name).collect::<Vec<_>>(),
            ["a", "b", "nul.txt", "image.png", "\u{e9} %.txt"]
        );
        assert_eq!(files.first().and_then(|file| file.about.as_ref()).unwrap().description, "b");
    }

    #[test]
    fn what_is_no_skill_is_told() {
        let wrong = |files: &[(&str, &[u8])]| read_of(files).unwrap_err();
        let good = ("a/SKILL.md", GOOD.as_bytes());
        assert!(wrong(&[]).starts_with("there is no skill in this folder"));
        assert!(wrong(&[("SKILL.md", GOOD.as_bytes())]).starts_with("there is no skill in this folder"));
        assert!(wrong(&[good, ("b/skill.md", b"")]).starts_with("`b/skill.md` belongs to no skill"));
        assert!(wrong(&[good, ("ab/x", b"")]).starts_with("`ab/x` belongs to no skill"));
        assert!(wrong(&[("a/SKILL.md", b"\xff")]).starts_with("`a/SKILL.md` is no text"));
        assert!(wrong(&[("b/SKILL.md", GOOD.as_bytes())]).starts_with("`b/SKILL.md` has the name `a`"));
    }

    #[test]
    fn a_skill_that_is_too_large_for_clients_is_told() {
        let file = |path: String, size| File { path, is_text: true, size, about: None };
        let about = || Some(About { name: "a".into(), description: "b".into() });
        let skill = || File { about: about(), ..file("a/SKILL.md".into(), 1) };
        let many: Vec<File> = (0..512).map(|number| file(format!("a/{number}"), 1)).chain([skill()]).collect();
        assert!(check(&many).unwrap_err().starts_with("the skill `a` has 513 files"));
        assert!(check(&many[1..]).is_ok());
        assert!(check(&[skill(), file("a/b".into(), MAX_BYTES)]).unwrap_err().contains("of 16777217 bytes"));
    }
}
