//! What the beginning of a `SKILL.md` says: YAML between two lines of `---`, as JSON.

use rmcp::model::{JsonObject, SkillFrontmatter};
use serde_json::Value;
use serde_saphyr::options::MergeKeyPolicy;

/// Bytes of YAML: fifteen times what the longest description takes.
const MAX_YAML: usize = 16 * 1024;

/// Bytes of JSON that it may come to. Aliases make it longer than the YAML.
const MAX_JSON: usize = 64 * 1024;

/// Lists and maps inside each other. `metadata`, the deepest that Agent Skills knows, is one map in the outermost.
const MAX_DEPTH: usize = 16;

/// Aliases, and what all together may repeat: some are sound, and a bomb takes many.
const MAX_ALIASES: usize = 16;
const MAX_REPEATED: usize = 256;

/// Characters of a description (Agent Skills, "description").
const MAX_DESCRIPTION: usize = 1024;

/// Characters of the parser's words that are passed on.
const SHOWN: usize = 200;

/// Reads the frontmatter of a `SKILL.md`. The error is the end of a sentence about the file.
pub(super) fn read(text: &str) -> Result<SkillFrontmatter, String> {
    let yaml = between_lines(text).ok_or("does not begin with frontmatter: YAML between two lines of `---`")?;
    if yaml.len() > MAX_YAML {
        return Err(format!("has frontmatter of {} bytes; {MAX_YAML} is the most", yaml.len()));
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_aliases: MAX_ALIASES,
            max_anchors: MAX_ALIASES,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPEATED },
        // YAML 1.2, as clients read it that compare.
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        underscored_numbers_as_strings: true,
    };
    let mut fields: JsonObject = serde_saphyr::from_str_with_options(yaml, options)
        .map_err(|error| format!("has frontmatter that cannot be read: {}", shown(error.without_snippet())))?;
    if serde_json::to_string(&fields).map_or(usize::MAX, |json| json.len()) > MAX_JSON {
        return Err(format!("has frontmatter that comes to more than {MAX_JSON} bytes of JSON"));
    }
    let name = text_of(&mut fields, "name")?;
    let description = text_of(&mut fields, "description")?;
    let length = description.chars().count();
    if length > MAX_DESCRIPTION {
        return Err(format!("has a description of {length} characters; {MAX_DESCRIPTION} is the most"));
    }
    let mut frontmatter = SkillFrontmatter::new(name, description);
    frontmatter.extra = fields;
    Ok(frontmatter)
}

fn text_of(fields: &mut JsonObject, key: &str) -> Result<String, String> {
    match fields.shift_remove(key) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text),
        Some(_) => Err(format!("has a `{key}` in its frontmatter that is no text, or an empty one")),
        None => Err(format!("has no `{key}` in its frontmatter")),
    }
}

/// What is between the first line, `---`, and the next line `---`.
fn between_lines(text: &str) -> Option<&str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).strip_prefix("---")?;
    let text = text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n'))?;
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let ends = line.trim_end_matches(['\n', '\r', ' ', '\t']) == "---";
        if ends {
            return text.get(..end);
        }
        end += line.len();
    }
    None
}

fn shown(error: &serde_saphyr::Error) -> String {
    let words = error.to_string();
    words.lines().next().unwrap_or_default().chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn json_of(text: &str) -> Value {
        serde_json::to_value(read(text).expect("it is good")).expect("JSON")
    }

    fn wrong(yaml: &str) -> String {
        read(&format!("---\n{yaml}\n---\n")).expect_err("it is wrong")
    }

    #[test]
    fn all_that_the_author_wrote_is_there() {
        let text = "\u{feff}---\r\nname: a\r\ndescription: >-\r\n  One\r\n  two.\r\nmetadata:\r\n  version: \"1.0\"\r\n  \
                    number: 1.5\r\nlist: [yes, true, null, 0o17, 2026-07-28]\r\n--- \t\r\n# A\r\n---\r\n";
        let expected = json!({
            "name": "a",
            "description": "One two.",
            "metadata": { "version": "1.0", "number": 1.5 },
            "list": ["yes", true, null, 15, "2026-07-28"],
        });
        assert_eq!(json_of(text), expected);
        assert_eq!(
            json_of("---\nname: a\ndescription: &x b\nc: *x\n---"),
            json!({ "name": "a", "description": "b", "c": "b" })
        );
    }

    #[test]
    fn what_is_no_frontmatter_is_told() {
        for text in ["", "name: a", "---\nname: a\n", " ---\nname: a\n---\n", "----\nname: a\n---\n", "---"] {
            assert!(read(text).expect_err("it has none").contains("does not begin with frontmatter"), "{text}");
        }
        assert!(wrong("- a").contains("cannot be read"));
        assert!(wrong("a: b: c").contains("cannot be read"));
        assert!(wrong("name: a\nname: b\ndescription: c").contains("cannot be read"));
        assert!(wrong("description: b").contains("has no `name`"));
        assert!(wrong("name: a").contains("has no `description`"));
        assert!(wrong("name: 1\ndescription: b").contains("`name` in its frontmatter that is no text"));
        assert!(wrong("name: a\ndescription: \" \"").contains("`description`"));
        assert!(wrong(&format!("name: a\ndescription: {}", "b".repeat(1025))).contains("1024 is the most"));
        assert_eq!(wrong("a: .inf").lines().count(), 1);
    }

    #[test]
    fn what_grows_or_nests_without_end_is_refused() {
        assert!(wrong(&format!("name: {}", "a".repeat(MAX_YAML))).contains("16384 is the most"));
        let nested = format!("name: a\ndescription: b\nc: {}{}", "[".repeat(5000), "]".repeat(5000));
        assert!(wrong(&nested).contains("cannot be read"));
        let indented: Vec<String> = (0..100).map(|depth| format!("{}a:", " ".repeat(depth))).collect();
        assert!(wrong(&indented.join("\n")).contains("cannot be read"));
        let doubled = |step| format!("a{step}: &a{step} [*a{0}, *a{0}]", step - 1);
        let doubled: Vec<String> = (1..14).map(doubled).collect();
        assert!(wrong(&format!("a0: &a0 [x, x]\n{}", doubled.join("\n"))).contains("cannot be read"));
        let filled = "x".repeat(12_000);
        let repeated = format!("name: a\ndescription: b\nc: &c {filled}\nd: [{}]", ["*c"; 16].join(", "));
        assert!(wrong(&repeated).contains("65536 bytes of JSON"));
        assert!(wrong("a: &a [*a]").contains("cannot be read"));
    }
}
