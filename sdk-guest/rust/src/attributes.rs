//! The attributes, and their documentation.

/// Makes a struct or enum good for arguments: it is deserialized, and has a JSON Schema.
///
/// It derives `serde::Deserialize` and `schemars::JsonSchema` of the SDK, so that the plugin needs no dependency on them;
/// `#[serde(...)]` and `#[schemars(...)]` work as ever. The doc comments of fields tell the model what to give; that of the struct
/// is for who reads the code, since the tool has its own. Such a struct is also what a form is made of ([`ask`](crate::ask)).
///
/// ```
/// use barkeep_sdk::prelude::*;
///
/// #[arguments]
/// struct Search {
///     /// What to look for.
///     query: String,
///     /// How many to find at most.
///     #[schemars(range(min = 1, max = 100))]
///     limit: Option<u32>,
///     /// Where to begin.
///     #[serde(default)]
///     order: Order,
/// }
///
/// #[arguments]
/// #[derive(Default)]
/// #[serde(rename_all = "lowercase")]
/// enum Order {
///     #[default]
///     Newest,
///     Oldest,
/// }
/// ```
pub use barkeep_sdk_macros::arguments;

/// Makes a struct or enum good for structured results: it is serialized, and has a JSON Schema.
///
/// As `#[arguments]` does, it derives `serde::Serialize` and `schemars::JsonSchema` of the SDK. A type that has both attributes
/// is good for both.
pub use barkeep_sdk_macros::output;

/// Makes a function a tool, which the model calls.
///
/// The function stays as it is. It takes arguments, the call's context, both in this order, or nothing, and returns whatever is
/// [`IntoToolResult`](crate::IntoToolResult). Its doc comment tells the model what it does and when to use it.
///
/// | key | |
/// |---|---|
/// | `name = "..."` | the name, if not the function's |
/// | `title = "..."` | a name for people |
/// | `description = "..."` | instead of the doc comment |
/// | `icon = "..."` | where a picture is: an `https:` or `data:` URI |
/// | `read_only` | it changes nothing |
/// | `destructive` | it may destroy something |
/// | `idempotent` | a second call with the same arguments changes nothing more |
/// | `open_world` | it reaches beyond a closed set of things, such as the web |
/// | `output = Type` | the type of the structured result, where the function returns a `ToolResult` |
/// | `tasks = required` | it takes so long that clients must know tasks; `forbidden`: never as a task; see [`TaskSupport`](crate::TaskSupport) |
///
/// The four hints stand alone or with `= false`.
///
/// ```
/// use barkeep_sdk::prelude::*;
///
/// #[arguments]
/// struct Delete {
///     /// The page's name.
///     page: String,
/// }
///
/// /// Deletes a page.
/// #[tool(title = "Delete a page", destructive, idempotent, open_world = false)]
/// fn delete_page(args: Delete, context: &mut Context) -> Result<String> {
///     context.log(LogLevel::Notice, format!("{} is being deleted", args.page));
///     Ok(format!("{} is no more.", args.page))
/// }
/// ```
pub use barkeep_sdk_macros::tool;

/// Makes a function a resource, or a family of them, which the client reads by URI.
///
/// With `uri`, it is one resource, and the function takes no arguments. With `template`, it is a family, and the function takes
/// the template's variables, percent-decoded, as a struct. Either may take the call's context last, and returns whatever is
/// [`IntoResource`](crate::IntoResource).
///
/// | key | |
/// |---|---|
/// | `uri = "..."` | the URI of one resource |
/// | `template = "..."` | the URI template (RFC 6570) of many: `{name}` is one segment, `{+path}` any text, `{?a,b}` an optional query |
/// | `name = "..."` | a short name for programs, if not the function's |
/// | `title = "..."` | a name for people |
/// | `description = "..."` | instead of the doc comment |
/// | `mime_type = "..."` | the media type |
/// | `priority = 0.5` | how much it matters, from 0.0 to 1.0 |
/// | `audience = [user, assistant]` | for whom it is meant |
/// | `icon = "..."` | where a picture is: an `https:` or `data:` URI |
///
/// ```
/// use barkeep_sdk::prelude::*;
///
/// /// How to use this plugin.
/// #[resource(uri = "wiki://help", mime_type = "text/markdown", audience = [user])]
/// fn help() -> &'static str {
///     "# Help"
/// }
///
/// #[arguments]
/// struct Page {
///     name: String,
///     version: Option<u32>,
/// }
///
/// /// A page of the wiki.
/// #[resource(template = "wiki://pages/{name}{?version}", mime_type = "text/markdown")]
/// fn page(args: Page) -> Result<String> {
///     Ok(format!("# {}", args.name))
/// }
///
/// plugin! { resources: [help, page] }
/// # fn main() {
/// let read = PLUGIN.read_resource("wiki://pages/two%20words?version=3").unwrap();
/// assert_eq!(read[0].as_text(), Some("# two words"));
/// # }
/// ```
pub use barkeep_sdk_macros::resource;

