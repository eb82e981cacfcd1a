//! Secrets: where they come from, text with `${secret:NAME}` in it, and the grant that hands one to a plugin.
//!
//! A secret is named, never written, in `barkeep.toml`. Its value comes from the environment variable of that name, else
//! from the secrets file. Most plugins need none: the host puts secrets into the headers of their requests on the way out.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::CapabilityError;

/// Bytes of the secrets file. It holds names and tokens, not data.
const MAX_FILE: u64 = 1024 * 1024;

/// Bytes of a name. Environment variables have no bound of their own that is the same everywhere.
const MAX_NAME: usize = 128;

/// Why `${secret:NAME}` in what a plugin reads is refused.
pub(super) const NOT_IN_VALUES: &str =
    "a secret is not put into what a plugin reads; grant it with `secrets`, or better, put it into a header of `http`";

/// The value of a secret. It shows itself to nobody who does not ask, and is wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    pub(super) fn new(value: String) -> Self {
        Self(Arc::new(Zeroizing::new(value)))
    }

    /// The value.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The name of a secret: an identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Name(String);

impl Name {
    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = text.len() <= MAX_NAME
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
        if fits {
            return Ok(Self(text.to_owned()));
        }
        let shown: String = text.chars().take(MAX_NAME).collect();
        Err(format!("`{}` is no name of a secret: letters, digits and `_`, no digit first", shown.escape_debug()))
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All secrets that there are.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// What is in the file; or, in words, why it cannot be had. Plugins that use no secret do not care.
    file: Result<BTreeMap<Name, Secret>, String>,
}

impl Secrets {
    /// Reads `file`, if there is to be one. What is wrong with it is told to those who ask for a secret.
    pub fn read(file: Option<&Path>) -> Self {
        Self { file: file.map_or_else(|| Ok(BTreeMap::new()), read) }
    }

    /// The secret `name`: from the environment, else from the file.
    ///
    /// # Errors
    ///
    /// When there is none, or the file cannot be used.
    pub fn get(&self, name: &Name) -> Result<Secret, CapabilityError> {
        if let Ok(value) = std::env::var(name.as_str())
            && !value.is_empty()
        {
            return Ok(Secret::new(value));
        }
        let missing = |reason| CapabilityError::Secret { name: name.to_string(), reason };
        let file = self.file.as_ref().map_err(|reason| missing(reason.clone()))?;
        file.get(name).cloned().ok_or_else(|| {
            missing(format!("set the environment variable {name}, or put it into the file that `secrets_file` names"))
        })
    }

    /// Why the file cannot be used, if it cannot.
    pub fn problem(&self) -> Option<&str> {
        self.file.as_ref().err().map(String::as_str)
    }

    /// Whether the secret `name` is the same in both.
    pub(super) fn same(&self, other: &Self, name: &Name) -> bool {
        let (ours, others) = (self.get(name).ok(), other.get(name).ok());
        ours.as_ref().map(Secret::reveal) == others.as_ref().map(Secret::reveal)
    }
}

fn read(file: &Path) -> Result<BTreeMap<Name, Secret>, String> {
    let wrong = |reason: String| format!("the secrets file {} {reason}", file.display());
    let metadata = std::fs::metadata(file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    if metadata.len() > MAX_FILE {
        return Err(wrong(format!("is larger than {MAX_FILE} bytes")));
    }
    private(&metadata).map_err(|reason| wrong(reason.to_owned()))?;
    let text = std::fs::read_to_string(file).map(Zeroizing::new);
    let text = text.map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let values: BTreeMap<String, String> = toml::from_str(&text).map_err(|error| {
        // Its own text shows the line, and with it the secret.
        let line =
            error.span().map_or(1, |span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
        wrong(format!("is not made of lines such as NAME = \"value\": see line {line}"))
    })?;
    let named = values.into_iter().map(|(name, value)| Ok((name.parse::<Name>().map_err(wrong)?, Secret::new(value))));
    named.collect()
}

#[cfg(unix)]
fn private(metadata: &std::fs::Metadata) -> Result<(), &'static str> {
    use std::os::unix::fs::MetadataExt;
    let others = 0o077;
    if metadata.mode() & others == 0 { Ok(()) } else { Err("may be read by others; take that right away (chmod 600)") }
}

// On Windows a file in the user's profile is the user's alone, unless somebody was let in on purpose.
#[cfg(not(unix))]
fn private(_: &std::fs::Metadata) -> Result<(), &'static str> {
    Ok(())
}

