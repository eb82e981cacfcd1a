//! What `barkeep.toml` grants one plugin.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secrets::{self, Secrets};
use super::{client, config, env, fs, http, kv, tcp};

/// What one plugin is granted: `[plugins.ID.grants]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Grants {
    /// Folders, each under a path of the plugin's. `..`, absolute paths and links that lead out of them are refused.
    ///
    /// ```toml
    /// fs = [{ host = "~/code", guest = "/code", mode = "read-write" }]
    /// ```
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fs: Vec<fs::Grant>,
    /// Hosts that it may call, with the headers and parameters that Barkeep puts in. The first entry that covers a request
    /// is the one that it is made by. Redirects are not followed: a plugin that follows one makes a new request, which is
    /// looked at like any other. Nothing is decompressed.
    ///
    /// ```toml
    /// http = [
    ///   { url = "https://api.github.com/repos/**", methods = ["GET", "POST"], headers = { authorization = "Bearer ${secret:GITHUB_TOKEN}" } },
    ///   { url = "https://maps.example.com/**", query = { key = "${secret:MAPS_KEY}" }, max_response = "1MiB" },
    ///   { url = "http://localhost:8000/**", private = true },
    /// ]
    /// ```
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<http::Grant>,
    /// Hosts that it may connect to by TCP (`wasi:sockets`). What it says to them no rule of `http` is about: where HTTP
    /// is spoken, grant `http`. A name covers the addresses that it had when the plugin looked it up. UDP, and waiting for
    /// others to connect, are never granted.
    ///
    /// ```toml
    /// tcp = [{ host = "db.internal", port = 5432, private = true }]
    /// ```
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tcp: Vec<tcp::Grant>,
    /// Environment variables, with their values. Nothing of Barkeep's own environment is passed on.
    ///
    /// ```toml
    /// env = { LANG = "C.UTF-8" }
    /// ```
    #[serde(skip_serializing_if = "env::Grant::is_empty")]
    pub env: env::Grant,
    /// Values that it reads by `wasi:config`.
    ///
    /// ```toml
    /// config = { base_url = "https://example.com", page_size = "50" }
    /// ```
    #[serde(skip_serializing_if = "config::Grant::is_empty")]
    pub config: config::Grant,
    /// Key-value stores that it opens by `wasi:keyvalue`. What is kept outlives the host; no plugin sees another's. A key
    /// has 1 KiB at the most, a value 1 MiB. They are in a database of Barkeep's own, or on a Redis server; either way each
    /// operation is done whole, as if no other were at that time, and the limits hold for all hosts together.
    ///
    /// ```toml
    /// kv = [
    ///   { bucket = "default" },
    ///   { bucket = "cache", max_bytes = "256MiB", max_keys = 1000000 },
    ///   { bucket = "shared", redis = "rediss://barkeep:${secret:REDIS_PASSWORD}@redis.example.com:6379/0" },
    /// ]
    /// ```
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kv: Vec<kv::Grant>,
    /// Names of secrets that it may read itself, as environment variables: it holds them then. Secrets in requests need no
    /// such grant.
    ///
    /// ```toml
    /// secrets = ["SIGNING_KEY"]
    /// ```
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: secrets::Grant,
    /// Which questions it may put to the person or the model on the other end, where the client takes such questions.
    ///
    /// ```toml
    /// client = ["sampling", "elicitation"]
    /// ```
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub client: client::Grant,
}

/// How far something is granted that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Still {
    /// All of it.
    All,
    /// All of it, but a secret in it is another one now.
    WithOtherSecrets,
    /// Something was taken back, be it a secret that is gone.
    InPart,
}

impl Grants {
    /// How far all that `before` granted, with the secrets of `then`, is still granted, with those of `now`. What was granted
    /// since does not matter.
    pub fn still_grant(&self, now: &Secrets, before: &Self, then: &Secrets) -> Still {
        if !self.include_all_of(before) || !before.secret_names().all(|name| now.get(name).is_ok()) {
            Still::InPart
        } else if !before.secret_names().all(|name| now.same(then, name)) {
            Still::WithOtherSecrets
        } else {
            Still::All
        }
    }

    /// Whether all that `before` granted is granted, whatever the secrets in it are. An entry that allows more than it did is
    /// the same to it.
    fn include_all_of(&self, before: &Self) -> bool {
        let Self { fs, http, tcp, env, config, kv, secrets, client } = before;
        fs.iter().all(|grant| self.fs.iter().any(|now| now.still_grants(grant)))
            && http.iter().all(|grant| self.http.iter().any(|now| now.still_grants(grant)))
            && tcp.iter().all(|grant| self.tcp.iter().any(|now| now.still_grants(grant)))
            && env.iter().all(|(name, value)| self.env.get(name) == Some(value))
            && config.iter().all(|(key, value)| self.config.get(key) == Some(value))
            && kv.iter().all(|grant| self.kv.iter().any(|now| now.still_grants(grant)))
            && secrets.iter().all(|name| self.secrets.contains(name))
            && client.iter().all(|kind| self.client.contains(kind))
    }

