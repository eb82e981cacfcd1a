//! A plugin as `barkeep.lock` holds it: its component, and what it shows the model.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::{LoadError, Plugin};
use crate::config::{Approval, Pin};

/// Something that is not as it was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `component`, `tool`, `prompt` or `template`.
    pub kind: &'static str,
    /// Which of them; empty for the component.
    pub name: String,
    /// What it was: JSON, or a digest; none of what is new.
    pub before: Option<String>,
    /// What it is; none of what is gone.
    pub after: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, before, after } = self;
        let what = match (before, after) {
            (None, _) => "is new",
            (_, None) => "is gone",
            _ => "changed",
        };
        if name.is_empty() { write!(f, "its {kind} {what}") } else { write!(f, "its {kind} `{name}` {what}") }
    }
}

impl Plugin {
    /// As it is now.
    pub fn pin(&self) -> Pin {
        let menu = self.menu();
        Pin {
            component: self.digest().to_owned(),
            tools: menu.tools.iter().map(|item| (item.guest_name.clone(), shown(&item.tool))).collect(),
            prompts: menu.prompts.iter().map(|item| (item.guest_name.clone(), shown(&item.prompt))).collect(),
            templates: menu.templates.iter().map(|item| (item.uri_template.clone(), shown(item))).collect(),
        }
    }

    /// Whether it is what it may be.
    pub(super) fn is_approved(&self, approval: &Approval) -> Result<(), LoadError> {
        let unapproved = |why: String| LoadError::Unapproved { why, id: self.id().to_owned() };
        match approval {
            Approval::Anything => Ok(()),
            Approval::Nothing => Err(unapproved("it was never approved".to_owned())),
            Approval::Only(pin) => match changes(pin, &self.pin()).as_slice() {
                [] => Ok(()),
                [change] => Err(unapproved(change.to_string())),
                [change, others @ ..] => {
                    Err(unapproved(format!("{change}, and {} more of what it is and shows", others.len())))
                }
            },
        }
    }
}

/// What clients are told of an item, without its name, which has the prefix that the user gave it.
fn shown(item: &impl Serialize) -> String {
    let mut value = serde_json::to_value(item).unwrap_or_default();
    if let Value::Object(fields) = &mut value {
        fields.remove("name");
    }
    value.to_string()
}

/// What differs between two pins of one plugin.
pub fn changes(before: &Pin, after: &Pin) -> Vec<Change> {
    let component = (before.component != after.component).then(|| Change {
        kind: "component",
        name: String::new(),
        before: Some(before.component.clone()).filter(|digest| !digest.is_empty()),
        after: Some(after.component.clone()),
    });
    let items = [
        ("tool", &before.tools, &after.tools),
        ("prompt", &before.prompts, &after.prompts),
        ("template", &before.templates, &after.templates),
    ];
    component
        .into_iter()
        .chain(items.into_iter().flat_map(|(kind, before, after)| differ(kind, before, after)))
        .collect()
}

fn differ<'a>(
    kind: &'static str,
    before: &'a BTreeMap<String, String>,
    after: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = Change> + use<'a> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differing = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    differing.map(move |name| Change {
        kind,
        name: name.clone(),
        before: before.get(name).cloned(),
        after: after.get(name).cloned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(component: &str, tools: &[(&str, &str)]) -> Pin {
        let tools = tools.iter().map(|(name, shown)| ((*name).to_owned(), (*shown).to_owned()));
        Pin { component: component.to_owned(), tools: tools.collect(), ..Pin::default() }
    }

    #[test]
    fn each_difference_is_told_once() {
        let before = pin("a", &[("gone", "1"), ("same", "2"), ("other", "3")]);
        let after = pin("b", &[("new", "1"), ("same", "2"), ("other", "4")]);
        let told: Vec<_> = changes(&before, &after).iter().map(ToString::to_string).collect();
        let expected =
            ["its component changed", "its tool `gone` is gone", "its tool `new` is new", "its tool `other` changed"];
        assert_eq!(told, expected);
        assert!(changes(&before, &before).is_empty());
        assert_eq!(
            changes(&Pin::default(), &before).first().map(ToString::to_string).as_deref(),
            Some("its component is new")
        );
    }

    #[test]
    fn what_is_shown_has_no_name() {
        assert_eq!(shown(&serde_json::json!({ "name": "github__a", "title": "A" })), r#"{"title":"A"}"#);
    }
}
