//! Text as JavaScript sees it: what counts as white space, how long a string is, where lines end.

/// White space of JavaScript's `trim` and of `\s` in its patterns: Unicode's, with U+FEFF and without U+0085.
pub fn is_space(character: char) -> bool {
    match character {
        '\u{85}' => false,
        '\u{feff}' => true,
        other => other.is_whitespace(),
    }
}

/// `text` without the white space at both ends.
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `text` without the white space at its beginning.
pub fn trim_start(text: &str) -> &str {
    text.trim_start_matches(is_space)
}

/// The white space that `text` begins with.
pub fn indent(text: &str) -> &str {
    text.get(..text.len() - trim_start(text).len()).unwrap_or("")
}

/// The length of `text` in UTF-16 units, which is what JavaScript pads by.
pub fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// `text` with a line feed at the end of each line where there was a carriage return before it.
pub fn line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_that_of_javascript() {
        assert_eq!(trim("\u{feff}\u{a0}\t a \u{3000}\r"), "a");
        assert_eq!(trim("\u{85}a\u{85}"), "\u{85}a\u{85}");
        assert_eq!(indent(" \t\u{2003}b "), " \t\u{2003}");
        assert_eq!(units("a\u{1f600}"), 3);
        assert_eq!(line_feeds("a\r\nb\rc\n"), "a\nb\rc\n");
    }
}
