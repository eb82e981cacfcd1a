//! Rust types and traits for `barkeep:plugin`, generated from the WIT package: one world for each exported interface, so
//! that a component exports no more than its plugin has.
#![allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction, reason = "wit-bindgen writes it")]

pub use wit_bindgen::rt;

/// What every plugin may import, and the types that all the worlds share.
pub mod imports {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "imports",
        runtime_path: "::barkeep_sdk::bindings::rt",
        generate_unused_types: true,
        // Answers are kept in the state of a call that asks more than once.
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        additional_derives_ignore: ["request-context"],
        additional_member_attributes: {
            "barkeep:plugin/types@0.1.0/media-content.data": [#[serde(with = "crate::bindings::base64")]],
            "barkeep:plugin/types@0.1.0/resource-body.blob": [#[serde(with = "crate::bindings::base64")]],
        },
    });
}

/// Bytes in JSON.
mod base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::{Deserialize as _, Deserializer, Error as _};
    use serde::ser::Serializer;

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The types and `client` of [`imports`] again, with one exported interface.
macro_rules! exporting {
    ($module:ident: $interface:literal, $world:literal) => {
        #[doc = concat!("A world that exports `", $interface, "`.")]
        pub mod $module {
            wit_bindgen::generate!({
                path: "../../wit",
                inline: $world,
                runtime_path: "::barkeep_sdk::bindings::rt",
                pub_export_macro: true,
                with: {
                    "barkeep:plugin/types@0.1.0": ::barkeep_sdk::bindings::imports::barkeep::plugin::types,
                },
            });
        }
    };
}

exporting!(tools: "tools", "package barkeep:sdk-tools; world tools { export barkeep:plugin/tools@0.1.0; }");
exporting!(resources: "resources", "package barkeep:sdk-resources; world resources { export barkeep:plugin/resources@0.1.0; }");
exporting!(watching: "watching", "package barkeep:sdk-watching; world watching { export barkeep:plugin/watching@0.1.0; }");
exporting!(prompts: "prompts", "package barkeep:sdk-prompts; world prompts { export barkeep:plugin/prompts@0.1.0; }");
exporting!(completions: "completions", "package barkeep:sdk-completions; world completions { export barkeep:plugin/completions@0.1.0; }");
