//! URI templates (RFC 6570), read backwards: whether a URI fits, and with which variables.

mod fit;

use std::collections::HashSet;

use crate::{Error, Result};

/// The longest URI that is matched, in bytes. Browsers and servers stop at about 8 KiB.
const LONGEST: usize = 8 * 1024;

/// A URI template.
///
/// `{name}` is one segment: at least one character, none of `/ ? #`. `{+path}` is any text, even none. `{/name}`, `{.name}` and
/// `{#name}` may be missing together with their mark. The variables of `{?a,b}`, `{&a,b}` and `{;a,b}` come in any order, each
/// or not. Lists and prefixes (`{name*}`, `{name:3}`) are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// This text.
    Literal(String),
    /// A variable. With a mark before it, it may be missing.
    Value { name: String, mark: Option<char>, stops: &'static str, least: usize },
    /// Variables by their names: `?a=1&b=2`.
    Pairs { names: Vec<String>, first: char, between: char, stops: &'static str },
}

/// The variables of a URI: names and values, percent-decoded.
pub(crate) type Variables = Vec<(String, String)>;

impl Template {
    /// Reads a template; what is wrong with it is told as the end of a sentence that begins with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            parts.push(self::literal(literal)?);
            let (expression, after) = after.split_once('}').ok_or("has a `{` without its `}`")?;
            expand(expression, &mut parts)?;
            rest = after;
        }
        parts.push(literal(rest)?);
        parts.retain(|part| !matches!(part, Part::Literal(text) if text.is_empty()));
        let template = Self { parts };
        let mut seen = HashSet::new();
        if let Some((name, _)) = template.variables().find(|(name, _)| !seen.insert(name.to_owned())) {
            return Err(format!("has the variable `{name}` twice"));
        }
        Ok(template)
    }

    /// The variables, and whether each is in every URI.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, bool)> {
        self.parts.iter().flat_map(|part| match part {
            Part::Literal(_) => Vec::new(),
            Part::Value { name, mark, .. } => vec![(name.as_str(), mark.is_none())],
            Part::Pairs { names, .. } => names.iter().map(|name| (name.as_str(), false)).collect(),
        })
    }

    /// The variables of `uri`, or nothing where it does not fit. A variable may take as much as fits: the first has the most.
    ///
    /// # Errors
    ///
    /// When the URI is too long to be matched, or would fit but is not well percent-encoded.
    pub(crate) fn variables_of(&self, uri: &str) -> Result<Option<Variables>> {
        if uri.len() > LONGEST {
            return Err(Error::InvalidArguments(format!("the URI has {} bytes; {LONGEST} is the most", uri.len())));
        }
        let Some(found) = fit::fit(&self.parts, uri) else { return Ok(None) };
        let decode = |(name, value): (&str, &str)| Ok((name.to_owned(), decode(name, value)?));
        found.into_iter().map(decode).collect::<Result<_>>().map(Some)
    }
}

fn literal(text: &str) -> Result<Part, String> {
    if text.contains('}') { Err("has a `}` without its `{`".to_owned()) } else { Ok(Part::Literal(text.to_owned())) }
}

/// Reads what stands between two braces.
fn expand(expression: &str, parts: &mut Vec<Part>) -> Result<(), String> {
    let operator = expression.chars().next().filter(|first| "+#./;?&".contains(*first));
    let list = operator.map_or(expression, |operator| expression.trim_start_matches(operator));
    let names = list.split(',').map(name).collect::<Result<Vec<_>, _>>()?;
    match operator {
        None => values(names, None, "/?#,", 1, parts),
        Some('+') => values(names, None, "", 0, parts),
        Some('#') => values(names, Some('#'), "", 0, parts),
        Some(mark @ ('.' | '/')) => {
            for name in names {
                parts.push(Part::Value { name, mark: Some(mark), stops: "/?#", least: 1 });
            }
        }
        Some(';') => parts.push(Part::Pairs { names, first: ';', between: ';', stops: "/?#" }),
        Some(first) => parts.push(Part::Pairs { names, first, between: '&', stops: "#" }),
    }
    Ok(())
}

/// Variables with commas between; a comma in a lone variable is its own.
fn values(names: Vec<String>, mark: Option<char>, stops: &'static str, least: usize, parts: &mut Vec<Part>) {
    let stops = if names.len() == 1 { stops.trim_end_matches(',') } else { stops };
    for (index, name) in names.into_iter().enumerate() {
        let mark = if index == 0 { mark } else { mark.map(|_| ',') };
        if index > 0 && mark.is_none() {
            parts.push(Part::Literal(",".to_owned()));
        }
        parts.push(Part::Value { name, mark, stops, least });
    }
}

fn name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    if text.is_empty() || !text.chars().all(fits) {
        return Err(format!("has `{text}` for a variable, where letters, digits, `_` and `.` are known"));
    }
    Ok(text.to_owned())
}

