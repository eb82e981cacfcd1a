use super::*;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

fn tree() -> (TempDir, String, Allowed) {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().canonicalize().unwrap().to_str().unwrap().to_owned();
    let root = format!("{top}/root");
    for path in ["root/a/b", "root-too", "outside"] {
        fs::create_dir_all(format!("{top}/{path}")).unwrap();
    }
    for path in ["root/a/b/file", "root-too/file", "outside/file"] {
        fs::write(format!("{top}/{path}"), "").unwrap();
    }
    let allowed = Allowed::new([(root.clone(), true)], None);
    (folder, root, allowed)
}

fn words(result: Result<String>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn paths_are_absolute_or_seen_from_the_first_folder_that_would_hold_them() {
    let (_folder, root, allowed) = tree();
    let file = format!("{root}/a/b/file");
    for path in [file.as_str(), "a/b/file", "./a//b/../b/file/", &format!("{root}/../root/a/b/file")] {
        assert_eq!(allowed.validate(path).unwrap(), file, "{path}");
    }
    assert_eq!(allowed.validate("").unwrap(), root);
    let two = Allowed::new([("/nowhere/one".into(), true), (root.clone(), true)], None);
    assert_eq!(two.absolute("../../../x").unwrap(), "/x");
    assert_eq!(two.absolute(&format!("../..{root}/x")).unwrap(), format!("{root}/x"));
}

#[test]
fn a_home_is_that_of_the_environment_or_of_a_folder_or_the_root() {
    let of = |folders: &[&str], home: Option<&str>| {
        let folders = folders.iter().map(|folder| ((*folder).to_owned(), true));
        Allowed::new(folders, home.map(str::to_owned)).absolute("~/x").unwrap()
    };
    assert_eq!(of(&["/code"], None), "/x");
    assert_eq!(of(&["/code", "/home/me/code"], None), "/home/me/x");
    assert_eq!(of(&["/Users/me"], None), "/Users/me/x");
    assert_eq!(of(&["/root/a"], None), "/root/x");
    assert_eq!(of(&["/home/me/code"], Some("/home/you")), "/home/you/x");
    let (_folder, root, allowed) = tree();
    assert_eq!(allowed.absolute("~other").unwrap(), format!("{root}/~other"));
}

#[test]
fn what_lies_outside_is_refused_with_the_allowed_folders() {
    let (_folder, root, allowed) = tree();
    for path in ["/etc/passwd", "../outside/file", "../root-too/file", "a/../../outside", "~/x"] {
        let words = words(allowed.validate(path));
        assert!(words.starts_with("Access denied - path outside allowed directories: /"), "{words}");
        assert!(words.ends_with(&format!(" not in {root}")), "{words}");
    }
    assert!(words(allowed.validate("a\0b")).contains("a\0b not in"));
    assert_eq!(
        words(allowed.validate("C:\\Users")),
        "Access denied - Windows-style path received on a POSIX host: C:\\Users"
    );
    assert_eq!(allowed.validate("c:x").unwrap(), format!("{root}/c:x"));
}

#[test]
fn links_are_followed_as_long_as_they_stay_inside() {
    let (folder, root, allowed) = tree();
    let top = folder.path().canonicalize().unwrap();
    let link = |target: &str, name: &str| symlink(target, format!("{root}/{name}")).unwrap();
    link("a/b", "in");
    link("../../root/a/../a/b", "a/around");
    link(&format!("{root}/a/b"), "absolute");
    link("../outside", "out");
    link("..", "up");
    link("loop", "loop");
    link("gone", "dangling");
    for path in ["in/file", "a/around/file", "absolute/file"] {
        assert_eq!(allowed.validate(path).unwrap(), format!("{root}/a/b/file"), "{path}");
    }
    let top = top.to_str().unwrap();
    let denied = |target: &str| {
        format!("Access denied - symlink target outside allowed directories: {top}{target} not in {root}")
    };
    assert_eq!(words(allowed.validate("out")), denied("/outside"));
    assert_eq!(words(allowed.validate("out/file")), denied("/outside/file"));
    assert_eq!(words(allowed.validate("out/new/file")), denied("/outside/new/file"));
    assert_eq!(words(allowed.validate("up")), denied(""));
    assert_eq!(words(allowed.validate("up/outside")), denied("/outside"));
    let circle = words(allowed.validate("loop"));
    assert_eq!(circle, format!("ELOOP: too many symbolic links encountered, realpath '{root}/loop'"));
    assert_eq!(words(allowed.validate("dangling")), format!("Parent directory does not exist: {root}"));
}

#[test]
fn a_folder_that_is_moved_out_takes_its_paths_with_it() {
    let (folder, root, allowed) = tree();
    let top = folder.path().canonicalize().unwrap();
    assert!(allowed.validate("a/b/file").is_ok());
    fs::rename(format!("{root}/a"), top.join("outside/a")).unwrap();
    assert_eq!(allowed.validate("a/b/file").unwrap(), format!("{root}/a/b/file"));
    assert!(!fs::exists(format!("{root}/a/b/file")).unwrap());
    symlink("../outside/a", format!("{root}/a")).unwrap();
    for path in ["a/b/file", "a/b/new", "a"] {
        assert!(words(allowed.validate(path)).starts_with("Access denied - symlink target outside"), "{path}");
    }
}

#[test]
fn what_is_missing_is_accepted_below_what_is_there() {
    let (_folder, root, allowed) = tree();
    assert_eq!(allowed.validate("a/new/er/file").unwrap(), format!("{root}/a/new/er/file"));
    let through = words(allowed.validate("a/b/file/x"));
    assert_eq!(through, format!("ENOTDIR: not a directory, realpath '{root}/a/b/file/x'"));
}

#[test]
fn a_name_in_another_unicode_form_is_found_unless_two_would_fit() {
    let (_folder, root, allowed) = tree();
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
    fs::write(format!("{root}/{decomposed}"), "").unwrap();
    assert_eq!(allowed.validate(composed).unwrap(), format!("{root}/{decomposed}"));
    fs::create_dir(format!("{root}/d{decomposed}")).unwrap();
    assert_eq!(allowed.validate(&format!("d{composed}/x")).unwrap(), format!("{root}/d{decomposed}/x"));
    let (one, two, three) = ("\u{1e9b}\u{323}", "\u{17f}\u{323}\u{307}", "\u{17f}\u{307}\u{323}");
    fs::write(format!("{root}/{two}"), "").unwrap();
    fs::write(format!("{root}/{three}"), "").unwrap();
    assert_eq!(words(allowed.validate(one)), format!("Ambiguous Unicode path component: {one}"));
}

#[test]
fn without_a_folder_the_refusal_says_what_to_write_where() {
    let words = words(Allowed::new([], None).validate("/x"));
    assert!(words.contains("barkeep.toml") && words.contains("fs = [{ host = "), "{words}");
}

#[test]
fn a_folder_to_be_read_is_not_changed() {
    let allowed = Allowed::new([("/a".into(), false), ("/a/b".into(), true)], None);
    let words = allowed.writable("/a/x").unwrap_err().to_string();
    assert!(words.contains("guest = \"/a\", mode = \"read-write\""), "{words}");
    assert!(allowed.writable("/a/b/x").is_ok());
    assert!(allowed.is_root("/a/b") && !allowed.is_root("/a/b/c"));
}
