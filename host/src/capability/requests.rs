//! What a component asks for: the JSON of its section `barkeep:requests`.

use serde::Deserialize;
use serde_json::json;
use toml::Table;

use super::risk::{self, Ask, whole, words};
use super::{CapabilityError, Grants, fs, http, tcp};

/// What a component asks for: the JSON of its section `barkeep:requests`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    /// What the plugin is, in one line.
    pub description: String,
    pub(super) requests: Requested,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Requested {
    pub(super) fs: Option<fs::Request>,
    pub(super) http: Vec<http::Request>,
    pub(super) tcp: Vec<tcp::Request>,
    pub(super) env: Vec<Named>,
    pub(super) config: Vec<Named>,
    pub(super) kv: Vec<Named>,
    pub(super) secrets: Vec<Named>,
    pub(super) client: Vec<Named>,
}

/// A request for something that has a name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The reason, for the person who grants it.
    pub why: String,
}

/// What would grant a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// These grants, as they are.
    Grants(Table),
    /// A folder that the person names, to be used in this mode.
    Folder(fs::Mode),
    /// A value that the person gives, of this kind and under this name.
    Value {
        /// The kind of grant.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// Nothing: this version does not know such a thing.
    Unknown,
}

impl Wish {
    fn of(kind: &str, value: serde_json::Value) -> Self {
        let value = toml::Value::try_from(value).ok();
        let grants = value.map(|value| Table::from_iter([(kind.to_owned(), value)]));
        grants.filter(|grants| grants.clone().try_into::<Grants>().is_ok()).map_or(Self::Unknown, Self::Grants)
    }
}

impl Requests {
    /// Reads the section's JSON.
    ///
    /// # Errors
    ///
    /// When it is not what this version knows: a newer kind of capability, for one.
    pub fn parse(json: &str) -> Result<Self, CapabilityError> {
        serde_json::from_str(json).map_err(|error| CapabilityError::Requests(error.to_string()))
    }

    /// Each thing that it asks for, with what may go wrong, for the person who grants it.
    pub fn asks(&self) -> Vec<Ask> {
        self.wishes().into_iter().map(|(ask, _)| ask).collect()
    }

    /// The same, each with what would grant it.
    pub fn wishes(&self) -> Vec<(Ask, Wish)> {
        let Requested { fs, http, tcp, env, config, kv, secrets, client } = &self.requests;
        let wish = |what: String, why: &str, risk: &str, wish: Wish| {
            (Ask { what: whole(&what), why: Some(words(why)), risk: risk.to_owned() }, wish)
        };
        let fs = fs.iter().map(|one| {
            let risk = risk::of_folder(one.mode, "the folders that you name");
            wish(format!("fs {}", one.mode), &one.why, &risk, Wish::Folder(one.mode))
        });
        let http = http.iter().map(|one| {
            let what = format!("http {} {}", http::methods(&one.methods), one.url);
            let entry = json!([{ "url": one.url, "methods": one.methods }]);
            wish(what, &one.why, &risk::of_http(&one.url, &one.methods, false, false), Wish::of("http", entry))
        });
        let tcp = tcp.iter().map(|one| {
            let entry = json!([{ "host": one.host, "port": one.port }]);
            let risk = risk::of_tcp(&one.host, false);
            wish(format!("tcp {}:{}", one.host, one.port), &one.why, &risk, Wish::of("tcp", entry))
        });
        let valued = |kind: &'static str, one: &Named| {
            let value = Wish::Value { kind, name: one.name.clone() };
            wish(format!("{kind} {}", one.name), &one.why, risk::VALUE, value)
        };
        let env = env.iter().map(|one| valued("env", one));
        let config = config.iter().map(|one| valued("config", one));
        let kv = kv.iter().map(|one| {
            let entry = json!([{ "bucket": one.name }]);
            wish(format!("kv {}", one.name), &one.why, risk::STORE, Wish::of("kv", entry))
        });
        let secrets = secrets.iter().map(|one| {
            wish(format!("secret {}", one.name), &one.why, risk::SECRET, Wish::of("secrets", json!([one.name])))
        });
        let client = client.iter().map(|one| {
            let risk = risk::of_question(&one.name);
            wish(format!("client {}", one.name), &one.why, risk, Wish::of("client", json!([one.name])))
        });
        fs.chain(http).chain(tcp).chain(env).chain(config).chain(kv).chain(secrets).chain(client).collect()
    }

    /// What all of it comes to together, where that is more than each alone.
    pub fn together(&self) -> Option<String> {
        let Requested { fs, http, tcp, secrets, .. } = &self.requests;
        risk::together(fs.is_some(), !secrets.is_empty(), !http.is_empty() || !tcp.is_empty())
    }

    /// Whether it asks for something of each kind that `grants` has, by its name where it has one: what is granted beside
    /// that has no effect.
    pub fn want(&self, grants: &Grants) -> bool {
        let Requested { fs, http, tcp, env, config, kv, secrets, client } = &self.requests;
        let has = |named: &[Named], name: &str| named.iter().any(|one| one.name == name);
        grants.fs.iter().all(|grant| fs.as_ref().is_some_and(|asked| grant.mode <= asked.mode))
            && (grants.http.is_empty() || !http.is_empty())
            && (grants.tcp.is_empty() || !tcp.is_empty())
            && grants.env.keys().all(|name| has(env, name))
            && grants.config.keys().all(|name| has(config, name))
            && grants.kv.iter().all(|grant| has(kv, grant.bucket.as_str()))
            && grants.secrets.iter().all(|name| has(secrets, name.as_str()))
            && grants.client.iter().all(|kind| has(client, &kind.to_string()))
    }
}

