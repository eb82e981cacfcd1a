//! One call: what it does with its capabilities, and how it ended.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::line::cut;
use super::{Audit, Client, Decision, Line, Of, arguments};
use crate::capability::{Grants, Use, Witness};

/// Uses of one call that have a line each. A guest in a loop would fill the record with the same: what is over is counted in
/// the call's own line.
const MAX_USES: u64 = 1000;

/// Bytes of the grants of a line. What needs more has an address or a path of that size, which is in the line already.
const MAX_NEEDS: usize = 4 * 1024;

/// What is called.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The method of MCP, or `watch` or `load`.
    pub method: &'static str,
    /// The name or URI.
    pub name: &'a str,
    /// The arguments, where there are any.
    pub arguments: Option<&'a Map<String, Value>>,
    /// Who calls; none where the host does.
    pub client: Option<&'a Client>,
}

impl Subject<'_> {
    /// Nothing yet but the method.
    pub fn of(method: &'static str) -> Self {
        Self { method, name: "", arguments: None, client: None }
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// With a result.
    Ok,
    /// The plugin said that it failed. It may have looked by itself whether it may, and reached for nothing: then nothing
    /// was refused to it.
    Error,
    /// The plugin said that it failed, after the host refused something to it.
    Denied,
    /// By the host, before the plugin ran.
    Refused,
    /// It took too long.
    Deadline,
    /// It worked for too long.
    Cpu,
    /// It needed too much memory.
    Memory,
    /// It crashed.
    Trap,
    /// There was no room for it.
    Busy,
    /// By the host, for another reason.
    Failed,
    /// With questions; the client calls again with the answers.
    InputRequired,
    /// It goes on as a task, whose end is another line.
    Task,
    /// The client no longer wanted the result.
    Cancelled,
    /// The client went away.
    ClientGone,
    /// The host is shutting down, or what the plugin was granted is taken back, or it was replaced while it watched.
    Stopped,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Denied => "denied",
            Self::Refused => "refused",
            Self::Deadline => "deadline",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Trap => "trap",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::InputRequired => "input-required",
            Self::Task => "task",
            Self::Cancelled => "cancelled",
            Self::ClientGone => "client-gone",
            Self::Stopped => "stopped",
        })
    }
}

/// One call. Clones share it. One that nobody says the end of is told as stopped once the last of them is gone.
#[derive(Clone, Default)]
pub struct Call(Option<Arc<Inner>>);

struct Inner {
    audit: Audit,
    id: String,
    begun: Instant,
    method: &'static str,
    name: String,
    client: Option<Client>,
    digest: Option<String>,
    shown: Option<String>,
    uses: AtomicU64,
    refused: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    plugin: Option<(Arc<str>, u64)>,
    /// How the last run of a guest ended, or what kept it from running.
    noted: Option<(Ended, Option<String>)>,
    told: bool,
}

impl Call {
    pub(super) fn begin(audit: &Audit, subject: Subject<'_>) -> Self {
        let open = audit.0.load();
        let Some(open) = &*open else { return Self(None) };
        let Subject { method, name, arguments, client } = subject;
        Self(Some(Arc::new(Inner {
            id: open.next_call(),
            begun: Instant::now(),
            method,
            name: cut(name).into_owned(),
            client: client.cloned(),
            digest: arguments.map(arguments::digest),
            shown: arguments.filter(|_| open.settings.arguments).map(arguments::shown),
            uses: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            state: Mutex::default(),
            audit: audit.clone(),
        })))
    }

    /// It is `plugin` that is called, in this generation.
    pub fn reaches(&self, plugin: &str, generation: u64) {
        if let Some(call) = &self.0 {
            call.state().plugin = Some((plugin.into(), generation));
        }
    }

    /// Hears of what `plugin` does in this call.
    pub fn witness(&self, plugin: &str, generation: u64) -> Option<Arc<dyn Witness>> {
        let call = self.0.as_ref()?;
        Some(Arc::new(Watched { call: Arc::clone(call), plugin: plugin.into(), generation }))
    }

    /// Takes in how a run of the guest ended that failed, or what kept it from running; none, and it did well. What is taken in
    /// last is what the call's line says, if the call has no result.
    pub fn note(&self, noted: Option<(Ended, Option<String>)>) {
        if let Some(call) = &self.0 {
            call.state().noted = noted;
        }
    }

