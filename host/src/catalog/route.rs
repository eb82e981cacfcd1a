//! Which plugin a URI belongs to. Several may read URIs of one scheme; the host asks the likeliest first, and the next
//! one only when it says that there is no such resource.

use std::collections::HashSet;

use regex::Regex;

use crate::plugin::Plugin;

/// What is known at load about the URIs of one plugin.
pub(super) struct Route {
    reads: bool,
    listed: HashSet<String>,
    templates: Vec<Regex>,
    schemes: HashSet<String>,
}

/// How likely a plugin has a resource, likeliest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// It listed the very URI.
    Listed,
    /// One of its templates fits.
    Template,
    /// It has resources of this scheme.
    Scheme,
    /// It said nothing of its resources at load.
    Unsaid,
}

impl Route {
    pub(super) fn of(plugin: &Plugin) -> Self {
        let menu = plugin.menu();
        let listed: HashSet<_> = menu.resources.iter().map(|resource| resource.uri.clone()).collect();
        let templates = menu.templates.iter().map(|template| template.uri_template.as_str());
        let uris = listed.iter().map(String::as_str).chain(templates.clone());
        Self {
            reads: plugin.has_resources(),
            schemes: uris.filter_map(scheme).collect(),
            templates: templates.filter_map(pattern).collect(),
            listed,
        }
    }

    /// Does not have the URIs any more that are `taken`. Gives those that it had.
    pub(super) fn leave(&mut self, taken: &HashSet<String>) -> Vec<String> {
        let mut left: Vec<String> = self.listed.intersection(taken).cloned().collect();
        self.listed.retain(|uri| !taken.contains(uri));
        left.sort();
        left
    }

    /// The URIs that it listed.
    pub(super) fn listed(&self) -> impl Iterator<Item = &str> {
        self.listed.iter().map(String::as_str)
    }

    /// How likely the plugin has `uri`; none when it has no resources, or only ones of other schemes.
    pub(super) fn rank(&self, uri: &str) -> Option<Rank> {
        if !self.reads {
            return None;
        }
        if self.listed.contains(uri) {
            return Some(Rank::Listed);
        }
        if self.templates.iter().any(|template| template.is_match(uri)) {
            return Some(Rank::Template);
        }
        if self.schemes.is_empty() {
            return Some(Rank::Unsaid);
        }
        scheme(uri).filter(|scheme| self.schemes.contains(scheme)).map(|_| Rank::Scheme)
    }
}

/// A URI's scheme in small letters (RFC 3986, section 3.1).
fn scheme(uri: &str) -> Option<String> {
    uri.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase())
}

/// What URIs a template (RFC 6570) can come to: a simple expression stays within a path segment, `+` and `#` may be
/// anything, and those with an operator may be absent. None when the template is not well formed: it routes nothing then.
fn pattern(template: &str) -> Option<Regex> {
    let mut pattern = String::from("^");
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once('{') {
        pattern.push_str(&regex::escape(literal));
        let (expression, after) = after.split_once('}')?;
        pattern.push_str(match expression.chars().next()? {
            '+' => ".+",
            '#' => "(#.*)?",
            '/' => "(/.*)?",
            '.' => r"(\..*)?",
            ';' => "(;.*)?",
            '?' => r"(\?.*)?",
            '&' => "(&.*)?",
            _ => "[^/?#]+",
        });
        rest = after;
    }
    pattern.push_str(&regex::escape(rest));
    pattern.push('$');
    Regex::new(&pattern).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(listed: &[&str], templates: &[&str]) -> Route {
        Route {
            reads: true,
            listed: listed.iter().map(|uri| (*uri).to_owned()).collect(),
            templates: templates.iter().filter_map(|template| pattern(template)).collect(),
            schemes: listed.iter().chain(templates).filter_map(|uri| scheme(uri)).collect(),
        }
    }

    #[test]
    fn the_likeliest_plugin_is_told_apart() {
        let route = route(&["a://one"], &["a://{x}/y"]);
        assert_eq!(route.rank("a://one"), Some(Rank::Listed));
        assert_eq!(route.rank("a://two/y"), Some(Rank::Template));
        assert_eq!(route.rank("A://three"), Some(Rank::Scheme));
        assert_eq!(route.rank("b://one"), None);
        assert_eq!(self::route(&[], &[]).rank("b://one"), Some(Rank::Unsaid));
    }

    #[test]
    fn a_uri_that_is_taken_is_the_first_plugins() {
        let first = route(&["a://one", "a://two"], &[]);
        let mut second = route(&["a://three", "a://two"], &[]);
        assert_eq!(second.leave(&first.listed), ["a://two"]);
        assert_eq!(first.rank("a://two"), Some(Rank::Listed));
        assert_eq!(second.rank("a://two"), Some(Rank::Scheme), "asked when the first has it not");
        assert_eq!(second.rank("a://three"), Some(Rank::Listed));
    }

    #[test]
    fn templates_fit_what_they_can_come_to() {
        let fits = |template: &str, uri: &str| pattern(template).is_some_and(|pattern| pattern.is_match(uri));
        assert!(fits("github://repos/{owner}/{repo}", "github://repos/a/b"));
        assert!(!fits("github://repos/{owner}/{repo}", "github://repos/a/b/c"));
        assert!(fits("file:///{+path}", "file:///a/b/c.txt"));
        assert!(!fits("file:///{+path}", "file:///"));
        assert!(fits("s://q{?a,b}", "s://q"));
        assert!(fits("s://q{?a,b}", "s://q?a=1"));
        assert!(!fits("s://a.b", "s://axb"));
        assert!(pattern("s://{open").is_none());
        assert!(pattern("s://{}").is_none());
    }
}
