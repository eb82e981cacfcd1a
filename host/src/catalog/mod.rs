//! The menu of all plugins together: which plugin answers to which name. Made once, never changed; a change makes a new
//! one, and [`Catalog::difference`] tells what a client must hear of it.

mod route;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use rmcp::model::{Prompt, Resource, ResourceTemplate, Tool};

use crate::plugin::{Plugin, PromptItem, ToolItem};
use route::Route;

/// A plugin and one of its items.
struct Place {
    plugin: usize,
    item: usize,
}

/// The menu of all plugins together.
#[derive(Default)]
pub struct Catalog {
    plugins: Vec<Arc<Plugin>>,
    tools: HashMap<String, Place>,
    prompts: HashMap<String, Place>,
    templates: HashMap<String, usize>,
    listed: HashSet<String>,
    routes: Vec<Route>,
    since: Since,
}

/// Since when each list is as it is.
#[derive(Debug, Clone, Copy)]
pub struct Since {
    /// The tools.
    pub tools: Instant,
    /// The prompts.
    pub prompts: Instant,
    /// The resources and their templates.
    pub resources: Instant,
}

impl Default for Since {
    fn default() -> Self {
        let now = Instant::now();
        Self { tools: now, prompts: now, resources: now }
    }
}

/// Two plugins that offer the same name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it offers the {what} `{name}`, which plugin `{other}` offers already; {}", what.remedy())]
pub struct Collision {
    /// What it is a name of.
    pub what: What,
    /// The name in question.
    pub name: String,
    /// The plugin that has it.
    pub other: String,
}

/// What has a name that only one plugin may offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A tool.
    Tool,
    /// A prompt.
    Prompt,
    /// A resource template.
    Template,
}

impl What {
    fn remedy(self) -> &'static str {
        match self {
            Self::Tool | Self::Prompt => "give one of them another `prefix`, or take it out",
            Self::Template => "resources have no prefix, so take one of the two plugins out (`enabled = false`)",
        }
    }
}

impl Collision {
    /// Whether `plugin` is the one that has the name, and offers it.
    pub fn is_with(&self, plugin: &Plugin) -> bool {
        let Self { what, name, other } = self;
        let menu = plugin.menu();
        plugin.id() == other
            && match what {
                What::Tool => menu.tools.iter().any(|item| *item.tool.name == **name),
                What::Prompt => menu.prompts.iter().any(|item| item.prompt.name == *name),
                What::Template => menu.templates.iter().any(|template| template.uri_template == *name),
            }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Template => "resource template",
        })
    }
}

/// Which lists differ between two catalogs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Difference {
    /// The tools.
    pub tools: bool,
    /// The prompts.
    pub prompts: bool,
    /// The resources or their templates.
    pub resources: bool,
}

impl Difference {
    /// Whether none does.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl Catalog {
    /// Adds a plugin after those that are there. Only for building: a catalog that is served is not changed. Gives the
    /// URIs that it lists and a plugin before it listed already: that one is asked for them.
    ///
    /// # Errors
    ///
    /// When one of its names is taken; nothing is added then.
    pub fn add(&mut self, plugin: Arc<Plugin>) -> Result<Vec<String>, Collision> {
        let menu = plugin.menu();
        let collision = |what, name: &str, other: usize| Collision {
            what,
            name: name.to_owned(),
            other: self.plugins.get(other).map(|plugin| plugin.id().to_owned()).unwrap_or_default(),
        };
        for item in &menu.tools {
            if let Some(place) = self.tools.get(&*item.tool.name) {
                return Err(collision(What::Tool, &item.tool.name, place.plugin));
            }
        }
        for item in &menu.prompts {
            if let Some(place) = self.prompts.get(&item.prompt.name) {
                return Err(collision(What::Prompt, &item.prompt.name, place.plugin));
            }
        }
        for template in &menu.templates {
            if let Some(other) = self.templates.get(&template.uri_template) {
                return Err(collision(What::Template, &template.uri_template, *other));
            }
        }
        let at = self.plugins.len();
        let tools = menu.tools.iter().enumerate();
        self.tools.extend(tools.map(|(item, tool)| (tool.tool.name.to_string(), Place { plugin: at, item })));
        let prompts = menu.prompts.iter().enumerate();
        self.prompts.extend(prompts.map(|(item, prompt)| (prompt.prompt.name.clone(), Place { plugin: at, item })));
        self.templates.extend(menu.templates.iter().map(|template| (template.uri_template.clone(), at)));
        let mut route = Route::of(&plugin);
        let duplicates = route.leave(&self.listed);
        self.listed.extend(route.listed().map(str::to_owned));
        self.routes.push(route);
        self.plugins.push(plugin);
        Ok(duplicates)
    }

