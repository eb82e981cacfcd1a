//! Which hosts and ports an entry covers, parsed once.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeFromStr, SerializeDisplay};

use crate::capability::net::{Host, Hosts};

/// Hosts: a name such as `db.internal`, `*.` before a name for one label more, `**.` before a name for one label or more,
/// an address such as `10.0.0.7`, a network such as `10.0.0.0/8`, or `*` for any host, by name or address.
///
/// A name covers the addresses that it had when the plugin looked it up, and no others.
#[derive(Debug, Clone, PartialEq, Eq, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct Place {
    text: String,
    hosts: Covered,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Covered {
    Hosts(Hosts),
    Network(IpAddr, u32),
}

impl Place {
    /// Whether `host` is among them.
    pub(super) fn covers(&self, host: &Host) -> bool {
        match (&self.hosts, host) {
            (Covered::Hosts(hosts), _) => hosts.cover(host),
            (Covered::Network(network, bits), Host::Ip(ip)) => in_network(*ip, *network, *bits),
            (Covered::Network(..), Host::Name(_)) => false,
        }
    }

    /// Whether any host is covered.
    pub(in crate::capability) fn is_any(&self) -> bool {
        matches!(self.hosts, Covered::Hosts(Hosts::Any) | Covered::Network(_, 0))
    }

    /// The one host that is `host`.
    pub(super) fn of(host: &Host) -> Self {
        Self { text: host.to_string(), hosts: Covered::Hosts(Hosts::One(host.clone())) }
    }
}

/// Whether the first `bits` bits of both are the same.
fn in_network(ip: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            (ip.to_bits() ^ network.to_bits()).checked_shr(32 - bits).unwrap_or_default() == 0
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            (ip.to_bits() ^ network.to_bits()).checked_shr(128 - bits).unwrap_or_default() == 0
        }
        _ => false,
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| format!("the host `{}` {what}", text.escape_debug());
        let hosts = match text.split_once('/') {
            Some((network, bits)) => read_network(network, bits).map_err(wrong)?,
            None => Covered::Hosts(read(text).map_err(wrong)?),
        };
        Ok(Self { text: text.to_owned(), hosts })
    }
}

fn read(text: &str) -> Result<Hosts, &'static str> {
    match text.parse::<Ipv6Addr>() {
        Ok(ip) => Ok(Hosts::One(Host::Ip(IpAddr::V6(ip).to_canonical()))),
        Err(_) if text.contains(':') && !text.starts_with('[') => Err("has a port; that has its own key, `port`"),
        Err(_) => Hosts::parse(text),
    }
}

fn read_network(network: &str, bits: &str) -> Result<Covered, &'static str> {
    let ip: IpAddr = network.parse().map_err(|_| "is no network, such as `10.0.0.0/8`")?;
    let most = if ip.is_ipv4() { 32 } else { 128 };
    let plain = bits.bytes().all(|byte| byte.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
    let bits: u32 =
        bits.parse().ok().filter(|bits| plain && *bits <= most).ok_or("has no number of bits behind its `/`")?;
    let first = match ip {
        IpAddr::V4(ip) => ip.to_bits().checked_shl(bits).unwrap_or_default() == 0,
        IpAddr::V6(ip) => ip.to_bits().checked_shl(bits).unwrap_or_default() == 0,
    };
    // 10.1.2.3/8 could be meant as one host, or as all of 10.
    if first { Ok(Covered::Network(ip, bits)) } else { Err("is not the first address of its network") }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Ports: a number such as `5432`, a range such as `"5432-5440"`, or `"*"` for any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports(RangeInclusive<u16>);

impl Ports {
    pub(super) fn cover(&self, port: u16) -> bool {
        self.0.contains(&port)
    }

    pub(super) fn one(port: u16) -> Self {
        Self(port..=port)
    }

    fn single(&self) -> Option<u16> {
        (self.0.start() == self.0.end()).then_some(*self.0.start())
    }
}

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let port = |text: &str| {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
            text.parse::<u16>().ok().filter(|_| plain)
        };
        let range = match text.split_once('-') {
            _ if text == "*" => Some(1..=u16::MAX),
            Some((first, last)) => port(first).zip(port(last)).map(|(first, last)| first..=last),
            None => port(text).map(|port| port..=port),
        };
        range.filter(|range| !range.is_empty()).map(Self).ok_or_else(|| {
            format!(
                "`{}` is no port from 1 to 65535, no range such as \"5432-5440\", and not \"*\"",
                text.escape_debug()
            )
        })
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.single() {
            Some(port) => write!(f, "{port}"),
            None if self.0 == (1..=u16::MAX) => f.write_str("*"),
            None => write!(f, "{}-{}", self.0.start(), self.0.end()),
        }
    }
}

