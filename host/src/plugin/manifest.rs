//! What a component file says of itself, read without compiling or running it.

use wasmparser::{ComponentExternalKind, Encoding, Parser, Payload};

use crate::runtime::words::{self, MAX_REASON};

/// The custom section with what the plugin's author asks for, as JSON.
pub const REQUESTS_SECTION: &str = "barkeep:requests";

/// Bytes of that section that are read. Requests are a page of text at most.
const MAX_REQUESTS: usize = 64 * 1024;

/// Custom sections that say where a component comes from, as registries and tools have them.
pub const ABOUT: [&str; 5] = ["authors", "version", "licenses", "homepage", "source"];

/// Bytes of such a section that are read: a line or two.
const MAX_ABOUT: usize = 1024;

/// Exports that are told of a component that is no plugin: they show what it is.
const MAX_TOLD: usize = 10;

/// Bytes of the name of an import or export that are told. Those that WASI has are half as long.
const MAX_NAME: usize = 100;

/// The interfaces that make a component a plugin.
pub const INTERFACES: [&str; 5] = ["tools", "resources", "watching", "prompts", "completions"];

/// The package whose interfaces those are, with the version that this host speaks.
pub const PACKAGE: &str = "barkeep:plugin";
/// The version of [`PACKAGE`].
pub const VERSION: &str = "0.1.0";

/// What is in a component file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Names of its imports, in the order of the file.
    pub imports: Vec<String>,
    /// Names of its exports, in the order of the file.
    pub exports: Vec<String>,
    /// What its author asks for: the JSON of the section [`REQUESTS_SECTION`].
    pub requests: Option<String>,
    /// Core modules inside it, and the bytes of each.
    pub modules: Vec<usize>,
    /// What its file says of where it comes from: of [`ABOUT`], those that are there.
    pub about: Vec<(&'static str, String)>,
}

/// Why a file is no plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// No bytes at all, as a file has that is just being written.
    #[error("the file is empty")]
    Empty,
    /// Not WebAssembly.
    #[error("the file is not WebAssembly: it does not begin with `\\0asm`")]
    NotWasm,
    /// A core module.
    #[error(
        "the file is a core WebAssembly module, not a component; build it for the target wasm32-wasip2, or wrap it with `wasm-tools component new`"
    )]
    CoreModule,
    /// Cut short or damaged.
    #[error("the file is cut short or damaged (at byte {offset}: {reason}); build it again")]
    Damaged {
        /// Where.
        offset: usize,
        /// What.
        reason: String,
    },
    /// A component, but not for us.
    #[error(
        "the component exports none of the interfaces of barkeep:plugin@0.1.0 (tools, resources, prompts, completions); it exports {0}"
    )]
    NoInterface(String),
    /// For another version of the interface.
    #[error(
        "the component is built for `{0}`, but this host speaks barkeep:plugin@0.1.0; rebuild it with a matching SDK"
    )]
    OtherVersion(String),
    /// The section of requests is not what it should be.
    #[error("the component's section `barkeep:requests` {0}")]
    BadRequests(&'static str),
}

impl ManifestError {
    /// Whether a file that is just being written would look like this.
    pub fn may_be_unfinished(&self) -> bool {
        matches!(self, Self::Empty | Self::NotWasm | Self::Damaged { .. })
    }
}

impl Manifest {
    /// The first import that is neither WASI's nor ours.
    pub fn unknown_import(&self) -> Option<&str> {
        let ours = format!("{PACKAGE}/");
        self.imports
            .iter()
            .map(String::as_str)
            .find(|import| !import.starts_with("wasi:") && !import.starts_with(&ours))
    }

    /// Reads the outermost layer of a component.
    ///
    /// # Errors
    ///
    /// When `bytes` are not a component that parses to its end.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.is_empty() {
            return Err(ManifestError::Empty);
        }
        if !bytes.starts_with(b"\0asm") {
            return Err(ManifestError::NotWasm);
        }
        let mut manifest = Self::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.map_err(|error| damaged(&error))?;
            match payload {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                    return Err(ManifestError::CoreModule);
                }
                Payload::ModuleSection { unchecked_range, .. } => {
                    if depth == 0 {
                        manifest.modules.push(unchecked_range.len());
                    }
                    depth += 1;
                }
                Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        manifest.imports.push(import.map_err(|error| damaged(&error))?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        let export = export.map_err(|error| damaged(&error))?;
                        if export.kind == ComponentExternalKind::Instance {
                            manifest.exports.push(export.name.name.to_owned());
                        }
                    }
                }
                Payload::CustomSection(section) if depth == 0 && section.name() == REQUESTS_SECTION => {
                    if section.data().len() > MAX_REQUESTS {
                        return Err(ManifestError::BadRequests("is larger than 64 KiB"));
                    }
                    let text = std::str::from_utf8(section.data());
                    manifest.requests = Some(text.map_err(|_| ManifestError::BadRequests("is not UTF-8"))?.to_owned());
                }
                Payload::CustomSection(section) if depth == 0 => {
                    let name = ABOUT.into_iter().find(|name| *name == section.name());
                    let text = std::str::from_utf8(section.data()).ok().filter(|text| text.len() <= MAX_ABOUT);
                    manifest.about.extend(name.zip(text).map(|(name, text)| (name, text.to_owned())));
                }
                _ => {}
            }
        }
        Ok(manifest)
    }

    /// The names of those of [`INTERFACES`] that it exports, in the version that this host speaks.
    pub fn interfaces(&self) -> impl Iterator<Item = &str> {
        self.exports.iter().filter_map(|export| {
            let (interface, version) = export.strip_prefix(PACKAGE)?.strip_prefix('/')?.split_once('@')?;
            (INTERFACES.contains(&interface) && version == VERSION).then_some(interface)
        })
    }

    /// Whether this is a plugin that this host can load.
    ///
    /// # Errors
    ///
    /// When it exports none of our interfaces, or only those of another version.
    pub fn check(&self) -> Result<(), ManifestError> {
        if self.interfaces().next().is_some() {
            return Ok(());
        }
        match self.exports.iter().find(|export| export.strip_prefix(PACKAGE).is_some_and(|rest| rest.starts_with('/')))
        {
            Some(other) => Err(ManifestError::OtherVersion(told(other))),
            None if self.exports.is_empty() => Err(ManifestError::NoInterface("no interface at all".to_owned())),
            None => Err(ManifestError::NoInterface(self.exports_told())),
        }
    }

    fn exports_told(&self) -> String {
        let first: Vec<String> =
            self.exports.iter().take(MAX_TOLD).map(|export| format!("`{}`", told(export))).collect();
        match self.exports.len().saturating_sub(first.len()) {
            0 => first.join(", "),
            more => format!("{} and {more} more", first.join(", ")),
        }
    }
}

