//! `barkeep add`: shows what a component is and what it asks for, asks, and writes its entry into the configuration.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use serde::Serialize;
use toml::Table;

use super::consent::{Answers, Person};
use super::grant::as_seen_from;
use super::{Common, Usage, output, start};
use crate::capability::fs::Mode;
use crate::capability::hidden;
use crate::capability::risk::{Ask, cut, words};
use crate::capability::{Grants, Requests, Wish};
use crate::config::{Config, ConfigError, Edit, Lock, PluginConfig, PluginId, discover};
use crate::plugin::manifest::Manifest;
use crate::plugin::{self, Plugin};
use crate::supervisor::files;

/// Characters of a tool's description that are shown; what a model reads is longer than a list shows, and worth reading.
const DESCRIPTION: usize = 400;

/// `barkeep add`.
#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// The component.
    file: PathBuf,
    /// The plugin's id; the name of its file unless said.
    #[arg(long)]
    id: Option<String>,
    /// Grant all that it asks for, as far as that needs no folder and no value.
    #[arg(long, conflicts_with = "deny")]
    yes: bool,
    /// Add it without any grant.
    #[arg(long)]
    deny: bool,
}

/// What is added, and what became of it.
#[derive(Serialize)]
struct Report {
    id: PluginId,
    /// The configuration that it was added to; none if it was not.
    config: Option<PathBuf>,
    /// Whether that file was made for it.
    made: bool,
    source: String,
    bytes: usize,
    sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// What the file says of where it comes from. Nobody checked it.
    about: Vec<(&'static str, String)>,
    tools: Vec<Tool>,
    /// What it asks for; none where it does not say.
    requests: Option<Vec<Ask>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    together: Option<String>,
    granted: Vec<Ask>,
    /// What it asks for that has to be given by hand.
    left: Vec<Left>,
    /// Whether `barkeep.lock` holds it now.
    approved: bool,
}

/// What only a person can grant: which folder, which value.
#[derive(Serialize)]
struct Left {
    what: String,
    /// The command that grants it, with what is to be filled in; none of what this version does not know.
    by: Option<String>,
}

#[derive(Serialize)]
struct Tool {
    name: String,
    description: String,
}

impl Add {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<ExitCode> {
        let name = self.file.display();
        let id = self.id()?;
        let bytes = plugin::read_component(&self.file).map_err(|error| anyhow!("{name} {error}"))?;
        let manifest = Manifest::read(&bytes).with_context(|| format!("{name} is not a plugin"))?;
        manifest.check().with_context(|| format!("{name} is not a plugin"))?;
        let requests = manifest.requests.as_deref().map(Requests::parse).transpose()?;
        if !self.yes && !self.deny && !std::io::stdin().is_terminal() {
            return Err(Usage("nobody is there to ask: give --yes or --deny".to_owned()).into());
        }
        let (file, is_there) = place(common)?;
        let config = if is_there { Config::load(&file)? } else { Config::default() };
        self.check_free(&config, &id)?;

        let _log = start::log(common, start::BRIEF)?;
        let plugin = self.load(&id, config, &file).await?;
        let tools = plugin.menu().tools.iter().map(|item| Tool {
            name: item.tool.name.to_string(),
            description: short(item.tool.description.as_deref().unwrap_or_default()),
        });
        let source = self.file.to_str().context("the file's path is not UTF-8, which TOML cannot hold")?;
        let mut report = Report {
            config: None,
            made: false,
            source: as_seen_from(&file, source),
            bytes: bytes.len(),
            sha256: plugin::digest(&bytes),
            description: requests.as_ref().map(|requests| words(&requests.description)),
            about: manifest.about.iter().map(|(name, text)| (*name, words(text))).collect(),
            tools: tools.collect(),
            together: requests.as_ref().and_then(Requests::together),
            requests: requests.as_ref().map(Requests::asks),
            granted: Vec::new(),
            left: Vec::new(),
            approved: false,
            id,
        };
        output::complain(&output::plain(&text(&report)))?;
        let wishes = requests.map(|requests| requests.wishes()).unwrap_or_default();
        let Some(grants) = self.grants(wishes, &file, &report.id, &mut report.left)? else {
            output::complain("nothing was added")?;
            return Ok(ExitCode::FAILURE);
        };
        if report.sha256 != plugin.digest() {
            bail!("{name} changed while you looked at it; add it again");
        }
        report.granted = grants.clone().try_into::<Grants>()?.asks();
        report.made = !is_there && make(&file)?;
        Edit::Add { id: report.id.clone(), source: report.source.clone(), grants }.apply(&file)?;
        report.approved = approve(&file, &plugin)?;
        report.config = Some(file);
        common.output.print(&report, done)?;
        Ok(ExitCode::SUCCESS)
    }

    fn id(&self) -> Result<PluginId, Usage> {
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
        let text = self.id.as_deref().unwrap_or(&stem);
        text.parse().map_err(|error| {
            Usage(format!("the id of a plugin {error}; `{}` is none, so choose one with --id", text.escape_debug()))
        })
    }

    /// That neither the id nor the component is there yet: in the file, or in the folder of plugins.
    fn check_free(&self, config: &Config, id: &PluginId) -> anyhow::Result<()> {
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        let ours = real(&self.file);
        let files: Vec<_> = files(config).collect();
        let is_taken = files.iter().any(|(other, path)| other == id && real(path) != ours);
        if is_taken || config.plugins.contains_key(id) {
            bail!(
                "there is a plugin `{id}` already; choose another id with --id, or change what it may reach with `barkeep grant`"
            );
        }
        let sources = config.plugins.iter().filter_map(|(other, plugin)| Some((other, plugin.source.as_deref()?)));
        let files = files.iter().filter(|(other, _)| other != id).map(|(other, path)| (other, path.as_path()));
        let same = sources.chain(files).find(|(_, path)| real(path) == ours);
        if let Some((other, _)) = same {
            bail!("this component is there already, as `{other}`; `barkeep grant {other}` changes what it may reach");
        }
        Ok(())
    }

