//! One plugin, as far as it is known: what is wanted of it, which generation serves, and when its file is to be loaded.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::doubt::Doubt;
use super::stamp::Stamp;
use super::wanted::Wanted;
use crate::capability::secrets::Secrets;
use crate::capability::{Grants, Still};
use crate::config::{Approval, PluginConfig};
use crate::plugin::{LoadError, Plugin};

/// The first pause before what failed is tried again, if it may pass. It doubles each time.
const PAUSE: Duration = Duration::from_secs(2);

/// The longest such pause: who makes the folder or starts the server that was missing should not have to wait longer.
const MAX_PAUSE: Duration = Duration::from_mins(1);

/// How long what is loaded together is waited for, so that it is served together: a slow plugin must not hold back the
/// others for longer, nor keep calls waiting for one that is granted less than before.
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

    /// How far all that `before` gave is still given. What was approved before goes on until what is approved now is there.
    fn still_give(&self, before: &Self) -> Still {
        if self.approval == Approval::Nothing {
            return Still::InPart;
        }
        self.config.grants.still_grant(&self.secrets, &before.config.grants, &before.secrets)
    }
}

/// One generation, and what it was filled with.
pub(super) struct Generation<P = Plugin> {
    pub(super) plugin: Arc<P>,
    pub(super) terms: Terms,
    /// How far it was given that ever since.
    still: Still,
}

impl<P> Clone for Generation<P> {
    fn clone(&self) -> Self {
        Self { plugin: Arc::clone(&self.plugin), terms: self.terms.clone(), still: self.still }
    }
}

/// A generation of which calls may be under way, also when another serves. There are as many as calls keep.
struct Made<P> {
    plugin: Weak<P>,
    terms: Terms,
    still: Still,
}

impl<P> Generation<P> {
    fn made(&self) -> Made<P> {
        Made { plugin: Arc::downgrade(&self.plugin), terms: self.terms.clone(), still: self.still }
    }
}

impl Made<Plugin> {
    /// Lets no call begin with what is no longer given as it was, and none go on with what is taken back.
    fn enforce(&self) {
        let Some(plugin) = self.plugin.upgrade() else { return };
        match self.still {
            Still::All => {}
            Still::WithOtherSecrets => plugin.give_way(),
            Still::InPart => plugin.take_back(),
        }
    }
}

impl Entry {
    /// Puts in force what was taken in of what is wanted, as far as it is less than before: at once, before what is to come
    /// is there.
    pub(super) fn enforce(&self) {
        self.made.iter().for_each(Made::enforce);
    }

    /// The plugin is wanted no longer: what it was granted, if anything, is taken back.
    pub(super) fn take_back(&mut self) {
        for made in &mut self.made {
            let Terms { config, secrets, .. } = &made.terms;
            made.still = Grants::default().still_grant(secrets, &config.grants, secrets);
        }
        self.enforce();
    }

    /// Takes in a new menu of a generation that is there. Tells whether it is.
    pub(super) fn relisted(&mut self, plugin: Plugin) -> bool {
        let plugin = Arc::new(plugin);
        let mut is_there = false;
        self.forget_ended();
        for generation in [&mut self.newest, &mut self.serving].into_iter().flatten() {
            if generation.plugin.generation() == plugin.generation() {
                generation.plugin = Arc::clone(&plugin);
                self.made.push(generation.made());
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
    /// All that calls may be under way in.
    made: Vec<Made<P>>,
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
            made: Vec::new(),
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

    /// Takes in what is wanted now. With other grants, limits, secrets or another name it is another plugin. Tells whether
    /// less is given than before: what is being loaded or listed with that is not to go on.
    pub(super) fn follow(&mut self, wanted: Wanted, secrets: &Arc<Secrets>) -> bool {
        if self.wanted == wanted && Arc::ptr_eq(&self.terms.secrets, secrets) {
            return false;
        }
        let terms = Terms::of(&wanted, secrets);
        for generation in [&mut self.newest, &mut self.serving].into_iter().flatten() {
            generation.still = generation.still.max(terms.still_give(&generation.terms));
        }
        self.forget_ended();
        for made in &mut self.made {
            made.still = made.still.max(terms.still_give(&made.terms));
        }
        let is_less = terms.still_give(&self.terms) > Still::All;
        if is_less {
            self.loading = None;
        }
        self.terms = terms;
        self.wanted = wanted;
        self.stale = true;
        is_less
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
                self.newest = Some(self.generation(plugin, terms));
                return true;
            }
            Err(error) => error,
        };
        let is_less = |generation: &Generation<P>| generation.still > Still::All;
        let lost = [&self.newest, &self.serving].into_iter().flatten().any(is_less);
        self.newest.take_if(|generation| is_less(generation));
        self.serving.take_if(|generation| is_less(generation));
        match renewed.and_then(Result::ok) {
            Some(plugin) => self.newest = Some(self.generation(plugin, terms)),
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

    /// Forgets the generations that no call is under way in.
    fn forget_ended(&mut self) {
        self.made.retain(|made| made.plugin.strong_count() > 0);
    }

    fn generation(&mut self, plugin: P, terms: Terms) -> Generation<P> {
        let generation = Generation { plugin: Arc::new(plugin), still: self.terms.still_give(&terms), terms };
        self.forget_ended();
        self.made.push(generation.made());
        generation
    }

    /// Whether `generation` may be in the catalog: what it was granted is granted still, or its successor is as good as
    /// there. Until that is, calls of it wait.
    pub(super) fn may_serve(&self, generation: &Generation<P>, now: Instant) -> bool {
        generation.still == Still::All || self.loading.is_some_and(|since| now.duration_since(since) < TOGETHER)
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