fn decode(name: &str, value: &str) -> Result<String> {
    let wrong = || Error::InvalidArguments(format!("the URI's `{name}` is not well percent-encoded UTF-8"));
    let mut bytes = Vec::with_capacity(value.len());
    let mut pieces = value.split('%');
    bytes.extend(pieces.next().unwrap_or_default().bytes());
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2).ok_or_else(wrong)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        bytes.extend(rest.bytes());
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables_of(template: &str, uri: &str) -> Option<Vec<(String, String)>> {
        Template::parse(template).unwrap().variables_of(uri).unwrap()
    }

    #[track_caller]
    fn fits(template: &str, uri: &str, expected: &[(&str, &str)]) {
        let expected = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(variables_of(template, uri), Some(expected), "{template} {uri}");
    }

    #[track_caller]
    fn differs(template: &str, uri: &str) {
        assert_eq!(variables_of(template, uri), None, "{template} {uri}");
    }

    #[test]
    fn a_variable_is_one_segment() {
        fits("a://{owner}/{repo}", "a://x/y", &[("owner", "x"), ("repo", "y")]);
        fits("a://{owner}/{repo}/issues", "a://x-1/y.z/issues", &[("owner", "x-1"), ("repo", "y.z")]);
        for uri in ["a://x/y/z", "a://x", "a://x/", "a:///y", "a://x/y?z", "a://x/y#z", "b://x/y", "", "a:"] {
            differs("a://{owner}/{repo}", uri);
        }
        fits("a://{x}", "a://1,2:@é", &[("x", "1,2:@é")]);
    }

    #[test]
    fn a_variable_with_a_plus_is_any_text() {
        fits("file:///{+path}", "file:///a/b%20c?d#e", &[("path", "a/b c?d#e")]);
        fits("file:///{+path}", "file:///", &[("path", "")]);
        fits("a:{+path}/{name}", "a:x/y/z", &[("path", "x/y"), ("name", "z")]);
    }

    #[test]
    fn variables_with_commas_are_told_apart() {
        fits("a:{x,y}", "a:1,2", &[("x", "1"), ("y", "2")]);
        differs("a:{x,y}", "a:1,2,3");
        fits("a:{x}-{y}", "a:1-2-3", &[("x", "1-2"), ("y", "3")]);
    }

    #[test]
    fn marked_variables_may_be_missing() {
        fits("a:x{/y,z}", "a:x/1/2", &[("y", "1"), ("z", "2")]);
        fits("a:x{/y,z}", "a:x/1", &[("y", "1")]);
        fits("a:x{/y}", "a:x", &[]);
        differs("a:x{/y}", "a:x/");
        fits("a:{x}{.end}", "a:b.c", &[("x", "b.c")]);
        fits("a:x{.end}", "a:x.c", &[("end", "c")]);
        fits("a:x{#part}", "a:x#1/2", &[("part", "1/2")]);
    }

    #[test]
    fn pairs_come_in_any_order_or_not_at_all() {
        fits("a:x{?p,q}", "a:x?q=1&p=%26", &[("q", "1"), ("p", "&")]);
        fits("a:x{?p,q}", "a:x?p", &[("p", "")]);
        fits("a:x{?p,q}", "a:x", &[]);
        fits("a:x?p=0{&q}", "a:x?p=0&q=1", &[("q", "1")]);
        fits("a:x{;p}/y", "a:x;p=1/y", &[("p", "1")]);
        fits("a:x{?p}{#f}", "a:x?p=1#2", &[("p", "1"), ("f", "2")]);
        for uri in ["a:x?", "a:x?r=1", "a:x?p=1&p=2", "a:x?p=1&", "a:x&p=1"] {
            differs("a:x{?p,q}", uri);
        }
    }

    #[test]
    fn values_are_percent_decoded_once() {
        fits("a:{x}", "a:%C3%A9%2f%252F%00", &[("x", "é/%2F\0")]);
    }

    #[test]
    fn hostile_uris_are_refused_in_words() {
        let template = Template::parse("a:{x}").unwrap();
        for uri in ["a:%", "a:%4", "a:%zz", "a:%+1", "a:%ff", "a:%C3", "a:%é", "a:%\0\0"] {
            assert_eq!(
                template.variables_of(uri),
                Err(Error::invalid_arguments("the URI's `x` is not well percent-encoded UTF-8")),
                "{uri:?}"
            );
        }
        let long = format!("a:{}", "x".repeat(LONGEST));
        assert_eq!(
            template.variables_of(&long),
            Err(Error::invalid_arguments("the URI has 8194 bytes; 8192 is the most"))
        );
    }

    #[test]
    fn no_uri_takes_long() {
        let values = Template::parse("{+a}x{+b}x{+c}x{+d}x{+e}y").unwrap();
        assert_eq!(values.variables_of(&"x".repeat(LONGEST)), Ok(None));
        let pairs = Template::parse("{+a}{?b}{?c}{?d}").unwrap();
        let uri = "?b=".repeat(LONGEST / 3);
        assert_eq!(pairs.variables_of(&uri), Ok(Some(vec![("a".into(), uri)])));
    }

    #[test]
    fn a_template_without_variables_is_its_text() {
        fits("a:b", "a:b", &[]);
        fits("", "", &[]);
        differs("a:b", "a:bc");
    }

    #[test]
    fn wrong_templates_are_told() {
        let wrong = |text| Template::parse(text).unwrap_err();
        assert_eq!(wrong("a:{x"), "has a `{` without its `}`");
        assert_eq!(wrong("a:x}"), "has a `}` without its `{`");
        assert_eq!(wrong("a:{x}{y}}"), "has a `}` without its `{`");
        assert_eq!(wrong("{x}{x}"), "has the variable `x` twice");
        for text in ["{}", "{x*}", "{x:3}", "{x,}", "{=x}", "{{x}}", "{x y}"] {
            assert!(wrong(text).contains("for a variable"), "{text}");
        }
    }

    #[test]
    fn variables_that_may_be_missing_are_known() {
        let template = Template::parse("a://{x}/{+y}{/z}{?p,q}").unwrap();
        let variables: Vec<_> = template.variables().collect();
        assert_eq!(variables, [("x", true), ("y", true), ("z", false), ("p", false), ("q", false)]);
    }
}