impl Serialize for Ports {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.single() {
            Some(port) => serializer.serialize_u16(port),
            None => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Ports {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl serde::de::Visitor<'_> for Read {
            type Value = Ports;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a port, a range such as \"5432-5440\", or \"*\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Ports, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Ports, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Ports, E> {
                self.visit_str(&number.to_string())
            }
        }

        deserializer.deserialize_any(Read)
    }
}

impl JsonSchema for Ports {
    fn schema_name() -> Cow<'static, str> {
        "Ports".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Ports: a number such as `5432`, a range such as `\"5432-5440\"`, or `\"*\"` for any.",
            "type": ["integer", "string"],
            "minimum": 1,
            "maximum": 65535,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    fn host(text: &str) -> Host {
        text.parse().map_or_else(|_| Host::Name(text.to_owned()), |ip: IpAddr| Host::Ip(ip.to_canonical()))
    }

    #[test]
    fn a_place_covers_what_it_says_and_nothing_else() {
        for (text, covered, others) in [
            ("db.internal", &["db.internal"][..], &["internal", "x.db.internal", "10.0.0.1"][..]),
            ("DB.Internal", &["db.internal"], &[]),
            ("*.internal", &["db.internal"], &["internal", "a.db.internal"]),
            ("**.internal", &["db.internal", "a.db.internal"], &["internal"]),
            ("*", &["db.internal", "10.0.0.1", "::1"], &[]),
            ("10.0.0.7", &["10.0.0.7", "::ffff:10.0.0.7"], &["10.0.0.8", "db.internal"]),
            ("::1", &["::1"], &["::2", "127.0.0.1"]),
            ("[::1]", &["::1"], &["::2"]),
            (
                "10.0.0.0/8",
                &["10.0.0.0", "10.255.255.255", "::ffff:10.1.1.1"],
                &["11.0.0.0", "9.255.255.255", "db.internal"],
            ),
            ("10.1.2.3/32", &["10.1.2.3"], &["10.1.2.2"]),
            ("0.0.0.0/0", &["1.1.1.1"], &["::1"]),
            ("fd00::/8", &["fd00:ec2::254"], &["fc00::1", "10.0.0.1"]),
            ("::/0", &["::1"], &["10.0.0.1"]),
        ] {
            for one in covered {
                assert!(place(text).covers(&host(one)), "{text} should cover {one}");
            }
            for one in others {
                assert!(!place(text).covers(&host(one)), "{text} should not cover {one}");
            }
            assert_eq!(place(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_place_is_told() {
        for (text, word) in [
            ("", "names no host"),
            ("db.internal:5432", "`port`"),
            ("a.*.b", "`*`"),
            ("2130706433", "decimal"),
            ("0x7f.1", "decimal"),
            ("10.0.0.1/8", "first address"),
            ("10.0.0.0/33", "bits"),
            ("10.0.0.0/08", "bits"),
            ("10.0.0.0/", "bits"),
            ("10.0.0.0/+8", "bits"),
            ("db.internal/8", "no network"),
            ("https://a.b", "no network"),
            ("a b", "name"),
        ] {
            let error = text.parse::<Place>().expect_err(text);
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn ports_are_a_number_a_range_or_any() {
        for (text, covered, others) in
            [("5432", &[5432][..], &[5431, 5433][..]), ("10-12", &[10, 11, 12], &[9, 13]), ("*", &[1, 65535], &[0])]
        {
            let ports: Ports = text.parse().expect("ports");
            assert!(covered.iter().all(|port| ports.cover(*port)) && !others.iter().any(|port| ports.cover(*port)));
            assert_eq!(ports.to_string(), text);
        }
        for bad in ["", "0", "65536", "-1", "+1", "1-", "-", "12-10", "1-2-3", "01", "http", "**"] {
            assert!(bad.parse::<Ports>().is_err(), "{bad}");
        }
    }
}
