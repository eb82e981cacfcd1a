//! The address of a Redis server, as it is written: a secret is named in it, and stands nowhere but before the `@`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::JsonSchema;
use serde_with::{DeserializeFromStr, SerializeDisplay};

use crate::capability::net::Host;
use crate::capability::secrets::Template;

/// Bytes of an address: a name has 253, a path of a socket 108.
const MAX_ADDRESS: usize = 1024;

/// The port of Redis.
const PORT: u16 = 6379;

/// What begins a secret, and what ends it.
const SECRET: (&str, char) = ("${secret:", '}');

/// The address of a Redis server: `rediss://HOST` (encrypted), `redis://HOST` (not encrypted) or `redis+unix:///PATH`. A
/// `:PORT` other than 6379 follows the host, and `/NUMBER` of a database other than 0 (`?db=NUMBER` after a path). Who logs
/// in is before the host: `USER:${secret:NAME}@`, or `:${secret:NAME}@` where there are no users. The password is always a
/// secret, which Barkeep puts in; the user may be one too.
#[derive(Debug, Clone, PartialEq, Eq, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct Address {
    text: String,
    pub(super) way: Way,
    pub(super) user: Option<Template>,
    pub(super) password: Option<Template>,
    pub(super) database: u16,
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    Tcp { host: Host, port: u16, tls: bool },
    Unix(PathBuf),
}

impl Way {
    /// Whether what is said may be read on the way.
    fn in_the_clear(&self) -> bool {
        match self {
            Self::Tcp { host: Host::Ip(address), tls, .. } => !tls && !address.is_loopback(),
            Self::Tcp { host: Host::Name(name), tls, .. } => !tls && name != "localhost",
            Self::Unix(_) => false,
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port, .. } => write!(f, "{host}:{port}"),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

impl Address {
    /// Where it is, for people.
    pub(in super::super) fn describe(&self) -> String {
        let Self { way, database, .. } = self;
        let unencrypted = if way.in_the_clear() { " (unencrypted)" } else { "" };
        format!("Redis {way}, database {database}{unencrypted}")
    }

    /// All that has secrets in it.
    pub(in super::super) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.user.iter().chain(&self.password)
    }

    /// Whether what is kept goes unencrypted over a network.
    pub(in crate::capability) fn in_the_clear(&self) -> bool {
        self.way.in_the_clear()
    }

    /// Reads an address. What is wrong is told as the end of a sentence about it, without a word of it: somebody may have
    /// written a password.
    fn read(text: &str) -> Result<Self, &'static str> {
        if text.len() > MAX_ADDRESS {
            return Err("is too long");
        }
        if text.chars().any(|char| char.is_control() || char.is_whitespace()) {
            return Err("has white space or a control character in it");
        }
        let (scheme, rest) =
            text.split_once("://").ok_or("does not begin with rediss://, redis:// or redis+unix://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (login, place) =
            authority.rsplit_once('@').map_or((None, authority), |(login, place)| (Some(login), place));
        let (user, password) = login.map(login_of).transpose()?.unwrap_or_default();
        let (way, database) = match scheme {
            "redis" | "rediss" => {
                let (host, port) = host_and_port(place)?;
                (Way::Tcp { host, port, tls: scheme == "rediss" }, path.strip_prefix('/').unwrap_or_default())
            }
            "redis+unix" if cfg!(unix) => {
                let (path, database) = path.split_once("?db=").unwrap_or((path, ""));
                if !place.is_empty() || path.len() < 2 || path.contains(['?', '#', '%']) {
                    return Err(
                        "is not the whole path of a socket after redis+unix://, with nothing but ?db=NUMBER behind",
                    );
                }
                (Way::Unix(path.into()), database)
            }
            "redis+unix" => return Err("is that of a Unix socket, which this system does not have"),
            _ => return Err("does not begin with rediss://, redis:// or redis+unix://"),
        };
        let database =
            if database.is_empty() { 0 } else { number(database).ok_or("has a database that is no number")? };
        Ok(Self { text: text.to_owned(), way, user, password, database })
    }
}

/// Who logs in.
fn login_of(text: &str) -> Result<(Option<Template>, Option<Template>), &'static str> {
    let secret_end = if text.starts_with(SECRET.0) { text.find(SECRET.1).unwrap_or_default() } else { 0 };
    let colon = text.get(secret_end..).and_then(|rest| rest.find(':')).map(|at| at + secret_end);
    let (user, password) = colon.and_then(|at| text.split_at_checked(at)).ok_or("names a user without a password")?;
    let template = |text: &str, wrong| text.parse::<Template>().map_err(|_| wrong);
    let is_secret = |text: &str| text.starts_with(SECRET.0) && text.find(SECRET.1) == Some(text.len() - 1);
    let password = password.strip_prefix(':').unwrap_or_default();
    if !is_secret(password) {
        return Err("has a password that is not ${secret:NAME}");
    }
    let of_user = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !is_secret(user) && !user.bytes().all(of_user) {
        return Err("has a user that is neither letters, digits, `.`, `_` and `-` nor ${secret:NAME}");
    }
    let user = (!user.is_empty()).then(|| template(user, "has a user that is no name of a secret")).transpose()?;
    Ok((user, Some(template(password, "has a password that is no name of a secret")?)))
}

