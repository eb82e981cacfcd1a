//! The WIT package is what guests of every language are built on: it parses, and each item is documented and dated.
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]
use std::path::Path;

use wit_parser::{Resolve, Stability};

fn package() -> Resolve {
    let mut resolve = Resolve::default();
    resolve.push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")).expect("wit/ parses");
    resolve
}

fn since(stability: &Stability) -> bool {
    matches!(stability, Stability::Stable { since, .. } if since.to_string() == "0.1.0")
}

#[test]
fn every_interface_function_and_type_is_documented_and_says_since_when() {
    let resolve = package();
    let mut bad = Vec::new();
    for (_, interface) in &resolve.interfaces {
        let name = interface.name.clone().unwrap_or_default();
        if interface.docs.contents.is_none() || !since(&interface.stability) {
            bad.push(name.clone());
        }
        for (function, item) in &interface.functions {
            if item.docs.contents.is_none() || !since(&item.stability) {
                bad.push(format!("{name}.{function}"));
            }
        }
    }
    for (_, ty) in &resolve.types {
        // Types without a name are parts of others; a type brought in by `use` is documented where it is defined.
        let Some(name) = &ty.name else { continue };
        let used = matches!(ty.kind, wit_parser::TypeDefKind::Type(wit_parser::Type::Id(_)));
        if !used && (ty.docs.contents.is_none() || !since(&ty.stability)) {
            bad.push(name.clone());
        }
    }
    assert_eq!(bad, Vec::<String>::new(), "not documented, or without @since(version = 0.1.0)");
}

#[test]
fn there_is_a_world_for_each_kind_of_plugin_and_one_for_all() {
    let resolve = package();
    let mut worlds: Vec<_> = resolve.worlds.iter().map(|(_, world)| world.name.as_str()).collect();
    worlds.sort_unstable();
    assert_eq!(
        worlds,
        [
            "completion-plugin",
            "imports",
            "plugin",
            "prompt-plugin",
            "resource-plugin",
            "tool-plugin",
            "watching-plugin"
        ]
    );
}