    /// The names that `plugin` offers and others of this catalog have.
    pub fn names_of_others<'a>(&'a self, plugin: &'a Plugin) -> impl Iterator<Item = Collision> + 'a {
        let menu = plugin.menu();
        let tools =
            menu.tools.iter().map(|item| (What::Tool, item.tool.name.as_ref(), self.tools.get(&*item.tool.name)));
        let tools = tools.map(|(what, name, place)| (what, name, place.map(|place| place.plugin)));
        let prompts = menu.prompts.iter().map(|item| {
            let name = item.prompt.name.as_str();
            (What::Prompt, name, self.prompts.get(name).map(|place| place.plugin))
        });
        let templates = menu.templates.iter().map(|template| {
            let name = template.uri_template.as_str();
            (What::Template, name, self.templates.get(name).copied())
        });
        tools.chain(prompts).chain(templates).filter_map(|(what, name, other)| {
            let other = self.plugins.get(other?)?.id();
            (other != plugin.id()).then(|| Collision { what, name: name.to_owned(), other: other.to_owned() })
        })
    }

    /// The plugins, in the order of the configuration.
    pub fn plugins(&self) -> &[Arc<Plugin>] {
        &self.plugins
    }

    /// The plugin `id`.
    pub fn plugin(&self, id: &str) -> Option<&Arc<Plugin>> {
        self.plugins.iter().find(|plugin| plugin.id() == id)
    }

    /// The tool that clients know as `name`.
    pub fn tool(&self, name: &str) -> Option<(&Arc<Plugin>, &Arc<ToolItem>)> {
        let place = self.tools.get(name)?;
        let plugin = self.plugins.get(place.plugin)?;
        Some((plugin, plugin.menu().tools.get(place.item)?))
    }

    /// The prompt that clients know as `name`.
    pub fn prompt(&self, name: &str) -> Option<(&Arc<Plugin>, &PromptItem)> {
        let place = self.prompts.get(name)?;
        let plugin = self.plugins.get(place.plugin)?;
        Some((plugin, plugin.menu().prompts.get(place.item)?))
    }

    /// The plugin that offers the resource template `uri_template`.
    pub fn template(&self, uri_template: &str) -> Option<&Arc<Plugin>> {
        self.plugins.get(*self.templates.get(uri_template)?)
    }

    /// The plugins that may have the resource `uri`, likeliest first.
    pub fn readers(&self, uri: &str) -> Vec<Arc<Plugin>> {
        let ranked = self.routes.iter().zip(&self.plugins);
        let mut ranked: Vec<_> =
            ranked.filter_map(|(route, plugin)| route.rank(uri).map(|rank| (rank, plugin))).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, plugin)| Arc::clone(plugin)).collect()
    }

    /// All tools, in order.
    pub fn tools(&self) -> impl Iterator<Item = &Tool> {
        self.plugins.iter().flat_map(|plugin| &plugin.menu().tools).map(|item| &item.tool)
    }

    /// All prompts, in order.
    pub fn prompts(&self) -> impl Iterator<Item = &Prompt> {
        self.plugins.iter().flat_map(|plugin| &plugin.menu().prompts).map(|item| &item.prompt)
    }

    /// All resource templates, in order.
    pub fn templates(&self) -> impl Iterator<Item = &ResourceTemplate> {
        self.plugins.iter().flat_map(|plugin| &plugin.menu().templates)
    }

    fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.plugins.iter().flat_map(|plugin| &plugin.menu().resources)
    }

    /// Since when each list is as it is.
    pub fn since(&self) -> Since {
        self.since
    }

    /// Takes the place of `before`: what is as it was has been so since then. Tells which lists are not.
    pub fn replace(&mut self, before: &Self) -> Difference {
        let difference = self.difference(before);
        if !difference.tools {
            self.since.tools = before.since.tools;
        }
        if !difference.prompts {
            self.since.prompts = before.since.prompts;
        }
        if !difference.resources {
            self.since.resources = before.since.resources;
        }
        difference
    }

    /// Those that have skills, by generation. In another one, files of the same names may say something else, which a list
    /// of skills shows: it has their digests.
    fn skills(&self) -> impl Iterator<Item = (&str, u64)> {
        let having = self.plugins.iter().filter(|plugin| plugin.menu().has_skills);
        having.map(|plugin| (plugin.id(), plugin.generation()))
    }

    /// Which lists of `self` differ from those of `before`. A list in another order is another list. The list of skills has
    /// no notification of its own: it is one of resources.
    pub fn difference(&self, before: &Self) -> Difference {
        Difference {
            tools: !self.tools().eq(before.tools()),
            prompts: !self.prompts().eq(before.prompts()),
            resources: !self.templates().eq(before.templates())
                || !self.resources().eq(before.resources())
                || !self.skills().eq(before.skills()),
        }
    }
}
