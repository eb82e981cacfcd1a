//! Addresses under the API's base. Every part that comes from a caller is checked or encoded as it is added, so that no
//! value can lead to another endpoint than the one meant.

use std::fmt::{Display, Write as _};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{Error, Result};

/// All but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// GitHub's own bound on the name of a repository; an owner's is shorter.
const LONGEST_NAME: usize = 100;

/// Git's own tools stop near this length of a path.
const LONGEST_PATH: usize = 4096;

/// A path and a query, to be put behind the base address.
#[derive(Debug)]
pub(crate) struct Endpoint {
    path: String,
    query: String,
}

impl Endpoint {
    /// An endpoint of fixed parts, such as `search/code`.
    pub(crate) fn fixed(path: &'static str) -> Self {
        Self { path: format!("/{path}"), query: String::new() }
    }

    /// The endpoint of a user or an organisation.
    pub(crate) fn owner(owner: &str) -> Result<Self> {
        Ok(Self::fixed("users").segment(name("owner", owner)?))
    }

    /// The endpoint of one repository.
    pub(crate) fn repository(owner: &str, repo: &str) -> Result<Self> {
        Ok(Self::fixed("repos").segment(name("owner", owner)?).segment(name("repo", repo)?))
    }

    /// One more segment, encoded whole.
    pub(crate) fn segment(mut self, segment: impl Display) -> Self {
        let text = segment.to_string();
        self.path.push('/');
        self.path.extend(utf8_percent_encode(&text, RESERVED));
        self
    }

    /// A path inside the repository. `.` and `..` are worked out here and may not lead out of it: encoding cannot
    /// disarm them, for the next server reads `%2e%2e` as `..` too.
    pub(crate) fn file(self, path: &str) -> Result<Self> {
        if path.len() > LONGEST_PATH {
            return Err(Error::invalid_arguments(format!("path is longer than {LONGEST_PATH} bytes")));
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    if parts.pop().is_none() {
                        return Err(Error::invalid_arguments(format!(
                            "path leads out of the repository: {}",
                            quote(path)
                        )));
                    }
                }
                part => parts.push(part),
            }
        }
        Ok(parts.into_iter().fold(self, Self::segment))
    }

    /// A parameter.
    pub(crate) fn query(mut self, name: &'static str, value: impl Display) -> Self {
        let value = value.to_string();
        let mark = if self.query.is_empty() { '?' } else { '&' };
        // Writing to a string cannot fail.
        let _ = write!(self.query, "{mark}{name}={}", utf8_percent_encode(&value, RESERVED));
        self
    }

    /// A parameter, where it has a value.
    pub(crate) fn maybe(self, name: &'static str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// The whole address.
    pub(crate) fn under(&self, base: &str) -> String {
        format!("{base}{}{}", self.path, self.query)
    }
}

/// Checks the name of an owner or a repository by the characters that GitHub gives them.
fn name<'a>(argument: &str, value: &'a str) -> Result<&'a str> {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if value.is_empty() {
        return Err(Error::invalid_arguments(format!("{argument} is empty")));
    }
    if value.len() > LONGEST_NAME || !value.chars().all(known) || matches!(value, "." | "..") {
        return Err(Error::invalid_arguments(format!(
            "{argument} is no name on GitHub: {}. Give owner and repository apart, each by its plain name, such as \
             \"octocat\" and \"hello-world\"",
            quote(value)
        )));
    }
    Ok(value)
}

/// A caller's value, short and on one line.
pub(crate) fn quote(value: &str) -> String {
    let short: String = value.chars().take(60).collect();
    let dots = if short.len() < value.len() { "..." } else { "" };
    format!("{short:?}{dots}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(result: Result<Endpoint>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn a_repository_is_two_segments() {
        let endpoint = Endpoint::repository("octocat", "Hello-World_1.x").unwrap().segment("issues").segment(7);
        assert_eq!(endpoint.under("https://h/api/v3"), "https://h/api/v3/repos/octocat/Hello-World_1.x/issues/7");
    }

    #[test]
    fn hostile_names_are_refused() {
        for bad in ["..", ".", "a/b", "a\nb", "a b", "a?x", "a#x", "a%2e", "a\\b", "@x", "é", "", &"a".repeat(101)] {
            assert!(words(Endpoint::repository(bad, "r")).contains("owner"), "{bad:?}");
            assert!(words(Endpoint::repository("o", bad)).contains("repo"), "{bad:?}");
        }
    }

    #[test]
    fn a_hostile_name_is_told_on_one_line() {
        let text = words(Endpoint::repository("x\nInjected: yes", "r"));
        assert!(!text.contains('\n') && text.contains("x\\nInjected"), "{text}");
    }

    #[test]
    fn a_file_path_is_encoded_by_segment() {
        let endpoint = Endpoint::repository("o", "r").unwrap().segment("contents").file("/a b/ü?#%.md/").unwrap();
        assert_eq!(endpoint.under(""), "/repos/o/r/contents/a%20b/%C3%BC%3F%23%25.md");
    }

    #[test]
    fn dots_in_a_file_path_are_worked_out_within_the_repository() {
        let file = |path| Endpoint::fixed("contents").file(path).map(|endpoint| endpoint.under(""));
        assert_eq!(file("./a/../b//c").unwrap(), "/contents/b/c");
        assert_eq!(file("").unwrap(), "/contents");
        for bad in ["..", "a/../..", "../issues", "/../x"] {
            assert!(file(bad).unwrap_err().to_string().contains("out of the repository"), "{bad}");
        }
    }

    #[test]
    fn encoded_dots_stay_a_file_name() {
        let endpoint = Endpoint::fixed("contents").file("%2e%2e/x").unwrap();
        assert_eq!(endpoint.under(""), "/contents/%252e%252e/x");
    }

    #[test]
    fn parameters_are_encoded() {
        let endpoint = Endpoint::fixed("search/code")
            .query("q", "a b&c=d\n+")
            .maybe("sort", Some("reactions-+1"))
            .maybe("page", None::<u64>);
        assert_eq!(endpoint.under(""), "/search/code?q=a%20b%26c%3Dd%0A%2B&sort=reactions-%2B1");
    }
}
