//! Plugins written by hand, below any SDK: a core module in text, whose `list` and `call` do what no compiler would emit.

use std::fmt::Write as _;
use std::path::Path;

use barkeep_tests::leb;
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, SizeAlign, TypeDefKind, WorldItem};

/// Where the module's own data may begin.
pub const FREE: usize = 4096;

/// Where all lies that the host gives, one thing over the other: nobody reads it.
const GIVEN: usize = 2048;

/// Bytes of a page of memory.
const PAGE: usize = 65536;

/// Where the result of `list` lies, and its one tool.
const LISTED: usize = 16;
const TOOL: usize = 64;

/// Where the result of `call` lies: the code that is given fills it.
pub const RESULT: usize = 1024;

/// What of WASI hostile modules import: the least that fits the host's.
const WASI: &[(&str, &str)] = &[
    (
        "io",
        "package wasi:io@0.2.0; interface poll { resource pollable { ready: func() -> bool; block: func(); }
         poll: func(in: list<borrow<pollable>>) -> list<u32>; }",
    ),
    (
        "clocks",
        "package wasi:clocks@0.2.0; interface monotonic-clock { use wasi:io/poll@0.2.0.{pollable};
         now: func() -> u64; subscribe-duration: func(when: u64) -> pollable; }
         interface wall-clock { set: func(seconds: u64); }",
    ),
    ("clocks-0.3", "package wasi:clocks@0.3.0; interface monotonic-clock { wait-for: async func(how-long: u64); }"),
    ("random", "package wasi:random@0.2.0; interface random { get-random-bytes: func(len: u64) -> list<u8>; }"),
];

/// The world of hostile modules; of its imports a component has those that its module has.
const WORLD: &str = "package hostile:guest; world guest {
    include barkeep:plugin/tool-plugin@0.1.0;
    import wasi:io/poll@0.2.0;
    import wasi:clocks/monotonic-clock@0.2.0;
    import wasi:clocks/wall-clock@0.2.0;
    import wasi:random/random@0.2.0;
    import wasi:clocks/monotonic-clock@0.3.0;
}";

/// A plugin with one tool.
pub struct Hostile {
    /// The tool's name.
    pub name: &'static str,
    /// The schema of its arguments.
    pub schema: &'static str,
    /// Fields of the module: imports, memories, functions.
    pub fields: &'static str,
    /// Pages of its memory.
    pub pages: u32,
    /// What `list` does before it answers.
    pub list: &'static str,
    /// What `call` does before it answers with whatever lies at [`RESULT`], zeros at first: no content at all.
    pub call: &'static str,
    /// The tool's description.
    pub description: &'static str,
}

impl Default for Hostile {
    fn default() -> Self {
        Self { name: "t", schema: r#"{"type":"object"}"#, fields: "", pages: 1, list: "", call: "", description: "" }
    }
}

impl Hostile {
    /// The component.
    pub fn build(&self) -> Vec<u8> {
        let mut module = wat::parse_str(self.text()).expect("it is WebAssembly");
        let (resolve, world) = plugin();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("it has a world");
        let mut encoder = ComponentEncoder::default().module(&module).expect("it is a module");
        encoder.encode().expect("it fits the world")
    }

    fn text(&self) -> String {
        let Self { name, schema, fields, pages, list, call, description } = self;
        let word = |number: usize| escaped(&u32::try_from(number).expect("it is small").to_le_bytes());
        let texts = [*name, description, schema].concat();
        let least = (2 * FREE + texts.len()).div_ceil(PAGE);
        let pages = (*pages as usize).max(least);
        // At the end of the memory, so that the rest is the code's own.
        let at = pages * PAGE - texts.len();
        let (at_description, at_schema) = (at + name.len(), at + name.len() + description.len());
        // The record of a tool: its name; no title; the description; the schema; all else is none, or zero.
        let tool = [
            word(at),
            word(name.len()),
            word(0),
            word(0),
            word(0),
            word(1),
            word(at_description),
            word(description.len()),
            word(at_schema),
            word(schema.len()),
        ]
        .concat();
        format!(
            r#"(module
              {fields}
              (memory (export "memory") {pages})
              (data (i32.const {LISTED}) "{}{}{}")
              (data (i32.const {TOOL}) "{tool}")
              (data (i32.const {at}) "{}")
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const {GIVEN}))
              (func (export "barkeep:plugin/tools@0.1.0#list") (result i32) {list} (i32.const {LISTED}))
              (func (export "barkeep:plugin/tools@0.1.0#call")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {call} (i32.const {RESULT}))
            )"#,
            word(0),
            word(TOOL),
            word(1),
            escaped(texts.as_bytes()),
        )
    }
}

/// Bytes as text of WebAssembly has them.
pub fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "\\{byte:02x}").expect("strings take all");
        text
    })
}

/// `component` with a component inside that has `count` modules with a memory each.
pub fn with_memories(component: &[u8], count: usize) -> Vec<u8> {
    let instances = "(core instance (instantiate $m))".repeat(count);
    let inner =
        wat::parse_str(format!("(component (core module $m (memory 1)) {instances})")).expect("it is a component");
    // A section of another component, and one of its instance: it is the last component of those that are there.
    let there = Parser::new(0)
        .parse_all(component)
        .filter(|payload| matches!(payload.as_ref().expect("it is whole"), Payload::ComponentSection { .. }));
    let instance = [&[1, 0][..], &leb(there.count()), &[0]].concat();
    [component, &[4], &leb(inner.len()), &inner, &[5], &leb(instance.len()), &instance].concat()
}

/// The package of the host's contract and as much of WASI, and the world of hostile plugins.
fn plugin() -> (Resolve, wit_parser::WorldId) {
    let mut resolve = Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("wit");
    resolve.push_path(&folder).expect("it is the contract");
    for (name, text) in WASI {
        resolve.push_str(name, text).expect("it is WIT");
    }
    let package = resolve.push_str("hostile", WORLD).expect("it is WIT");
    let world = resolve.select_world(&[package], Some("guest")).expect("it is there");
    (resolve, world)
}

/// Bytes of one block of content in a list.
pub fn size_of_content() -> usize {
    let (resolve, world) = plugin();
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve);
    let tools = resolve.worlds[world].exports.values().find_map(|item| match item {
        WorldItem::Interface { id, .. } => Some(&resolve.interfaces[*id]),
        _ => None,
    });
    let result = tools.expect("tools are exported").types["tool-result"];
    let TypeDefKind::Record(record) = &resolve.types[result].kind else { panic!("a result is a record") };
    let wit_parser::Type::Id(list) = record.fields[0].ty else { panic!("content is a list") };
    let TypeDefKind::List(content) = &resolve.types[list].kind else { panic!("content is a list") };
    sizes.size(content).size_wasm32()
}
