//! Why a server did not do what it was asked, in words: for the guest, and for the log. Neither has a word of the server's
//! own, which may repeat what it was told, a password as well.

use std::fmt;
use std::io;

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::capability::kv::store::Trouble;

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Name, address or certificate are not good.
    Unreachable(&'static str),
    Io(io::ErrorKind),
    Late,
    Login,
    Forbidden,
    Foreign,
    Memory,
    Starting,
    ReadOnly,
    Cluster,
    Other,
}

/// What begins an error of the server's. Before version 7, that of a command in a script stands inside
/// its sentence, some of them after a `-`.
const CODES: [(&str, Reason); 17] = [
    ("NOAUTH", Reason::Login),
    ("WRONGPASS", Reason::Login),
    // What is left of NOAUTH where a database is chosen.
    ("Authentication", Reason::Login),
    ("NOPERM", Reason::Forbidden),
    ("WRONGTYPE", Reason::Foreign),
    ("OOM", Reason::Memory),
    ("LOADING", Reason::Starting),
    ("BUSY", Reason::Starting),
    ("MASTERDOWN", Reason::Starting),
    ("TRYAGAIN", Reason::Starting),
    ("CLUSTERDOWN", Reason::Starting),
    ("READONLY", Reason::ReadOnly),
    ("MISCONF", Reason::ReadOnly),
    ("NOREPLICAS", Reason::ReadOnly),
    ("MOVED", Reason::Cluster),
    ("ASK", Reason::Cluster),
    ("CROSSSLOT", Reason::Cluster),
];

impl From<&RedisError> for Reason {
    fn from(error: &RedisError) -> Self {
        let coded = |word: &str| {
            CODES.iter().find(|(code, _)| *code == word.trim_start_matches('-')).map(|(_, reason)| *reason)
        };
        if let Some(reason) = error.code().and_then(coded) {
            return reason;
        }
        match error.kind() {
            ErrorKind::AuthenticationFailed => Self::Login,
            ErrorKind::Io => {
                let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
                Self::Io(source.map_or(io::ErrorKind::BrokenPipe, io::Error::kind))
            }
            ErrorKind::UnexpectedReturnType => Self::Foreign,
            ErrorKind::Server(ServerErrorKind::ResponseError) => {
                error.detail().into_iter().flat_map(str::split_ascii_whitespace).find_map(coded).unwrap_or(Self::Other)
            }
            _ => Self::Other,
        }
    }
}

impl Reason {
    /// What a guest is told.
    pub(super) fn trouble(self) -> Trouble {
        match self {
            Self::Unreachable(_) | Self::Io(_) | Self::Late | Self::Cluster | Self::Other => Trouble::Broken,
            Self::Login => Trouble::Refused("the store's server does not let this host in"),
            Self::Forbidden => Trouble::Refused("the store's server does not let this host do that"),
            Self::Foreign => Trouble::Refused("something else is where the store keeps its values"),
            Self::Memory => Trouble::Refused("the store's server has no memory left"),
            Self::Starting => Trouble::Refused("the store's server is not ready yet; try again"),
            Self::ReadOnly => Trouble::Refused("the store's server takes no changes now"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable(words) => words,
            Self::Io(io::ErrorKind::FileTooLarge) => "it says more than it was asked for",
            Self::Io(kind) => return write!(f, "the connection failed: {kind}"),
            Self::Late => "it took too long to answer",
            Self::Login => "it does not take this user and password; look at the secrets in its address",
            Self::Forbidden => {
                "its user may not do that: it needs the scripting, hash and sorted set commands on `barkeep:*`"
            }
            Self::Foreign => "one of its keys `barkeep:*` is not what Barkeep put there",
            Self::Memory => "it has no memory left (`maxmemory`)",
            Self::Starting => "it is starting, or busy",
            Self::ReadOnly => "it takes no changes: it is a replica, or cannot write its disk",
            Self::Cluster => "it is one of a cluster, which this version of Barkeep does not speak to",
            Self::Other => "its answer is not that of a Redis server of version 4 or newer with such a database",
        })
    }
}
