//! Classes: `[a-z]`, `[!a-z]`, `[[:alpha:]_]`.

use unicode_general_category::{GeneralCategory as Category, get_general_category};

/// A named set of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    Alnum,
    Alpha,
    Ascii,
    Blank,
    Cntrl,
    Digit,
    Graph,
    Lower,
    Print,
    Punct,
    Space,
    Upper,
    Word,
    Xdigit,
}

const SETS: [(&str, Set); 14] = [
    ("[:alnum:]", Set::Alnum),
    ("[:alpha:]", Set::Alpha),
    ("[:ascii:]", Set::Ascii),
    ("[:blank:]", Set::Blank),
    ("[:cntrl:]", Set::Cntrl),
    ("[:digit:]", Set::Digit),
    ("[:graph:]", Set::Graph),
    ("[:lower:]", Set::Lower),
    ("[:print:]", Set::Print),
    ("[:punct:]", Set::Punct),
    ("[:space:]", Set::Space),
    ("[:upper:]", Set::Upper),
    ("[:word:]", Set::Word),
    ("[:xdigit:]", Set::Xdigit),
];

/// A class, ready to match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Class {
    negated: bool,
    /// First and last of each range; a character is a range of one.
    ranges: Vec<(u32, u32)>,
    sets: Vec<Set>,
    /// Whether `[:graph:]` is in it. The package tells that one by what is not in it, which makes it another half.
    graph: bool,
}

/// What a `[` turned out to begin.
pub(super) enum Found {
    /// A class.
    Class(Class),
    /// A class of one character, which is no more than that character.
    One(u16),
    /// A class that cannot be meant: nothing matches from here on.
    Never,
}

impl Class {
    /// Reads the class at the `[` that `units` begins with, and answers how many units it takes. None where no `]` follows:
    /// the `[` is then a character like others.
    pub(super) fn read(units: &[u16]) -> Option<(Found, usize)> {
        let mut reader = Reader::default();
        let mut at = 1;
        if matches!(units.get(1).copied().map(ascii), Some('!' | '^')) {
            reader.class.negated = true;
            at = 2;
        }
        let first = at;
        loop {
            let unit = *units.get(at)?;
            let rest = units.get(at..)?;
            match ascii(unit) {
                ']' if at > first => {
                    let found = reader.found();
                    let taken = if matches!(found, Found::Never) { units.len() } else { at + 1 };
                    return Some((found, taken));
                }
                '\\' => {
                    let unit = *units.get(at + 1)?;
                    at += 1 + reader.character(unit, units.get(at + 2..)?);
                    continue;
                }
                '[' => {
                    if let Some((name, set)) = SETS.iter().find(|(name, _)| begins(rest, name)) {
                        if reader.from.is_some() {
                            return Some((Found::Never, units.len()));
                        }
                        reader.set(*set);
                        at += name.len();
                        continue;
                    }
                }
                _ => {}
            }
            at += reader.character(unit, units.get(at + 1..)?);
        }
    }

    /// Whether it has the character `unit`.
    pub(super) fn has(&self, unit: u32) -> bool {
        let is = |set: &Set| set.has(unit);
        let listed =
            self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&unit)) || self.sets.iter().any(is);
        let lists = !self.ranges.is_empty() || !self.sets.is_empty();
        // Each half is negated by itself, and either will do.
        (lists && listed != self.negated) || (self.graph && Set::Graph.has(unit) != self.negated)
    }

    /// Whether it looks at characters beyond U+FFFF whole: JavaScript's patterns do with a set in them, and then
    /// everywhere.
    pub(super) fn is_wide(&self) -> bool {
        self.graph || self.sets.iter().any(|set| !matches!(set, Set::Ascii | Set::Xdigit))
    }
}

#[derive(Default)]
struct Reader {
    class: Class,
    /// The beginning of a range whose end is next.
    from: Option<u16>,
    /// How much was read: more than one of a single character.
    items: usize,
    /// Whether a `^` that is meant as a character came first.
    caret: bool,
}