    /// The names of the secrets that go into it.
    pub fn secret_names(&self) -> impl Iterator<Item = &secrets::Name> {
        let in_requests = self.http.iter().flat_map(http::Grant::templates);
        let in_addresses = self.kv.iter().flat_map(kv::Grant::templates);
        self.secrets.iter().chain(in_requests.chain(in_addresses).flat_map(secrets::Template::names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_and_secrets_that_were_given_are_told_from_those_that_are_given_no_longer() {
        let grants = |text: &str| toml::from_str::<Grants>(text).expect("grants");
        let secrets = |text: &str| {
            let file = tempfile::NamedTempFile::new().expect("a file");
            std::fs::write(file.path(), text).expect("written");
            Secrets::read(Some(file.path()))
        };
        let fs = |mode: &str| format!("fs = [{{ host = \"/x\", guest = \"/x\", mode = \"{mode}\" }}]\n");
        let header = "http = [{ url = \"https://a.example/**\", headers = { authorization = \"Bearer ${secret:BARKEEP_T}\" } }]\n";
        let url = "http = [{ url = \"https://a.b/\" }]";
        let more = |more: &str| url.replace(" }]", &format!(", {more} }}]"));
        let (one, two) = (secrets("BARKEEP_T = \"1\"\n"), secrets("BARKEEP_T = \"2\"\n"));
        for (before, now, still) in [
            ("", fs("read").as_str(), true),
            (&fs("read"), "", false),
            (&fs("read"), &format!("{}env = {{ A = \"b\" }}\nclient = [\"roots\"]\n", fs("read")), true),
            (&fs("read-write"), &fs("read"), false),
            (&fs("read"), &fs("read-write"), true),
            ("env = { A = \"1\" }", "env = { A = \"2\" }", false),
            ("kv = [{ bucket = \"a\" }]", "kv = [{ bucket = \"a\", max_keys = 1 }]", false),
            ("kv = [{ bucket = \"a\" }]", "kv = [{ bucket = \"a\", max_bytes = \"1GiB\" }]", true),
            ("config = { a = \"1\" }", "config = { a = \"2\" }", false),
            ("tcp = [{ host = \"a.b\", port = 1 }]", "tcp = [{ host = \"a.b\", port = 1, private = true }]", true),
            ("tcp = [{ host = \"a.b\", port = 1, private = true }]", "tcp = [{ host = \"a.b\", port = 1 }]", false),
            (
                "tcp = [{ host = \"a.b\", port = 1 }]",
                "tcp = [{ host = \"*\", port = 1 }, { host = \"a.b\", port = 1 }]",
                true,
            ),
            ("client = [\"roots\", \"sampling\"]", "client = [\"roots\"]", false),
            (url, &more("methods = [\"GET\"]"), false),
            (url, &more("methods = [\"POST\", \"GET\", \"HEAD\"], private = true, headers = { a = \"b\" }"), true),
            (url, &more("max_response = \"1MiB\""), false),
            (&more("headers = { a = \"b\" }"), &more("headers = { a = \"c\" }"), false),
            (&more("private = true"), url, false),
            (header, header, true),
            (header, "secrets = [\"BARKEEP_T\"]", false),
        ] {
            let still = if still { Still::All } else { Still::InPart };
            assert_eq!(grants(now).still_grant(&one, &grants(before), &one), still, "{before} -> {now}");
        }
        let query = "http = [{ url = \"https://a.example/**\", query = { key = \"${secret:BARKEEP_T}\" } }]\n";
        let address = "kv = [{ bucket = \"a\", redis = \"redis://:${secret:BARKEEP_T}@a.example\" }]";
        for uses in [header, query, "secrets = [\"BARKEEP_T\"]", address] {
            for (now, still) in [
                (&one, Still::All),
                (&two, Still::WithOtherSecrets),
                (&secrets(""), Still::InPart),
                (&secrets("no TOML"), Still::InPart),
            ] {
                assert_eq!(grants(uses).still_grant(now, &grants(uses), &one), still, "{uses}");
            }
        }
        let without = grants(&fs("read"));
        assert_eq!(without.still_grant(&two, &without, &one), Still::All, "it has no secret");
    }
}
