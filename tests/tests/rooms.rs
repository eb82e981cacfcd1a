//! The rooms of the host: imports point down only, in the order of the map in `lib.rs`; and no file holds two ideas.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Lines of a file that outgrew one idea.
const MOST_LINES: usize = 400;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in the repository").to_owned()
}

/// All Rust files below `folder`, but not what was built.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The rooms, highest first: the links in the first column of the map.
fn rooms(lib: &str) -> Vec<String> {
    let rows = lib.lines().filter_map(|line| line.strip_prefix("//! | [`"));
    rows.filter_map(|row| row.split('`').next()).map(str::to_owned).collect()
}

/// The first names of all paths from the crate's root in `tokens`, those of a file whose module lies `depth` below the
/// root: after `crate::`, and after as many `super::` as lead there.
fn names_from_root(tokens: TokenStream, depth: usize, names: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: usize, word: &str| matches!(tokens.get(at), Some(TokenTree::Ident(ident)) if ident == word);
    let is_path = |at: usize| {
        let colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
        colon(at) && colon(at + 1)
    };
    let mut at = 0;
    while at < tokens.len() {
        let mut up = 0;
        while is(at + 3 * up, "super") && is_path(at + 3 * up + 1) {
            up += 1;
        }
        let root = if is(at, "crate") && is_path(at + 1) {
            Some(at + 3)
        } else if up > 0 && up >= depth {
            Some(at + 3 * up)
        } else {
            None
        };
        if let Some(first) = root {
            match tokens.get(first) {
                Some(TokenTree::Ident(ident)) => names.push(ident.to_string()),
                Some(TokenTree::Group(group)) => names.extend(names_of_group(group.stream())),
                _ => {}
            }
        }
        if let Some(TokenTree::Group(group)) = tokens.get(at) {
            let is_module = at >= 2 && is(at - 2, "mod") && group.delimiter() == Delimiter::Brace;
            names_from_root(group.stream(), depth + usize::from(is_module), names);
        }
        at += 1 + (3 * up).saturating_sub(1);
    }
}

/// The first names in `{a::b, c}`.
fn names_of_group(tokens: TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_first = true;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if is_first => names.push(ident.to_string()),
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                is_first = true;
                continue;
            }
            _ => {}
        }
        is_first = false;
    }
    names
}

#[test]
fn imports_point_down_only() {
    let source = repository().join("host/src");
    let rooms = rooms(&read(&source.join("lib.rs")));
    assert!(rooms.len() >= 9, "the map in lib.rs has {rooms:?}");
    let rank = |room: &str| rooms.iter().position(|known| known == room);
    let mut wrong = Vec::new();
    for file in sources(&source) {
        let inside = file.strip_prefix(&source).expect("it is inside");
        let parts: Vec<_> = inside.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let Some(own) = rank(&parts[0]) else {
            assert!(parts.len() == 1, "{} is in no room of the map", inside.display());
            continue;
        };
        let depth = parts.iter().filter(|part| *part != "mod").count();
        let tokens: TokenStream =
            read(&file).parse().unwrap_or_else(|error| panic!("{} is not Rust: {error}", inside.display()));
        let mut names = Vec::new();
        names_from_root(tokens, depth, &mut names);
        for name in names {
            match rank(&name) {
                Some(other) if other < own => {
                    wrong.push(format!("{} imports {name}, which is above", inside.display()));
                }
                Some(_) => {}
                None => wrong.push(format!("{} imports {name}, which is no room of the map", inside.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_is_on_the_map() {
    let source = repository().join("host/src");
    let rooms = rooms(&read(&source.join("lib.rs")));
    for entry in fs::read_dir(&source).expect("it is there") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        assert!(rooms.contains(&name) || ["lib", "main"].contains(&name.as_str()), "`{name}` is not on the map");
        if path.is_dir() {
            let module = read(&path.join("mod.rs"));
            assert!(module.starts_with("//! "), "the first line of {name}/mod.rs says what the room is for");
        }
    }
}

#[test]
fn no_file_outgrows_one_idea() {
    let mut long = Vec::new();
    for file in sources(&repository()) {
        let lines = read(&file).lines().count();
        if lines > MOST_LINES {
            long.push(format!("{} has {lines} lines", file.display()));
        }
    }
    assert!(long.is_empty(), "split them ({MOST_LINES} lines are the most):\n{}", long.join("\n"));
}

mod the_test_itself {
    use super::*;

    fn names(code: &str, depth: usize) -> Vec<String> {
        let mut names = Vec::new();
        names_from_root(code.parse().expect("it is Rust"), depth, &mut names);
        names
    }

    #[test]
    fn sees_every_way_to_name_a_room() {
        assert_eq!(names("use crate::cli::x;", 2), ["cli"]);
        assert_eq!(names("use crate::{cli::{a, b}, mcp, config::*};", 2), ["cli", "mcp", "config"]);
        assert_eq!(names("fn f() { crate::cli::x(); g!(crate::mcp::y) }", 2), ["cli", "mcp"]);
        assert_eq!(names("use super::cli;", 1), ["cli"]);
        assert_eq!(names("use super::super::{cli, mcp};", 2), ["cli", "mcp"]);
        assert_eq!(names("mod tests { use super::super::cli; }", 1), ["cli"]);
    }

    #[test]
    fn takes_nothing_else_for_a_room() {
        assert_eq!(names("use super::x; use self::y; use std::crate_::z;", 2), [""; 0]);
        assert_eq!(names("mod tests { use super::*; }", 1), [""; 0]);
        assert_eq!(names("// crate::cli\nconst X: &str = \"crate::cli\";", 2), [""; 0]);
    }
}