impl Reader {
    /// Takes a character, `rest` being what follows it. Answers how many units it takes: the `-` of a range too.
    fn character(&mut self, unit: u16, rest: &[u16]) -> usize {
        if self.items == 0 && self.from.is_none() {
            self.caret = ascii(unit) == '^';
        }
        if let Some(from) = self.from.take() {
            // A range that goes backwards is left out.
            if from <= unit {
                self.items += 1;
                self.class.ranges.push((from.into(), unit.into()));
            }
            return 1;
        }
        if begins(rest, "-]") {
            self.items += 2;
            self.class.ranges.extend([(unit.into(), unit.into()), (u32::from('-'), u32::from('-'))]);
            return 2;
        }
        if begins(rest, "-") {
            self.from = Some(unit);
            return 2;
        }
        self.items += 1;
        self.class.ranges.push((unit.into(), unit.into()));
        1
    }

    fn set(&mut self, set: Set) {
        self.items += 2;
        if set == Set::Graph { self.class.graph = true } else { self.class.sets.push(set) }
    }

    fn found(mut self) -> Found {
        if self.items == 0 {
            return Found::Never;
        }
        // A quirk to be kept: the `^` goes into JavaScript's pattern as it is, where it negates.
        if self.caret && self.items > 1 && !self.class.negated && !self.class.ranges.is_empty() {
            self.class.negated = true;
            self.class.ranges.remove(0);
        }
        match self.class.ranges.as_slice() {
            [(first, last)] if self.items == 1 && first == last && !self.class.negated => {
                u16::try_from(*first).map_or(Found::Never, Found::One)
            }
            _ => Found::Class(self.class),
        }
    }
}

impl Set {
    fn has(self, unit: u32) -> bool {
        // Half of a pair stands for no character: JavaScript's category for it is Cs.
        let Some(character) = char::from_u32(unit) else { return false };
        let category = get_general_category(character);
        let letter = || {
            matches!(
                category,
                Category::UppercaseLetter
                    | Category::LowercaseLetter
                    | Category::TitlecaseLetter
                    | Category::ModifierLetter
                    | Category::OtherLetter
                    | Category::LetterNumber
            )
        };
        let digit = category == Category::DecimalNumber;
        let separator =
            || matches!(category, Category::SpaceSeparator | Category::LineSeparator | Category::ParagraphSeparator);
        let other = || {
            matches!(
                category,
                Category::Control
                    | Category::Format
                    | Category::Surrogate
                    | Category::PrivateUse
                    | Category::Unassigned
            )
        };
        match self {
            Self::Alnum => letter() || digit,
            Self::Alpha => letter(),
            Self::Ascii => character.is_ascii(),
            Self::Blank => category == Category::SpaceSeparator || character == '\t',
            Self::Cntrl => category == Category::Control,
            Self::Digit => digit,
            Self::Graph => !separator() && !other(),
            Self::Lower => category == Category::LowercaseLetter,
            // A quirk to be kept: it is all that cannot be printed.
            Self::Print => other(),
            Self::Punct => matches!(
                category,
                Category::ConnectorPunctuation
                    | Category::DashPunctuation
                    | Category::OpenPunctuation
                    | Category::ClosePunctuation
                    | Category::InitialPunctuation
                    | Category::FinalPunctuation
                    | Category::OtherPunctuation
            ),
            Self::Space => separator() || matches!(character, '\t' | '\r' | '\n' | '\u{b}' | '\u{c}'),
            Self::Upper => category == Category::UppercaseLetter,
            Self::Word => letter() || digit || category == Category::ConnectorPunctuation,
            Self::Xdigit => character.is_ascii_hexdigit(),
        }
    }
}

/// Whether `units` begins with the ASCII text `text`.
fn begins(units: &[u16], text: &str) -> bool {
    let mut units = units.iter();
    text.bytes().all(|byte| units.next() == Some(&u16::from(byte)))
}

/// The unit as an ASCII character; U+FFFD for any other.
pub(super) fn ascii(unit: u16) -> char {
    u8::try_from(unit).ok().filter(u8::is_ascii).map_or('\u{fffd}', char::from)
}
