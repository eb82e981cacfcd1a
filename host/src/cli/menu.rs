//! The menu as it is printed: each plugin with its tools, resources, prompts and grants, and what is wrong with it.

use std::fmt::Write;

use serde::Serialize;

use super::hidden::{self, Found};
use super::texts::Texts;
use crate::capability::risk::cut;
use crate::plugin::{Notes, Plugin};
use crate::supervisor::Supervisor;

/// Characters of a description that are shown in a list.
const DESCRIPTION: usize = 80;

/// One plugin.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    id: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resting: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(flatten)]
    shows: Shown,
    grants: Vec<String>,
    /// What nobody is asked for again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    never: Vec<String>,
}

/// What a plugin shows the model.
#[derive(Debug, Default, Serialize)]
pub(super) struct Shown {
    tools: Vec<Item>,
    resources: Vec<Item>,
    prompts: Vec<Item>,
    #[serde(flatten)]
    hidden: Found,
    /// What was looked through of what it says when it is asked; none where it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    texts: Option<Texts>,
}

/// A tool, a resource, a template or a prompt.
#[derive(Debug, Serialize)]
struct Item {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

impl Item {
    fn new(name: impl Into<String>, description: Option<&str>) -> Self {
        Self { name: name.into(), description: description.map(str::to_owned) }
    }
}

impl Entry {
    /// Every plugin of the configuration, in its order.
    pub(super) fn all(supervisor: &Supervisor) -> Vec<Self> {
        let catalog = supervisor.catalog();
        let statuses = supervisor.report().plugins;
        statuses
            .into_iter()
            .map(|status| {
                let mut entry = catalog.plugin(&status.id).map_or_else(Self::empty, |plugin| Self::of(plugin));
                entry.status = match (status.generation, &status.problem) {
                    (Some(_), None) => "serving",
                    (Some(_), Some(_)) => "serving the version before",
                    (None, _) => "not served",
                };
                entry.id = status.id;
                entry.problem = status.problem;
                entry
            })
            .collect()
    }

    fn empty() -> Self {
        Self {
            id: String::new(),
            status: "",
            problem: None,
            resting: None,
            generation: None,
            sha256: None,
            shows: Shown::default(),
            grants: Vec::new(),
            never: Vec::new(),
        }
    }

    fn of(plugin: &Plugin) -> Self {
        Self {
            generation: Some(plugin.generation()),
            sha256: Some(plugin.digest().to_owned()),
            shows: Shown::by(plugin),
            grants: plugin.capabilities().describe().to_vec(),
            never: plugin.never().asks().into_iter().map(|ask| ask.what).collect(),
            ..Self::empty()
        }
    }

    /// Takes in whether it rests in the host that serves it.
    pub(super) fn look_up(&mut self, notes: &Notes) {
        self.resting = self.sha256.as_ref().and_then(|sha256| notes.of(&self.id, sha256));
    }

    /// Whether it is served, in its newest version.
    pub(super) fn is_well(&self) -> bool {
        self.problem.is_none()
    }

    /// How it fares, in one line.
    pub(super) fn verdict(&self) -> Result<String, String> {
        match &self.problem {
            None => Ok(format!("{}: {}", self.id, self.status)),
            Some(problem) => Err(format!("{}: {}: {problem}", self.id, self.status)),
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{} ({})\n", self.id, self.status);
        if let Some(problem) = &self.problem {
            line(&mut text, "problem", problem);
        }
        if let Some(words) = &self.resting {
            line(&mut text, "rests", words);
        }
        for (kind, what) in self.shows.lines() {
            line(&mut text, kind, &what);
        }
        for grant in &self.grants {
            line(&mut text, "grant", grant);
        }
        for never in &self.never {
            line(&mut text, "never", never);
        }
        text
    }
}

impl Shown {
    /// What `plugin` shows.
    pub(super) fn by(plugin: &Plugin) -> Self {
        let menu = plugin.menu();
        let tools = menu.tools.iter().map(|item| Item::new(&*item.tool.name, item.tool.description.as_deref()));
        let templates =
            menu.templates.iter().map(|template| Item::new(&template.uri_template, template.description.as_deref()));
        let resources = menu.resources.iter().map(|resource| Item::new(&resource.uri, resource.description.as_deref()));
        let prompts = menu.prompts.iter().map(|item| Item::new(&item.prompt.name, item.prompt.description.as_deref()));
        Self {
            tools: tools.collect(),
            resources: templates.chain(resources).collect(),
            prompts: prompts.collect(),
            hidden: hidden::of(plugin),
            texts: None,
        }
    }

    /// The same, with what was found in the texts that it gives.
    pub(super) fn with(self, texts: Texts) -> Self {
        Self { texts: Some(texts), ..self }
    }

    /// For people: what kind of thing each is, and what is said of it.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&'static str, String)> {
        let kinds = [("tool", &self.tools), ("resource", &self.resources), ("prompt", &self.prompts)];
        let items = kinds.into_iter().flat_map(|(kind, items)| items.iter().map(move |item| (kind, item.text())));
        let hidden = self.hidden.texts().map(|text| ("hidden", text));
        items.chain(hidden).chain(self.texts.iter().flat_map(Texts::lines))
    }
}

impl Item {
    fn text(&self) -> String {
        let first = self.description.as_deref().and_then(|words| words.lines().next()).unwrap_or_default();
        let short = cut(first.to_owned(), DESCRIPTION);
        if short.is_empty() { self.name.clone() } else { format!("{}  {short}", self.name) }
    }
}

fn line(text: &mut String, kind: &str, what: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "  {kind:<9} {what}");
}
