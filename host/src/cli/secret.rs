//! `barkeep secret`: sets, lists and deletes secrets, in the keyring or the secrets file. A value comes from stdin or a
//! person, never from the command line, where others see it; and none is ever shown.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{Common, start};
use crate::capability::secrets::{Keyring, KeyringError, MAX_SECRET, Name, Secret, Secrets, Source, file};
use crate::config::{Config, discover};

/// `barkeep secret`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum SecretVerb {
    /// Keep a secret in your keyring. The value is asked for, or read from stdin.
    Set {
        /// Its name, as barkeep.toml has it.
        name: Name,
        /// Write it into the file that `secrets_file` of barkeep.toml names instead.
        #[arg(long)]
        file: bool,
    },
    /// Show which secrets there are, where each comes from, and which plugins use it.
    List,
    /// Forget a secret that `barkeep secret set` kept.
    Delete {
        /// Its name.
        name: Name,
        /// Take it out of the file that `secrets_file` of barkeep.toml names instead.
        #[arg(long)]
        file: bool,
    },
}

/// What was done.
#[derive(Serialize)]
struct Done {
    name: Name,
    /// Where it was set or deleted.
    at: Source,
    /// From where plugins get it now.
    from: Option<Source>,
}

/// One secret of the list.
#[derive(Serialize)]
struct Listed {
    name: Name,
    from: Option<Source>,
    plugins: Vec<String>,
}

#[derive(Serialize)]
struct List {
    secrets: Vec<Listed>,
    /// What could not be looked at.
    problems: Vec<String>,
}

impl SecretVerb {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = config(common)?;
        match self {
            Self::Set { name, file } => set(common, &config, name, file).await,
            Self::List => list(common, &config).await,
            Self::Delete { name, file } => delete(common, &config, name, file).await,
        }
    }
}

/// The configuration; an empty one where there is none, since the keyring needs none.
fn config(common: &Common) -> anyhow::Result<Config> {
    match discover(common.config.as_deref()) {
        Ok(file) => Ok(Config::load(&file)?),
        Err(_) => Ok(Config::default()),
    }
}

async fn set(common: &Common, config: &Config, name: Name, to_file: bool) -> anyhow::Result<ExitCode> {
    let at = place(config, to_file)?;
    // Before somebody types it in vain.
    if at.is_none() {
        Keyring::of_user().get(&name).await.map_err(|error| no_keyring(&error, &name))?;
    }
    let secret = value(&name)?;
    let notice = Notice::take()?;
    match &at {
        Some(path) => {
            file::set(path, &name, &secret).with_context(|| format!("the secrets file {}", path.display()))?;
        }
        None => Keyring::of_user().set(&name, &secret).await.map_err(|error| no_keyring(&error, &name))?,
    }
    notice.give()?;
    done(common, config, name, to_file, "set in").await
}

async fn delete(common: &Common, config: &Config, name: Name, from_file: bool) -> anyhow::Result<ExitCode> {
    let at = place(config, from_file)?;
    let notice = Notice::take()?;
    let was_there = match &at {
        Some(path) => file::delete(path, &name).with_context(|| format!("the secrets file {}", path.display()))?,
        None => Keyring::of_user().delete(&name).await.map_err(|error| {
            anyhow!("{error}; `barkeep secret delete {name} --file` takes it out of the file that `secrets_file` names")
        })?,
    };
    if !was_there {
        let place = if from_file { Source::File } else { Source::Keyring };
        bail!("{name} is not in {place}; `barkeep secret list` shows where it comes from");
    }
    notice.give()?;
    done(common, config, name, from_file, "deleted from").await
}

async fn list(common: &Common, config: &Config) -> anyhow::Result<ExitCode> {
    let secrets = Secrets::read(config.secrets_file.as_deref());
    let mut users: BTreeMap<Name, Vec<String>> = secrets.in_file().map(|name| (name.clone(), Vec::new())).collect();
    let mut problems: Vec<String> = secrets.problem().map(str::to_owned).into_iter().collect();
    match secrets.keyring().names().await {
        Ok(names) => users.extend(names.into_iter().map(|name| (name, Vec::new()))),
        Err(error) => problems.push(error.to_string()),
    }
    for (id, plugin) in &config.plugins {
        for name in plugin.grants.secret_names() {
            let users = users.entry(name.clone()).or_default();
            if users.last().is_none_or(|last| last != id.as_str()) {
                users.push(id.to_string());
            }
        }
    }
    users.extend(
        config
            .state_secret
            .iter()
            .filter(|name| !users.contains_key(name))
            .map(|name| (name.clone(), vec![]))
            .collect::<Vec<_>>(),
    );
    secrets.fetch(users.keys()).await;
    let listed = users.into_iter().map(|(name, plugins)| {
        let from = secrets.source(&name).ok().flatten();
        Listed { name, from, plugins }
    });
    let list = List { secrets: listed.collect(), problems };
    common.output.print(&list, text)?;
    Ok(ExitCode::SUCCESS)
}

