//! The forms in which a secret comes back: as it is, percent-encoded, escaped as in JSON or HTML, and in Base64.
//!
//! A server that repeats what it was sent puts it into a page, a JSON string, an address. Each character may be escaped or
//! not, in several ways, so a form is not a string but a sequence of characters with the spellings of each.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use zeroize::Zeroize;

use crate::capability::secrets::Secret;

/// How one character may be spelt.
struct Unit {
    /// Itself, and what stands for it whatever the case of its letters: `%2f` as well as `%2F`.
    plain: Vec<u8>,
    escaped: Vec<Vec<u8>>,
}

impl Drop for Unit {
    fn drop(&mut self) {
        self.plain.zeroize();
        self.escaped.zeroize();
    }
}

/// One form of a secret.
pub(super) struct Form(Vec<Unit>);

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Something else.
    Nothing,
    /// The secret, so many bytes long.
    Whole(usize),
    /// What could be its beginning, up to the end of what there is.
    Begun,
}

impl Form {
    /// All forms of `secret`.
    pub(super) fn of(secret: &Secret) -> Vec<Self> {
        let text = secret.reveal();
        let mut forms = vec![Self(text.chars().map(Unit::spelt).collect())];
        // Where in a group of three bytes it begins is not known. The groups that are wholly its own tell it.
        for skipped in 0..3 {
            let own = text.as_bytes().get(skipped..).unwrap_or_default();
            let whole = own.get(..own.len() / 3 * 3).unwrap_or_default();
            if !whole.is_empty() {
                let mut encoded = BASE64_STANDARD_NO_PAD.encode(whole);
                forms.push(Self(encoded.chars().map(Unit::of_base64).collect()));
                encoded.zeroize();
            }
        }
        forms
    }

    /// What the first byte of it may be.
    pub(super) fn first(&self) -> impl Iterator<Item = u8> {
        let spellings = self.0.first().into_iter().flat_map(|unit| unit.escaped.iter().chain([&unit.plain]));
        spellings.filter_map(|spelling| spelling.first().copied())
    }

    /// What stands at the beginning of `bytes`.
    pub(super) fn at_beginning(&self, bytes: &[u8]) -> Found {
        let mut end = 0;
        let mut units = self.0.iter();
        // Nearly all that is looked at is something else, and differs within a few plain characters.
        while let Some(unit) = units.next() {
            let rest = bytes.get(end..).unwrap_or_default();
            if rest.first().is_some_and(|byte| unit.escape_begins_with(*byte)) {
                return spelt(std::iter::once(unit).chain(units), bytes, end);
            }
            match rest.get(..unit.plain.len()) {
                Some(begin) if begin == unit.plain => end += unit.plain.len(),
                None if unit.plain.starts_with(rest) => return Found::Begun,
                _ => return Found::Nothing,
            }
        }
        Found::Whole(end)
    }
}

/// What stands at `end` of `bytes`, where it may be escaped.
fn spelt<'a>(units: impl Iterator<Item = &'a Unit>, bytes: &[u8], end: usize) -> Found {
    // Where the spellings so far may have ended: several places, where one is the beginning of another.
    let mut ends = vec![end];
    let mut begun = false;
    for unit in units {
        let mut next = Vec::new();
        for end in ends {
            let rest = bytes.get(end..).unwrap_or_default();
            begun |= unit.begun(rest);
            for length in unit.whole(rest) {
                if !next.contains(&(end + length)) {
                    next.push(end + length);
                }
            }
        }
        if next.is_empty() {
            return if begun { Found::Begun } else { Found::Nothing };
        }
        ends = next;
    }
    ends.into_iter().max().map_or(Found::Nothing, Found::Whole)
}

impl Unit {
    fn spelt(c: char) -> Self {
        let plain = c.to_string().into_bytes();
        let mut escaped = Vec::new();
        let percent = plain.iter().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        // Encoded twice, by a server that puts one address into another.
        escaped.push(percent.replace('%', "%25"));
        escaped.push(percent);
        let halves = c.encode_utf16(&mut [0; 2]).iter().map(|half| format!("\\u{half:04x}")).collect::<Vec<_>>();
        escaped.push(halves.concat());
        let code = u32::from(c);
        escaped.extend([
            format!("&#{code};"),
            format!("&#0{code};"),
            format!("&#x{code:x};"),
            format!("&#x0{code:x};"),
        ]);
        if code < 0x100 {
            escaped.push(format!("\\x{code:02x}"));
        }
        let names: &[&str] = match c {
            ' ' => &["+"],
            '&' => &["&amp;"],
            '<' => &["&lt;"],
            '>' => &["&gt;"],
            '"' => &["&quot;", "\\\""],
            '\'' => &["&apos;", "\\'"],
            '\\' => &["\\\\"],
            '/' => &["\\/"],
            '\n' => &["\\n"],
            '\r' => &["\\r"],
            '\t' => &["\\t"],
            _ => &[],
        };
        escaped.extend(names.iter().map(|name| (*name).to_owned()));
        Self { plain, escaped: escaped.into_iter().map(String::into_bytes).collect() }
    }