/// A name of the file's, which may be anything: not validated yet, and long.
fn told(name: &str) -> String {
    words::start(name.escape_debug(), MAX_NAME)
}

fn damaged(error: &wasmparser::BinaryReaderError) -> ManifestError {
    // Some of its words stand on several lines.
    let told: Vec<&str> = error.message().split_whitespace().collect();
    ManifestError::Damaged { offset: error.offset(), reason: words::start(told.join(" "), MAX_REASON) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    fn with_section(name: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = EMPTY_COMPONENT.to_vec();
        let name_length = u8::try_from(name.len()).expect("short");
        let length = u8::try_from(1 + name.len() + data.len()).expect("short");
        bytes.extend([0, length, name_length]);
        bytes.extend(name.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn what_is_no_component_is_told_apart() {
        assert_eq!(Manifest::read(b""), Err(ManifestError::Empty));
        assert_eq!(Manifest::read(b"#!/bin/sh"), Err(ManifestError::NotWasm));
        assert_eq!(Manifest::read(b"\0asm\x01\0\0\0"), Err(ManifestError::CoreModule));
        assert!(matches!(Manifest::read(b"\0asm"), Err(ManifestError::Damaged { .. })));
        let mut cut = with_section("barkeep:requests", b"{}");
        cut.truncate(cut.len() - 1);
        assert!(matches!(Manifest::read(&cut), Err(ManifestError::Damaged { .. })));
    }

    /// Found by the fuzz target `components`: a module inside that does not begin as one.
    #[test]
    fn damage_is_told_in_one_line() {
        let inside = b"\0asm\x0d\0\x01\0\x01\x08\0asX\x01\0\0\0";
        let error = Manifest::read(inside).expect_err("it is damaged").to_string();
        assert!(error.contains("bad magic number") && error.lines().count() == 1, "{error}");
    }

    #[test]
    fn requests_are_read_from_their_section() {
        let manifest = Manifest::read(&with_section(REQUESTS_SECTION, b"{\"env\":[]}")).expect("a component");
        assert_eq!(manifest.requests.as_deref(), Some("{\"env\":[]}"));
        let bad = Manifest::read(&with_section(REQUESTS_SECTION, b"\xff"));
        assert_eq!(bad, Err(ManifestError::BadRequests("is not UTF-8")));
    }

    #[test]
    fn a_component_without_our_exports_is_told_what_is_missing() {
        let exporting = |names: &[&str]| Manifest {
            exports: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Manifest::default()
        };
        assert_eq!(exporting(&["exports", "barkeep:plugin/tools@0.1.0"]).check(), Ok(()));
        assert_eq!(exporting(&[]).check(), Err(ManifestError::NoInterface("no interface at all".into())));
        assert_eq!(
            exporting(&["wasi:cli/run@0.2.0"]).check(),
            Err(ManifestError::NoInterface("`wasi:cli/run@0.2.0`".into()))
        );
        assert_eq!(
            exporting(&["barkeep:plugin/tools@0.2.0"]).check(),
            Err(ManifestError::OtherVersion("barkeep:plugin/tools@0.2.0".into()))
        );
    }

    #[test]
    fn of_many_and_long_names_the_first_are_told_and_their_beginnings() {
        let long = format!("\u{1b}{}", "x".repeat(100_000));
        let exports = vec![long; 1000];
        let told = Manifest { exports, ..Manifest::default() }.check().expect_err("they are not ours").to_string();
        assert!(told.len() < 2000 && told.ends_with("x...` and 990 more"), "{told}");
        assert!(told.contains("`\\u{1b}xx"), "{told}");
        let other = format!("barkeep:plugin/{}", "x".repeat(100_000));
        let told =
            Manifest { exports: vec![other], ..Manifest::default() }.check().expect_err("it is not ours").to_string();
        assert!(told.len() < 500, "{told}");
    }
}
