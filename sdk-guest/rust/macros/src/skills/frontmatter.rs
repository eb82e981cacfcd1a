//! What a `SKILL.md` says of its skill, in the YAML at its beginning.

use serde::Deserialize;

/// Characters of a name and of a description (Agent Skills, "name" and "description").
const MAX_NAME: usize = 64;
const MAX_DESCRIPTION: usize = 1024;

/// What a skill is called, and what it is for.
#[derive(Debug, Deserialize)]
pub(super) struct About {
    pub(super) name: String,
    pub(super) description: String,
}

/// Reads the frontmatter of the `SKILL.md` in the folder `folder`. The error is the end of a sentence about the file.
pub(super) fn read(text: &str, folder: &str) -> Result<About, String> {
    let yaml = between_lines(text).ok_or(
        "does not begin with frontmatter: a line `---`, then `name: ...` and `description: ...`, then a line `---`",
    )?;
    // `name: 1` is a number in YAML, and no name.
    let options = serde_saphyr::options! { no_schema: true };
    let about: About = serde_saphyr::from_str_with_options(yaml, options)
        .map_err(|error| format!("has frontmatter that cannot be read: {error}"))?;
    if !is_name(&about.name) {
        let words = "a name has 1 to 64 of `a-z 0-9 -`, and no `-` at an end or beside another";
        return Err(format!("has the name `{}`; {words}", about.name));
    }
    if about.name != folder {
        return Err(format!("has the name `{}`, and its folder `{folder}`: they must be the same", about.name));
    }
    let length = about.description.chars().count();
    if about.description.trim().is_empty() || length > MAX_DESCRIPTION {
        return Err(format!("has a description of {length} characters; it has 1 to {MAX_DESCRIPTION}"));
    }
    Ok(about)
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(fits)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

/// What is between the first line, `---`, and the next line `---`.
fn between_lines(text: &str) -> Option<&str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).strip_prefix("---")?;
    let text = text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n'))?;
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return text.get(..end);
        }
        end += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_description_are_read_as_yaml() {
        let text = "---\nname: git-workflow\ndescription: >-\n  One\n  \"two\".\nmetadata:\n  version: 1\n---\n# Git\n";
        let about = read(text, "git-workflow").unwrap();
        assert_eq!((about.name.as_str(), about.description.as_str()), ("git-workflow", "One \"two\"."));
    }

    #[test]
    fn what_is_missing_or_wrong_is_told() {
        let wrong = |yaml: &str| read(&format!("---\n{yaml}\n---\n"), "a").unwrap_err();
        assert!(read("# A skill", "a").unwrap_err().starts_with("does not begin with frontmatter"));
        assert!(read("---\nname: a\n", "a").unwrap_err().starts_with("does not begin with frontmatter"));
        assert!(wrong("name: a").contains("description"));
        assert!(wrong("description: b").contains("name"));
        assert!(wrong("name: 1\ndescription: b").starts_with("has frontmatter that cannot be read"));
        assert!(wrong("name: A\ndescription: b").starts_with("has the name `A`; a name has"));
        assert!(wrong("name: b\ndescription: b").starts_with("has the name `b`, and its folder `a`"));
        assert!(wrong("name: a\ndescription: \"\"").starts_with("has a description of 0 characters"));
        assert!(wrong(&format!("name: a\ndescription: {}", "b".repeat(1025))).contains("1 to 1024"));
    }
}
