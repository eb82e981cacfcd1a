//! The file of secrets: lines NAME = "value" that only its user can read.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, value};
use zeroize::Zeroizing;

use super::{Name, Secret};

/// Bytes of the secrets file. It holds names and tokens, not data.
const MAX_FILE: usize = 1024 * 1024;

/// What begins a new file.
const HEAD: &str = "# Secrets of Barkeep. Only you can read this file (mode 0600); `barkeep secret` changes it.\n";

/// Why a file of secrets is not used, or not written: the end of a sentence about the file, with no value in it.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// It cannot be written.
    #[error("cannot be written: {0}")]
    Unwritable(io::Error),
    /// There is too much in it, or there would be.
    #[error("may have {MAX_FILE} bytes at the most")]
    TooLarge,
    /// Others may read it.
    #[error("may be read by others; take that right away (chmod 600)")]
    Open,
    /// It is not made of names and values.
    #[error("is not made of lines such as NAME = \"value\": see line {0}")]
    Malformed(usize),
    /// One of its names is none.
    #[error("{0}")]
    Name(String),
}

/// What is in `file`.
///
/// # Errors
///
/// When it cannot be read, may be read by others, or is not made of names and values.
pub fn read(file: &Path) -> Result<BTreeMap<Name, Secret>, FileError> {
    let text = text_of(file)?;
    // The parser's own words show the line, and with it the secret.
    let values: BTreeMap<String, String> =
        toml::from_str(&text).map_err(|error| FileError::Malformed(line(&text, error.span())))?;
    let named = values.into_iter().map(|(name, value)| Ok((name.parse()?, Secret::new(value))));
    named.collect::<Result<_, String>>().map_err(FileError::Name)
}

