//! Media types by the ends of names: those that skills are made of.

const KNOWN: [(&str, &str); 25] = [
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("gif", "image/gif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("mjs", "text/javascript"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("py", "text/x-python"),
    ("rs", "text/x-rust"),
    ("sh", "application/x-sh"),
    ("sql", "application/sql"),
    ("svg", "image/svg+xml"),
    ("toml", "application/toml"),
    ("ts", "text/x-typescript"),
    ("webp", "image/webp"),
    ("xml", "application/xml"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("zip", "application/zip"),
];

/// The media type of a file.
pub(super) fn type_of(path: &str, is_text: bool) -> &'static str {
    let end = path.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    let known = KNOWN.iter().find(|(known, _)| end.as_deref() == Some(known));
    known.map_or(if is_text { "text/plain" } else { "application/octet-stream" }, |(_, media_type)| media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_known_end_is_text_or_bytes() {
        assert_eq!(type_of("a/SKILL.md", true), "text/markdown");
        assert_eq!(type_of("a.b/LOGO.PNG", false), "image/png");
        assert_eq!(type_of("a.md/LICENSE", true), "text/plain");
        assert_eq!(type_of("a/b.wasm", false), "application/octet-stream");
    }
}
