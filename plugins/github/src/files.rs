//! Files: `get_file_contents`, and a repository's README.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::api::{Answer, Api};
use crate::arguments::as_reference;
use crate::endpoint::Endpoint;
use crate::shape::{ENTRY, FILE, keep};
use crate::transport::Transport;
use crate::{Error, Result};

/// Arguments of `get_file_contents`.
#[derive(Deserialize, JsonSchema)]
#[schemars(transform = as_reference)]
pub(crate) struct GetFileContents {
    /// Who owns the repository: a user or an organisation
    owner: String,
    /// The repository's name, without its owner
    repo: String,
    /// The file or folder, from the top of the repository
    path: String,
    /// A branch, a tag or a commit; the default branch unless said
    branch: Option<String>,
}

/// A README.
pub(crate) struct Readme {
    /// Its text.
    pub(crate) text: String,
    /// Its media type, by its name.
    pub(crate) mime_type: &'static str,
}

/// Reads a file, its content decoded, or lists a folder.
pub(crate) fn contents<T: Transport>(api: &Api<T>, args: &GetFileContents) -> Result<Answer> {
    let branch = args.branch.as_deref().filter(|branch| !branch.is_empty());
    let endpoint =
        Endpoint::repository(&args.owner, &args.repo)?.segment("contents").file(&args.path)?.maybe("ref", branch);
    let Answer { value, pages } = api.get(&endpoint)?;
    let shape = if value.is_array() { ENTRY } else { FILE };
    let mut value = keep(value, shape);
    if let Some(content) = value.get_mut("content")
        && let Some(text) = content.as_str().filter(|text| !text.is_empty())
    {
        *content = Value::String(decode(text)?);
    }
    Ok(Answer { value, pages })
}

/// A sentence for the model about a file that came without its content.
pub(crate) fn note(file: &Value) -> Option<String> {
    let without = file.get("encoding").and_then(Value::as_str) == Some("none");
    let words = "The file is larger than 1 MB: GitHub hands out its content only at the download_url, if at all.";
    without.then(|| words.to_owned())
}

/// Reads the README that GitHub shows for the default branch.
pub(crate) fn readme<T: Transport>(api: &Api<T>, owner: &str, repo: &str) -> Result<Readme> {
    let value = api.get(&Endpoint::repository(owner, repo)?.segment("readme"))?.value;
    let text = |key| value.get(key).and_then(Value::as_str);
    if text("encoding") == Some("none") {
        return Err(Error::other("The README is larger than 1 MB, and GitHub does not hand it out in this way."));
    }
    let name = text("name").unwrap_or_default().to_ascii_lowercase();
    let mime_type = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("rst") => "text/x-rst",
        Some("adoc" | "asciidoc") => "text/asciidoc",
        Some("org") => "text/org",
        Some("html" | "htm") => "text/html",
        Some("txt") => "text/plain",
        _ => "text/markdown",
    };
    Ok(Readme { text: decode(text("content").unwrap_or_default())?, mime_type })
}

/// Decodes base64 that GitHub breaks into lines. Bytes that are no UTF-8 become the replacement character.
fn decode(text: &str) -> Result<String> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = LENIENT
        .decode(packed)
        .map_err(|error| Error::unavailable(format!("GitHub sent a file that is no good base64: {error}")))?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;
    use crate::transport::script::Script;

    fn args(path: &str, branch: Option<&str>) -> GetFileContents {
        let mut args = json!({"owner": "o", "repo": "r", "path": path});
        if let Some(branch) = branch {
            args["branch"] = branch.into();
        }
        from_value(args).unwrap()
    }

    #[test]
    fn a_files_content_is_decoded() {
        let script = Script::default().json(&json!({"content": "aGVs\nbG8g\n4oKs\n", "name": "n", "x": 1}));
        let answer = contents(&script.api(), &args("docs/a b.md", Some("feat/x&y"))).unwrap();
        assert_eq!(answer.value.to_string(), r#"{"name":"n","content":"hello €"}"#);
        assert_eq!(script.asked()[0].1, "/repos/o/r/contents/docs/a%20b.md?ref=feat%2Fx%26y");
    }

    #[test]
    fn a_folder_is_listed_in_the_references_shape() {
        let script = Script::default().json(&json!([{"name": "a", "type": "dir", "_links": {}}]));
        let answer = contents(&script.api(), &args("/", None)).unwrap();
        assert_eq!(answer.value.to_string(), r#"[{"type":"dir","name":"a"}]"#);
        assert_eq!(script.asked()[0].1, "/repos/o/r/contents");
    }

    #[test]
    fn a_large_file_without_content_stays_without() {
        let script = Script::default().json(&json!({"content": "", "encoding": "none", "size": 2_000_000}));
        let answer = contents(&script.api(), &args("big", None)).unwrap();
        assert_eq!(answer.value, json!({"content": "", "encoding": "none", "size": 2_000_000}));
        assert!(note(&answer.value).unwrap().contains("1 MB"));
        assert_eq!(note(&json!({"content": "", "encoding": "base64"})), None);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(decode("/2E=").unwrap(), "\u{fffd}a");
        assert!(decode("!!!").unwrap_err().to_string().contains("base64"));
    }

    #[test]
    fn a_readme_is_text_of_the_type_its_name_says() {
        for (name, mime_type) in
            [("README.md", "text/markdown"), ("README", "text/markdown"), ("readme.RST", "text/x-rst")]
        {
            let script = Script::default().json(&json!({"name": name, "content": "IyBI", "encoding": "base64"}));
            let readme = readme(&script.api(), "o", "r").unwrap();
            assert_eq!((readme.text.as_str(), readme.mime_type), ("# H", mime_type));
            assert_eq!(script.asked()[0].1, "/repos/o/r/readme");
        }
    }

    #[test]
    fn a_readme_too_large_is_told() {
        let script = Script::default().json(&json!({"name": "README.md", "content": "", "encoding": "none"}));
        assert!(readme(&script.api(), "o", "r").err().unwrap().to_string().contains("1 MB"));
    }
}
