//! Hosts, read strictly: what two readers could take for two different things is refused.

use std::fmt;
use std::net::IpAddr;

/// Bytes of a host name, and of one of its labels (RFC 1035, section 2.3.4).
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// Bytes of a host that are read at all: a name in another script is longer than what becomes of it.
const MAX_READ: usize = 4 * MAX_NAME;

/// A name in lower case and ASCII, or an address in its one canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::capability) enum Host {
    Name(String),
    Ip(IpAddr),
}

impl Host {
    /// Reads the host of an address. What is wrong is told as the end of a sentence about the address.
    ///
    /// Names in other scripts become ASCII (IDNA). An IPv4 address that is not four decimal numbers (`2130706433`,
    /// `0177.0.0.1`, `0x7f.1`) is refused: some take it for an address and some for a name. An IPv4 address inside an
    /// IPv6 one is the IPv4 address.
    pub(in crate::capability) fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some(inside) = text.strip_prefix('[') {
            let inside = inside.strip_suffix(']').ok_or("has an IPv6 address without its `]`")?;
            let address: std::net::Ipv6Addr =
                inside.parse().map_err(|_| "has something in `[` `]` that is no IPv6 address")?;
            return Ok(Self::Ip(IpAddr::V6(address).to_canonical()));
        }
        match text {
            "" => return Err("names no host"),
            _ if text.len() > MAX_READ => return Err("has a host that is too long"),
            _ if text.contains('%') => return Err("has percent-encoding in its host"),
            _ if text.ends_with('.') => return Err("has a host that ends with a dot"),
            _ => {}
        }
        match url::Host::parse(text).map_err(|_| "has a host that is neither a name nor an address")? {
            url::Host::Ipv4(address) if address.to_string() == text => Ok(Self::Ip(IpAddr::V4(address))),
            url::Host::Ipv4(_) => Err("has an IPv4 address that is not written as four decimal numbers"),
            url::Host::Ipv6(address) => Ok(Self::Ip(IpAddr::V6(address).to_canonical())),
            url::Host::Domain(name) => {
                let of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
                let fits = |label: &str| (1..=MAX_LABEL).contains(&label.len()) && label.bytes().all(of_a_name);
                if name.len() <= MAX_NAME && name.split('.').all(fits) {
                    Ok(Self::Name(name))
                } else {
                    Err("has a host with something in it that no name has")
                }
            }
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Which hosts a grant covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::capability) enum Hosts {
    Any,
    One(Host),
    /// The names that end with this, dot included, and have one label before it.
    Under(String),
    /// The same with one label or more.
    DeepUnder(String),
}

impl Hosts {
    /// Reads a host with its wildcards: `*` for any, `*.` for one label before a name, `**.` for one or more. What is
    /// wrong is told as the end of a sentence about it.
    pub(in crate::capability) fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let (deep, name) = match (text.strip_prefix("**."), text.strip_prefix("*.")) {
            (Some(name), _) => (true, name),
            (None, Some(name)) => (false, name),
            (None, None) if text.contains('*') => {
                return Err("has a `*` in its host that is neither all of it nor the first label of a name");
            }
            (None, None) => return Host::parse(text).map(Self::One),
        };
        match Host::parse(name)? {
            Host::Name(name) if deep => Ok(Self::DeepUnder(format!(".{name}"))),
            Host::Name(name) => Ok(Self::Under(format!(".{name}"))),
            Host::Ip(_) => Err("has a wildcard before a host that is no name"),
        }
    }

    pub(in crate::capability) fn cover(&self, host: &Host) -> bool {
        let before = |end: &str| match host {
            Host::Name(name) => name.strip_suffix(end).filter(|before| !before.is_empty()),
            Host::Ip(_) => None,
        };
        match self {
            Self::Any => true,
            Self::One(one) => one == host,
            Self::Under(end) => before(end).is_some_and(|before| !before.contains('.')),
            Self::DeepUnder(end) => before(end).is_some(),
        }
    }
}
