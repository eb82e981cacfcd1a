//! What was allowed to a call that did not come yet: good for that call, once, and for a while.

use std::time::{Duration, Instant};

use crate::capability::Grants;

/// How long what was allowed waits for the call that it is for.
const FOR: Duration = Duration::from_mins(10);

/// Calls that something was allowed to, and that did not come yet: a person said yes to each of late.
const MAX: usize = 64;

/// Which call something is allowed to. The same request of another client, to another component or in another round of
/// questions is another call.
#[derive(Debug, Clone, Copy)]
pub(super) struct To<'a> {
    /// Whose call it is.
    pub(super) client: &'a str,
    /// The component that is called.
    pub(super) digest: &'a str,
    /// What it is called for.
    pub(super) request: &'a str,
    /// What the client was handed in the round before.
    pub(super) state: Option<&'a str>,
}

/// What a person allowed to a call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Allowed {
    /// What the call lacked, each apart.
    pub(super) each: Vec<Grants>,
    /// Where it is allowed for ever: the generation that has yet to be followed by one with what was written. That one has
    /// it, or it was taken back since.
    pub(super) only_to: Option<u64>,
}

impl Allowed {
    /// All of it.
    pub(super) fn grants(&self) -> Grants {
        together(&self.each)
    }
}

/// All of what was lacked, which can be had together.
pub(super) fn together(each: &[Grants]) -> Grants {
    each.iter().fold(Grants::default(), |all, one| all.with(one).unwrap_or(all))
}

/// One that waits for its call.
struct Ticket {
    client: String,
    digest: String,
    request: String,
    state: Option<String>,
    allowed: Allowed,
    left: Instant,
}

impl Ticket {
    fn is_to(&self, to: To<'_>) -> bool {
        let Self { client, digest, request, state, .. } = self;
        (&**client, &**digest, &**request, state.as_deref()) == (to.client, to.digest, to.request, to.state)
    }
}

/// All that wait.
#[derive(Default)]
pub(super) struct Tickets(Vec<Ticket>);

impl Tickets {
    /// Allows this to the next call that is this one.
    pub(super) fn leave(&mut self, to: To<'_>, allowed: Allowed, now: Instant) {
        self.0.retain(|ticket| now.duration_since(ticket.left) < FOR && !ticket.is_to(to));
        if self.0.len() < MAX {
            let To { client, digest, request, state } = to;
            self.0.push(Ticket {
                client: client.to_owned(),
                digest: digest.to_owned(),
                request: request.to_owned(),
                state: state.map(str::to_owned),
                allowed,
                left: now,
            });
        }
    }

    /// What was allowed to this call, which is one of this `generation`; from now on it is not.
    pub(super) fn take(&mut self, to: To<'_>, generation: u64, now: Instant) -> Option<Allowed> {
        let at = self.0.iter().position(|ticket| ticket.is_to(to))?;
        let Ticket { allowed, left, .. } = self.0.swap_remove(at);
        let is_good = now.duration_since(left) < FOR && allowed.only_to.is_none_or(|only| only == generation);
        is_good.then_some(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: To<'_> = To { client: "a", digest: "1", request: "call", state: None };

    fn allowed(only_to: Option<u64>) -> Allowed {
        Allowed { each: vec![toml::from_str("env = { A = \"1\" }").expect("grants")], only_to }
    }

    #[test]
    fn what_is_allowed_is_for_one_call_within_a_while() {
        let (mut tickets, now) = (Tickets::default(), Instant::now());
        tickets.leave(CALL, allowed(None), now);
        for other in [
            To { client: "b", ..CALL },
            To { digest: "2", ..CALL },
            To { request: "call of another", ..CALL },
            To { state: Some("sealed"), ..CALL },
        ] {
            assert_eq!(tickets.take(other, 1, now), None, "{other:?}");
        }
        assert_eq!(tickets.take(CALL, 1, now), Some(allowed(None)));
        assert_eq!(tickets.take(CALL, 1, now), None);
        tickets.leave(CALL, allowed(None), now);
        assert_eq!(tickets.take(CALL, 1, now + FOR), None);
    }

    #[test]
    fn what_is_allowed_for_ever_is_for_no_later_generation() {
        let (mut tickets, now) = (Tickets::default(), Instant::now());
        for (generation, taken) in [(1, Some(allowed(Some(1)))), (2, None)] {
            tickets.leave(CALL, allowed(Some(1)), now);
            assert_eq!(tickets.take(CALL, generation, now), taken);
        }
        assert_eq!(tickets.take(CALL, 1, now), None, "it is good for no call any more");
    }

    #[test]
    fn so_many_wait_and_no_more() {
        let (mut tickets, now) = (Tickets::default(), Instant::now());
        let name = |number: usize| number.to_string();
        for number in 0..=MAX {
            tickets.leave(To { request: &name(number), ..CALL }, allowed(None), now);
        }
        assert!(tickets.take(To { request: &name(0), ..CALL }, 1, now).is_some());
        assert!(tickets.take(To { request: &name(MAX), ..CALL }, 1, now).is_none());
    }
}