    /// The component, loaded without any grant beside the plugins that are there, to see what it offers, and whether it takes a
    /// name of theirs.
    async fn load(&self, id: &PluginId, mut config: Config, file: &Path) -> anyhow::Result<Arc<Plugin>> {
        let source = std::path::absolute(&self.file)?;
        config.plugins.insert(id.clone(), PluginConfig { source: Some(source), ..PluginConfig::default() });
        let supervisor = start::loaded(config, file).await?;
        if let Some(plugin) = supervisor.catalog().plugin(id.as_str()) {
            return Ok(Arc::clone(plugin));
        }
        let status = supervisor.report().plugins.into_iter().find(|status| status.id == id.as_str());
        let problem = status.and_then(|status| status.problem);
        bail!("{} cannot be served: {}", self.file.display(), problem.as_deref().unwrap_or("it does not load"));
    }

    /// What the person grants; none where the plugin is not to be added.
    fn grants(
        &self,
        wishes: Vec<(Ask, Wish)>,
        file: &Path,
        id: &PluginId,
        left: &mut Vec<Left>,
    ) -> anyhow::Result<Option<Table>> {
        if self.deny {
            return Ok(Some(Table::new()));
        }
        if !self.yes {
            let mut person = Person::new(std::io::stdin().lock(), |words: &str| output::complain(words));
            return person.grants(wishes, |path| as_seen_from(file, path));
        }
        let mut answers = Answers::default();
        for (ask, wish) in wishes {
            let by = match wish {
                Wish::Grants(grants) => {
                    answers.add(&grants)?;
                    continue;
                }
                Wish::Folder(Mode::Read) => Some(format!("barkeep grant {id} fs FOLDER:/PATH")),
                Wish::Folder(Mode::ReadWrite) => Some(format!("barkeep grant {id} fs FOLDER:/PATH --read-write")),
                Wish::Value { kind, name } => Some(format!("barkeep grant {id} {kind} {name}=VALUE")),
                Wish::Unknown => None,
            };
            left.push(Left { what: ask.what, by });
        }
        Ok(Some(answers.into_grants()))
    }
}

/// Where the configuration is, or is to be, and whether it is there.
fn place(common: &Common) -> anyhow::Result<(PathBuf, bool)> {
    let file = match discover(common.config.as_deref()) {
        Ok(file) => file,
        Err(ConfigError::None { .. }) => match dirs::config_dir() {
            Some(folder) => folder.join("barkeep").join("barkeep.toml"),
            None => PathBuf::from("barkeep.toml"),
        },
        Err(error) => return Err(error.into()),
    };
    let file = std::path::absolute(&file).unwrap_or(file);
    let is_there = file.exists();
    Ok((file, is_there))
}

/// Makes an empty configuration. Tells whether it was not there.
fn make(file: &Path) -> anyhow::Result<bool> {
    let made = || {
        std::fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
        std::fs::File::create_new(file)
    };
    match made() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).with_context(|| format!("{} cannot be made", file.display())),
    }
}

/// Where there is a lock, what was just shown is approved by it.
fn approve(file: &Path, plugin: &Plugin) -> anyhow::Result<bool> {
    let lock_file = Lock::file_of(file);
    if !lock_file.exists() {
        return Ok(false);
    }
    let pin = Arc::new(plugin.pin());
    Lock::change(&lock_file, |lock| drop(lock.plugins.insert(plugin.id().to_owned(), pin)))?;
    Ok(true)
}

fn short(text: &str) -> String {
    cut(hidden::shown(&text.replace('\n', " ")), DESCRIPTION)
}

/// What it is, for the person who is asked.
fn text(report: &Report) -> String {
    let mut lines = Vec::new();
    let mut line = |key: &str, value: &str| lines.push(format!("  {key:<9} {value}"));
    line("what", report.description.as_deref().unwrap_or("it does not say"));
    line("file", &format!("{}, {} bytes, sha256 {}", report.source, report.bytes, report.sha256));
    for (key, value) in &report.about {
        line(key, &format!("{value} (its own word)"));
    }
    if report.about.is_empty() {
        line("from", "it does not say who made it");
    }
    for tool in &report.tools {
        line("tool", &format!("{}  {}", tool.name, tool.description));
    }
    match &report.requests {
        None => line("asks for", "it does not say; what you grant later, it gets"),
        Some(asks) if asks.is_empty() => line("asks for", "nothing"),
        Some(asks) => {
            for ask in asks {
                line("asks for", &ask.to_string());
                line("", &format!("risk: {}", ask.risk));
            }
        }
    }
    if let Some(together) = &report.together {
        line("", together);
    }
    format!("{}\n{}\n", report.id, lines.join("\n"))
}

/// What was done.
fn done(report: &Report) -> String {
    let file = report.config.as_deref().unwrap_or(Path::new("")).display();
    let made = if report.made { ", which was made" } else { "" };
    let mut lines = vec![format!("added `{}` to {file}{made}", report.id)];
    if report.granted.is_empty() {
        lines.push("  it is granted nothing".to_owned());
    }
    lines.extend(report.granted.iter().map(|ask| format!("  granted   {}", ask.what)));
    lines.extend(report.left.iter().map(|Left { what, by }| match by {
        Some(by) => format!("  left out  {what}: `{by}` gives it"),
        None => format!("  left out  {what}: this version of Barkeep cannot give it"),
    }));
    if report.approved {
        lines.push("  approved  in barkeep.lock".to_owned());
    }
    lines.join("\n")
}
