//! Which media type a file has, and whether it is text.

use barkeep_sdk::ResourceContents;

use crate::answer::escaped;
use crate::{lexical, limits};

/// Extensions of films and of source code alike: only the contents tell.
const AMBIGUOUS: [&str; 3] = [".ts", ".mts", ".mod"];

/// The media type that the name of a file tells.
pub(super) fn by_name(path: &str) -> Option<&'static str> {
    let extension = lexical::extension(path);
    if AMBIGUOUS.contains(&extension.as_str()) {
        return None;
    }
    guess(&extension)
}

fn guess(extension: &str) -> Option<&'static str> {
    mime_guess::from_ext(extension.strip_prefix('.')?).first_raw()
}

/// What is in the file `path`: as text where that loses nothing.
pub(super) fn contents(uri: String, path: &str, bytes: Vec<u8>) -> ResourceContents {
    let named = by_name(path);
    // The beginning of a file of bytes may well be text, and a small one all of it.
    if named.is_some_and(is_bytes) || bytes.contains(&0) {
        return blob(uri, path, bytes);
    }
    match String::from_utf8(bytes) {
        // Full of control characters, it would be a multiple of that on its way.
        Ok(text) if escaped(&text) > limits::STRUCTURED => blob(uri, path, text.into_bytes()),
        Ok(text) => ResourceContents::text(uri, text).mime_type(named.unwrap_or("text/plain")),
        Err(error) => blob(uri, path, error.into_bytes()),
    }
}

fn blob(uri: String, path: &str, bytes: Vec<u8>) -> ResourceContents {
    let media_type = guess(&lexical::extension(path)).unwrap_or("application/octet-stream");
    ResourceContents::blob(uri, bytes).mime_type(media_type)
}

fn is_bytes(media_type: &str) -> bool {
    let (kind, name) = media_type.split_once('/').unwrap_or((media_type, ""));
    match kind {
        "image" => name != "svg+xml",
        "audio" | "font" | "video" => true,
        _ => matches!(name, "gzip" | "octet-stream" | "pdf" | "wasm" | "x-tar" | "zip"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use barkeep_sdk::ResourceBody;

    fn of(path: &str, bytes: &[u8]) -> (Option<String>, bool) {
        let contents = contents("file:///a".into(), path, bytes.to_vec());
        (contents.mime_type, matches!(contents.body, ResourceBody::Text(_)))
    }

    #[test]
    fn the_type_is_that_of_the_name_where_the_contents_agree() {
        let told = |kind: &str, text| (Some(kind.to_owned()), text);
        assert_eq!(of("/a.md", b"# a"), told("text/markdown", true));
        assert_eq!(of("/a.svg", b"<svg/>"), told("image/svg+xml", true));
        assert_eq!(of("/a.png", b"png"), told("image/png", false));
        assert_eq!(of("/Makefile", b"all:"), told("text/plain", true));
        assert_eq!(of("/a", b"\xff"), told("application/octet-stream", false));
        assert_eq!(of("/a", b"a\0b"), told("application/octet-stream", false));
        assert_eq!(of("/a.txt", b"\xe9"), told("text/plain", false));
    }

    #[test]
    fn a_film_and_a_source_of_one_extension_are_told_apart_by_their_contents() {
        assert_eq!(by_name("/a.ts"), None);
        assert_eq!(of("/a.ts", b"let a;"), (Some("text/plain".into()), true));
        assert_eq!(of("/a.ts", b"\x47\0\x11"), (Some("video/vnd.dlna.mpeg-tts".into()), false));
    }
}
