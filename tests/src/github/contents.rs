//! Files: `/repos/{owner}/{repo}/contents/{path}` and `/readme`.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json as object};

use super::reply::{json, refusal};
use super::request::Request;
use super::world::Repository;

/// The largest file whose content comes with its metadata.
const LARGEST: usize = 1 << 20;

/// GitHub breaks base64 into lines of this length.
const LINE: usize = 60;

pub(super) fn get(request: &Request, repository: &Repository, path: &[&str]) -> Response<Body> {
    let path = path.join("/");
    let branch = request.parameter("ref").unwrap_or_else(|| "main".into());
    let Some(files) = repository.branches.get(branch.as_str()) else {
        return refusal(404, &format!("No commit found for the ref {branch}"));
    };
    let about = About { request, repository, branch: &branch };
    if let Some(content) = files.get(path.as_str()) {
        return json(200, &about.file(&path, content));
    }
    let entries = about.folder(&path, files);
    if entries.is_empty() { refusal(404, "Not Found") } else { json(200, &entries.into()) }
}

pub(super) fn readme(request: &Request, repository: &Repository) -> Response<Body> {
    let path = "README.md";
    let about = About { request, repository, branch: "main" };
    match repository.branches.get("main").and_then(|files| files.get(path)) {
        Some(content) => json(200, &about.file(path, content)),
        None => refusal(404, "Not Found"),
    }
}

/// What all addresses of a file share.
struct About<'a> {
    request: &'a Request,
    repository: &'a Repository,
    branch: &'a str,
}

impl About<'_> {
    fn file(&self, path: &str, content: &[u8]) -> Value {
        let (encoding, packed) =
            if content.len() > LARGEST { ("none", String::new()) } else { ("base64", pack(content)) };
        let mut file = self.entry(path, "file", content.len());
        if let Value::Object(file) = &mut file {
            file.insert("content".into(), packed.into());
            file.insert("encoding".into(), encoding.into());
        }
        file
    }

    fn folder(&self, path: &str, files: &BTreeMap<&str, Vec<u8>>) -> Vec<Value> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut folders = BTreeSet::new();
        let mut entries = Vec::new();
        for (full, content) in files {
            let Some(below) = full.strip_prefix(prefix.as_str()) else { continue };
            match below.split_once('/') {
                Some((folder, _)) if folders.insert(folder) => {
                    entries.push(self.entry(&format!("{prefix}{folder}"), "dir", 0));
                }
                Some(_) => {}
                None => entries.push(self.entry(full, "file", content.len())),
            }
        }
        entries
    }

    fn entry(&self, path: &str, kind: &str, size: usize) -> Value {
        let name = path.rsplit('/').next().unwrap_or_default();
        let repository = self.repository.full_name();
        let url = format!("{}/repos/{repository}/contents/{path}?ref={}", self.request.base, self.branch);
        let git = format!("{}/repos/{repository}/git/blobs/{size:040x}", self.request.base);
        let html = format!("https://github.com/{repository}/blob/{}/{path}", self.branch);
        object!({
            "name": name,
            "path": path,
            "sha": format!("{size:040x}"),
            "size": size,
            "url": url,
            "html_url": html,
            "git_url": git,
            "download_url": (kind == "file").then(|| format!("https://raw.example/{repository}/{}/{path}", self.branch)),
            "type": kind,
            "_links": {"self": url, "git": git, "html": html},
        })
    }
}

fn pack(content: &[u8]) -> String {
    let mut lines = String::new();
    for (index, sign) in STANDARD.encode(content).chars().enumerate() {
        if index > 0 && index.is_multiple_of(LINE) {
            lines.push('\n');
        }
        lines.push(sign);
    }
    lines.push('\n');
    lines
}
