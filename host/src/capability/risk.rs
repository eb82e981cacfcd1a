//! What a grant or a request comes to, in plain words, with what may go wrong: for the person who says yes or no.

use std::fmt;

use serde::Serialize;

use super::requests::shown;
use super::{Grants, fs, hidden, http, kv, secrets, tcp};

/// Characters of a component's own words that are shown: two lines.
const MAX_WORDS: usize = 200;

/// One thing that is granted, or asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ask {
    /// What it is, such as `http GET https://api.example.com/**`.
    pub what: String,
    /// Why the component's author wants it; none where nobody says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What the plugin can do with it that may be unwanted.
    pub risk: String,
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let Some(why) = &self.why {
            write!(f, ": {why}")?;
        }
        Ok(())
    }
}

/// What reading files, holding secrets and talking to others come to, where that is more than each alone.
pub(super) fn together(reads_files: bool, has_secrets: bool, talks: bool) -> Option<String> {
    let held = match (reads_files, has_secrets) {
        _ if !talks => return None,
        (true, true) => "your files and the secrets that it holds",
        (true, false) => "your files",
        (false, true) => "the secrets that it holds",
        (false, false) => return None,
    };
    Some(format!("together: it could send {held} to whomever it may talk to"))
}

impl Grants {
    /// Each thing that is granted, with what may go wrong.
    pub fn asks(&self) -> Vec<Ask> {
        let Self { fs, http, tcp, env, config, kv, secrets, client } = self;
        let ask = |what: String, risk: &str| Ask { what: whole(&what), why: None, risk: risk.to_owned() };
        let fs = fs.iter().map(|one| {
            let what = format!("fs {} {} as {}", one.mode, one.host.display(), one.guest.as_str());
            ask(what, &of_folder(one.mode, "that folder"))
        });
        let http = http.iter().map(|one| {
            let secret = !one.templates().all(secrets::Template::is_plain);
            ask(one.describe(), &of_http(&one.url, &one.methods, one.private, secret))
        });
        let tcp = tcp.iter().map(|one| ask(one.describe(), &of_tcp(&one.host, one.private)));
        let env = env.keys().map(|name| ask(format!("env {name}"), VALUE));
        let config = config.keys().map(|name| ask(format!("config {name}"), VALUE));
        let kv = kv.iter().map(|one| ask(one.describe(), &of_store(one)));
        let secrets = secrets.iter().map(|name| ask(format!("secret {name}"), SECRET));
        let client = client.iter().map(|kind| ask(format!("client {kind}"), of_question(&kind.to_string())));
        fs.chain(http).chain(tcp).chain(env).chain(config).chain(kv).chain(secrets).chain(client).collect()
    }

    /// What all of it comes to together, where that is more than each alone.
    pub fn together(&self) -> Option<String> {
        let Self { fs, secrets, http, tcp, .. } = self;
        together(!fs.is_empty(), !secrets.is_empty(), !http.is_empty() || !tcp.is_empty())
    }
}

/// Of a variable, or a value of `config`.
pub(super) const VALUE: &str = "it can read the value that you write there; do not write a secret";

/// Of a key-value store.
pub(super) const STORE: &str = "it can keep what it sees from one call to the next, on this machine";

fn of_store(grant: &kv::Grant) -> String {
    let Some(address) = &grant.redis else { return STORE.to_owned() };
    let mut risk =
        "it can keep what it sees from one call to the next, on that server, where others may read it".to_owned();
    if address.in_the_clear() {
        risk.push_str("; what it keeps can be read on the way");
    }
    risk
}

pub(super) const SECRET: &str = "the secret is in the plugin's hands: it can tell it to whomever it may talk to";

pub(super) fn of_folder(mode: fs::Mode, which: &str) -> String {
    match mode {
        fs::Mode::Read => format!("it can read every file in {which}"),
        fs::Mode::ReadWrite => format!("it can read, change and delete every file in {which}"),
    }
}