/// Puts `secret` into `file` under `name`, and leaves the rest of it as it is. A file that is not there is made.
///
/// # Errors
///
/// When it is no file of secrets, or cannot be written. It stays as it was.
pub fn set(file: &Path, name: &Name, secret: &Secret) -> Result<(), FileError> {
    let mut document = match edit(file) {
        Err(FileError::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => parse(HEAD)?,
        document => document?,
    };
    if document.is_empty() {
        // Comments alone count as what comes after the last value; they were first.
        let mut first = DocumentMut::new();
        first.insert(name.as_str(), value(secret.reveal()));
        return write(file, &format!("{document}{first}"));
    }
    match document.get_mut(name.as_str()) {
        // What stands around the old value, such as a comment, stays.
        Some(toml_edit::Item::Value(old)) => {
            let decor = old.decor().clone();
            *old = toml_edit::Value::from(secret.reveal());
            *old.decor_mut() = decor;
        }
        _ => {
            document.insert(name.as_str(), value(secret.reveal()));
        }
    }
    write(file, &document.to_string())
}

/// Takes `name` out of `file`. Tells whether it was there.
///
/// # Errors
///
/// When it is no file of secrets, or cannot be written. It stays as it was.
pub fn delete(file: &Path, name: &Name) -> Result<bool, FileError> {
    let mut document = match edit(file) {
        Err(FileError::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        document => document?,
    };
    if document.remove(name.as_str()).is_none() {
        return Ok(false);
    }
    write(file, &document.to_string()).map(|()| true)
}

fn text_of(file: &Path) -> Result<Zeroizing<String>, FileError> {
    let metadata = std::fs::metadata(file).map_err(FileError::Unreadable)?;
    if metadata.len() > MAX_FILE as u64 {
        return Err(FileError::TooLarge);
    }
    if is_open(&metadata) {
        return Err(FileError::Open);
    }
    std::fs::read_to_string(file).map(Zeroizing::new).map_err(FileError::Unreadable)
}

fn edit(file: &Path) -> Result<DocumentMut, FileError> {
    read(file)?;
    parse(&text_of(file)?)
}

fn parse(text: &str) -> Result<DocumentMut, FileError> {
    text.parse().map_err(|error: toml_edit::TomlError| FileError::Malformed(line(text, error.span())))
}

/// Writes the whole file or nothing of it, for its user alone.
fn write(file: &Path, text: &str) -> Result<(), FileError> {
    if text.len() > MAX_FILE {
        return Err(FileError::TooLarge);
    }
    // A link stays one: what it leads to is written.
    let file: PathBuf = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let writing = || {
        let mut new = tempfile::Builder::new().prefix(".barkeep-secrets").tempfile_in(folder)?;
        new.write_all(text.as_bytes())?;
        new.as_file().sync_all()?;
        new.persist(&file).map_err(|error| error.error)?;
        Ok(())
    };
    writing().map_err(FileError::Unwritable)
}

/// The line at which `span` begins.
fn line(text: &str, span: Option<Range<usize>>) -> usize {
    span.map_or(1, |span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1)
}

#[cfg(unix)]
fn is_open(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let others = 0o077;
    metadata.mode() & others != 0
}

// On Windows a file in the user's profile is the user's alone, unless somebody was let in on purpose.
#[cfg(not(unix))]
fn is_open(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().expect("a name")
    }

    fn secret(value: &str) -> Secret {
        Secret::new(value.to_owned())
    }

    #[test]
    fn a_secret_is_set_replaced_and_deleted_and_the_rest_stays_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("secrets.toml");
        assert!(!delete(&file, &name("A")).expect("nothing is there"));
        set(&file, &name("A"), &secret("1")).expect("written");
        let text = || std::fs::read_to_string(&file).expect("it is there");
        std::fs::write(&file, text() + "# mine\nB = 'two' # of the other account\n").expect("written");
        set(&file, &name("B"), &secret("a \"quoted\"\nline")).expect("written");
        set(&file, &name("C"), &secret("3")).expect("written");
        assert!(text().starts_with(HEAD), "{}", text());
        assert!(text().contains("# mine\n") && text().contains("# of the other account\n"), "{}", text());
        assert!(delete(&file, &name("A")).expect("written") && !delete(&file, &name("A")).expect("it is gone"));
        let all = read(&file).expect("it is good");
        let shown: Vec<_> = all.iter().map(|(name, secret)| (name.as_str(), secret.reveal())).collect();
        assert_eq!(shown, [("B", "a \"quoted\"\nline"), ("C", "3")]);
        let left = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, 1, "nothing is left beside it");
    }

    #[test]
    fn what_is_no_file_of_secrets_is_not_written_over() {
        let file = super::super::tests::file("A = \"x\"\nB = s3cret\n");
        let error = set(file.path(), &name("C"), &secret("3")).expect_err("it is bad").to_string();
        assert!(error.contains("line 2") && !error.contains("s3cret"), "{error}");
        let big = secret(&"x".repeat(MAX_FILE));
        let good = super::super::tests::file("A = \"x\"\n");
        assert!(matches!(set(good.path(), &name("C"), &big), Err(FileError::TooLarge)));
        assert_eq!(std::fs::read_to_string(good.path()).expect("it is there"), "A = \"x\"\n");
        let nowhere = Path::new("/nowhere/at/all/secrets.toml");
        assert!(matches!(set(nowhere, &name("C"), &secret("3")), Err(FileError::Unwritable(_))));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_written_is_for_its_user_alone_and_a_link_stays_one() {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("real"), folder.path().join("link"));
        set(&file, &name("A"), &secret("1")).expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        set(&link, &name("B"), &secret("2")).expect("written");
        assert!(std::fs::symlink_metadata(&link).expect("it is there").is_symlink());
        assert_eq!(std::fs::metadata(&file).expect("it is there").mode() & 0o777, 0o600);
        assert_eq!(read(&file).expect("it is good").len(), 2);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("changed");
        assert!(matches!(set(&file, &name("C"), &secret("3")), Err(FileError::Open)));
    }
}