    /// A person was asked for grants that `plugin` lacked in this call, and `decided`. `what` is what it comes to, for people.
    pub fn decided(&self, plugin: &str, generation: u64, decided: Decision, what: &[String], grants: &Grants) {
        let Some(call) = &self.0 else { return };
        let what = what.join("; ");
        let mut line = call.line(Of::Consent);
        line.plugin = Some(plugin.into());
        line.generation = Some(generation);
        line.what = Some(cut(&what));
        line.allowed = Some(decided.allows());
        line.answer = Some(decided);
        line.needs = needs(grants);
        call.write(&line);
    }

    /// The call ended: with a result, or, where nothing else was noted, without one in this way.
    pub fn ended(&self, ended: Ended, why: Option<&str>) {
        if let Some(call) = &self.0 {
            let mut state = call.state();
            if !std::mem::replace(&mut state.told, true) {
                call.tell(&state, ended, why, None);
            }
        }
    }

    /// The client was told that it goes on as `task`: its end is yet to come.
    pub fn goes_on(&self, task: &str) {
        if let Some(call) = &self.0 {
            call.tell(&call.state(), Ended::Task, None, Some(task));
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, of: Of) -> Line<'_> {
        let mut line = Line::now(of);
        line.call = Some(self.id.as_str().into());
        line.client = self.client.as_ref().map(Cow::Borrowed);
        line.method = Some(self.method.into());
        line.name = Some(self.name.as_str().into());
        line
    }

    fn write(&self, line: &Line<'_>) {
        if let Some(open) = &*self.audit.0.load() {
            open.writer.write(line);
        }
    }

    fn tell(&self, state: &State, ended: Ended, why: Option<&str>, task: Option<&str>) {
        let (uses, refused) = (self.uses.load(Ordering::Relaxed), self.refused.load(Ordering::Relaxed));
        let has_result = matches!(ended, Ended::Ok | Ended::InputRequired | Ended::Task);
        let (ended, why) = match &state.noted {
            Some((noted, words)) if !has_result => (*noted, words.as_deref()),
            _ => (ended, why),
        };
        let mut line = self.line(Of::Call);
        if let Some((plugin, generation)) = &state.plugin {
            line.plugin = Some(Cow::Borrowed(plugin));
            line.generation = Some(*generation);
        }
        line.arguments_sha256 = self.digest.as_deref().map(Into::into);
        line.arguments = self.shown.as_deref().map(Into::into);
        line.ended = Some(if ended == Ended::Error && refused > 0 { Ended::Denied } else { ended });
        line.ms = Some((self.begun.elapsed().as_secs_f64() * 100_000.0).round() / 100.0);
        line.uses = (uses > 0).then_some(uses);
        line.refused = (refused > 0).then_some(refused);
        line.task = task.map(Into::into);
        line.why = why.map(cut);
        self.write(&line);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let state = std::mem::take(&mut *self.state());
        if !state.told {
            self.tell(&state, Ended::Stopped, None, None);
        }
    }
}

/// What one plugin does in a call.
struct Watched {
    call: Arc<Inner>,
    plugin: Arc<str>,
    generation: u64,
}

impl Witness for Watched {
    fn saw(&self, seen: &Use<'_>) {
        let call = &self.call;
        if seen.refused.is_some() {
            call.refused.fetch_add(1, Ordering::Relaxed);
        }
        if call.uses.fetch_add(1, Ordering::Relaxed) >= MAX_USES {
            return;
        }
        let capability = seen.kind.to_string();
        let mut line = call.line(Of::Use);
        line.plugin = Some(Cow::Borrowed(&self.plugin));
        line.generation = Some(self.generation);
        line.capability = Some(capability.into());
        line.what = Some(cut(seen.what));
        line.allowed = Some(seen.refused.is_none());
        line.why = seen.refused.map(cut);
        line.needs = seen.needs.and_then(needs);
        call.write(&line);
    }
}

/// What stands for a value that is left out.
const LEFT_OUT: &str = "...";

/// What is kept of an entry of `http`. What else is in it the host puts into requests, and may be a token that somebody wrote
/// down there.
const OF_REQUESTS: [&str; 3] = ["url", "methods", "private"];

/// Grants as they are kept: without what may be in them that is nobody else's.
fn needs(grants: &Grants) -> Option<Value> {
    let mut needs = serde_json::to_value(grants).ok()?;
    for entry in needs.get_mut("http").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(entry) = entry.as_object_mut() {
            entry.retain(|key, _| OF_REQUESTS.contains(&key.as_str()));
        }
    }
    for value in needs.get_mut("config").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        *value = LEFT_OUT.into();
    }
    // An empty table of variables is written as none.
    if let Some(all) = needs.as_object_mut() {
        all.retain(|_, value| !value.as_object().is_some_and(Map::is_empty));
    }
    Some(needs).filter(|needs| needs.to_string().len() <= MAX_NEEDS)
}
