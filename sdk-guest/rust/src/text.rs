//! Arguments of prompts and templates: text on the wire, types in the plugin.

use serde::de::value::{Error as Wrong, MapDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};

use crate::arguments::Arguments;
use crate::definition::Pairs;
use crate::{Error, Result};

/// Characters of a value that an error repeats.
const SHOWN: usize = 60;

/// The struct whose fields these are, each a name and a text that is parsed as its field wants it.
///
/// An empty text is no value where the field is an `Option`: forms send one for what was left blank.
pub fn from_pairs<T: Arguments>(pairs: &Pairs) -> Result<T> {
    let texts = pairs.iter().map(|(name, value)| (name.as_str(), Text { name, value }));
    T::deserialize(MapDeserializer::new(texts)).map_err(|wrong: Wrong| Error::InvalidArguments(wrong.to_string()))
}

/// The text of one argument.
#[derive(Clone, Copy)]
struct Text<'a> {
    name: &'a str,
    value: &'a str,
}

impl Text<'_> {
    fn must_be(self, what: &str) -> Wrong {
        let shown: String = self.value.chars().take(SHOWN).collect();
        let more = if shown.len() < self.value.len() { "..." } else { "" };
        Wrong::custom(format_args!("`{}` must be {what}, not `{shown}{more}`", self.name))
    }

    fn named<T>(self, result: Result<T, Wrong>) -> Result<T, Wrong> {
        result.map_err(|wrong| Wrong::custom(format_args!("`{}`: {wrong}", self.name)))
    }
}

impl<'de> IntoDeserializer<'de, Wrong> for Text<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident, $visit:ident, $type:ty, $what:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            let value = self.value.trim().parse::<$type>().map_err(|_| self.must_be($what))?;
            self.named(visitor.$visit(value))
        }
    )*};
}

impl<'de> Deserializer<'de> for Text<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.named(visitor.visit_borrowed_str(self.value))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.value.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.named(visitor.visit_enum(self.value.into_deserializer()))
    }

    parsed! {
        deserialize_bool, visit_bool, bool, "`true` or `false`";
        deserialize_i8, visit_i8, i8, "a whole number from -128 to 127";
        deserialize_i16, visit_i16, i16, "a whole number from -32768 to 32767";
        deserialize_i32, visit_i32, i32, "a whole number of at most 32 bits";
        deserialize_i64, visit_i64, i64, "a whole number of at most 64 bits";
        deserialize_u8, visit_u8, u8, "a whole number from 0 to 255";
        deserialize_u16, visit_u16, u16, "a whole number from 0 to 65535";
        deserialize_u32, visit_u32, u32, "a whole number from 0 up, of at most 32 bits";
        deserialize_u64, visit_u64, u64, "a whole number from 0 up, of at most 64 bits";
        deserialize_f32, visit_f32, f32, "a number";
        deserialize_f64, visit_f64, f64, "a number";
        deserialize_char, visit_char, char, "one character";
    }

    serde::forward_to_deserialize_any! {
        i128 u128 str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use barkeep_sdk::arguments;

    use super::*;

    #[arguments]
    #[derive(Debug, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Tone {
        Kind,
        Stern,
    }

    #[arguments]
    #[derive(Debug, PartialEq)]
    struct Everything {
        text: String,
        number: u8,
        #[serde(default)]
        signed: i64,
        part: Option<f64>,
        flag: Option<bool>,
        tone: Option<Tone>,
        rest: Option<String>,
    }

    fn parse(pairs: &[(&str, &str)]) -> Result<Everything> {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        from_pairs(&pairs)
    }

    fn wrong(pairs: &[(&str, &str)]) -> String {
        match parse(pairs) {
            Err(Error::InvalidArguments(words)) => words,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn text_is_parsed_as_each_field_wants_it() {
        let parsed = parse(&[
            ("text", "12"),
            ("number", "7"),
            ("signed", "-5"),
            ("part", "0.5"),
            ("flag", "true"),
            ("tone", "stern"),
            ("rest", "a\0b"),
        ]);
        let expected = Everything {
            text: "12".into(),
            number: 7,
            signed: -5,
            part: Some(0.5),
            flag: Some(true),
            tone: Some(Tone::Stern),
            rest: Some("a\0b".into()),
        };
        assert_eq!(parsed, Ok(expected));
    }

    #[test]
    fn what_is_left_out_or_left_blank_is_none() {
        let expected =
            Everything { text: String::new(), number: 0, signed: 0, part: None, flag: None, tone: None, rest: None };
        assert_eq!(parse(&[("text", ""), ("number", "0"), ("part", ""), ("tone", ""), ("rest", "")]), Ok(expected));
    }

    #[test]
    fn what_does_not_fit_is_told_by_its_name() {
        let number = |value| wrong(&[("text", ""), ("number", value)]);
        assert_eq!(number("ten"), "`number` must be a whole number from 0 to 255, not `ten`");
        assert_eq!(number("300"), "`number` must be a whole number from 0 to 255, not `300`");
        assert_eq!(number(""), "`number` must be a whole number from 0 to 255, not ``");
        assert!(number(&"9".repeat(1_000_000)).len() < 200);
        assert_eq!(wrong(&[("text", "")]), "missing field `number`");
        assert_eq!(wrong(&[("text", ""), ("text", "")]), "duplicate field `text`");
        let tone = wrong(&[("text", ""), ("number", "1"), ("tone", "loud")]);
        assert_eq!(tone, "`tone`: unknown variant `loud`, expected `kind` or `stern`");
        assert_eq!(wrong(&[("flag", "yes")]), "`flag` must be `true` or `false`, not `yes`");
    }

    #[test]
    fn what_no_text_can_be_is_told_by_its_name() {
        #[arguments]
        #[derive(Debug)]
        struct Lists {
            #[expect(dead_code, reason = "it is never there")]
            items: Vec<String>,
        }
        let error = from_pairs::<Lists>(&[("items".into(), "a".into())]).unwrap_err();
        assert_eq!(error.words(), "`items`: invalid type: string \"a\", expected a sequence");
    }
}
