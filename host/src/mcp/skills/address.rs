//! Which URIs are those of a skill and its files: `skill://PATH/NAME/SKILL.md` (the extension
//! `io.modelcontextprotocol/skills`, "Resource Mapping").

use rmcp::model::SKILL_MD;

use crate::plugin::SKILLS;

/// Bytes of a URI: a file system takes no longer path either, and an entry repeats it for each file.
const MAX_URI: usize = 1024;

/// Characters of a name (Agent Skills, "name").
const MAX_NAME: usize = 64;

/// The folder of the skill whose `SKILL.md` this is.
pub(super) fn root(uri: &str) -> Option<&str> {
    let root = uri.strip_suffix(SKILL_MD)?.strip_suffix('/')?;
    (root.len() > SKILLS.len() && root.starts_with(SKILLS)).then_some(root)
}

/// The last part of a path.
pub(super) fn name(root: &str) -> &str {
    root.rsplit('/').next().unwrap_or_default()
}

/// Whether a URI has but one way to be written, and names one file below its folder wherever a client keeps it: no `.` and
/// no `..`, nothing escaped that need not be, no escaped slash, no query.
pub(super) fn is_normal(uri: &str) -> bool {
    let Some(path) = uri.strip_prefix(SKILLS) else { return false };
    uri.len() <= MAX_URI && path.split('/').all(is_normal_part)
}

fn is_normal_part(part: &str) -> bool {
    if matches!(part, "" | "." | "..") {
        return false;
    }
    let mut bytes = part.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => escaped(bytes.next(), bytes.next()).is_some_and(must_be_escaped),
            byte => is_plain(byte),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// Whether a byte stands for itself in a path (RFC 3986, `pchar`).
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

/// Whether an escape is the way to write a byte. Slashes, backslashes and control characters would be another path, or
/// none, once they are not escaped any more.
fn must_be_escaped(byte: u8) -> bool {
    !is_plain(byte) && !byte.is_ascii_control() && !matches!(byte, b'/' | b'\\')
}

fn escaped(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    Some(digit(high?)? * 16 + digit(low?)?)
}

/// Whether a skill may have this name (Agent Skills, "name").
pub(super) fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(fits)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_skill_is_told_from_its_uri() {
        assert_eq!(root("skill://acme/refunds/SKILL.md"), Some("skill://acme/refunds"));
        assert_eq!(name("skill://acme/refunds"), "refunds");
        for none in
            ["skill://SKILL.md", "skill:///SKILL.md", "skill://a/skill.md", "file://a/SKILL.md", "skill://aSKILL.md"]
        {
            assert_eq!(root(none).filter(|root| is_normal(root)), None, "{none}");
        }
    }

    #[test]
    fn a_uri_has_one_way_to_be_written_and_stays_below_its_folder() {
        for normal in [
            "skill://a/SKILL.md",
            "skill://a/b%20c/%C3%A9.md",
            "skill://a/b.c~d/e:f@g",
            "skill://a/...",
            "skill://a/100%25",
        ] {
            assert!(is_normal(normal), "{normal}");
        }
        let long = format!("skill://a/{}", "b".repeat(MAX_URI));
        for other in [
            "skill://a/../b/SKILL.md",
            "skill://a/./b",
            "skill://a//b",
            "skill://a/",
            "skill://",
            "skill://a/b c",
            "skill://a/é",
            "skill://a/%2e%2e/b",
            "skill://a/%2E%2E/b",
            "skill://a/b%2Fc",
            "skill://a/b%5Cc",
            "skill://a/b\\c",
            "skill://a/%00",
            "skill://a/%c3%a9",
            "skill://a/%",
            "skill://a/%4",
            "skill://a/b?c",
            "skill://a/b#c",
            "SKILL://a/b",
            "file:///a",
            &long,
        ] {
            assert!(!is_normal(other), "{other}");
        }
    }

    #[test]
    fn names_are_those_of_agent_skills() {
        for good in ["a", "git-workflow", "0", &"a".repeat(64)] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "A", "a_b", "-a", "a-", "a--b", "é", "a b", &"a".repeat(65)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
