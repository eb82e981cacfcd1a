//! Questions for the client's model.

use serde_json::Value;

use super::replay::Question;
use super::{Ask, Replies, Sampled, SamplingMessage, unexpected};
use crate::arguments::Arguments;
use crate::bindings::imports::barkeep::plugin::types as wit;
use crate::{Context, Result, schema};

/// Tokens of an answer, unless [`Sampling::max_tokens`] says otherwise.
const TOKENS: u32 = 1024;

/// A question for the client's model. The client shows it to the person, who may change or refuse it.
///
/// ```
/// use barkeep_sdk::ask::{SamplingContent, SamplingMessage};
/// use barkeep_sdk::prelude::*;
///
/// /// Describes the picture of the day.
/// #[tool]
/// fn describe(context: &mut Context) -> Result<String> {
///     let picture = SamplingContent::image(std::fs::read("/pictures/today.png")?, "image/png");
///     let question = Sampling::new("What is in this picture?")
///         .message(SamplingMessage::user(picture))
///         .system("You are a botanist.")
///         .hint("claude")
///         .max_tokens(300);
///     Ok(context.sample(question)?.text())
/// }
/// ```
///
/// With [`Self::tool`], the model may ask for tools, which the plugin runs, until it has its answer:
///
/// ```
/// use barkeep_sdk::ask::{SamplingMessage, SamplingTool};
/// use barkeep_sdk::prelude::*;
///
/// #[arguments]
/// struct Add {
///     numbers: Vec<i64>,
/// }
///
/// /// Solves a riddle.
/// #[tool]
/// fn solve(context: &mut Context) -> Result<String> {
///     let add = SamplingTool::taking::<Add>("add")?.description("Adds numbers.");
///     let mut question = Sampling::new("What is 2 + 3 + 7?").tool(add);
///     loop {
///         let answer = context.sample(question.clone())?;
///         let mut results = Vec::new();
///         for wanted in answer.tool_uses() {
///             let sum: i64 = wanted.arguments::<Add>()?.numbers.iter().sum();
///             results.push(wanted.result(ToolResult::text(sum.to_string())));
///         }
///         if results.is_empty() {
///             return Ok(answer.text());
///         }
///         question = question.message(answer.into()).message(SamplingMessage::new(Role::User, results));
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// The conversation so far.
    pub messages: Vec<SamplingMessage>,
    /// The system prompt; the client may change it.
    pub system: Option<String>,
    /// The longest answer, in tokens.
    pub max_tokens: u32,
    /// The temperature, from 0.0 up.
    pub temperature: Option<f64>,
    /// Texts at which the answer ends.
    pub stop_sequences: Vec<String>,
    /// Which model would suit.
    pub preferences: ModelPreferences,
    /// Tools that it may use.
    pub tools: Vec<SamplingTool>,
    /// Whether it must use one.
    pub tool_choice: Option<ToolChoice>,
    /// A name for the question, instead of its place among those of the call.
    pub key: Option<String>,
}

/// Which model would suit; the client decides.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelPreferences {
    /// Names or parts of names, best first.
    pub hints: Vec<String>,
    /// How much a low price matters, from 0.0 to 1.0.
    pub cost_priority: Option<f64>,
    /// How much speed matters, from 0.0 to 1.0.
    pub speed_priority: Option<f64>,
    /// How much ability matters, from 0.0 to 1.0.
    pub intelligence_priority: Option<f64>,
}

/// A tool that the client's model may use while it answers.
#[derive(Debug, Clone, PartialEq)]
pub struct SamplingTool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// The JSON Schema of its arguments.
    pub input_schema: Value,
}

impl SamplingTool {
    /// A tool whose arguments are a struct with `#[arguments]`.
    ///
    /// # Errors
    ///
    /// When `T` is no struct with named fields.
    pub fn taking<T: Arguments>(name: impl Into<String>) -> Result<Self> {
        Ok(Self { name: name.into(), description: None, input_schema: schema::input::<T>()? })
    }

    /// Says what it does.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}

/// Whether the model must use a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolChoice {
    /// As it likes.
    Auto,
    /// At least one.
    Required,
    /// None.
    None,
}