/// A component's words on a terminal: one line, no control characters.
pub(super) fn shown(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_a_newer_kind_are_told() {
        let parse = |json: &str| Requests::parse(json).map(|requests| requests.asks());
        assert!(parse(r#"{"description":"x","requests":{}}"#).expect("it is good").is_empty());
        let error = parse(r#"{"description":"x","requests":{"gpu":[]}}"#).expect_err("it is new").to_string();
        assert!(error.contains("gpu"), "{error}");
        assert!(parse("").is_err());
    }

    const ALL: &str = r#"{"description":"x","requests":{"fs":{"mode":"read","why":"to\nwrite"},
        "http":[{"url":"https://*/**","methods":["GET"],"why":"to look"},
                {"url":"http://a.example/**","methods":["POST"],"why":"to send"}],
        "tcp":[{"host":"db.internal","port":"1-2","why":"to query"}],
        "env":[{"name":"LANG","why":"y"}],"config":[{"name":"level","why":"l"}],"kv":[{"name":"cache","why":"c"},{"name":"no name","why":"n"}],"secrets":[{"name":"K","why":"to sign"}],
        "client":[{"name":"sampling","why":"to think"},{"name":"telepathy","why":"z"}]}}"#;

    #[test]
    fn each_request_is_told_in_one_line_with_its_risk() {
        let requests = Requests::parse(ALL).expect("it is good");
        let told: Vec<_> = requests.asks().into_iter().map(|ask| format!("{ask} ({})", ask.risk)).collect();
        let begin = [
            "fs read: to write (it can read every file in the folders that you name)",
            "http GET https://*/**: to look (it can read from any host, so everything that it reads can go anywhere",
            "http POST http://a.example/**: to send (it can read from, send to and change things at that host; what it says \
             can be read on the way)",
            "tcp db.internal:1-2: to query (it can say what it likes to that host",
            "env LANG: y (it can read the value that you write there",
            "config level: l (it can read the value that you write there",
            "kv cache: c (it can keep what it sees",
            "kv no name: n (it can keep what it sees",
            "secret K: to sign (the secret is in the plugin's hands",
            "client sampling: to think (it can talk to your model, which costs you tokens",
            "client telepathy: z (this version of Barkeep does not know it",
        ];
        assert_eq!(told.len(), begin.len());
        for (told, begin) in told.iter().zip(begin) {
            assert!(told.starts_with(begin), "{told}");
        }
        assert!(requests.together().expect("both").contains("your files and the secrets"));
    }

    #[test]
    fn each_request_knows_what_would_grant_it() {
        let wishes = Requests::parse(ALL).expect("it is good").wishes();
        let wishes: Vec<_> = wishes.into_iter().map(|(_, wish)| wish).collect();
        let grants = |text: &str| Wish::Grants(toml::from_str(text).expect("TOML"));
        let value = |kind, name: &str| Wish::Value { kind, name: name.to_owned() };
        assert_eq!(
            wishes,
            [
                Wish::Folder(fs::Mode::Read),
                grants("http = [{ url = \"https://*/**\", methods = [\"GET\"] }]"),
                grants("http = [{ url = \"http://a.example/**\", methods = [\"POST\"] }]"),
                grants("tcp = [{ host = \"db.internal\", port = \"1-2\" }]"),
                value("env", "LANG"),
                value("config", "level"),
                grants("kv = [{ bucket = \"cache\" }]"),
                Wish::Unknown,
                grants("secrets = [\"K\"]"),
                grants("client = [\"sampling\"]"),
                Wish::Unknown,
            ]
        );
    }

    #[test]
    fn what_is_not_asked_for_is_not_wanted() {
        let requests = Requests::parse(ALL).expect("it is good");
        for (grants, wants) in [
            ("", true),
            ("fs = [{ host = \"/a\", guest = \"/a\" }]\nsecrets = [\"K\"]\nclient = [\"sampling\"]", true),
            ("fs = [{ host = \"/a\", guest = \"/a\", mode = \"read-write\" }]", false),
            ("http = [{ url = \"https://any.example/**\" }]\nenv = { LANG = \"C\" }\nconfig = { level = \"1\" }", true),
            ("env = { OTHER = \"C\" }", false),
            ("secrets = [\"L\"]", false),
            ("kv = [{ bucket = \"cache\", max_keys = 1 }]", true),
            ("kv = [{ bucket = \"other\" }]", false),
            ("client = [\"sampling\", \"roots\"]", false),
        ] {
            assert_eq!(requests.want(&toml::from_str(grants).expect("grants")), wants, "{grants}");
        }
    }
}
