//! Calls that reach for what is outside.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use barkeep_sdk::http;
use barkeep_sdk::prelude::*;

/// A variable.
#[arguments]
pub struct Variable {
    /// Its name.
    name: String,
}

/// A file or folder.
#[arguments]
pub struct Path {
    /// Its path.
    path: PathBuf,
}

/// A file and what to write.
#[arguments]
pub struct Write {
    /// Its path.
    path: PathBuf,
    /// What to write.
    text: String,
}

/// From where to where.
#[arguments]
pub struct Rename {
    /// From here.
    from: PathBuf,
    /// To there.
    to: PathBuf,
}

/// A request.
#[arguments]
pub struct Get {
    /// The URL.
    url: String,
    /// The method, GET unless said.
    #[serde(default = "get_method")]
    method: String,
    /// Headers to send.
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

fn get_method() -> String {
    "GET".to_owned()
}

/// Tells an environment variable.
#[tool(read_only)]
pub fn variable(args: Variable) -> String {
    std::env::var(&args.name).unwrap_or_else(|_| "(not set)".to_owned())
}

/// Tells all environment variables, in order.
#[tool(read_only)]
pub fn variables() -> String {
    let all: BTreeMap<String, String> = std::env::vars().collect();
    json!(all).to_string()
}

/// Tells its own command line and working folder.
#[tool(read_only)]
pub fn command_line() -> String {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = std::env::current_dir().map(|folder| folder.display().to_string()).unwrap_or_default();
    json!({ "arguments": arguments, "folder": folder }).to_string()
}

/// Reads a file.
#[tool(read_only)]
pub fn read(args: Path) -> Result<String> {
    Ok(std::fs::read_to_string(args.path)?)
}

/// Writes a file.
#[tool]
pub fn write(args: Write) -> Result<&'static str> {
    std::fs::write(args.path, args.text)?;
    Ok("written")
}

/// Lists a folder, by name.
#[tool(read_only)]
pub fn list(args: Path) -> Result<String> {
    let entries = std::fs::read_dir(args.path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = entries.collect::<Result<Vec<String>>>()?;
    names.sort();
    Ok(names.join("\n"))
}

/// Removes a file.
#[tool]
pub fn remove(args: Path) -> Result<&'static str> {
    std::fs::remove_file(args.path)?;
    Ok("removed")
}

/// Renames a file.
#[tool]
pub fn rename(args: Rename) -> Result<&'static str> {
    std::fs::rename(args.from, args.to)?;
    Ok("renamed")
}

/// Asks a server, and tells its status, headers and body.
#[tool]
pub fn get(args: Get) -> Result<String> {
    let mut request = http::Request::new(args.method.as_str(), &args.url);
    for (name, value) in &args.headers {
        request = request.header(name, value);
    }
    let response = request.send()?;
    let mut text = response.status().to_string();
    for (name, value) in response.headers() {
        // Writing to a string does not fail.
        let _ = write!(text, "\n{name}: {value}");
    }
    text.push_str("\n\n");
    text.push_str(&response.text()?);
    Ok(text)
}

/// The same, for who believes that it changes nothing.
#[tool(read_only)]
pub fn look(args: Get) -> Result<String> {
    get(args)
}
