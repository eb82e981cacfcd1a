//! JSON as `JSON.stringify(value, null, 2)` prints it, which is what prompts written for the reference server expect.

use std::io::{self, Write};

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::Result;

/// Prints with two spaces.
pub(crate) fn print(value: &Value) -> Result<String> {
    let mut text = Vec::with_capacity(1024);
    value.serialize(&mut Serializer::with_formatter(&mut text, Script(PrettyFormatter::new())))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Serde's pretty form, but for whole numbers: a script knows one kind of number, so that `1.0` is printed as `1`.
struct Script<'a>(PrettyFormatter<'a>);

impl Formatter for Script<'_> {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        // Above this the two forms differ in more than the fraction.
        if value.fract() == 0.0 && value.abs() < 1e15 {
            // `-0` is `0` there.
            write!(writer, "{}", if value == 0.0 { 0.0 } else { value })
        } else {
            self.0.write_f64(writer, value)
        }
    }
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }
    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }
    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }
    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }
    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }
    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }
    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }
    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(json: &str) -> String {
        print(&serde_json::from_str(json).unwrap()).unwrap()
    }

    #[test]
    fn two_spaces_and_the_order_of_the_answer() {
        assert_eq!(printed(r#"{"b":[1,"x"],"a":{}}"#), "{\n  \"b\": [\n    1,\n    \"x\"\n  ],\n  \"a\": {}\n}");
    }

    #[test]
    fn whole_numbers_have_no_fraction() {
        assert_eq!(printed("[1.0, -0.0, 0.5, 12345678901]"), "[\n  1,\n  0,\n  0.5,\n  12345678901\n]");
    }

    #[test]
    fn empty_lists_stay_on_one_line() {
        assert_eq!(printed(r#"{"a":[]}"#), "{\n  \"a\": []\n}");
    }
}