/// Makes a function a prompt, which a person picks from a menu.
///
/// Its arguments are the fields of the struct that it takes: their doc comments, and whether they are required. They are texts
/// where a person types them, and are parsed for fields that are numbers, `bool`s or enums; a blank one is an `Option`'s `None`.
/// The function may take the call's context last, and returns whatever is [`IntoPrompt`](crate::IntoPrompt).
///
/// The keys are `name`, `title`, `description` and `icon`, each as of `#[tool]`.
///
/// ```
/// use barkeep_sdk::prelude::*;
///
/// #[arguments]
/// struct Review {
///     /// The language of the code.
///     language: String,
///     /// How many findings to report.
///     findings: Option<u8>,
/// }
///
/// /// Asks for a review.
/// #[prompt(title = "Review code")]
/// fn review(args: Review) -> Vec<PromptMessage> {
///     let most = args.findings.unwrap_or(5);
///     vec![
///         PromptMessage::user(format!("Review this {} code.", args.language)),
///         PromptMessage::assistant(format!("I will report {most} findings at most.")),
///     ]
/// }
///
/// plugin! { prompts: [review] }
/// # fn main() {
/// assert_eq!(PLUGIN.get_prompt("review", &[("language", "Rust"), ("findings", "3")]).unwrap().messages.len(), 2);
/// # }
/// ```
pub use barkeep_sdk_macros::prompt;

/// Makes a function a completion: it tells which values would fit an argument while a person types.
///
/// It takes what was typed so far, and, if it wants, the arguments that are filled in already; it returns whatever is
/// [`IntoCompletion`](crate::IntoCompletion).
///
/// | key | |
/// |---|---|
/// | `prompt = "..."` | the prompt whose argument it is |
/// | `template = "..."` | or the resource template whose variable it is |
/// | `argument = "..."` | the argument or variable |
///
/// ```
/// use barkeep_sdk::prelude::*;
/// use barkeep_sdk::Resolved;
///
/// /// Towns of the country that was picked before.
/// #[completion(prompt = "weather", argument = "town")]
/// fn towns(typed: &str, resolved: &Resolved) -> Vec<String> {
///     let towns: &[&str] = match resolved.get("country").map(String::as_str) {
///         Some("Norway") => &["Bergen", "Oslo"],
///         _ => &["Berlin", "Bern"],
///     };
///     towns.iter().filter(|town| town.starts_with(typed)).map(|town| town.to_string()).collect()
/// }
/// ```
pub use barkeep_sdk_macros::completion;

/// Makes the plugin: lists what it offers. Once in each crate.
///
/// | key | |
/// |---|---|
/// | `tools: [...]` | functions with `#[tool]` |
/// | `resources: [...]` | functions with `#[resource]` |
/// | `list_resources: f` | a `fn(cursor: Option<&str>) -> Result<ResourcePage>` that lists resources not known in advance; a template reads them |
/// | `watch: f` | a `fn(uri: &str) -> Result<()>` that watches a resource, and does not return while there is something to watch for |
/// | `skills: "..."` | a folder beside `Cargo.toml`, in which each folder with a `SKILL.md` is a skill |
/// | `prompts: [...]` | functions with `#[prompt]` |
/// | `completions: [...]` | functions with `#[completion]` |
///
/// All are optional, and the component exports only what its lists need. Functions may be paths, such as `issues::create_issue`.
/// Natively, the static `PLUGIN` that this makes is there for tests.
///
/// ```
/// use barkeep_sdk::prelude::*;
///
/// #[arguments]
/// struct Note {
///     number: u32,
/// }
///
/// /// A note.
/// #[resource(template = "notes://{number}")]
/// fn note(args: Note) -> String {
///     format!("Note {}", args.number)
/// }
///
/// fn notes(cursor: Option<&str>) -> Result<ResourcePage> {
///     let first: u32 = cursor.unwrap_or("1").parse()?;
///     let resources = (first..first + 50).map(|number| ResourceInfo::new(format!("notes://{number}"), number.to_string()));
///     Ok(ResourcePage { resources: resources.collect(), next_cursor: Some((first + 50).to_string()) })
/// }
///
/// plugin! { resources: [note], list_resources: notes }
/// # fn main() {
/// let page = PLUGIN.resources(Some("51")).unwrap();
/// assert_eq!(page.resources[0].uri, "notes://51");
/// # }
/// ```
///
/// # Skills
///
/// A skill ([Agent Skills](https://agentskills.io)) is a folder with a `SKILL.md`, which tells a model how to do something, and
/// the files that this refers to. `skills: "skills"` puts all that are in the folder `skills` into the component, and clients
/// find them by `skills/list`. The compiler checks each `SKILL.md`: it begins with a `name`, which is the folder's, and a
/// `description`. Folders may lie in others; files that begin with a dot are left out.
///
/// ```
/// use barkeep_sdk::prelude::*;
///
/// plugin! { skills: "examples/skills" }
/// # fn main() {
/// let skill = &PLUGIN.resources(None).unwrap().resources[0];
/// assert_eq!((skill.uri.as_str(), skill.name.as_str()), ("skill://git-workflow/SKILL.md", "git-workflow"));
/// # }
/// ```
///
/// A file that changes is put in when the plugin is built again. One that is new is seen once some source file was saved too:
/// the compiler does not look into folders.
pub use barkeep_sdk_macros::plugin;
