//! Reads the pattern of one name.

use super::class::{Class, Found, ascii};

/// Groups in groups that are read as such; deeper ones are characters, unless they say no more than the one around them.
const NESTING: usize = 2;

/// Groups in groups of any kind. Each level is a level of the stack.
const DEPTH: usize = 64;

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// This unit, or this character.
    Unit(u32),
    /// `?`.
    Any,
    /// `*`.
    Many,
    /// `!()`: something.
    Some,
    /// `[..]`.
    Class(Class),
    /// A class that cannot be meant.
    Never,
    /// `?(..)`, `*(..)`, `+(..)`, `@(..)`, `!(..)`.
    Group(Kind, Vec<Vec<Node>>),
}

/// Puts the two units of a character beyond U+FFFF together.
pub(super) fn widen(nodes: &mut Vec<Node>) {
    let mut wide: Vec<Node> = Vec::new();
    for mut node in nodes.drain(..) {
        if let Node::Group(_, choices) = &mut node {
            choices.iter_mut().for_each(widen);
        }
        if let (Some(Node::Unit(high @ 0xd800..0xdc00)), Node::Unit(low @ 0xdc00..0xe000)) = (wide.last_mut(), &node) {
            *high = 0x10000 + ((*high - 0xd800) << 10) + (low - 0xdc00);
        } else {
            wide.push(node);
        }
    }
    *nodes = wide;
}

/// How often a group matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `?`: once or not at all.
    Maybe,
    /// `*`: any number of times.
    Any,
    /// `+`: at least once.
    Some,
    /// `@`: once.
    One,
    /// `!`: where none of the choices, with all that follows, matches to the end.
    Not,
}

impl Kind {
    fn of(unit: u16) -> Option<Self> {
        Some(match ascii(unit) {
            '?' => Self::Maybe,
            '*' => Self::Any,
            '+' => Self::Some,
            '@' => Self::One,
            '!' => Self::Not,
            _ => return None,
        })
    }

    /// Whether a group of this kind says the same with the choices of an inner group among its own.
    fn takes_in(self, inner: Self) -> bool {
        match self {
            Self::Any | Self::Some => inner != Self::Not,
            Self::Maybe | Self::One | Self::Not => matches!(inner, Self::Maybe | Self::One),
        }
    }
}

/// The pieces of the pattern `units`.
pub(super) fn read(units: &[u16]) -> Vec<Node> {
    let (mut nodes, mut scanner) = (Vec::new(), Scanner::default());
    let (mut at, mut start) = (0, 0);
    while let Some(unit) = units.get(at) {
        let group = scanner.plain(at, *unit).then(|| group_at(units, at)).flatten();
        let Some(kind) = group else {
            at += 1;
            continue;
        };
        text(units.get(start..at), &mut nodes);
        let (node, end) = group_of(units, at, kind, (1, 1));
        nodes.extend(node);
        (at, start) = (end, end);
    }
    text(units.get(start..), &mut nodes);
    nodes
}

/// The kind of the group that begins at `at`, if one does.
fn group_at(units: &[u16], at: usize) -> Option<Kind> {
    let kind = Kind::of(*units.get(at)?)?;
    (units.get(at + 1).copied().map(ascii) == Some('(')).then_some(kind)
}

/// The group that begins at `start`, and where it ends. Without an end it is characters, to the end of the pattern.
/// `nesting` counts the groups around it and itself, but for those that say no more than the one around them; `depth`
/// counts all.
fn group_of(units: &[u16], start: usize, kind: Kind, (nesting, depth): (usize, usize)) -> (Vec<Node>, usize) {
    let (mut choices, mut choice) = (Vec::new(), Vec::new());
    let mut scanner = Scanner::default();
    let (mut at, mut from) = (start + 2, start + 2);
    while let Some(unit) = units.get(at) {
        if !scanner.plain(at, *unit) {
            at += 1;
            continue;
        }
        if let Some(inner) = group_at(units, at)
            && (nesting <= NESTING || kind.takes_in(inner))
            && depth < DEPTH
        {
            text(units.get(from..at), &mut choice);
            let nesting = if kind.takes_in(inner) { nesting } else { nesting + 1 };
            let (nodes, end) = group_of(units, at, inner, (nesting, depth + 1));
            choice.extend(nodes);
            (at, from) = (end, end);
            continue;
        }
        match ascii(*unit) {
            '|' => {
                text(units.get(from..at), &mut choice);
                choices.push(std::mem::take(&mut choice));
                from = at + 1;
            }
            ')' => {
                // A quirk to be kept: `!(a|@(b))` is taken for the empty one too.
                if kind == Kind::Not && from == at && !matches!(choice.as_slice(), [Node::Group(Kind::Not, _)]) {
                    return (vec![Node::Some], at + 1);
                }
                text(units.get(from..at), &mut choice);
                choices.push(choice);
                return (vec![Node::Group(kind, choices)], at + 1);
            }
            _ => {}
        }
        at += 1;
    }
    let mut nodes = Vec::new();
    text(units.get(start..), &mut nodes);
    (nodes, units.len())
}

/// Tells where groups may begin and end: not after a `\`, and not in a class.
#[derive(Default)]
struct Scanner {
    escaped: bool,
    /// Where the class began, and whether it is negated.
    class: Option<(usize, bool)>,
}

impl Scanner {
    /// Whether `unit`, at `at`, may be part of a group's frame.
    fn plain(&mut self, at: usize, unit: u16) -> bool {
        let character = ascii(unit);
        if self.escaped || character == '\\' {
            self.escaped = !self.escaped;
            return false;
        }
        match &mut self.class {
            Some((start, negated)) => {
                if at == *start + 1 {
                    *negated |= matches!(character, '^' | '!');
                } else if character == ']' && !(at == *start + 2 && *negated) {
                    self.class = None;
                }
                false
            }
            None if character == '[' => {
                self.class = Some((at, false));
                false
            }
            None => true,
        }
    }
}

/// Reads what has no groups in it.
fn text(units: Option<&[u16]>, nodes: &mut Vec<Node>) {
    let units = units.unwrap_or_default();
    let mut at = 0;
    let mut many = false;
    while let Some(unit) = units.get(at) {
        at += 1;
        let character = ascii(*unit);
        if character == '*' {
            if !many {
                nodes.push(Node::Many);
            }
            many = true;
            continue;
        }
        many = false;
        let node = match character {
            '\\' => {
                let next = units.get(at);
                at += usize::from(next.is_some());
                Node::Unit((*next.unwrap_or(unit)).into())
            }
            '[' => match units.get(at - 1..).and_then(Class::read) {
                Some((found, taken)) => {
                    at += taken - 1;
                    match found {
                        Found::Class(class) => Node::Class(class),
                        Found::One(unit) => Node::Unit(unit.into()),
                        Found::Never => Node::Never,
                    }
                }
                None => Node::Unit((*unit).into()),
            },
            '?' => Node::Any,
            _ => Node::Unit((*unit).into()),
        };
        nodes.push(node);
    }
}