fn text(list: &List) -> String {
    let width = list.secrets.iter().map(|listed| listed.name.as_str().len()).max().unwrap_or_default();
    let mut lines: Vec<String> = list
        .secrets
        .iter()
        .map(|Listed { name, from, plugins }| {
            let from = from.map_or_else(|| "(nowhere)".to_owned(), |from| from.to_string());
            format!("{:<width$}  {from:<16}  {}", name.as_str(), plugins.join(", ")).trim_end().to_owned()
        })
        .collect();
    if lines.is_empty() {
        lines.push("no secrets; `barkeep secret set NAME` keeps one".to_owned());
    }
    lines.extend(list.problems.iter().map(|problem| format!("note: {problem}")));
    lines.join("\n")
}

/// The file to write to, where that is meant.
fn place(config: &Config, to_file: bool) -> anyhow::Result<Option<PathBuf>> {
    if !to_file {
        return Ok(None);
    }
    let file = config.secrets_file.clone();
    file.map(Some).ok_or_else(|| anyhow!("barkeep.toml names no file: add secrets_file = \"~/.barkeep-secrets\""))
}

fn no_keyring(error: &KeyringError, name: &Name) -> anyhow::Error {
    anyhow!(
        "{error}; `barkeep secret set {name} --file` writes it into the file that `secrets_file` of barkeep.toml names"
    )
}

/// Says what was done, and who goes before it.
async fn done(common: &Common, config: &Config, name: Name, file: bool, what: &str) -> anyhow::Result<ExitCode> {
    let secrets = Secrets::read(config.secrets_file.as_deref());
    secrets.fetch([&name]).await;
    let at = if file { Source::File } else { Source::Keyring };
    let from = secrets.source(&name).ok().flatten();
    common.output.print(&Done { name, at, from }, |done| {
        let other = done.from.filter(|from| *from != at);
        let note = other.map(|from| format!("\nnote: plugins get it from {from}")).unwrap_or_default();
        format!("{} is {what} {at}{note}", done.name)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The value, from the person at the terminal or from stdin to its end, without the line's end.
fn value(name: &Name) -> anyhow::Result<Secret> {
    let stdin = std::io::stdin();
    let text = if stdin.is_terminal() {
        Zeroizing::new(rpassword::prompt_password(format!("Value of {name}, which is not shown: "))?)
    } else {
        let mut bytes = Zeroizing::new(Vec::new());
        let most = u64::try_from(MAX_SECRET).unwrap_or(u64::MAX).saturating_add(3);
        stdin.lock().take(most).read_to_end(&mut bytes).context("the value cannot be read")?;
        // What is cut off may end in the middle of a letter.
        if u64::try_from(bytes.len()).is_ok_and(|length| length == most) {
            return Err(unfit());
        }
        let text = String::from_utf8(std::mem::take(&mut *bytes));
        Zeroizing::new(text.map_err(|_| anyhow!("the value is not UTF-8 text; no secret can be other bytes"))?)
    };
    let value = text.strip_suffix('\n').unwrap_or(&text);
    let value = value.strip_suffix('\r').unwrap_or(value);
    if value.is_empty() {
        bail!("the value is empty; give it on stdin, or run this at a terminal to be asked for it");
    }
    if value.len() > MAX_SECRET || value.contains('\0') {
        return Err(unfit());
    }
    Ok(Secret::new(value.to_owned()))
}

fn unfit() -> anyhow::Error {
    anyhow!("a secret has at most {MAX_SECRET} bytes, and no NUL")
}

/// The file by which hosts that run learn that secrets changed. Who holds it is the only one that changes them.
struct Notice(Option<File>);

impl Notice {
    fn take() -> anyhow::Result<Self> {
        let Some(path) = start::secrets_notice() else { return Ok(Self(None)) };
        let taking = || {
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            file.lock().map(|()| file)
        };
        Ok(Self(Some(taking().with_context(|| format!("{} cannot be written", path.display()))?)))
    }

    fn give(self) -> anyhow::Result<()> {
        let Some(mut file) = self.0 else { return Ok(()) };
        file.set_len(0)?;
        Ok(std::io::Write::write_all(&mut file, uuid::Uuid::new_v4().to_string().as_bytes())?)
    }
}
