//! Braces: `a{b,c}` stands for `ab` and `ac`, `{1..3}` for `1`, `2` and `3`. The rules are those of Bash, as the npm package
//! `brace-expansion` has them.

/// Patterns that one may stand for.
const CHOICES: usize = 10_000;

/// Characters of all of them together.
const CHARACTERS: usize = 1_000_000;

/// Braces in braces. Each level is a level of the stack.
const DEPTH: usize = 64;

/// Characters looked at. Braces that stand for nothing make for looking again.
const STEPS: usize = 5_000_000;

const TOO_MANY: &str = "the braces of the pattern stand for too many patterns";

/// A character, and whether a `\` before it took its meaning.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Token(char, bool);

const OPEN: Token = Token('{', false);
const CLOSE: Token = Token('}', false);
const COMMA: Token = Token(',', false);
const DOLLAR: Token = Token('$', false);

type Text = Vec<Token>;
type Result<T> = std::result::Result<T, &'static str>;

/// The patterns that `pattern` stands for, each once.
pub(super) fn expand(pattern: &str) -> Result<Vec<String>> {
    if !has_braces(pattern) {
        return Ok(vec![pattern.to_owned()]);
    }
    let mut text = tokens(pattern);
    if let Some([open @ Token('{', _), close @ Token('}', _), ..]) =
        text.get_mut(..2).filter(|_| pattern.starts_with("{}"))
    {
        (open.1, close.1) = (true, true);
    }
    let choices = Expansion { steps: STEPS }.expand(text, true, 0)?;
    let mut texts: Vec<String> = Vec::new();
    for choice in choices {
        let text: String = choice.into_iter().map(|Token(character, _)| character).collect();
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    Ok(texts)
}

/// Whether there is a `{` with a `}` after it, on one line and with no other `{` between. A pattern without is taken as it
/// is, its backslashes too.
fn has_braces(pattern: &str) -> bool {
    let mut open = false;
    pattern.chars().any(|character| match character {
        '{' => {
            open = true;
            false
        }
        '}' => open,
        other => {
            open &= !ends_line(other);
            false
        }
    })
}

fn ends_line(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// Characters whose meaning a `\` takes lose the `\`; before others it stays, for whoever reads the pattern next.
fn tokens(pattern: &str) -> Text {
    let mut tokens = Vec::new();
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        let taken = (character == '\\')
            .then(|| characters.next_if(|next| matches!(next, '\\' | '{' | '}' | ',' | '.')))
            .flatten();
        tokens.push(taken.map_or(Token(character, false), |next| Token(next, true)));
    }
    tokens
}

struct Expansion {
    steps: usize,
}

impl Expansion {
    /// The texts that `text` stands for. At the top, what is empty is left out.
    fn expand(&mut self, mut text: Text, mut top: bool, depth: usize) -> Result<Vec<Text>> {
        if depth > DEPTH {
            return Err(TOO_MANY);
        }
        let mut made: Vec<Text> = vec![Vec::new()];
        let mut first = true;
        let mut drop_empty = false;
        loop {
            self.pay(text.len())?;
            let Some((before, body, after)) = split(&text) else {
                return self.combine(&made, &text, &[Vec::new()], drop_empty);
            };
            let last = after.is_empty();
            let values = if before.last() == Some(&DOLLAR) {
                // The shell's own: `${a}`.
                first = false;
                vec![braced(body)]
            } else {
                let sequence = sequence(body)?;
                if sequence.is_none() && !body.contains(&COMMA) {
                    if !self.set_follows(after)? {
                        return self.combine(&made, &text, &[Vec::new()], drop_empty);
                    }
                    // `{a},b}` is a set: its first `}` closes nothing.
                    let closed = [before, &[OPEN], body, &[Token('}', true)], after].concat();
                    text = closed;
                    top = true;
                    continue;
                }
                if first {
                    drop_empty = top && sequence.is_none();
                    first = false;
                }
                match sequence {
                    Some(values) => values,
                    None => self.set(body, depth)?,
                }
            };
            made = self.combine(&made, before, &values, drop_empty && last)?;
            if last {
                return Ok(made);
            }
            text = after.to_vec();
        }
    }

    /// The values of a set, each expanded in turn. A set of one stands for its braces and what is in them.
    fn set(&mut self, body: &[Token], depth: usize) -> Result<Vec<Text>> {
        let members = members(body);
        let members = match members.as_slice() {
            [only] => {
                let inner = self.expand(only.to_vec(), false, depth + 1)?;
                let inner: Vec<Text> = inner.iter().map(|text| braced(text)).collect();
                if inner.len() == 1 {
                    return Ok(inner);
                }
                inner
            }
            several => several.iter().map(|member| member.to_vec()).collect(),
        };
        let mut values = Vec::new();
        for member in members {
            values.append(&mut self.expand(member, false, depth + 1)?);
            if values.len() > CHOICES {
                return Err(TOO_MANY);
            }
        }
        Ok(values)
    }

    /// Each of `made`, then `text`, then each of `values`.
    fn combine(&mut self, made: &[Text], text: &[Token], values: &[Text], drop_empty: bool) -> Result<Vec<Text>> {
        let mut out = Vec::new();
        let mut characters = 0;
        for start in made {
            for value in values {
                let whole = [start, text, value].concat();
                if drop_empty && whole.is_empty() {
                    continue;
                }
                characters += whole.len();
                if out.len() == CHOICES || characters > CHARACTERS {
                    return Err(TOO_MANY);
                }
                out.push(whole);
            }
        }
        self.pay(characters)?;
        Ok(out)
    }

    /// Whether a comma follows, not followed by another, and a `}` on the same line after it.
    fn set_follows(&mut self, text: &[Token]) -> Result<bool> {
        self.pay(text.len())?;
        let mut closed = false;
        let mut next = None;
        for token in text.iter().rev() {
            match *token {
                CLOSE => closed = true,
                COMMA if closed && next != Some(COMMA) => return Ok(true),
                Token(character, _) if ends_line(character) => closed = false,
                _ => {}
            }
            next = Some(*token);
        }
        Ok(false)
    }

    fn pay(&mut self, steps: usize) -> Result<()> {
        self.steps = self.steps.checked_sub(steps).ok_or(TOO_MANY)?;
        Ok(())
    }
}

/// What is before, in and after the first pair of braces. A `{` that has no `}` is a character like others.
fn split(text: &[Token]) -> Option<(&[Token], &[Token], &[Token])> {
    let mut open = Vec::new();
    let mut first: Option<(usize, usize)> = None;
    for (at, token) in text.iter().enumerate() {
        match *token {
            OPEN => open.push(at),
            CLOSE => {
                let Some(start) = open.pop() else { continue };
                if first.is_none_or(|(first, _)| start < first) {
                    first = Some((start, at));
                }
                if open.is_empty() {
                    break;
                }
            }
            _ => {}
        }
    }
    let (start, end) = first?;
    Some((text.get(..start)?, text.get(start + 1..end)?, text.get(end + 1..)?))
}

/// The members of a set: parted by the commas that are in no other braces.
fn members(body: &[Token]) -> Vec<&[Token]> {
    let mut depth = 0_usize;
    let parted = body.split(|token| {
        match *token {
            OPEN => depth += 1,
            CLOSE => depth = depth.saturating_sub(1),
            _ => {}
        }
        *token == COMMA && depth == 0
    });
    parted.collect()
}

fn braced(text: &[Token]) -> Text {
    [&[OPEN], text, &[CLOSE]].concat()
}

/// The values of `1..3`, `a..c` or `1..9..2`; nothing where `body` is no such thing.
fn sequence(body: &[Token]) -> Result<Option<Vec<Text>>> {
    if body.iter().any(|token| token.1) {
        return Ok(None);
    }
    let text: String = body.iter().map(|token| token.0).collect();
    let parts: Vec<&str> = text.split("..").collect();
    let (from, to, step) = match parts.as_slice() {
        [from, to] => (*from, *to, "1"),
        [from, to, step] => (*from, *to, *step),
        _ => return Ok(None),
    };
    let Some(step) = number(step) else { return Ok(None) };
    let step = step.unsigned_abs().max(1);
    let mut width = 0;
    let letters = match (number(from), number(to), letter(from), letter(to)) {
        (Some(from_number), Some(to_number), ..) => {
            if parts.iter().any(|part| padded(part)) {
                width = from.chars().count().max(to.chars().count());
            }
            (from_number, to_number, false)
        }
        (_, _, Some(from), Some(to)) => (from, to, true),
        _ => return Ok(None),
    };
    let (from, to, letters) = letters;
    let count = from.abs_diff(to) / step;
    if count >= CHOICES as u64 {
        return Err(TOO_MANY);
    }
    let value = |index: u64| {
        let along = i64::try_from(index * step).unwrap_or(i64::MAX);
        let value = if to < from { from - along } else { from + along };
        let text = match (letters, u32::try_from(value).ok().and_then(char::from_u32)) {
            (true, Some('\\')) => String::new(),
            (true, Some(letter)) => letter.to_string(),
            _ if value < 0 => format!("-{:0>1$}", value.unsigned_abs(), width.saturating_sub(1)),
            _ => format!("{value:0>width$}"),
        };
        text.chars().map(|character| Token(character, false)).collect()
    };
    Ok(Some((0..=count).map(value).collect()))
}

/// A whole number of digits, with a minus or without.
fn number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let only_digits = !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit());
    // A quarter of all: no sum of a few of them overflows.
    text.parse().ok().filter(|number: &i64| only_digits && number.unsigned_abs() < 1 << 62)
}

fn letter(text: &str) -> Option<i64> {
    let mut letters = text.chars();
    let letter = letters.next().filter(char::is_ascii_alphabetic)?;
    letters.next().is_none().then_some(i64::from(u32::from(letter)))
}

/// Whether a number begins with a zero and goes on: then all numbers are made as long.
fn padded(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0') && digits.chars().nth(1).is_some_and(|digit| digit.is_ascii_digit())
}
