//! Paths as text: POSIX rules, no file touched. The guest sees POSIX paths whatever the host is.

/// Whether `path` starts at the root.
pub fn is_absolute(path: &str) -> bool {
    path.starts_with('/')
}

/// `path` seen from the absolute folder `base`, without `.`, `..` and doubled slashes. `..` at the root stays there.
pub fn resolve(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let base = if is_absolute(path) { "" } else { base };
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The names that an absolute path is made of.
pub fn components(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

/// The entry `name` of the folder `folder`.
pub fn join(folder: &str, name: &str) -> String {
    if folder.ends_with('/') { format!("{folder}{name}") } else { format!("{folder}/{name}") }
}

/// The folder that holds the absolute, resolved `path`; the root holds itself.
pub fn parent(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(at) => path.get(..at).unwrap_or("/"),
    }
}

/// The last name of an absolute, resolved path; empty for the root.
pub fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or("")
}

/// What follows `folder` in `path`: empty for the folder itself, none where `path` lies elsewhere.
pub fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() || folder.ends_with('/') {
        return Some(rest);
    }
    rest.strip_prefix('/')
}

/// The extension of the last name, with its dot and in lower case; empty where there is none. A name that starts with
/// its only dot has none.
pub fn extension(path: &str) -> String {
    let name = name(path);
    match name.rfind('.') {
        None | Some(0) => String::new(),
        Some(at) => name.get(at..).unwrap_or("").to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolving_drops_dots_and_stays_below_the_root() {
        assert_eq!(resolve("/a/b", "c/./d//e"), "/a/b/c/d/e");
        assert_eq!(resolve("/a/b", "../c"), "/a/c");
        assert_eq!(resolve("/a/b", "/x/../../y/"), "/y");
        assert_eq!(resolve("/a", ""), "/a");
        assert_eq!(resolve("/", ".."), "/");
    }

    #[test]
    fn below_compares_whole_names() {
        assert_eq!(below("/a/b/c", "/a"), Some("b/c"));
        assert_eq!(below("/a", "/a"), Some(""));
        assert_eq!(below("/ab", "/a"), None);
        assert_eq!(below("/ab", "/"), Some("ab"));
    }

    #[test]
    fn extensions_are_those_of_the_last_name() {
        assert_eq!(extension("/a.b/c.TXT"), ".txt");
        assert_eq!(extension("/a.b/.profile"), "");
        assert_eq!(extension("/a.b/c"), "");
        assert_eq!((parent("/a/b"), parent("/a"), name("/a/b")), ("/a", "/", "b"));
    }
}
