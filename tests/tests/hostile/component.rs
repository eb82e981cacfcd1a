//! Plugins written by hand, below any SDK: a core module in text, whose `list` and `call` do what no compiler would emit.

use std::fmt::Write as _;
use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, SizeAlign, TypeDefKind, WorldItem};

/// Where the text of the input schema lies in the module's memory, and the text.
const SCHEMA: (usize, &str) = (512, r#"{"type":"object"}"#);

/// Where the module's own data may begin.
pub const FREE: usize = 4096;

/// Where the result of `list` lies, its one tool, and the tool's name.
const LISTED: usize = 16;
const TOOL: usize = 64;
const NAME: usize = 256;

/// Where the result of `call` lies: the code that is given fills it.
pub const RESULT: usize = 1024;

/// A plugin with one tool, `t`.
pub struct Hostile {
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
        Self { fields: "", pages: 1, list: "", call: "", description: "" }
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
        let Self { fields, pages, list, call, description } = self;
        let bytes = |text: &str| escaped(text.as_bytes());
        let word = |number: usize| escaped(&u32::try_from(number).expect("it is small").to_le_bytes());
        // The record of a tool: its name; no title; the description; the schema; all else is none, or zero.
        let tool = [
            word(NAME),
            word(1),
            word(0),
            word(0),
            word(0),
            word(1),
            word(NAME + 8),
            word(description.len()),
            word(SCHEMA.0),
            word(SCHEMA.1.len()),
        ]
        .concat();
        format!(
            r#"(module
              {fields}
              (memory (export "memory") {pages})
              (data (i32.const {LISTED}) "{}{}{}")
              (data (i32.const {TOOL}) "{tool}")
              (data (i32.const {NAME}) "t\00\00\00\00\00\00\00{}")
              (data (i32.const {}) "{}")
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const {FREE}))
              (func (export "barkeep:plugin/tools@0.1.0#list") (result i32) {list} (i32.const {LISTED}))
              (func (export "barkeep:plugin/tools@0.1.0#call")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {call} (i32.const {RESULT}))
            )"#,
            word(0),
            word(TOOL),
            word(1),
            bytes(description),
            SCHEMA.0,
            bytes(SCHEMA.1),
        )
    }
}

/// Bytes as text of WebAssembly has them.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "\\{byte:02x}").expect("strings take all");
        text
    })
}

/// The package of the host's contract, and the world of plugins with tools.
fn plugin() -> (Resolve, wit_parser::WorldId) {
    let mut resolve = Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("wit");
    let (package, _) = resolve.push_path(&folder).expect("it is the contract");
    let world = resolve.select_world(&[package], Some("tool-plugin")).expect("it is there");
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
