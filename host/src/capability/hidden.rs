//! Characters that a model reads and a person does not see: where who writes could hide words. They are shown wherever text for
//! people is printed.

/// What a character does that a person does not see. None of one that is seen.
///
/// These are Unicode's `Default_Ignorable_Code_Point` (UAX 44), the controls of direction (UAX 9), the controls of a
/// terminal, and the few letters that are drawn as nothing.
fn does(c: char) -> Option<&'static str> {
    Some(match c {
        '\n' | '\t' => return None,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "turns the direction of writing"
        }
        '\u{e0000}'..='\u{e007f}' => "a tag: spells letters that nobody sees",
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{180b}'..='\u{180d}' | '\u{180f}' => {
            "a variation selector without a character that has variants"
        }
        '\u{ad}'
        | '\u{34f}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0080}'..='\u{e00ff}'
        | '\u{e01f0}'..='\u{e0fff}' => "has no width",
        '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' => "a letter that is drawn as nothing",
        '\u{2028}' | '\u{2029}' => "begins a line",
        c if c.is_control() => "a control character",
        _ => return None,
    })
}

/// The same for a character between others: some are how emojis and scripts are written, and hide nothing there.
fn does_between(before: Option<char>, c: char, after: Option<char>) -> Option<&'static str> {
    let does = does(c)?;
    // Letters of other scripts than Latin's, and pictures.
    let joins = |c: Option<char>| c.is_some_and(|c| c >= '\u{300}' && self::does(c).is_none());
    let joined = |c: Option<char>| joins(c) || c.is_some_and(|c| matches!(c, '\u{fe0e}' | '\u{fe0f}'));
    let belongs = match c {
        // Persian and Indic letters that do not join, or do; pictures made of pictures.
        '\u{200c}' | '\u{200d}' => joined(before) && joins(after),
        // As text or as a picture: ☎️, and the digits on keys.
        '\u{fe0e}' | '\u{fe0f}' => {
            before.is_some_and(|c| c > '\u{a0}' && joins(Some(c)))
                || before.is_some_and(|c| matches!(c, '0'..='9' | '#' | '*' | '©' | '®'))
        }
        // The way in which somebody's name is written.
        '\u{fe00}'..='\u{fe02}' | '\u{e0100}'..='\u{e01ef}' => before.is_some_and(
            |c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'),
        ),
        _ => false,
    };
    (!belongs).then_some(does)
}

/// The characters of `text`, each with what it does unseen.
pub fn looked_at(text: &str) -> impl Iterator<Item = (char, Option<&'static str>)> {
    let mut before = None;
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        let c = chars.next()?;
        let told = does_between(before, c, chars.peek().copied());
        before = Some(c);
        Some((c, told))
    })
}

/// `text` with what hides in it shown by its code, so that nothing moves a terminal's cursor, and nothing is overlooked.
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (c, hidden) in looked_at(text) {
        match hidden {
            Some(_) if c.is_control() => shown.extend(c.escape_default()),
            Some(_) => shown.extend(c.escape_unicode()),
            None => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_shown() {
        assert_eq!(shown("a\u{200b}b\u{e0041}\u{202e}c"), "a\\u{200b}b\\u{e0041}\\u{202e}c");
        assert_eq!(shown("a\tb\n\u{1b}[2J\r\u{9b}1m"), "a\tb\n\\u{1b}[2J\\r\\u{9b}1m");
    }

    /// How people write: letters with marks, emojis of several parts, scripts that join and do not.
    #[test]
    fn what_is_written_so_hides_nothing() {
        for text in
            ["Grüße 🎉 \"it's\" \\n", "e\u{301}", "❤\u{fe0f}", "👨\u{200d}👩\u{200d}👧", "👁\u{fe0f}\u{200d}🗨\u{fe0f}"]
        {
            assert_eq!(shown(text), text);
        }
        for text in ["می\u{200c}خواهم", "क्\u{200d}ष", "葛\u{e0100}", "1\u{fe0f}\u{20e3}", "©\u{fe0f}"] {
            assert_eq!(shown(text), text);
        }
    }
}
