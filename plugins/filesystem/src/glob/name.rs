//! Matches one name.

use std::collections::HashMap;

use super::parse::{self, Kind, Node};

/// What a name must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// It is this.
    Is(String),
    /// Any, of at least one character.
    Any,
    /// It ends so.
    Ends(String),
    /// It has so many units, and ends so.
    Length(usize, String),
    /// It has a dot.
    HasDot,
    /// It begins with a dot.
    BeginsWithDot,
    /// It matches these pieces; the flag says whether a character beyond U+FFFF is one.
    Like(Vec<Node>, bool),
}

impl Name {
    /// Reads the pattern of one name.
    pub(super) fn new(pattern: &str) -> Self {
        if let Some(quick) = quick(pattern) {
            return quick;
        }
        let units: Vec<u16> = pattern.encode_utf16().collect();
        let mut nodes = parse::read(&units);
        if nothing(&nodes) {
            return Self::Is(pattern.to_owned());
        }
        let plain = nodes.iter().map(|node| if let Node::Unit(unit) = node { u16::try_from(*unit).ok() } else { None });
        if let Some(units) = plain.collect::<Option<Vec<u16>>>() {
            return Self::Is(String::from_utf16_lossy(&units));
        }
        let wide = is_wide(&nodes);
        if wide {
            parse::widen(&mut nodes);
        }
        Self::Like(nodes, wide)
    }

    /// Whether `name` matches.
    pub(super) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Is(text) => name == text,
            Self::Any => !name.is_empty(),
            Self::Ends(end) => name.ends_with(end.as_str()),
            Self::Length(units, end) => name.ends_with(end.as_str()) && name.encode_utf16().count() == *units,
            Self::HasDot => name.contains('.'),
            Self::BeginsWithDot => name.starts_with('.'),
            Self::Like(nodes, wide) => {
                let units: Vec<u32> = if *wide {
                    name.chars().map(u32::from).collect()
                } else {
                    name.encode_utf16().map(u32::from).collect()
                };
                Match { units: &units, known: HashMap::new() }.whole(nodes)
            }
        }
    }
}

/// Patterns that need no search. What ends them is compared as it is written, backslashes too: a quirk to be kept.
fn quick(pattern: &str) -> Option<Name> {
    let plain = |text: &str| !text.contains(['+', '@', '!', '?', '*', '[', '(']);
    let after_stars = pattern.trim_start_matches('*');
    if after_stars.len() < pattern.len() {
        if after_stars.is_empty() {
            return Some(Name::Any);
        }
        if plain(after_stars) {
            return Some(Name::Ends(after_stars.to_owned()));
        }
        return (after_stars.len() > 1 && after_stars.strip_prefix('.')?.bytes().all(|byte| byte == b'*'))
            .then_some(Name::HasDot);
    }
    let after_marks = pattern.trim_start_matches('?');
    if after_marks.len() < pattern.len() {
        return plain(after_marks).then(|| Name::Length(pattern.encode_utf16().count(), after_marks.to_owned()));
    }
    let stars = pattern.strip_prefix('.')?;
    (!stars.is_empty() && stars.bytes().all(|byte| byte == b'*')).then_some(Name::BeginsWithDot)
}

/// Whether the pattern is one group, not a `!(..)`, with nothing in it: then it is characters.
fn nothing(nodes: &[Node]) -> bool {
    match nodes {
        [Node::Group(kind, choices)] => {
            *kind != Kind::Not && choices.iter().all(|choice| choice.is_empty() || nothing(choice))
        }
        _ => false,
    }
}

fn is_wide(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match node {
        Node::Class(class) => class.is_wide(),
        Node::Group(_, choices) => choices.iter().any(|choice| is_wide(choice)),
        _ => false,
    })
}

/// What follows a part of a pattern, to its end.
#[derive(Clone, Copy)]
struct Rest<'a> {
    nodes: &'a [Node],
    then: Option<&'a Rest<'a>>,
}

