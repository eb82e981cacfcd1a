//! How often a person is asked for grants, and what was answered: a plugin that asks again and again must not wear anybody
//! down, and one answer is good once.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::tickets::{Allowed, Tickets, To};
use crate::capability::Grants;

/// Questions in a row without a yes, after which a plugin asks no more for a while: who said no three times means it.
const MOST_IN_A_ROW: usize = 3;

/// How long it asks no more then.
const REST: Duration = Duration::from_mins(10);

/// Questions of one plugin in an hour, whatever is answered: who grants more than that should do it in the file.
const MOST_AN_HOUR: usize = 20;

/// Questions of all plugins in an hour: many plugins together must not do what one may not.
const MOST_OF_ALL: usize = 60;

const HOUR: Duration = Duration::from_hours(1);

/// Answers "never" that are kept for one plugin beside those in the file.
const MAX_NEVER: usize = 256;

/// What was asked and answered, of all clients of this host.
#[derive(Default)]
pub struct Consents {
    file: OnceLock<PathBuf>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    plugins: HashMap<String, Of>,
    /// When somebody was asked, by any plugin.
    asked: VecDeque<Instant>,
    /// Questions that nobody answered yet.
    open: HashMap<String, Instant>,
    tickets: Tickets,
}

/// What is remembered of one plugin.
#[derive(Default)]
struct Of {
    /// When it asked.
    asked: VecDeque<Instant>,
    /// Questions since the last yes.
    unwilling: usize,
    never: Vec<Grants>,
}

impl Consents {
    /// What is allowed for ever, or never, is written into `file` from now on.
    pub(in crate::mcp) fn write_to(&self, file: PathBuf) {
        // It is said once.
        let _ = self.file.set(file);
    }

    /// Where that is written; none, and it is remembered as long as the host runs.
    pub(super) fn file(&self) -> Option<PathBuf> {
        self.file.get().cloned()
    }

    /// Whether `plugin` may ask now. If so, the question counts as asked, and this is its name.
    pub(super) fn begin(&self, plugin: &str, now: Instant) -> Option<String> {
        let mut memory = self.memory();
        memory.asked.retain(|asked| now.duration_since(*asked) < HOUR);
        memory.open.retain(|_, asked| now.duration_since(*asked) < HOUR);
        let among_all = memory.asked.len() < MOST_OF_ALL;
        let of = memory.plugins.entry(plugin.to_owned()).or_default();
        of.asked.retain(|asked| now.duration_since(*asked) < HOUR);
        let rested = of.asked.back().is_none_or(|last| now.duration_since(*last) >= REST);
        if rested {
            of.unwilling = 0;
        }
        if !among_all || of.asked.len() >= MOST_AN_HOUR || of.unwilling >= MOST_IN_A_ROW {
            return None;
        }
        of.unwilling += 1;
        of.asked.push_back(now);
        memory.asked.push_back(now);
        let question = Uuid::new_v4().to_string();
        memory.open.insert(question.clone(), now);
        Some(question)
    }

    /// Takes the answer to a question: true for the first, within an hour.
    pub(super) fn take(&self, question: &str, now: Instant) -> bool {
        self.memory().open.remove(question).is_some_and(|asked| now.duration_since(asked) < HOUR)
    }

    /// `plugin` was allowed what it asked for.
    pub(super) fn agreed(&self, plugin: &str) {
        if let Some(of) = self.memory().plugins.get_mut(plugin) {
            of.unwilling = 0;
        }
    }

    /// `plugin` is not to ask for `grants` again.
    pub(super) fn never(&self, plugin: &str, grants: Grants) {
        let mut memory = self.memory();
        let of = memory.plugins.entry(plugin.to_owned()).or_default();
        if of.never.len() < MAX_NEVER {
            of.never.push(grants);
        }
    }

    /// Whether `plugin` is not to ask for `grants`.
    pub(super) fn is_never(&self, plugin: &str, grants: &Grants) -> bool {
        self.memory().plugins.get(plugin).is_some_and(|of| of.never.iter().any(|never| never.include(grants)))
    }

    /// Allows this `to` the next call that is this one.
    pub(super) fn leave_ticket(&self, to: To<'_>, allowed: Allowed, now: Instant) {
        self.memory().tickets.leave(to, allowed, now);
    }

    /// What was allowed to this call of the plugin's `generation`; from now on it is not.
    pub(super) fn take_ticket(&self, to: To<'_>, generation: u64, now: Instant) -> Option<Allowed> {
        self.memory().tickets.take(to, generation, now)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(name: &str) -> Grants {
        toml::from_str(&format!("env = {{ {name} = \"1\" }}")).expect("grants")
    }

    #[test]
    fn who_is_not_allowed_anything_asks_three_times_and_rests() {
        let (consents, begin) = (Consents::default(), Instant::now());
        let asks = |plugin: &str, minutes: u64| consents.begin(plugin, begin + Duration::from_mins(minutes)).is_some();
        assert_eq!([0, 1, 2, 3, 11].map(|minutes| asks("a", minutes)), [true, true, true, false, false]);
        assert!(asks("b", 3), "another is not to blame");
        assert!(asks("a", 12) && asks("a", 12) && asks("a", 12) && !asks("a", 12));
        assert!(asks("a", 22));
        consents.agreed("a");
        assert!(asks("a", 22) && asks("a", 22) && asks("a", 22) && !asks("a", 22), "a yes begins anew");
    }

    #[test]
    fn nobody_is_asked_too_often_in_an_hour_whatever_is_answered() {
        let (consents, begin) = (Consents::default(), Instant::now());
        let yes = |plugin: &str, at: Instant| {
            let asks = consents.begin(plugin, at).is_some();
            consents.agreed(plugin);
            asks
        };
        assert!((0..MOST_AN_HOUR).all(|_| yes("a", begin)) && !yes("a", begin));
        assert!((0..MOST_OF_ALL - MOST_AN_HOUR).all(|number| yes(&format!("p{number}"), begin)));
        assert!(!yes("new", begin) && yes("new", begin + HOUR) && yes("a", begin + HOUR));
    }

    #[test]
    fn an_answer_is_good_once_and_for_an_hour() {
        let (consents, now) = (Consents::default(), Instant::now());
        let question = consents.begin("a", now).expect("it may ask");
        assert!(!consents.take("other", now) && consents.take(&question, now) && !consents.take(&question, now));
        let question = consents.begin("a", now).expect("it may ask");
        assert!(!consents.take(&question, now + HOUR));
    }

    #[test]
    fn what_is_never_to_be_asked_for_is_remembered() {
        let consents = Consents::default();
        consents.never("a", grants("A"));
        assert!(consents.is_never("a", &grants("A")));
        assert!(!consents.is_never("a", &grants("B")) && !consents.is_never("b", &grants("A")));
    }
}