    fn of_base64(c: char) -> Self {
        let others: &[&str] = match c {
            '+' => &["-", "%2B", "\\u002b", "&#43;", "&#x2b;"],
            '/' => &["_", "%2F", "\\/", "\\u002f", "&#47;", "&#x2f;"],
            _ => &[],
        };
        let plain = c.to_string().into_bytes();
        Self { plain, escaped: others.iter().map(|other| other.as_bytes().to_vec()).collect() }
    }

    /// No spelling but the plain one begins with a letter or a digit.
    fn escape_begins_with(&self, byte: u8) -> bool {
        !byte.is_ascii_alphanumeric() && self.escaped.iter().any(|escaped| escaped.first() == Some(&byte))
    }

    /// The lengths of its spellings that `rest` begins with.
    fn whole(&self, rest: &[u8]) -> impl Iterator<Item = usize> {
        let begins = |escaped: &&Vec<u8>| {
            rest.get(..escaped.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(escaped.as_slice()))
        };
        let plain = rest.starts_with(&self.plain).then_some(self.plain.len());
        plain.into_iter().chain(self.escaped.iter().filter(move |escaped| begins(escaped)).map(Vec::len))
    }

    /// Whether `rest` ends within one of its spellings.
    fn begun(&self, rest: &[u8]) -> bool {
        let begins = |spelling: &[u8], same: fn(&[u8], &[u8]) -> bool| {
            rest.len() < spelling.len() && spelling.get(..rest.len()).is_some_and(|begin| same(begin, rest))
        };
        begins(&self.plain, |a, b| a == b)
            || self.escaped.iter().any(|escaped| begins(escaped, <[u8]>::eq_ignore_ascii_case))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(secret: &str, bytes: &str) -> Vec<Found> {
        let secret = Secret::new(secret.to_owned());
        let all = Form::of(&secret).iter().map(|form| form.at_beginning(bytes.as_bytes())).collect::<Vec<_>>();
        all.into_iter().filter(|found| *found != Found::Nothing).collect()
    }

    #[test]
    fn each_character_is_found_in_each_of_its_spellings() {
        let secret = "a/b+c=d&\"e' \u{e4}\u{1f600}<\\z";
        for spelt in [
            secret.to_owned(),
            "a%2Fb%2Bc%3Dd%26%22e%27%20%C3%A4%F0%9F%98%80%3C%5Cz".to_owned(),
            "a%2fb%2bc%3dd%26%22e'+%c3%a4%f0%9f%98%80%3c%5cz".to_owned(),
            "a%252Fb%252Bc%253Dd%2526%2522e%2527%2520%25C3%25A4%25F0%259F%2598%2580%253C%255Cz".to_owned(),
            serde_json::to_string(secret).expect("JSON").trim_matches('"').to_owned(),
            "a\\/b\\u002bc\\u003Dd\\u0026\\u0022e\\u0027 \\u00e4\\uD83D\\uDE00\\u003c\\u005cz".to_owned(),
            "a/b+c=d&amp;&quot;e&#39; \u{e4}&#128512;&lt;\\z".to_owned(),
            "a&#x2F;b&#43;c&#61;d&AMP;&#34;e&#039; &#xE4;&#x1f600;&#x3C;&#92;z".to_owned(),
        ] {
            assert_eq!(found(secret, &format!("{spelt}!")), [Found::Whole(spelt.len())], "{spelt}");
            for cut in (1..spelt.len()).filter(|cut| spelt.is_char_boundary(*cut)) {
                assert!(found(secret, &spelt[..cut]).contains(&Found::Begun), "{}", &spelt[..cut]);
            }
        }
        assert!(found(secret, "a/b+c=d&\"e' \u{c4}").is_empty());
    }

    #[test]
    fn base64_is_found_wherever_in_it_the_secret_begins() {
        let secret = "s3cret-t?ken>>of~us";
        for before in ["", "u", "us", "user:", "a longer user:"] {
            for engine in [base64::prelude::BASE64_STANDARD, base64::prelude::BASE64_URL_SAFE] {
                let text = engine.encode(format!("{before}{secret} and more"));
                let at = (0..text.len()).find(|at| {
                    found(secret, &text[*at..])
                        .iter()
                        .any(|found| matches!(found, Found::Whole(length) if *length >= 20))
                });
                assert!(at.is_some(), "{before}: {text}");
            }
        }
    }

    #[test]
    fn what_is_escaped_in_the_secret_itself_is_no_trap() {
        let secret = "%25%2525".repeat(200);
        assert!(found(&secret, &secret).contains(&Found::Whole(secret.len())));
        assert!(found(&secret, &"%25".repeat(4000)).is_empty());
    }
}
