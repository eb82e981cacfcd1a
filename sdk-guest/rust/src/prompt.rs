//! What prompts are made of, and how they are described.

use crate::{Content, Error, Icon, Result, Role};

/// One message of a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Content,
}

impl PromptMessage {
    /// The person speaks.
    pub fn user(content: impl Into<Content>) -> Self {
        Self { role: Role::User, content: content.into() }
    }

    /// The model speaks.
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self { role: Role::Assistant, content: content.into() }
    }
}

/// A prompt, filled in.
///
/// ```
/// use barkeep_sdk::{PromptMessage, PromptResult};
///
/// let review = PromptResult::new(vec![PromptMessage::user("Review this file.")]).description("A review");
/// assert_eq!(review.description.as_deref(), Some("A review"));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PromptResult {
    /// What it is for, with these arguments.
    pub description: Option<String>,
    /// The messages, in order.
    pub messages: Vec<PromptMessage>,
}

impl PromptResult {
    /// These messages.
    pub fn new(messages: impl Into<Vec<PromptMessage>>) -> Self {
        Self { description: None, messages: messages.into() }
    }

    /// Says what it is for, with these arguments.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}

/// What the function of a prompt may return.
#[diagnostic::on_unimplemented(
    message = "a prompt cannot return `{Self}`",
    note = "it returns a `String`, `&str`, `PromptMessage`, `Vec<PromptMessage>`, `PromptResult`, or a `Result` of one of these"
)]
pub trait IntoPrompt {
    /// The messages.
    fn into_prompt(self) -> Result<PromptResult>;
}

impl IntoPrompt for PromptResult {
    fn into_prompt(self) -> Result<PromptResult> {
        Ok(self)
    }
}

impl IntoPrompt for Vec<PromptMessage> {
    fn into_prompt(self) -> Result<PromptResult> {
        Ok(PromptResult::new(self))
    }
}

impl IntoPrompt for PromptMessage {
    fn into_prompt(self) -> Result<PromptResult> {
        Ok(PromptResult::new([self]))
    }
}

impl IntoPrompt for String {
    fn into_prompt(self) -> Result<PromptResult> {
        PromptMessage::user(self).into_prompt()
    }
}

impl IntoPrompt for &str {
    fn into_prompt(self) -> Result<PromptResult> {
        PromptMessage::user(self).into_prompt()
    }
}

impl<T: IntoPrompt, E: Into<Error>> IntoPrompt for Result<T, E> {
    fn into_prompt(self) -> Result<PromptResult> {
        self.map_err(Into::into)?.into_prompt()
    }
}

/// One argument of a prompt, as the client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Whether the prompt needs it.
    pub required: bool,
}

/// One prompt, as the client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptInfo {
    /// Its name.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its arguments, in the order to ask for them.
    pub arguments: Vec<PromptArgument>,
    /// Pictures to show beside the name.
    pub icons: Vec<Icon>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_message_of_the_person() {
        let prompt = PromptResult { description: None, messages: vec![PromptMessage::user("a")] };
        assert_eq!("a".into_prompt(), Ok(prompt.clone()));
        assert_eq!("a".to_owned().into_prompt(), Ok(prompt.clone()));
        assert_eq!(PromptMessage::user("a").into_prompt(), Ok(prompt.clone()));
        assert_eq!(Ok::<_, Error>(vec![PromptMessage::user("a")]).into_prompt(), Ok(prompt));
    }

    #[test]
    fn an_error_is_no_prompt() {
        assert_eq!(Err::<String, _>(Error::not_found("b")).into_prompt(), Err(Error::not_found("b")));
    }
}
