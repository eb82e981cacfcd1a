//! Secrets: where they come from, text with `${secret:NAME}` in it, and the grant that hands one to a plugin.
//!
//! A secret is named, never written, in `barkeep.toml`. Its value comes from the environment variable of that name, else
//! from the secrets file, else from the keyring of the operating system. Most plugins need none: the host puts secrets into
//! the headers of their requests on the way out.

pub mod file;
mod kept;
pub mod keyring;
mod template;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use zeroize::Zeroizing;

use super::CapabilityError;
use kept::Kept;
pub use keyring::{Keyring, KeyringError};
pub use template::{Name, Template};

/// Bytes of one secret: a key in PEM is a few kilobytes.
pub const MAX_SECRET: usize = 64 * 1024;

/// Why `${secret:NAME}` in what a plugin reads is refused.
pub(super) const NOT_IN_VALUES: &str =
    "a secret is not put into what a plugin reads; grant it with `secrets`, or better, put it into a header of `http`";

/// The value of a secret. It shows itself to nobody who does not ask, and is wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// From here on `value` is a secret.
    pub fn new(value: String) -> Self {
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

/// Where a secret comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The environment variable of its name.
    Environment,
    /// The file that `secrets_file` names.
    File,
    /// The keyring.
    Keyring,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "the environment",
            Self::File => "the secrets file",
            Self::Keyring => "the keyring",
        })
    }
}

/// All secrets that there are.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// What is in the file; or, in words, why it cannot be had. Plugins that use no secret do not care.
    file: Result<BTreeMap<Name, Secret>, String>,
    /// What the keyring has.
    kept: Arc<Kept>,
}

impl Secrets {
    /// Reads `file`, if there is to be one. What is wrong with it is told to those who ask for a secret.
    pub fn read(file: Option<&Path>) -> Self {
        Self::of(file, Arc::new(Kept::by(Keyring::of_user())))
    }

    /// None but those that `keyring` has.
    pub fn of_keyring(keyring: Keyring) -> Self {
        Self::of(None, Arc::new(Kept::by(keyring)))
    }

    /// Reads `file` again, with what the keyring told before.
    #[must_use]
    pub fn read_again(&self, file: Option<&Path>) -> Self {
        Self::of(file, Arc::clone(&self.kept))
    }

    fn of(file: Option<&Path>, kept: Arc<Kept>) -> Self {
        let wrong = |file: &Path, reason| format!("the secrets file {} {reason}", file.display());
        let file = file.map_or_else(
            || Ok(BTreeMap::new()),
            |file| file::read(file).map_err(|reason| wrong(file, reason.to_string())),
        );
        Self { file, kept }
    }

    /// Asks the keyring for those of `names` that are nowhere else. Until then they are not there.
    pub async fn fetch(&self, names: impl IntoIterator<Item = &Name>) {
        let names = names.into_iter().filter(|name| self.at_hand(name).is_ok_and(|found| found.is_none()));
        self.kept.fetch(names.cloned().collect()).await;
    }

    /// Asks the keyring again for all that it was asked for. Nothing, when all is as it was; what it does not tell any more
    /// stays.
    pub async fn fetched_again(&self) -> Option<Self> {
        let kept = self.kept.fetched_again().await?;
        Some(Self { file: self.file.clone(), kept: Arc::new(kept) })
    }

    /// The same, of `other`.
    #[must_use]
    pub fn with_keyring_of(&self, other: &Self) -> Self {
        Self { file: self.file.clone(), kept: Arc::clone(&other.kept) }
    }

    /// The secret `name`: from the environment, else from the file, else from the keyring.
    ///
    /// # Errors
    ///
    /// When there is none, or the file cannot be used.
    pub fn get(&self, name: &Name) -> Result<Secret, CapabilityError> {
        let missing = |reason| CapabilityError::Secret { name: name.to_string(), reason };
        if let Some((secret, _)) = self.at_hand(name).map_err(|reason| missing(reason.to_owned()))? {
            return Ok(secret);
        }
        let set = format!(
            "set the environment variable {name}, put it into the file that `secrets_file` names, or say `barkeep secret set {name}`"
        );
        match self.kept.get(name) {
            Ok(Some(secret)) => Ok(secret),
            Ok(None) => Err(missing(set)),
            Err(error) => Err(missing(format!("{set}; {error}"))),
        }
    }

