//! What hides in all that a plugin shows the model, with its places.

use serde::Serialize;
use serde_json::Value;

use crate::capability::hidden::looked_at;
pub(super) use crate::capability::hidden::shown;
use crate::plugin::Plugin;

/// Hidden characters of one plugin that are told one by one; of more, how many. Each run of them is one.
const MAX_TOLD: usize = 32;

/// Characters of a run that are told.
const MAX_RUN: usize = 16;

/// A run of hidden characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Hidden {
    /// Where it is: of which item, and a JSON pointer into what clients are told of it.
    place: String,
    /// Characters before it in that text.
    at: usize,
    /// Its code points, such as `U+200B`; the first of them, when it is long.
    codes: Vec<String>,
    /// How many there are.
    count: usize,
    /// What they do.
    does: &'static str,
}

impl Hidden {
    /// For people.
    pub(super) fn text(&self) -> String {
        let Self { place, at, codes, count, does } = self;
        let more = if *count > codes.len() { format!(" and {} more", count - codes.len()) } else { String::new() };
        format!("{place}, after {at} characters: {}{more} ({does})", codes.join(" "))
    }
}

/// What was found: the first of it, where there is much.
#[derive(Debug, Default, Serialize)]
pub(super) struct Found {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hidden: Vec<Hidden>,
    /// Runs that are not told.
    #[serde(skip_serializing_if = "is_none", rename = "more_hidden")]
    more: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Found {
    /// For people.
    pub(super) fn texts(&self) -> impl Iterator<Item = String> {
        let more = (self.more > 0).then(|| format!("in {} more places", self.more));
        self.hidden.iter().map(Hidden::text).chain(more)
    }
}

/// What hides in all that `plugin` shows the model.
pub(super) fn of(plugin: &Plugin) -> Found {
    let menu = plugin.menu();
    let mut found = Found::default();
    for item in &menu.tools {
        find_in("tool", &item.guest_name, &item.tool, &mut found);
    }
    for item in &menu.prompts {
        find_in("prompt", &item.guest_name, &item.prompt, &mut found);
    }
    for template in &menu.templates {
        find_in("template", &template.uri_template, template, &mut found);
    }
    for resource in &menu.resources {
        find_in("resource", &resource.uri, resource, &mut found);
    }
    found
}

/// Looks through what clients are told of `item`.
pub(super) fn find_in(kind: &str, name: &str, item: &impl Serialize, found: &mut Found) {
    let value = serde_json::to_value(item).unwrap_or_default();
    find(&format!("{kind} `{}`", shown(name)), "", &value, found);
}

/// Looks through all texts of `value`, the names of its fields too.
fn find(place: &str, pointer: &str, value: &Value, found: &mut Found) {
    match value {
        Value::String(text) => runs(&at(place, pointer), text, found),
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                find(place, &format!("{pointer}/{at}"), value, found);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let pointer = format!("{pointer}/{}", shown(name));
                runs(&format!("{} (its name)", at(place, &pointer)), name, found);
                find(place, &pointer, value, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn at(place: &str, pointer: &str) -> String {
    if pointer.is_empty() { place.to_owned() } else { format!("{place} at {pointer}") }
}

fn runs(place: &str, text: &str, found: &mut Found) {
    let mut follows = false;
    for (at, (c, hidden)) in looked_at(text).enumerate() {
        let Some(does) = hidden else {
            follows = false;
            continue;
        };
        let code = format!("U+{:04X}", u32::from(c));
        let told = found.hidden.len();
        match found.hidden.last_mut() {
            Some(run) if follows && found.more == 0 => {
                run.count += 1;
                if run.codes.len() < MAX_RUN {
                    run.codes.push(code);
                }
            }
            _ if told >= MAX_TOLD => found.more += usize::from(!follows),
            _ => found.hidden.push(Hidden { place: place.to_owned(), at, codes: vec![code], count: 1, does }),
        }
        follows = true;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(value: &Value) -> Vec<Hidden> {
        all(value).hidden
    }

    fn all(value: &Value) -> Found {
        let mut found = Found::default();
        find_in("tool", "a", value, &mut found);
        found
    }

    #[test]
    fn a_run_is_told_once_with_its_place_and_codes() {
        let told = found(&json!({ "description": "Adds.\u{e0069}\u{e0067}\u{e006e} Well", "title": "a\u{200b}" }));
        let texts: Vec<_> = told.iter().map(Hidden::text).collect();
        let expected = [
            "tool `a` at /description, after 5 characters: U+E0069 U+E0067 U+E006E (a tag: spells letters that nobody sees)",
            "tool `a` at /title, after 1 characters: U+200B (has no width)",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn names_of_fields_and_deep_texts_are_looked_through() {
        let schema = json!({ "inputSchema": { "properties": { "a\u{202e}b": { "enum": [1, "x\u{fe01}\u{fe02}"] } } } });
        let told = found(&schema);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].place.ends_with(r"/inputSchema/properties/a\u{202e}b (its name)"), "{told:?}");
        assert!(told[1].place.ends_with("/enum/1") && told[1].count == 2, "{told:?}");
    }

    /// Bytes spelled in variation selectors behind one picture.
    #[test]
    fn a_picture_with_a_tail_of_selectors_is_found() {
        let tail: String = (0..100).filter_map(|byte| char::from_u32(0xE0100 + byte)).collect();
        let told = found(&json!({ "description": format!("Nice 😀{tail}") }));
        assert_eq!((told.len(), told[0].count, told[0].codes.len()), (1, 100, MAX_RUN));
        assert!(told[0].text().contains("and 84 more"));
        assert_eq!(found(&json!({ "a": "😀\u{fe0f}\u{fe0f}" })).len(), 1);
    }

    #[test]
    fn no_more_is_told_than_a_person_reads() {
        let found = all(&json!(vec!["x\u{200b}\u{200b}"; 1000]));
        assert_eq!((found.hidden.len(), found.more), (MAX_TOLD, 1000 - MAX_TOLD));
        assert!(found.hidden.iter().all(|run| run.count == 2));
        assert_eq!(found.texts().last().as_deref(), Some("in 968 more places"));
    }
}
