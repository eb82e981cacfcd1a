//! What cargo says about a build (`--message-format=json-render-diagnostics`).

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// One line of cargo's messages; all that is asked of it.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// The component that the build of the package with this manifest left, if any.
pub(crate) fn component(messages: &[u8], manifest: &Path) -> Option<PathBuf> {
    let manifest = real(manifest);
    messages
        .split(|byte| *byte == b'\n')
        // A build script may print lines that are no messages.
        .filter_map(|line| serde_json::from_slice::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact" && real(&message.manifest_path) == manifest)
        .flat_map(|message| message.filenames)
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
}

/// One name for one file: cargo follows links where the caller may not have.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_is_that_of_the_asked_package() {
        let messages =
            br#"{"reason":"compiler-artifact","manifest_path":"/p/other/Cargo.toml","filenames":["/t/other.wasm"]}
not a message
{"reason":"build-script-executed","package_id":"x"}
{"reason":"compiler-artifact","manifest_path":"/p/hello/Cargo.toml","filenames":["/t/libhello.rlib","/t/hello.wasm"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(component(messages, Path::new("/p/hello/Cargo.toml")), Some(PathBuf::from("/t/hello.wasm")));
        assert_eq!(component(messages, Path::new("/p/third/Cargo.toml")), None);
    }
}