impl Sampling {
    /// One message to begin with: a text, as a rule. The answer has 1024 tokens at most, unless [`Self::max_tokens`] is said.
    pub fn new(message: impl Into<SamplingMessage>) -> Self {
        Self {
            messages: vec![message.into()],
            system: None,
            max_tokens: TOKENS,
            temperature: None,
            stop_sequences: Vec::new(),
            preferences: ModelPreferences::default(),
            tools: Vec::new(),
            tool_choice: None,
            key: None,
        }
    }

    /// Adds a message.
    #[must_use]
    pub fn message(mut self, message: SamplingMessage) -> Self {
        self.messages.push(message);
        self
    }

    /// Sets the system prompt; the client may change it.
    #[must_use]
    pub fn system(mut self, prompt: impl Into<String>) -> Self {
        self.system = Some(prompt.into());
        self
    }

    /// Sets the longest answer, in tokens.
    #[must_use]
    pub fn max_tokens(mut self, tokens: u32) -> Self {
        self.max_tokens = tokens;
        self
    }

    /// Sets the temperature, from 0.0 up.
    #[must_use]
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.temperature = Some(temperature);
        self
    }

    /// Adds a text at which the answer ends.
    #[must_use]
    pub fn stop_at(mut self, text: impl Into<String>) -> Self {
        self.stop_sequences.push(text.into());
        self
    }

    /// Adds the name, or a part of it, of a model that would suit; the best first.
    #[must_use]
    pub fn hint(mut self, model: impl Into<String>) -> Self {
        self.preferences.hints.push(model.into());
        self
    }

    /// Says how much a low price matters, from 0.0 to 1.0.
    #[must_use]
    pub fn cost_priority(mut self, priority: f64) -> Self {
        self.preferences.cost_priority = Some(priority);
        self
    }

    /// Says how much speed matters, from 0.0 to 1.0.
    #[must_use]
    pub fn speed_priority(mut self, priority: f64) -> Self {
        self.preferences.speed_priority = Some(priority);
        self
    }

    /// Says how much ability matters, from 0.0 to 1.0.
    #[must_use]
    pub fn intelligence_priority(mut self, priority: f64) -> Self {
        self.preferences.intelligence_priority = Some(priority);
        self
    }

    /// Adds a tool that the model may use, where [`Context::can_sample_with_tools`].
    #[must_use]
    pub fn tool(mut self, tool: SamplingTool) -> Self {
        self.tools.push(tool);
        self
    }

    /// Says whether the model must use a tool.
    #[must_use]
    pub fn tool_choice(mut self, choice: ToolChoice) -> Self {
        self.tool_choice = Some(choice);
        self
    }

    /// Names the question, instead of by its place among those of the call.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }
}

impl Ask for Sampling {
    type Answer = Sampled;

    fn questions(&mut self, questions: &mut Vec<Question>) -> Result<()> {
        let key = self.key.take();
        let request = std::mem::replace(self, Self::new(""));
        questions.push(Question { key, ask: wit::Ask::Sample(request.into()) });
        Ok(())
    }

    fn answer(self, replies: &mut Replies) -> Result<Sampled> {
        match replies.next() {
            Some(wit::Reply::Sampled(sampled)) => sampled.try_into(),
            _ => Err(unexpected("its model's words")),
        }
    }
}

impl Context {
    /// Whether the client lets its model answer.
    pub fn can_sample(&self) -> bool {
        self.replay.can(wit::ClientFeatures::SAMPLING)
    }

    /// Whether the client lets its model answer, and use tools that the plugin runs.
    pub fn can_sample_with_tools(&self) -> bool {
        self.replay.can(wit::ClientFeatures::SAMPLING | wit::ClientFeatures::SAMPLING_TOOLS)
    }

    /// Asks the client's model: a text will do, or a whole [`Sampling`]. See [`ask`](crate::ask) for how a function waits.
    ///
    /// # Errors
    ///
    /// As of [`Self::ask`].
    pub fn sample(&mut self, question: impl Into<Sampling>) -> Result<Sampled> {
        self.ask(question.into())
    }
}

impl From<&str> for Sampling {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Sampling {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}
