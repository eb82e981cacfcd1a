//! One plugin, as far as it is known: what is wanted of it, which generation serves, and when its file is to be loaded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::doubt::Doubt;
use super::stamp::Stamp;
use super::wanted::Wanted;
use crate::capability::secrets::Secrets;
use crate::config::{Approval, PluginConfig};
use crate::plugin::{LoadError, Plugin};

/// The first pause before what failed is tried again, if it may pass. It doubles each time.
const PAUSE: Duration = Duration::from_secs(2);

/// The longest such pause: who makes the folder or starts the server that was missing should not have to wait longer.
const MAX_PAUSE: Duration = Duration::from_mins(1);

/// How long what is loaded together is waited for, so that it is served together: a slow plugin must not hold back the
/// others for longer, nor keep a generation alive whose grants were taken back.
pub(super) const TOGETHER: Duration = Duration::from_secs(5);

/// What a generation is made with, beside its component.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) config: PluginConfig,
    pub(super) secrets: Arc<Secrets>,
    pub(super) approval: Approval,
}

impl Terms {
    fn of(wanted: &Wanted, secrets: &Arc<Secrets>) -> Self {
        let (config, approval) = (wanted.config.clone(), wanted.approval.clone());
        Self { config, secrets: Arc::clone(secrets), approval }
    }

    /// Whether nothing differs.
    pub(super) fn are(&self, others: &Self) -> bool {
        self.config == others.config && Arc::ptr_eq(&self.secrets, &others.secrets) && self.approval == others.approval
    }

    /// Whether all that `before` gave is still given. What was approved before goes on until what is approved now is there.
    fn still_hold(&self, before: &Self) -> bool {
        self.approval != Approval::Nothing
            && self.config.grants.still_grant(&self.secrets, &before.config.grants, &before.secrets)
    }
}

/// One generation, and what it was filled with.
pub(super) struct Generation<P = Plugin> {
    pub(super) plugin: Arc<P>,
    pub(super) terms: Terms,
}

impl<P> Clone for Generation<P> {
    fn clone(&self) -> Self {
        Self { plugin: Arc::clone(&self.plugin), terms: self.terms.clone() }
    }
}

impl Entry {
    /// Takes in a new menu of a generation that is there. Tells whether it is.
    pub(super) fn relisted(&mut self, plugin: Plugin) -> bool {
        let plugin = Arc::new(plugin);
        let mut is_there = false;
        for generation in [&mut self.newest, &mut self.serving].into_iter().flatten() {
            if generation.plugin.generation() == plugin.generation() {
                generation.plugin = Arc::clone(&plugin);
                is_there = true;
            }
        }
        is_there
    }
}

/// How a load ended.
pub(super) struct Loaded<P = Plugin> {
    /// The file, as a generation.
    pub(super) result: Result<P, LoadError>,
    /// Where it failed and other things are granted than before: the component that was there, with those.
    pub(super) renewed: Option<Result<P, LoadError>>,
    /// With what it was to be filled.
    pub(super) terms: Terms,
}

/// When something is tried again.
#[derive(Debug, Clone, Copy)]
struct Again {
    at: Instant,
    pause: Duration,
}

impl Again {
    fn after(before: Option<Self>, now: Instant) -> Self {
        let pause = before.map_or(PAUSE, |before| MAX_PAUSE.min(before.pause * 2));
        Self { at: now + pause, pause }
    }
}

/// One plugin, as far as it is known.
pub(super) struct Entry<P = Plugin> {
    pub(super) wanted: Wanted,
    /// What the next generation is filled with.
    pub(super) terms: Terms,
    /// The newest generation that is good in itself.
    pub(super) newest: Option<Generation<P>>,
    /// The generation in the catalog.
    pub(super) serving: Option<Generation<P>>,
    /// Why its newest file or grants are not served.
    pub(super) problem: Option<String>,
    /// Whether the log has yet to say that.
    pub(super) untold: bool,
    /// Which name of it another plugin has, as the log said it.
    pub(super) collision: Option<String>,
    /// The file as it was last read, or is being read.
    seen: Option<Stamp>,
    /// It is to be loaded though its file did not change.
    stale: bool,
    /// Since when it is being loaded.
    loading: Option<Instant>,
    doubt: Doubt,
    again: Option<Again>,
    /// A generation was taken out because of what it was granted, and none came after it.
    revoked: bool,
}

impl<P> Entry<P> {
    /// A plugin of which nothing is loaded yet.
    pub(super) fn new(wanted: Wanted, secrets: &Arc<Secrets>) -> Self {
        Self {
            terms: Terms::of(&wanted, secrets),
            wanted,
            newest: None,
            serving: None,
            problem: None,
            untold: false,
            collision: None,
            seen: None,
            stale: true,
            loading: None,
            doubt: Doubt::default(),
            again: None,
            revoked: false,
        }
    }