    /// Where the secret `name` comes from, if it is anywhere.
    ///
    /// # Errors
    ///
    /// When the file cannot be used, in words.
    pub fn source(&self, name: &Name) -> Result<Option<Source>, &str> {
        let kept = || self.kept.get(name).ok().flatten().map(|_| Source::Keyring);
        Ok(self.at_hand(name)?.map(|(_, source)| source).or_else(kept))
    }

    /// In the environment or the file.
    fn at_hand(&self, name: &Name) -> Result<Option<(Secret, Source)>, &str> {
        if let Ok(value) = std::env::var(name.as_str())
            && !value.is_empty()
        {
            return Ok(Some((Secret::new(value), Source::Environment)));
        }
        let file = self.file.as_ref().map_err(String::as_str)?;
        Ok(file.get(name).map(|secret| (secret.clone(), Source::File)))
    }

    /// The names in the file.
    pub fn in_file(&self) -> impl Iterator<Item = &Name> {
        self.file.iter().flat_map(BTreeMap::keys)
    }

    /// The keyring.
    pub fn keyring(&self) -> &Keyring {
        self.kept.keyring()
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
pub(super) mod tests {
    use super::*;

    pub(super) fn file(text: &str) -> tempfile::NamedTempFile {
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

    #[tokio::test]
    async fn the_environment_goes_before_the_file_and_that_before_the_keyring() {
        let keyring = keyring::tests::in_memory();
        let everywhere = name("PATH");
        let [both, kept, later] = ["BARKEEP_BOTH", "BARKEEP_KEPT", "BARKEEP_LATER"].map(name);
        for name in [&everywhere, &both, &kept] {
            keyring.set(name, &Secret::new("kept".to_owned())).await.expect("kept");
        }
        let file = file("PATH = \"file\"\nBARKEEP_BOTH = \"file\"\n");
        let secrets = Secrets::of(Some(file.path()), Arc::new(Kept::by(keyring.clone())));
        assert!(secrets.get(&kept).is_err(), "nobody asked for it yet");
        secrets.fetch([&everywhere, &both, &kept, &later]).await;
        let value = |secrets: &Secrets, name: &Name| secrets.get(name).ok().map(|secret| secret.reveal().to_owned());
        assert_ne!(value(&secrets, &everywhere).expect("it is set"), "file");
        assert_eq!(value(&secrets, &both).as_deref(), Some("file"));
        assert_eq!(value(&secrets, &kept).as_deref(), Some("kept"));
        let sources = [&everywhere, &both, &kept, &later].map(|name| secrets.source(name).expect("the file is good"));
        assert_eq!(sources, [Some(Source::Environment), Some(Source::File), Some(Source::Keyring), None]);
        assert!(!format!("{secrets:?}").contains("kept\""), "{secrets:?}");

        assert!(secrets.fetched_again().await.is_none(), "all is as it was");
        keyring.set(&later, &Secret::new("now".to_owned())).await.expect("kept");
        keyring.delete(&kept).await.expect("it is there");
        let again = secrets.fetched_again().await.expect("it changed");
        assert_eq!((value(&again, &later).as_deref(), value(&again, &kept)), (Some("now"), None));
        assert_eq!(value(&secrets, &kept).as_deref(), Some("kept"), "the one before stays as it was");
        assert!(!secrets.same(&again, &kept) && secrets.same(&again, &both));
        assert_eq!(value(&secrets.read_again(None).with_keyring_of(&again), &later).as_deref(), Some("now"));
    }

    #[tokio::test]
    async fn a_machine_without_a_keyring_says_what_else_there_is() {
        let secrets = Secrets::of_keyring(keyring::tests::missing());
        secrets.fetch([&name("BARKEEP_NOWHERE")]).await;
        let error = secrets.get(&name("BARKEEP_NOWHERE")).expect_err("it is nowhere").to_string();
        assert!(error.contains("no keyring on this machine") && error.contains("`secrets_file`"), "{error}");
    }
}
