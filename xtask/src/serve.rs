//! Everything built and served, and built again on each save.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
};

use anyhow::{Context as _, Result, bail};
use barkeep_toolchain::{Cancel, GuestToolchain};

use crate::{
    guests::Guests,
    host::Host,
    layout::Layout,
    sources::{self, Affected},
    step::{cargo, run_until, say},
};

/// Where the host listens unless told otherwise.
const ADDRESS: &str = "127.0.0.1:8080";

/// What can happen while the host serves.
enum Event {
    Changed(Vec<PathBuf>),
    Stop,
    Ended(ExitStatus),
}

/// Builds host and plugins, serves, and builds a plugin again when its source is saved. Returns when the host has ended.
pub fn serve(layout: &Layout, args: &[String]) -> Result<()> {
    let (sender, events) = mpsc::channel();
    let cancel = Arc::new(Cancel::default());
    let (stop, stopped) = (sender.clone(), Arc::clone(&cancel));
    ctrlc::set_handler(move || {
        stopped.cancel();
        // Nobody listens any more only when serving is over.
        let _ = stop.send(Event::Stop);
    })
    .context("Ctrl-C cannot be listened for")?;

    let toolchain = GuestToolchain::find(&layout.target(), &say)?;
    let program = host_program(layout, &cancel)?;

    // Before the plugins are built, so that no save is missed.
    let changes = sender.clone();
    let watching = sources::watch(layout, move |paths| {
        let _ = changes.send(Event::Changed(paths));
    })?;
    let plugins = Guests::plugins(layout);
    say("building the plugins");
    let failed = plugins.build_each(&toolchain, &cancel, &plugins.names()?)?;
    if !failed.is_empty() {
        say(&format!("serving without what could not be built: {}", failed.join(", ")));
    }

    let ended = Arc::clone(&cancel);
    let host = Host::start(&mut command(layout, &program, args), move |status| {
        ended.cancel();
        let _ = sender.send(Event::Ended(status));
    })?;
    let done = attend(&Attended { layout, plugins, toolchain, cancel: &cancel, host }, &events);
    drop(watching);
    done
}

/// The host: the one that `BARKEEP_BIN` names, else built now.
fn host_program(layout: &Layout, cancel: &Cancel) -> Result<PathBuf> {
    if let Some(built) = env::var_os("BARKEEP_BIN") {
        return Ok(built.into());
    }
    say("building the host (the first time takes minutes)");
    run_until(cancel, cargo(layout, "build").args(["--release", "--package", "barkeep"]))?;
    Ok(layout.program("barkeep"))
}

/// The host's command, with our defaults for what the user does not say.
fn command(layout: &Layout, program: &Path, args: &[String]) -> Command {
    let mut command = Command::new(program);
    command.current_dir(layout.root()).arg("serve").arg("--menu");
    if !says(args, "--config") {
        command.arg("--config").arg(layout.configuration());
    }
    if !says(args, "--http") {
        command.args(["--http", ADDRESS]);
    }
    command.args(args);
    command
}

fn says(args: &[String], flag: &str) -> bool {
    args.iter().any(|arg| arg.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
}

struct Attended<'a> {
    layout: &'a Layout,
    plugins: Guests,
    toolchain: GuestToolchain,
    cancel: &'a Cancel,
    host: Host,
}

fn attend(at: &Attended<'_>, events: &Receiver<Event>) -> Result<()> {
    let mut stopping = false;
    for event in events {
        match event {
            Event::Stop if stopping => at.host.kill(),
            Event::Stop => {
                stopping = true;
                at.host.end();
            }
            Event::Ended(_) if stopping => return Ok(()),
            Event::Ended(status) if status.success() => return Ok(()),
            Event::Ended(status) => bail!("the host ended with {status}"),
            Event::Changed(_) if stopping => {}
            Event::Changed(paths) => {
                if let Err(error) = rebuild(at, &paths) {
                    say(&format!("{error:#}"));
                }
            }
        }
    }
    Ok(())
}

/// Builds what the changed files belong to. The host sees a new component, or goes on with the old.
fn rebuild(at: &Attended<'_>, paths: &[PathBuf]) -> Result<()> {
    let mut names = at.plugins.names()?;
    if let Affected::Some(affected) = sources::affected(at.layout.root(), paths) {
        if affected.is_empty() {
            return Ok(());
        }
        names.retain(|name| affected.contains(name));
    }
    let failed = at.plugins.build_each(&at.toolchain, at.cancel, &names)?;
    if !failed.is_empty() {
        say(&format!("the old version keeps serving: {}", failed.join(", ")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(args: &[&str]) -> Vec<String> {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let command = command(&Layout::at(Path::new("/repo")), Path::new("barkeep"), &args);
        command.get_args().map(|arg| arg.to_str().unwrap().replace('\\', "/")).collect()
    }

    #[test]
    fn the_host_serves_the_plugins_over_http() {
        let expected = ["serve", "--menu", "--config", "/repo/plugins/barkeep.toml", "--http", "127.0.0.1:8080"];
        assert_eq!(words(&[]), expected);
    }

    #[test]
    fn what_the_user_says_replaces_the_default() {
        let expected = ["serve", "--menu", "--config", "/repo/plugins/barkeep.toml", "--http", "127.0.0.1:9000"];
        assert_eq!(words(&["--http", "127.0.0.1:9000"]), expected);
        assert_eq!(
            words(&["--http=[::1]:0", "--config=a.toml"]),
            ["serve", "--menu", "--http=[::1]:0", "--config=a.toml"]
        );
        assert!(words(&["--https"]).contains(&"--http".to_owned()));
    }
}
