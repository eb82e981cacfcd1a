//! A guest that breaks the rules of being listed, which the SDK would not let it do. The tests write into its bytes which
//! fault it has: see [`FAULT`].

use std::hint::black_box;
use std::time::Duration;

mod bindings {
    #![allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction, reason = "wit-bindgen writes it")]
    wit_bindgen::generate!({ path: "../../../wit", world: "tool-plugin" });
}

use bindings::barkeep::plugin::types::{Content, Error, RequestContext, TextContent};
use bindings::exports::barkeep::plugin::tools::{Guest, TaskSupport, Tool, ToolOutcome, ToolResult};

/// The number of the fault, as [`Faulty::list`] and [`Faulty::call`] know them; 0 is none. Behind a static, so that its bytes
/// stand in the data section as they are.
static FAULT: &str = "fault=00000000";

fn fault() -> u32 {
    let number = black_box(FAULT).split_once('=').and_then(|(_, number)| number.parse().ok());
    number.unwrap_or_default()
}

const OBJECT: &str = r#"{"type":"object"}"#;

struct Faulty;

impl Guest for Faulty {
    fn list() -> Result<Vec<Tool>, Error> {
        let tool = |name: &str, schema: &str| Tool {
            name: name.to_owned(),
            title: None,
            description: None,
            input_schema: schema.to_owned(),
            output_schema: None,
            annotations: None,
            icons: Vec::new(),
            tasks: TaskSupport::Optional,
        };
        Ok(match fault() {
            1 => std::process::abort(),
            2 => return Err(Error::Unavailable("the menu is being printed".to_owned())),
            3 => vec![tool("tool", "{ this is no JSON")],
            4 => vec![tool("tool", r#"{"type":"nonsense"}"#)],
            5 => vec![tool("tool", r#"{"type":"string"}"#)],
            6 => vec![tool("tool", OBJECT), tool("tool", OBJECT)],
            7 => vec![tool("a tool", OBJECT)],
            8 => vec![Tool { output_schema: Some("[]".to_owned()), ..tool("tool", OBJECT) }],
            9 => loop {
                black_box(());
            },
            10 => (0..2001).map(|number| tool(&format!("tool{number}"), OBJECT)).collect(),
            11 => vec![tool("tool", r#"{"type":"object","$ref":"http://127.0.0.1:9/schema.json"}"#)],
            12 => vec![tool("tool", &doubling())],
            13 => vec![tool(
                "tool",
                r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/twice"}},"$defs":{"twice":{"allOf":[{"items":{"$ref":"#/$defs/twice"}},{"items":{"$ref":"#/$defs/twice"}}]}}}"##,
            )],
            _ => vec![tool("tool", OBJECT)],
        })
    }

    fn call(_: RequestContext, _: String, _: String) -> Result<ToolOutcome, Error> {
        let structured = match fault() {
            SPINS | WORKS_AND_WAITS => work_for_ever(),
            READS => read_for_ever(),
            100 => Some("{ this is no JSON".to_owned()),
            _ => None,
        };
        let content = vec![Content::Text(TextContent { text: "well".to_owned(), annotations: None })];
        Ok(ToolOutcome::Complete(ToolResult { content, structured, is_error: false }))
    }
}

/// The faults of a tool that never ends.
const SPINS: u32 = 101;
const WORKS_AND_WAITS: u32 = 102;
const READS: u32 = 103;

/// Computes for ever, some with a short wait after each millisecond or so.
#[allow(clippy::print_stdout, reason = "a test waits for it")]
fn work_for_ever() -> ! {
    println!("spinning");
    loop {
        (0..1_000_000_u32).for_each(|round| _ = black_box(round));
        if fault() == WORKS_AND_WAITS {
            std::thread::sleep(Duration::from_nanos(1));
        }
    }
}

/// Looks at a file and reads it, for ever: what it has of the system takes no time to wait for.
#[allow(clippy::print_stdout, reason = "a test waits for it")]
fn read_for_ever() -> ! {
    println!("spinning");
    loop {
        // Without its file there is nothing to measure.
        let Ok(read) = std::fs::read("/data/file") else { std::process::abort() };
        black_box((read, std::fs::metadata("/data/nothing").is_err()));
    }
}

/// A schema of two thousand bytes by which one value would be looked at 2^40 times.
fn doubling() -> String {
    let step = |step| {
        format!(
            r##""a{step}":{{"allOf":[{{"$ref":"#/$defs/a{next}"}},{{"$ref":"#/$defs/a{next}"}}]}}"##,
            next = step + 1
        )
    };
    let steps: Vec<String> = (0..40).map(step).collect();
    format!(r##"{{"type":"object","$ref":"#/$defs/a0","$defs":{{{},"a40":true}}}}"##, steps.join(","))
}

bindings::export!(Faulty with_types_in bindings);
