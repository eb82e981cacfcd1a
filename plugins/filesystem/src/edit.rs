//! Edits of a text: each puts a new text in place of the first occurrence of an old one.

use crate::failure::{Failure, Result};
use crate::text::{indent, line_feeds, trim, trim_start};

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What to look for.
    pub old: String,
    /// What to put there.
    pub new: String,
}

/// `content`, which has line feeds only, after all `edits`, one after another.
pub fn apply(content: &str, edits: impl IntoIterator<Item = Edit>) -> Result<String> {
    let mut content = content.to_owned();
    for edit in edits {
        let (old, new) = (line_feeds(&edit.old), line_feeds(&edit.new));
        let exact = content.find(&old).map(|at| (at, old.len(), None));
        let found = exact.or_else(|| {
            let (at, length) = same_but_for_space(&content, &old)?;
            let first = content.get(at..).unwrap_or("");
            Some((at, length, Some(indented(&new, &old, first))))
        });
        let Some((at, length, shifted)) = found else {
            return Err(Failure::words(format!("Could not find exact match for edit:\n{}", edit.old)));
        };
        content.replace_range(at..at + length, shifted.as_deref().unwrap_or(&new));
    }
    Ok(content)
}

/// Where in `content` the whole lines are that differ from those of `old` in white space at their ends only: the first
/// byte, and the number of bytes, without the end of the last line.
fn same_but_for_space(content: &str, old: &str) -> Option<(usize, usize)> {
    let mut rest = Some(0);
    while let Some(start) = rest {
        let from = content.get(start..)?;
        let mut lines = from.split('\n');
        let mut length = 0;
        let same = old.split('\n').all(|old| {
            lines.next().is_some_and(|line| {
                length += line.len() + 1;
                trim(line) == trim(old)
            })
        });
        if same {
            return Some((start, length - 1));
        }
        rest = from.find('\n').map(|end| start + end + 1);
    }
    None
}

/// `new` with the indentation of `first`, the line that it is put at. The lines after it keep what they are indented by
/// against the line of `old` in their place, as far as both are.
fn indented(new: &str, old: &str, first: &str) -> String {
    let base = indent(first.split('\n').next().unwrap_or(""));
    let mut olds = old.split('\n');
    let mut out = String::new();
    for (index, line) in new.split('\n').enumerate() {
        let before = olds.next().map_or("", indent);
        let own = indent(line);
        if index == 0 {
            out.push_str(base);
            out.push_str(trim_start(line));
            continue;
        }
        out.push('\n');
        if before.is_empty() || own.is_empty() {
            out.push_str(line);
            continue;
        }
        // White space is in the basic plane: a character is a unit of JavaScript's.
        let more = own.chars().count().saturating_sub(before.chars().count());
        out.push_str(base);
        out.extend(std::iter::repeat_n(' ', more));
        out.push_str(trim_start(line));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(content: &str, edits: &[(&str, &str)]) -> Result<String> {
        let edits = edits.iter().map(|(old, new)| Edit { old: (*old).into(), new: (*new).into() });
        apply(content, edits)
    }

    #[test]
    fn the_first_exact_match_is_replaced_and_edits_build_on_each_other() {
        assert_eq!(edited("a b a", &[("a", "x"), ("x b", "y")]).unwrap(), "y a");
        assert_eq!(edited("a", &[("", "$&")]).unwrap(), "$&a");
        assert_eq!(edited("a\nb\n", &[("a\r\nb", "c\r\nd")]).unwrap(), "c\nd\n");
    }

    #[test]
    fn lines_match_whatever_the_white_space_around_them() {
        let content = "fn a() {\n    one();\n    two();\n}\n";
        let expected = "fn a() {\n    one(1);\n    two(2);\n}\n";
        assert_eq!(edited(content, &[("  one();\n  two();", "  one(1);\n  two(2);")]).unwrap(), expected);
        assert_eq!(edited("\ta \nb", &[("a\nb ", "c\nd")]).unwrap(), "\tc\nd");
    }

    #[test]
    fn lines_that_are_indented_more_stay_so() {
        let content = "    if a {\n        b\n    }\n";
        let after = |old, new| edited(content, &[(old, new)]).unwrap();
        // Lines of the same depth as before come to the depth of the first, however deep they were.
        assert_eq!(after("if a {\n  b\n}", "if c {\n  d\n    e\n}"), "    if c {\n    d\n    e\n}\n");
        assert_eq!(after(" if a {\n  b\n }", " if c {\n  d\n      e\n    }"), "    if c {\n    d\n         e\n    }\n");
    }

    #[test]
    fn an_edit_that_fits_nowhere_is_told_in_its_own_words() {
        let failure = edited("a\nb", &[("b\r\nc", "")]).unwrap_err().to_string();
        assert_eq!(failure, "Could not find exact match for edit:\nb\r\nc");
        assert!(edited("", &[("a", "")]).is_err());
        assert_eq!(edited("a\n \n", &[("a\n\n\t", "b")]).unwrap(), "b");
    }
}
