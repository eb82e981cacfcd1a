//! The calls that a plugin takes: tools, resources and the watch over them, prompts, completions.

use rmcp::model::{CallToolResult, ContentBlock, GetPromptResult, Resource, ResourceContents};

use super::asks::Refused;
use super::convert;
use super::handle::Plugin;
use super::menu::{Listed, Menu, ToolItem};
use super::outcome::{CallError, Outcome};
use super::{room, threads};
use crate::runtime::bindings::barkeep::plugin::types;
use crate::runtime::bindings::exports::barkeep::plugin::{completions, prompts, resources, tools};
use crate::runtime::{Failure, Live, Outbox, Pace};

/// Parts of one answer: blocks, contents, messages. Each costs the host, and the client, more than the bytes in it.
const MAX_PARTS: usize = 10_000;

/// Runs one guest function on an instance. The instance is handed back with the result, so that a warm one can be kept.
/// Gives what the guest gave, and what was refused to it on the way.
macro_rules! guest_call {
    ($plugin:ident, $interface:ident, $name:literal, $outbox:expr, |$store:ident, $guest:ident| $call:expr) => {
        guest_call!(run(Pace::Call): $plugin, $interface, $name, $outbox, |$store, $guest| $call)
    };
    ($run:ident($($pace:expr)?): $($call:tt)+) => {
        CallError::sort(guest_ended!($run($($pace)?): $($call)+))
    };
}

/// The same, and gives how it ended.
macro_rules! guest_ended {
    ($run:ident($($pace:expr)?): $plugin:ident, $interface:ident, $name:literal, $outbox:expr, |$store:ident, $guest:ident| $call:expr) => {{
        let Some(indices) = &$plugin.template.exports().$interface else {
            return Err($plugin.missing($name).into());
        };
        $plugin
            .template
            .$run(
                $($pace,)?
                || $plugin.capabilities.build(),
                $outbox,
                async |mut live: Live| {
                    let result = match indices.load(&mut live.store, &live.instance) {
                        Ok($guest) => {
                            let $store = &mut live.store;
                            $call.await
                        }
                        Err(error) => Err(error),
                    };
                    (live, result)
                },
            )
            .await
    }};
}

impl Plugin {
    /// Runs a call of a client, unless the plugin rests or is called too often.
    fn attempt<T>(
        &self,
        call: impl Future<Output = Result<T, CallError>> + Send,
    ) -> impl Future<Output = Result<T, CallError>> + Send {
        // What a call needs is much to be moved from one stack to the next.
        let call = Box::pin(call);
        self.rest.unless(async move {
            self.template.may_be_called()?;
            call.await
        })
    }

    /// Runs a tool. `arguments` is a JSON object that fits the tool's input schema. What was refused to it is in `refused`
    /// where it failed.
    ///
    /// # Errors
    ///
    /// In the guest's words or the host's.
    pub async fn call_tool(
        &self,
        item: &ToolItem,
        context: types::RequestContext,
        arguments: &String,
        pace: Pace,
        outbox: Outbox,
        refused: &Refused,
    ) -> Result<Outcome<CallToolResult>, CallError> {
        self.attempt(async {
            let name = item.guest_name.clone();
            let ended = guest_ended!(run(pace): self, tools, "tools", outbox, |store, guest| guest
                .call_call(store, &context, &name, arguments));
            refused.set(ended.denied.clone());
            let (outcome, denied) = CallError::sort(ended)?;
            let _room;
            let mut result = match outcome {
                tools::ToolOutcome::InputRequired(questions) => {
                    refused.take();
                    return Ok(Outcome::InputRequired(questions));
                }
                tools::ToolOutcome::Complete(result) => {
                    _room = self.room(room::of_tool(&result))?;
                    convert::tool_result(result)
                        .map_err(|error| self.invalid(format!("gave a structured result that {error}")))?
                }
            };
            self.check_number(result.content.len(), "blocks of content")?;
            self.check_output(item, &mut result).await?;
            if result.is_error == Some(true) {
                result.content.extend(denied.into_iter().map(ContentBlock::text));
            } else {
                refused.take();
            }
            Ok(Outcome::Complete(result))
        })
        .await
    }

    fn check_number(&self, number: usize, of: &str) -> Result<(), Failure> {
        if number > MAX_PARTS {
            return Err(self.invalid(format!("answered with {number} {of}; {MAX_PARTS} is the most")));
        }
        Ok(())
    }

    /// The structured result fits the output schema (MCP 2025-11-25, server/tools, "Output Schema"). A failed call need
    /// not have one.
    async fn check_output(&self, item: &ToolItem, result: &mut CallToolResult) -> Result<(), Failure> {
        let Some(schema) = &item.output else { return Ok(()) };
        let Some(value) = result.structured_content.take() else {
            if result.is_error == Some(true) {
                return Ok(());
            }
            let name = &item.guest_name;
            return Err(self.invalid(format!("gave no structured result for `{name}`, whose schema asks for one")));
        };
        let (value, faults) = schema.check(value).await;
        result.structured_content = Some(value);
        faults.first().map_or(Ok(()), |fault| {
            Err(self.invalid(format!(
                "gave a result for `{}` that does not fit its own output schema (at `{}`: {})",
                item.guest_name, fault.path, fault.masked
            )))
        })
    }