fn host_and_port(text: &str) -> Result<(Host, u16), &'static str> {
    let after_host = text.find(']').map_or(0, |at| at + 1);
    let colon = text.get(after_host..).and_then(|rest| rest.find(':')).map(|at| at + after_host);
    let (host, port) = colon.and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""));
    let port = match port.strip_prefix(':') {
        None => PORT,
        Some(port) => number(port).filter(|port| *port != 0).ok_or("has a port that is no number from 1 to 65535")?,
    };
    Ok((Host::parse(host)?, port))
}

/// A number in digits alone.
fn number(text: &str) -> Option<u16> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |reason| {
            format!(
                "the address of a Redis server {reason}; it looks like rediss://USER:${{secret:NAME}}@HOST:PORT/DATABASE"
            )
        };
        Self::read(text).map_err(wrong)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_told_without_who_logs_in() {
        for (text, described, names) in [
            ("rediss://redis.example.com", "Redis redis.example.com:6379, database 0", &[][..]),
            ("rediss://Redis.Example.com:7000/", "Redis redis.example.com:7000, database 0", &[]),
            ("redis://:${secret:P}@[::1]:1/15", "Redis [::1]:1, database 15", &["P"]),
            ("redis://127.0.0.1", "Redis 127.0.0.1:6379, database 0", &[]),
            ("redis://localhost/1", "Redis localhost:6379, database 1", &[]),
            ("redis://app-1:${secret:P}@redis/3", "Redis redis:6379, database 3 (unencrypted)", &["P"]),
            ("rediss://${secret:U}:${secret:P}@10.0.0.1/3", "Redis 10.0.0.1:6379, database 3", &["U", "P"]),
        ] {
            let address: Address = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(address.describe(), described);
            assert_eq!(
                address.templates().flat_map(Template::names).map(ToString::to_string).collect::<Vec<_>>(),
                names
            );
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn a_socket_has_a_path() {
        let address = "redis+unix://app:${secret:P}@/run/redis.sock?db=2".parse::<Address>();
        if cfg!(unix) {
            assert_eq!(address.expect("good").describe(), "Redis /run/redis.sock, database 2");
        } else {
            assert!(address.expect_err("there are none").contains("this system does not have"));
        }
    }

    #[test]
    fn what_cannot_be_meant_is_told_without_a_word_of_it() {
        for (text, told) in [
            ("", "does not begin"),
            ("hunter2", "does not begin"),
            ("http://hunter2", "does not begin"),
            ("redis-sentinel://hunter2", "does not begin"),
            ("redis:hunter2", "does not begin"),
            ("redis://", "names no host"),
            ("redis://app:hunter2@redis", "has a password that is not ${secret:NAME}"),
            ("redis://app:@redis", "has a password that is not ${secret:NAME}"),
            ("redis://app:hunter2${secret:P}@redis", "has a password that is not"),
            ("redis://app:${secret:P}hunter2@redis", "has a password that is not"),
            ("redis://app:${secret:P}${secret:Q}@redis", "has a password that is not"),
            ("redis://app:${secret:hunter 2}@redis", "white space"),
            ("redis://app:${secret:1}@redis", "no name of a secret"),
            ("redis://app:${hunter2}@redis", "has a password that is not"),
            ("redis://hunter2@redis", "names a user without a password"),
            ("redis://${secret:P}@redis", "names a user without a password"),
            ("redis://hunter@2:${secret:P}@redis", "has a user"),
            ("redis://${secret:P@redis", "has a password that is not"),
            ("redis://${secret:HOST}", "has a port"),
            ("redis://redis:0", "has a port"),
            ("redis://redis:+1", "has a port"),
            ("redis://redis:65536", "has a port"),
            ("redis://redis:1:2", "has a port"),
            ("redis://redis/hunter2", "has a database"),
            ("redis://redis/1?password=hunter2", "has a database"),
            ("redis://redis/99999", "has a database"),
            ("redis://redis/1/2", "has a database"),
            ("redis://2130706433", "the address of a Redis server"),
            ("redis://a%2eb", "has percent-encoding"),
            ("redis://red\nis", "control character"),
            ("redis+unix://host/path", if cfg!(unix) { "is not the whole path" } else { "does not have" }),
            ("redis+unix://", if cfg!(unix) { "is not the whole path" } else { "does not have" }),
            ("redis+unix:///a?pass=hunter2", if cfg!(unix) { "is not the whole path" } else { "does not have" }),
        ] {
            let error = text.parse::<Address>().expect_err(text);
            assert!(error.contains(told) && !error.contains("hunter"), "{text}: {error}");
        }
        assert!(
            format!("redis://{}", "a".repeat(MAX_ADDRESS)).parse::<Address>().expect_err("long").contains("too long")
        );
    }
}