    /// Takes in what is wanted now. With other grants, limits, secrets or another name it is another plugin.
    pub(super) fn follow(&mut self, wanted: Wanted, secrets: &Arc<Secrets>) {
        if self.wanted == wanted && Arc::ptr_eq(&self.terms.secrets, secrets) {
            return;
        }
        self.terms = Terms::of(&wanted, secrets);
        self.wanted = wanted;
        self.stale = true;
    }

    /// Whether it is to be loaded now that its file is as `stamp` says. If so, it counts as being loaded.
    pub(super) fn begins(&mut self, stamp: Option<Stamp>, now: Instant) -> bool {
        let changed = self.is_outdated(stamp);
        if !changed && !self.doubt.is_about(stamp) {
            // It was gone, and is back as it was.
            self.doubt.clear();
        }
        let again = self.doubt.is_there() || self.again.is_some_and(|again| again.at <= now);
        if !changed && (self.loading.is_some() || !again) {
            return false;
        }
        // What is being loaded is waited for, or a file that is written again and again would never serve; not for long, or
        // one that hangs would hold back the one that mends it.
        if self.loading.is_some_and(|since| now.duration_since(since) < TOGETHER) {
            return false;
        }
        if stamp.is_none() && !self.believes(stamp, now) {
            return false;
        }
        if changed {
            self.again = None;
        }
        self.seen = stamp;
        self.stale = false;
        self.loading.get_or_insert(now);
        true
    }

    /// Takes in how loading it ended. Tells whether there is anything to be told.
    pub(super) fn take_in(&mut self, loaded: Loaded<P>, now: Instant) -> bool {
        self.loading = None;
        let Loaded { result, renewed, terms } = loaded;
        let error = match result {
            Ok(plugin) => {
                self.problem = None;
                self.doubt.clear();
                self.again = None;
                self.revoked = false;
                self.newest = Some(Generation { plugin: Arc::new(plugin), terms });
                return true;
            }
            Err(error) => error,
        };
        let holds = |generation: &Generation<P>| terms.still_hold(&generation.terms);
        let lost = [&self.newest, &self.serving].into_iter().flatten().any(|generation| !holds(generation));
        self.newest.take_if(|generation| !holds(generation));
        self.serving.take_if(|generation| !holds(generation));
        match renewed.and_then(Result::ok) {
            Some(plugin) => self.newest = Some(Generation { plugin: Arc::new(plugin), terms }),
            None => self.revoked |= lost && self.newest.is_none(),
        }
        if self.seen.is_some() && error.may_be_unfinished() && !self.believes(self.seen, now) {
            tracing::debug!(plugin = %self.wanted.id, "its file seems to be half written: {error}");
            // Whatever was renewed or taken out is to be in force.
            return lost;
        }
        self.doubt.clear();
        if self.seen.is_none() {
            // Its file is gone, and has been for a while: it was removed.
            self.newest = None;
            self.serving = None;
            self.revoked = false;
        }
        let mut problem = error.to_string();
        if self.revoked {
            problem.push_str("; the version before is not served either, because what it was granted is taken back");
        }
        self.untold |= self.again.is_none() || self.problem.as_ref() != Some(&problem);
        self.again = error.may_pass().then(|| Again::after(self.again, now));
        self.problem = Some(problem);
        true
    }

    /// Whether `generation` may be in the catalog: what it was granted is granted still, or its successor is as good as
    /// there.
    pub(super) fn may_serve(&self, generation: &Generation<P>, now: Instant) -> bool {
        self.terms.still_hold(&generation.terms)
            || self.loading.is_some_and(|since| now.duration_since(since) < TOGETHER)
    }

    /// Whether a plugin whose file is not in the folder may be in the middle of a change.
    pub(super) fn may_return(&self, now: Instant) -> bool {
        self.serving.is_some() && !self.doubt.is_gone_for_good(now)
    }

    /// Until when it holds back what is loaded with it. What is only tried again holds back nobody.
    pub(super) fn holds_until(&self) -> Option<Instant> {
        self.loading.filter(|_| self.again.is_none()).map(|since| since + TOGETHER)
    }

    /// Whether what is loaded is not what its file, as `stamp` says, and its configuration come to.
    pub(super) fn is_outdated(&self, stamp: Option<Stamp>) -> bool {
        self.stale || stamp != self.seen
    }

    /// Whether it is being loaded.
    pub(super) fn is_loading(&self) -> bool {
        self.loading.is_some()
    }

    /// Whether its file is in doubt.
    pub(super) fn doubts(&self) -> bool {
        self.doubt.is_there()
    }

    /// Whether a file that is gone or half written is so for good: it has been for long enough, or nothing is served that
    /// could be kept meanwhile.
    fn believes(&mut self, stamp: Option<Stamp>, now: Instant) -> bool {
        if self.serving.is_none() && self.newest.is_none() {
            self.doubt.clear();
            return true;
        }
        self.doubt.believes(stamp, now)
    }
}

#[cfg(test)]
mod tests;