/// Text in which `${secret:NAME}` stands for a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Secret(Name),
}

impl Template {
    /// The text with the secrets in their places.
    ///
    /// # Errors
    ///
    /// When one of them is not there.
    pub fn fill(&self, secrets: &Secrets) -> Result<Secret, CapabilityError> {
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Secret(name) => filled.push_str(secrets.get(name)?.reveal()),
            }
        }
        Ok(Secret::new(filled))
    }

    /// The secrets that are named in it.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.pieces.iter().filter_map(|piece| if let Piece::Secret(name) = piece { Some(name) } else { None })
    }

    /// Whether no secret is named in it.
    pub fn is_plain(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Text(_)))
    }
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let inside = after.strip_prefix("secret:").and_then(|inside| inside.split_once('}'));
            let Some((name, after)) = inside else {
                return Err("`${` must be the beginning of `${secret:NAME}`".to_owned());
            };
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Secret(name.parse()?));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { text: text.to_owned(), pieces })
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.text
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `secrets = ["NAME", ...]`: secrets that the plugin itself reads, as environment variables of these names. For what
/// cannot be done in a header, such as a signature; from then on the plugin can tell them to whomever it may reach.
pub type Grant = Vec<Name>;

/// What the plugin gets of `grant`: what it asks for as well, where it says what it asks for.
///
/// # Errors
///
/// When a secret is not there.
pub(super) fn check(
    grant: &Grant,
    requests: Option<&[super::Named]>,
    secrets: &Secrets,
) -> Result<Vec<(String, Secret)>, CapabilityError> {
    let asked = |name: &&Name| requests.is_none_or(|requests| requests.iter().any(|asked| asked.name == name.as_str()));
    grant.iter().filter(asked).map(|name| Ok((name.to_string(), secrets.get(name)?))).collect()
}

/// Gives them to one call.
pub(super) fn build(granted: &[(String, Secret)], wasi: &mut wasmtime_wasi::WasiCtxBuilder) {
    for (name, secret) in granted {
        wasi.env(name, secret.reveal());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        file
    }

    fn name(text: &str) -> Name {
        text.parse().expect("a name")
    }

    #[test]
    fn a_secret_is_found_in_the_file_and_shows_itself_to_nobody() {
        let file = file("TOKEN_OF_TEST = \"s3cret\"\n");
        let secrets = Secrets::read(Some(file.path()));
        let secret = secrets.get(&name("TOKEN_OF_TEST")).expect("it is there");
        assert_eq!(secret.reveal(), "s3cret");
        assert!(!format!("{secret:?} {secrets:?}").contains("s3cret"));
    }

    #[test]
    fn a_secret_that_is_not_there_is_told_by_name() {
        let error = Secrets::read(None).get(&name("NOT_THERE")).expect_err("it is not there").to_string();
        assert!(error.contains("NOT_THERE") && error.contains("secrets_file"), "{error}");
    }

    #[test]
    fn a_bad_file_is_told_by_its_line_and_never_shown() {
        let file = file("A = \"x\"\nB = s3cret\n");
        let error = Secrets::read(Some(file.path())).get(&name("B")).expect_err("it is bad").to_string();
        assert!(error.contains("line 2") && !error.contains("s3cret"), "{error}");
        let gone = Secrets::read(Some(Path::new("/nowhere/at/all"))).get(&name("B")).expect_err("it is gone");
        assert!(gone.to_string().contains("cannot be read"), "{gone}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let file = file("A = \"x\"\n");
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o640)).expect("changed");
        let error = Secrets::read(Some(file.path())).get(&name("A")).expect_err("it is open").to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_template_is_filled_and_what_is_no_template_is_told() {
        let file = file("A = \"1\"\nB = \"2\"\n");
        let secrets = Secrets::read(Some(file.path()));
        let fill = |text: &str| text.parse::<Template>().expect("a template").fill(&secrets).expect("filled");
        assert_eq!(fill("Bearer ${secret:A}").reveal(), "Bearer 1");
        assert_eq!(fill("${secret:A}-${secret:B}").reveal(), "1-2");
        assert_eq!(fill("plain $5 {x}").reveal(), "plain $5 {x}");
        assert_eq!(fill("").reveal(), "");
        for bad in ["${secret:A", "${A}", "${secret:}", "${secret:a b}", "${secret:1}"] {
            assert!(bad.parse::<Template>().is_err(), "{bad}");
        }
    }
}
