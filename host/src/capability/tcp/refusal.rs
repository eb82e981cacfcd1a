//! Why something is refused, and the line that would allow it.

use std::net::IpAddr;

use super::gate::MAX_OF_INSTANCE;
use super::{Grant, MAX_OF_ALL, MAX_OF_PLUGIN, Place, Ports};
use crate::capability::net::{Host, Unresolved};
use crate::capability::{Denial, Grants};

/// What a guest wants to do.
#[derive(Debug, Clone)]
pub(super) enum Wish {
    /// Ask for the addresses of a host; none where it is written so that it cannot be told.
    LookUp(Option<Host>),
    /// Connect to a port of a host.
    Connect(Host, u16),
    /// Make one more socket.
    Open,
    /// Wait for others to connect.
    Listen,
    /// Send or receive by UDP.
    Datagrams,
}

/// Why it may not.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refusal {
    /// The host can be read in several ways, or is none. The end of a sentence about it.
    Unclear(&'static str),
    /// No entry covers it. The ports are what it is for, where that is known.
    NotGranted { port: Option<Ports> },
    /// No entry covers it, and nothing says which port it is for; those of its other hosts are all these.
    LikeOthers { port: Ports },
    /// The component's author does not ask for it.
    NotRequested,
    /// The entry `by` covers it, but it leads to an address that is not the internet's.
    NotPublic { by: Box<Grant>, address: IpAddr, kind: &'static str },
    /// It has as many as it may have.
    TooMany,
    /// Too many names are being looked up.
    Lookups,
    /// No grant is about it.
    Never,
}

impl Wish {
    /// A line for people: `connect db.internal:5432`.
    pub(super) fn what(&self) -> String {
        match self {
            Self::LookUp(Some(host)) => format!("look up {host}"),
            Self::LookUp(None) => "look up".to_owned(),
            Self::Connect(host, port) => format!("connect {host}:{port}"),
            Self::Open => "open".to_owned(),
            Self::Listen => "listen".to_owned(),
            Self::Datagrams => "use UDP".to_owned(),
        }
    }

    fn host(&self) -> Option<&Host> {
        match self {
            Self::LookUp(host) => host.as_ref(),
            Self::Connect(host, _) => Some(host),
            Self::Open | Self::Listen | Self::Datagrams => None,
        }
    }
}

impl Refusal {
    /// A sentence for people that says what was refused and what would allow it.
    ///
    /// It says of which kind an address is, not which: what a name of the inner network resolves to is not for guests.
    fn tell(&self, plugin: &str, wish: &Wish) -> String {
        let wanted = match wish {
            Wish::LookUp(Some(host)) => format!("look up {host}"),
            Wish::LookUp(None) => "look up a host".to_owned(),
            Wish::Connect(host, port) => format!("connect to {host}:{port}"),
            Wish::Open => "open one more TCP socket".to_owned(),
            Wish::Datagrams => "use UDP".to_owned(),
            Wish::Listen => "listen on a TCP port, or choose its own".to_owned(),
        };
        let refused = format!("plugin `{plugin}` may not {wanted}");
        let grants = format!("[plugins.{plugin}.grants] of barkeep.toml");
        let host = wish.host().map(ToString::to_string).unwrap_or_default();
        match self {
            Self::Unclear(what) => format!("{refused} that {what}; no grant allows that"),
            Self::NotRequested => format!(
                "{refused}: its author does not ask for it, so no grant allows it; `[requests]` in its plugin.toml would"
            ),
            Self::NotGranted { port: Some(port) } => {
                format!("{refused}: add {{ host = \"{host}\", port = {} }} to tcp in {grants}", written(port))
            }
            Self::LikeOthers { port } => format!(
                "{refused}: add {{ host = \"{host}\", port = {} }} to tcp in {grants}, with another port if it does not \
                 connect to that of its other hosts",
                written(port)
            ),
            Self::NotGranted { port: None } => format!(
                "{refused}: add {{ host = \"{host}\", port = PORT }} to tcp in {grants}, with the port that it connects to"
            ),
            Self::NotPublic { by, kind, .. } => {
                format!(
                    "{refused}, which is at {kind}: add `private = true` to the entry \"{}\" of tcp in {grants}",
                    by.host
                )
            }
            Self::TooMany => format!(
                "{refused}: {MAX_OF_INSTANCE} at once are the most of a call, {MAX_OF_PLUGIN} of a plugin, and {MAX_OF_ALL} \
                 of all together; some must be closed"
            ),
            Self::Lookups => format!("{refused} now: {}", Unresolved::Busy),
            Self::Never => format!("{refused}; no grant allows that"),
        }
    }

    /// The sentence, with the least entry that would allow it, where one would.
    pub(super) fn deny(&self, plugin: &str, wish: &Wish) -> Denial {
        let entry = match (self, wish.host()) {
            (Self::NotGranted { port: Some(port) } | Self::LikeOthers { port }, Some(host)) => {
                Some(Grant { host: Place::of(host), port: port.clone(), private: false })
            }
            (Self::NotPublic { by, .. }, _) => Some(Grant { private: true, ..Grant::clone(by) }),
            _ => None,
        };
        Denial { sentence: self.tell(plugin, wish), needs: entry.map(granting) }
    }
}

/// Ports as the file has them.
fn written(port: &Ports) -> String {
    toml::Value::try_from(port).map_or_else(|_| port.to_string(), |port| port.to_string())
}

/// An entry, as grants.
pub(super) fn granting(entry: Grant) -> Grants {
    Grants { tcp: vec![entry], ..Grants::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> Host {
        Host::Name("db.internal".to_owned())
    }

    #[test]
    fn a_refusal_names_the_line_to_add_and_knows_it() {
        let connect = Wish::Connect(name(), 5432);
        let denial = Refusal::NotGranted { port: Some(Ports::one(5432)) }.deny("x", &connect);
        assert_eq!(
            denial.sentence,
            "plugin `x` may not connect to db.internal:5432: add { host = \"db.internal\", port = 5432 } to tcp in \
             [plugins.x.grants] of barkeep.toml"
        );
        assert_eq!(denial.needs.expect("it is known").tcp[0].describe(), "tcp db.internal:5432");

        let denial =
            Refusal::NotGranted { port: Some("1-2".parse().expect("ports")) }.deny("x", &Wish::LookUp(Some(name())));
        assert!(
            denial.sentence.contains("look up db.internal: add { host = \"db.internal\", port = \"1-2\" }"),
            "{denial:?}"
        );
        let denial = Refusal::NotGranted { port: None }.deny("x", &Wish::LookUp(Some(name())));
        assert!(denial.sentence.contains("port = PORT") && denial.needs.is_none(), "{denial:?}");

        let denial = Refusal::LikeOthers { port: Ports::one(5432) }.deny("x", &Wish::LookUp(Some(name())));
        assert!(
            denial.sentence.contains("add { host = \"db.internal\", port = 5432 }")
                && denial.sentence.contains("another port"),
            "{denial:?}"
        );
        assert_eq!(denial.needs.expect("it is likely").tcp[0].describe(), "tcp db.internal:5432");

        let by: Grant = toml::from_str("host = \"*.internal\"\nport = 5432").expect("an entry");
        let private = Refusal::NotPublic { by: Box::new(by), address: [10, 0, 0, 1].into(), kind: "a private address" };
        let denial = private.deny("x", &connect);
        assert!(denial.sentence.contains("`private = true` to the entry \"*.internal\" of tcp"), "{denial:?}");
        assert!(!denial.sentence.contains("10.0.0.1"), "{denial:?}");
        assert_eq!(
            denial.needs.expect("it is known").tcp[0].describe(),
            "tcp *.internal:5432, also at private addresses"
        );

        for (refusal, wish) in [
            (Refusal::NotRequested, connect),
            (Refusal::TooMany, Wish::Open),
            (Refusal::Lookups, Wish::LookUp(Some(name()))),
            (Refusal::Never, Wish::Listen),
            (Refusal::Never, Wish::Datagrams),
            (Refusal::Unclear("ends with a dot"), Wish::LookUp(None)),
        ] {
            let denial = refusal.deny("x", &wish);
            assert!(denial.needs.is_none() && denial.sentence.starts_with("plugin `x` may not "), "{denial:?}");
        }
    }
}
