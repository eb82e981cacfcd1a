//! JSON of strangers: counted before it is read, since a value takes the host a hundred bytes, and two in the text.

use memchr::memchr2;
use serde::de::DeserializeOwned;

/// Values in one JSON text, each field of an object and item of a list being one: a table of ten thousand rows and fifty
/// columns. Read, they have some fifty MiB at most; sixteen MiB of `[0,0,...]` would have six hundred.
pub const MAX_VALUES: usize = 500_000;

/// Counts the values of a JSON text that comes in pieces.
#[derive(Debug, Default)]
pub struct Values {
    count: usize,
    in_text: bool,
    escaped: bool,
}

impl Values {
    /// Counts those of the next piece. Whether they are still few enough.
    pub fn take(&mut self, mut piece: &[u8]) -> bool {
        while let Some((first, rest)) = piece.split_first() {
            piece = rest;
            if self.escaped {
                self.escaped = false;
            } else if self.in_text {
                match first {
                    b'"' => self.in_text = false,
                    b'\\' => self.escaped = true,
                    _ => {
                        let end = memchr2(b'"', b'\\', piece).unwrap_or(piece.len());
                        piece = piece.get(end..).unwrap_or_default();
                    }
                }
            } else {
                match first {
                    b'"' => self.in_text = true,
                    b',' | b':' | b'[' | b'{' => self.count += 1,
                    _ => {}
                }
            }
        }
        self.count <= MAX_VALUES
    }
}

/// Reads JSON.
///
/// # Errors
///
/// When it is none, or has more than [`MAX_VALUES`]: the end of a sentence about it.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    if !Values::default().take(text.as_bytes()) {
        return Err(format!("has more than {MAX_VALUES} values, which is the most"));
    }
    serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn count(text: &str) -> usize {
        let mut whole = Values::default();
        whole.take(text.as_bytes());
        let mut pieces = Values::default();
        text.as_bytes().chunks(1).for_each(|piece| assert!(pieces.take(piece)));
        assert_eq!(whole.count, pieces.count, "{text}");
        whole.count
    }

    #[test]
    fn values_are_counted_and_texts_are_not() {
        for (text, values) in [
            ("", 0),
            ("[0,0,0]", 3),
            (r#"{"a":[],"b":{}}"#, 6),
            (r#"["a,b:[{","\",\"","\\",1]"#, 4),
            (r#""no end, "#, 0),
        ] {
            assert_eq!(count(text), values, "{text}");
        }
    }

    #[test]
    fn what_would_unfold_in_memory_is_refused_and_a_long_text_is_not() {
        let many = format!("[{}0]", "0,".repeat(MAX_VALUES));
        assert!(read::<Value>(&many).expect_err("too many").contains("500000 values"));
        let long = format!("[{:?}]", ",".repeat(MAX_VALUES * 2));
        assert!(read::<Value>(&long).is_ok());
        assert!(read::<Value>("[").expect_err("cut short").starts_with("is not JSON"));
    }
}