pub(super) fn of_http(url: &http::Pattern, methods: &[http::Method], private: bool, secret: bool) -> String {
    let whom = if url.any_host() { "any host, so everything that it reads can go anywhere" } else { "that host" };
    let mut risk = if http::only_read(methods) {
        format!("it can read from {whom}, and say what it likes in the addresses that it asks for")
    } else {
        format!("it can read from, send to and change things at {whom}")
    };
    if secret {
        risk.push_str("; it acts there with your secret, which it does not see");
    }
    if private {
        risk.push_str("; it can reach this machine and your own network");
    }
    if url.in_the_clear() {
        risk.push_str("; what it says can be read on the way");
    }
    risk
}

pub(super) fn of_tcp(host: &tcp::Place, private: bool) -> String {
    let whom = if host.is_any() { "any host, so everything that it reads can go anywhere" } else { "that host" };
    let mut risk = format!("it can say what it likes to {whom}; no rule of http is about it");
    if private {
        risk.push_str("; it can reach this machine and your own network");
    }
    risk
}

/// Of a question of this name.
pub(super) fn of_question(name: &str) -> &'static str {
    match name {
        "elicitation" => "it can ask you questions, and knows what you answer",
        "sampling" => "it can talk to your model, which costs you tokens",
        "roots" => "it can see which folders your program works in",
        _ => "this version of Barkeep does not know it",
    }
}

/// What is asked for, in one line in which nothing hides. It is not cut: the end of a host's name is what counts.
pub(super) fn whole(text: &str) -> String {
    hidden::shown(&shown(text))
}

/// A component's own words, in one line of bounded length in which nothing hides.
pub fn words(text: &str) -> String {
    cut(whole(text.trim()), MAX_WORDS)
}

/// The first `most` characters of a text, with a sign that there are more.
pub fn cut(mut text: String, most: usize) -> String {
    if let Some((at, _)) = text.char_indices().nth(most) {
        text.truncate(at);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_line_of_bounded_length() {
        assert_eq!(words(" to\nwrite\u{202e} "), "to write\\u{202e}");
        assert_eq!(words(&"ä".repeat(MAX_WORDS + 1)).chars().count(), MAX_WORDS + 1);
        assert_eq!(words(&"ä".repeat(MAX_WORDS)).chars().count(), MAX_WORDS);
    }

    #[test]
    fn what_is_granted_is_told_with_its_risk() {
        let grants: Grants = toml::from_str(
            "fs = [{ host = \"/home/ada\", guest = \"/\" }]\nclient = [\"elicitation\"]\n\
             http = [{ url = \"https://a.example/**\", headers = { a = \"${secret:S}\" }, private = true }]\n",
        )
        .expect("grants");
        let told = grants.asks();
        assert_eq!(told[0].to_string(), "fs read /home/ada as /");
        assert!(
            told[1].risk.contains("your secret, which it does not see") && told[1].risk.contains("your own network")
        );
        assert!(told[2].risk.contains("ask you questions"));
        assert_eq!(grants.together().as_deref(), Some("together: it could send your files to whomever it may talk to"));
        let any: Grants = toml::from_str("tcp = [{ host = \"*\", port = 25, private = true }]").expect("grants");
        let told = any.asks();
        assert_eq!(told[0].to_string(), "tcp *:25, also at private addresses");
        assert!(told[0].risk.contains("can go anywhere") && told[0].risk.contains("your own network"));
        let kept: Grants = toml::from_str(
            "kv = [{ bucket = \"a\" }, { bucket = \"b\", redis = \"redis://:${secret:P}@redis.example\" }]",
        )
        .expect("grants");
        let [own, redis] = &kept.asks()[..] else { panic!("two buckets") };
        assert!(own.risk.contains("on this machine"), "{own:?}");
        assert!(redis.what.ends_with("in Redis redis.example:6379, database 0 (unencrypted)"), "{redis:?}");
        assert!(redis.risk.contains("others may read it") && redis.risk.contains("on the way"), "{redis:?}");
        let alone: Grants = toml::from_str("client = [\"roots\"]").expect("grants");
        assert_eq!((alone.together(), Grants::default().asks().len()), (None, 0));
    }
}