    /// One page of its resources, and the cursor of the next.
    ///
    /// # Errors
    ///
    /// In the guest's words or the host's.
    pub async fn list_resources(
        &self,
        cursor: Option<String>,
        outbox: Outbox,
    ) -> Result<(Vec<Resource>, Option<String>), CallError> {
        self.attempt(async {
            let (page, _) = guest_call!(self, resources, "resources", outbox, |store, guest| guest
                .call_list(store, cursor.as_deref()))?;
            Ok((page.resources.into_iter().map(convert::resource).collect(), page.next_cursor))
        })
        .await
    }

    /// Reads a resource. What was refused to it is in `refused` where it failed.
    ///
    /// # Errors
    ///
    /// In the guest's words or the host's.
    pub async fn read_resource(
        &self,
        uri: &str,
        context: types::RequestContext,
        outbox: Outbox,
        refused: &Refused,
    ) -> Result<Outcome<Vec<ResourceContents>>, CallError> {
        self.attempt(async {
            Ok(match self.read(uri, context, outbox, refused).await? {
                resources::ReadOutcome::Complete(contents) => {
                    self.check_number(contents.len(), "contents")?;
                    let _room = self.room(room::of_read(&contents))?;
                    Outcome::Complete(contents.into_iter().map(convert::contents).collect())
                }
                resources::ReadOutcome::InputRequired(questions) => Outcome::InputRequired(questions),
            })
        })
        .await
    }

    /// The same, as the guest gives it.
    pub(super) async fn read(
        &self,
        uri: &str,
        context: types::RequestContext,
        outbox: Outbox,
        refused: &Refused,
    ) -> Result<resources::ReadOutcome, CallError> {
        refused.settle(guest_ended!(run(Pace::Call): self, resources, "resources", outbox, |store, guest| guest
            .call_read(store, &context, uri)))
    }

    /// Watches a resource, on an instance of its own: ends when the guest ends it. Changes go to `outbox`.
    ///
    /// # Errors
    ///
    /// In the guest's words or the host's.
    pub async fn watch(&self, uri: &str, outbox: Outbox) -> Result<(), CallError> {
        let ((), _) =
            guest_call!(run_on(): self, watching, "watching", outbox, |store, guest| guest.call_watch(store, uri))?;
        Ok(())
    }

    /// Fills in a prompt. `name` is the guest's own. What was refused to it is in `refused` where it failed.
    ///
    /// # Errors
    ///
    /// In the guest's words or the host's.
    pub async fn get_prompt(
        &self,
        name: &str,
        context: types::RequestContext,
        arguments: &[(String, String)],
        outbox: Outbox,
        refused: &Refused,
    ) -> Result<Outcome<GetPromptResult>, CallError> {
        self.attempt(async {
            let ended = guest_ended!(run(Pace::Call): self, prompts, "prompts", outbox, |store, guest| guest
                .call_get(store, &context, name, arguments));
            Ok(match refused.settle(ended)? {
                prompts::PromptOutcome::Complete(result) => {
                    self.check_number(result.messages.len(), "messages")?;
                    let _room = self.room(room::of_prompt(&result))?;
                    Outcome::Complete(convert::prompt_result(result))
                }
                prompts::PromptOutcome::InputRequired(questions) => Outcome::InputRequired(questions),
            })
        })
        .await
    }

    /// Completes an argument. What was refused to it is in `refused` where it failed.
    ///
    /// # Errors
    ///
    /// In the guest's words or the host's.
    pub async fn complete(
        &self,
        subject: &completions::CompletionSubject,
        argument: &str,
        value: &str,
        resolved: &[(String, String)],
        outbox: Outbox,
        refused: &Refused,
    ) -> Result<completions::Completion, CallError> {
        self.attempt(async {
            refused.settle(guest_ended!(run(Pace::Call): self, completions, "completions", outbox, |store, guest| guest
                .call_complete(store, subject, argument, value, resolved)))
        })
        .await
    }

    /// Asks the guest for all its lists but the resources beyond the first page.
    pub(super) async fn list(&self, prefix: &str, outbox: &Outbox) -> Result<Menu, CallError> {
        let exports = self.template.exports();
        let mut listed = Listed::default();
        if exports.tools.is_some() {
            (listed.tools, _) =
                guest_call!(self, tools, "tools", outbox.clone(), |store, guest| guest.call_list(store))?;
        }
        if exports.prompts.is_some() {
            (listed.prompts, _) =
                guest_call!(self, prompts, "prompts", outbox.clone(), |store, guest| guest.call_list(store))?;
        }
        if exports.resources.is_some() {
            (listed.templates, _) =
                guest_call!(self, resources, "resources", outbox.clone(), |store, guest| guest.call_templates(store))?;
            let (page, _) =
                guest_call!(self, resources, "resources", outbox.clone(), |store, guest| guest.call_list(store, None))?;
            listed.resources = page.resources;
        }
        let prefix = prefix.to_owned();
        let menu = threads::load(move || Menu::of(&prefix, listed)).await;
        menu.unwrap_or_else(|| Err("offers what the host cannot take in".to_owned()))
            .map_err(|wrong| self.invalid(wrong).into())
    }
}
