//! A resource read as a file: its bytes are told apart by their digest, and not kept.

use super::asks::Refused;
use super::cache::digest;
use super::handle::Plugin;
use super::outcome::CallError;
use super::threads;
use crate::runtime::bindings::barkeep::plugin::types;
use crate::runtime::bindings::exports::barkeep::plugin::resources;
use crate::runtime::{Failure, Outbox};

/// Bytes that are digested where the call runs: less than a millisecond's work.
const SMALL: usize = 256 * 1024;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// `sha256:`, and the digest of its bytes in hexadecimal.
    pub digest: String,
    /// Bytes.
    pub size: u64,
    /// What it says, when that was asked for and it is text.
    pub text: Option<String>,
}

impl Plugin {
    /// Reads the resource `uri` as a file, for a client that cannot be asked anything. Its text is kept only `with_text`.
    ///
    /// # Errors
    ///
    /// In the guest's words or the host's; also when it is not one file, or not without asking.
    pub async fn read_file(&self, uri: &str, with_text: bool, outbox: Outbox) -> Result<File, CallError> {
        let nobody =
            types::RequestContext { features: types::ClientFeatures::empty(), answers: Vec::new(), state: None };
        let resources::ReadOutcome::Complete(contents) = self.read(uri, nobody, outbox, &Refused::default()).await?
        else {
            return Err(self.no_file("asks the client").into());
        };
        let Ok([types::ResourceContents { body, .. }]) = <[_; 1]>::try_from(contents) else {
            return Err(self.no_file("gives not one item").into());
        };
        let large = match &body {
            types::ResourceBody::Text(text) => text.len(),
            types::ResourceBody::Blob(bytes) => bytes.len(),
        } > SMALL;
        if !large {
            return Ok(File::of(body, with_text));
        }
        let file = threads::check(move || File::of(body, with_text)).await;
        file.ok_or_else(|| self.no_file("gives what the host cannot take in").into())
    }

    fn no_file(&self, what: &str) -> Failure {
        Failure::Invalid { plugin: self.id().to_owned(), what: format!("{what} when a file is read") }
    }
}

impl File {
    fn of(body: types::ResourceBody, with_text: bool) -> Self {
        let (digest, size, text) = match body {
            types::ResourceBody::Text(text) => (digest(text.as_bytes()), text.len(), Some(text)),
            types::ResourceBody::Blob(bytes) => (digest(&bytes), bytes.len(), None),
        };
        Self { digest: format!("sha256:{digest}"), size: size as u64, text: text.filter(|_| with_text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_bytes() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let text = || types::ResourceBody::Text(String::new());
        assert_eq!(File::of(text(), true), File { digest: empty.to_owned(), size: 0, text: Some(String::new()) });
        assert_eq!(File::of(text(), false).text, None);
        let (text, blob) = (types::ResourceBody::Text("é".to_owned()), types::ResourceBody::Blob("é".into()));
        assert_eq!(File::of(text, false), File::of(blob, true));
    }
}