/// How much of the name may be behind: a flag for each length. All ways are followed at once, so that no pattern takes
/// longer than its length times that of the name, but for `!(..)`, whose answers are kept.
type Behind = Vec<bool>;

struct Match<'a> {
    units: &'a [u32],
    /// For a `!(..)`, told by where it is in memory, and a length: whether it may match from there.
    known: HashMap<(*const Vec<Node>, usize), bool>,
}

impl Match<'_> {
    fn whole(&mut self, nodes: &[Node]) -> bool {
        self.reaches_end(self.only(0), Rest { nodes, then: None })
    }

    fn only(&self, length: usize) -> Behind {
        (0..=self.units.len()).map(|behind| behind == length).collect()
    }

    fn reaches_end(&mut self, mut behind: Behind, rest: Rest<'_>) -> bool {
        let mut next = Some(&rest);
        while let Some(rest) = next {
            behind = self.sequence(behind, rest.nodes, rest.then);
            next = rest.then;
        }
        behind.last() == Some(&true)
    }

    fn sequence(&mut self, mut behind: Behind, nodes: &[Node], then: Option<&Rest<'_>>) -> Behind {
        let mut left = nodes;
        while let Some((node, rest)) = left.split_first() {
            if !behind.contains(&true) {
                break;
            }
            behind = self.node(&behind, node, &Rest { nodes: rest, then });
            left = rest;
        }
        behind
    }

    fn node(&mut self, behind: &Behind, node: &Node, rest: &Rest<'_>) -> Behind {
        match node {
            Node::Unit(unit) => self.one(behind, |here| here == *unit),
            Node::Any => self.one(behind, |_| true),
            Node::Class(class) => self.one(behind, |here| class.has(here)),
            Node::Never => vec![false; behind.len()],
            Node::Many => on(behind),
            Node::Some => on(&self.one(behind, |_| true)),
            Node::Group(Kind::Not, choices) => {
                let from = (0..behind.len())
                    .map(|length| behind.get(length) == Some(&true) && !self.forbidden(choices, length, rest));
                on(&from.collect())
            }
            Node::Group(kind, choices) => self.group(behind, *kind, choices, rest),
        }
    }

    /// One unit that is as `fits` says.
    fn one(&self, behind: &Behind, fits: impl Fn(u32) -> bool) -> Behind {
        let next = self.units.iter().zip(behind).map(|(unit, behind)| *behind && fits(*unit));
        std::iter::once(false).chain(next).collect()
    }

    fn group(&mut self, behind: &Behind, kind: Kind, choices: &[Vec<Node>], rest: &Rest<'_>) -> Behind {
        let mut once = self.choices(behind, choices, rest);
        if matches!(kind, Kind::Any | Kind::Some) {
            loop {
                let more = either(&once, &self.choices(&once, choices, rest));
                if more == once {
                    break;
                }
                once = more;
            }
        }
        if matches!(kind, Kind::Any | Kind::Maybe) { either(behind, &once) } else { once }
    }

    fn choices(&mut self, behind: &Behind, choices: &[Vec<Node>], rest: &Rest<'_>) -> Behind {
        let none = vec![false; behind.len()];
        choices.iter().fold(none, |all, choice| either(&all, &self.sequence(behind.clone(), choice, Some(rest))))
    }

    /// Whether one of the choices of a `!(..)`, with all that follows it, matches from `length` to the end.
    fn forbidden(&mut self, choices: &[Vec<Node>], length: usize, rest: &Rest<'_>) -> bool {
        let key = (choices.as_ptr(), length);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let forbidden = choices.iter().any(|choice| {
            let from = self.only(length);
            self.reaches_end(from, Rest { nodes: choice, then: Some(rest) })
        });
        self.known.insert(key, forbidden);
        forbidden
    }
}

/// All lengths from the first on.
fn on(behind: &Behind) -> Behind {
    let mut on = false;
    behind
        .iter()
        .map(|behind| {
            on |= *behind;
            on
        })
        .collect()
}

fn either(left: &Behind, right: &Behind) -> Behind {
    left.iter().zip(right).map(|(left, right)| *left || *right).collect()
}
