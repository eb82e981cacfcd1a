//! Calls that are answered, more or less.

use std::sync::atomic::{AtomicU32, Ordering};

use barkeep_sdk::prelude::*;
use barkeep_sdk::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use barkeep_sdk::serde::{Serialize, Serializer};

/// How large an answer.
#[arguments]
pub struct Size {
    /// Bytes of text.
    bytes: usize,
}

/// Two numbers.
#[arguments]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The first.
    a: i64,
    /// The second.
    b: i64,
}

/// A sum.
#[output]
pub struct Sum {
    /// `a + b`.
    sum: i64,
}

/// How to fail.
#[arguments]
pub struct Fail {
    /// The kind of error.
    kind: Kind,
    /// What to say.
    words: String,
}

/// The kinds of errors.
#[arguments]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// There is no such thing.
    NotFound,
    /// The arguments do not fit.
    InvalidArguments,
    /// It may not be had.
    AccessDenied,
    /// It cannot be had now.
    Unavailable,
    /// Anything else.
    Other,
    /// No error: a result that says that it failed.
    Result,
}

/// What to say on the way.
#[arguments]
pub struct Say {
    /// How many reports of progress.
    progress: u32,
    /// How many log messages of each level.
    logs: u32,
}

/// What to print.
#[arguments]
pub struct Print {
    /// The text, as it is.
    text: String,
    /// How often, one after the other.
    #[serde(default = "once")]
    times: u32,
    /// Whether to stderr.
    #[serde(default)]
    stderr: bool,
}

fn once() -> u32 {
    1
}

/// Answers with much text.
#[tool]
pub fn huge(args: Size) -> String {
    "x".repeat(args.bytes)
}

/// Adds.
#[tool(read_only, idempotent, open_world = false)]
pub fn sum(args: Terms) -> Result<Json<Sum>> {
    let sum = args.a.checked_add(args.b).ok_or_else(|| Error::invalid_arguments("the sum is too large"))?;
    Ok(Json(Sum { sum }))
}

/// Something that serializes as its schema says it does not.
pub struct Liar;

impl Serialize for Liar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("sum", "this is no number")])
    }
}

impl JsonSchema for Liar {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Liar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "properties": { "sum": { "type": "integer" } }, "required": ["sum"] })
    }
}

/// Gives a result that does not fit its own output schema.
#[tool]
pub fn lie() -> Json<Liar> {
    Json(Liar)
}

/// Gives no structured result, although its output schema asks for one.
#[tool(output = Sum)]
pub fn nothing() -> ToolResult {
    ToolResult::text("nothing")
}

/// Answers with one block of each kind.
#[tool]
pub fn every_content() -> Vec<Content> {
    vec![
        Content::text("text").for_audience(Role::User).priority(0.5),
        Content::image([1, 2, 3], "image/png"),
        Content::audio([4, 5, 6], "audio/wav"),
        Content::link(ResourceInfo::new("probe://items/1", "one")),
        Content::resource(ResourceContents::text("probe://items/2", "two")),
    ]
}

/// Fails in its own words.
#[tool]
pub fn fail(args: Fail) -> Result<ToolResult> {
    Err(match args.kind {
        Kind::NotFound => Error::NotFound(args.words),
        Kind::InvalidArguments => Error::InvalidArguments(args.words),
        Kind::AccessDenied => Error::AccessDenied(args.words),
        Kind::Unavailable => Error::Unavailable(args.words),
        Kind::Other => Error::Other(args.words),
        Kind::Result => return Ok(ToolResult::text(args.words).error()),
    })
}

/// Reports progress and logs on the way.
#[tool]
pub fn say(args: Say, context: &mut Context) -> &'static str {
    for done in 1..=args.progress {
        context.progress(f64::from(done), Some(f64::from(args.progress)), Some("on the way"));
    }
    for number in 1..=args.logs {
        for level in [LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error] {
            context.log(level, json!({ "number": number }));
        }
    }
    "said"
}

/// Prints to stdout or stderr.
#[tool]
pub fn print(args: Print) -> &'static str {
    for _ in 0..args.times {
        if args.stderr {
            eprint!("{}", args.text);
        } else {
            print!("{}", args.text);
        }
    }
    "printed"
}

static CALLS: AtomicU32 = AtomicU32::new(0);

/// Tells how many calls this instance has had.
#[tool]
pub fn count() -> String {
    (CALLS.fetch_add(1, Ordering::Relaxed) + 1).to_string()
}

/// Tells what it was given, as JSON.
#[tool(read_only)]
pub fn pair(args: Terms) -> String {
    json!({ "a": args.a, "b": args.b }).to_string()
}
