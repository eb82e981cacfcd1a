//! A client that answers what a plugin under test asks.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

use crate::ask::{Outcome, Root, Sampled, Sampling, SamplingContent, SamplingMessage, round_by_itself};
use crate::bindings::imports::barkeep::plugin::types as wit;
use crate::{Context, Error, Plugin, PromptResult, ResourceContents, Result, Role, ToolResult};

/// Rounds of questions in one call: no more than a host allows.
const MOST_ROUNDS: usize = 10;

/// A client that gives the answers it was told to give, in their order, and makes calls as a host does: each round on a context
/// of its own, with the answers and the state of the one before.
///
/// It can be asked what it has answers for; a call that asks for more is [`Error::Unavailable`].
///
/// ```
/// use barkeep_sdk::prelude::*;
/// use barkeep_sdk::testing::{Client, Question};
///
/// #[arguments]
/// struct Age {
///     age: u8,
/// }
///
/// /// Sells wine.
/// #[tool]
/// fn buy_wine(context: &mut Context) -> Result<&'static str> {
///     match context.elicit::<Age>("How old are you?")? {
///         Elicited::Accepted(form) if form.age >= 18 => Ok("Here you are."),
///         _ => Ok("No wine for you."),
///     }
/// }
///
/// plugin! { tools: [buy_wine] }
/// # fn main() {
/// let mut client = Client::new().accept(json!({ "age": 30 })).decline();
/// assert_eq!(client.call_tool(&PLUGIN, "buy_wine", json!({})), Ok(ToolResult::text("Here you are.")));
/// assert!(matches!(client.asked(), [Question::Form { message, .. }] if message == "How old are you?"));
///
/// // A function by itself:
/// assert_eq!(client.run(buy_wine), Ok("No wine for you."));
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    features: wit::ClientFeatures,
    elicited: VecDeque<wit::ElicitResult>,
    sampled: VecDeque<Sampled>,
    roots: Vec<Root>,
    asked: Vec<Question>,
    rounds: usize,
}

/// What a client was asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// To show a form.
    Form {
        /// The question's name.
        key: String,
        /// What is asked, and why.
        message: String,
        /// The JSON Schema of the form.
        schema: Value,
    },
    /// To send the person to a page.
    Url {
        /// The question's name.
        key: String,
        /// What is asked, and why.
        message: String,
        /// The page.
        url: String,
        /// A name for this one visit.
        id: String,
    },
    /// To let its model answer. The question's name is in it.
    Sampling(Sampling),
    /// To tell which folders it works in.
    Roots {
        /// The question's name.
        key: String,
    },
}

impl Default for Client {
    fn default() -> Self {
        Self {
            features: wit::ClientFeatures::empty(),
            elicited: VecDeque::new(),
            sampled: VecDeque::new(),
            roots: Vec::new(),
            asked: Vec::new(),
            rounds: 0,
        }
    }
}

impl Client {
    /// A client that can be asked nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next form or page is accepted; a form is filled in with `content`, a page needs `()`.
    ///
    /// # Panics
    ///
    /// When `content` cannot be JSON.
    #[must_use]
    #[expect(clippy::panic, reason = "this is for tests alone")]
    pub fn accept(self, content: impl Serialize) -> Self {
        match serde_json::to_string(&content) {
            Ok(content) => self.elicited(wit::ElicitAction::Accept, Some(content).filter(|json| json != "null")),
            Err(error) => panic!("a form cannot be filled in with this: {error}"),
        }
    }

    /// The next form or page is declined.
    #[must_use]
    pub fn decline(self) -> Self {
        self.elicited(wit::ElicitAction::Decline, None)
    }

    /// The next form or page is closed without a choice.
    #[must_use]
    pub fn cancel(self) -> Self {
        self.elicited(wit::ElicitAction::Cancel, None)
    }

    fn elicited(mut self, action: wit::ElicitAction, content: Option<String>) -> Self {
        self.features |= wit::ClientFeatures::ELICITATION_FORM | wit::ClientFeatures::ELICITATION_URL;
        self.elicited.push_back(wit::ElicitResult { action, content });
        self
    }

    /// The model's next answer is this text. It can use no tools.
    #[must_use]
    pub fn say(mut self, text: impl Into<String>) -> Self {
        self.features |= wit::ClientFeatures::SAMPLING;
        self.sampled.push_back(Sampled {
            role: Role::Assistant,
            content: vec![SamplingContent::text(text)],
            model: "test".to_owned(),
            stop_reason: Some("endTurn".to_owned()),
        });
        self
    }

    /// The model's next answer is this message, such as the use of a tool.
    #[must_use]
    pub fn sample(mut self, answer: Sampled) -> Self {
        self.features |= wit::ClientFeatures::SAMPLING | wit::ClientFeatures::SAMPLING_TOOLS;
        self.sampled.push_back(answer);
        self
    }

    /// The client works in these folders, whenever it is asked.
    #[must_use]
    pub fn roots(mut self, roots: impl IntoIterator<Item = Root>) -> Self {
        self.features |= wit::ClientFeatures::ROOTS;
        self.roots = roots.into_iter().collect();
        self
    }

    /// All that was asked, in order.
    pub fn asked(&self) -> &[Question] {
        &self.asked
    }

    /// How often functions were run, in all calls.
    pub fn rounds(&self) -> usize {
        self.rounds
    }

    /// Runs the tool `name`.
    ///
    /// # Errors
    ///
    /// As of [`Plugin::call_tool`], and [`Error::Other`] when there is no answer to a question.
    pub fn call_tool(&mut self, plugin: &Plugin, name: &str, arguments: impl Into<Value>) -> Result<ToolResult> {
        let arguments = arguments.into().to_string();
        self.run(|context| plugin.call_tool_with(name, &arguments, context))
    }

    /// Reads the resource `uri`.
    ///
    /// # Errors
    ///
    /// As of [`Plugin::read_resource`], and [`Error::Other`] when there is no answer to a question.
    pub fn read_resource(&mut self, plugin: &Plugin, uri: &str) -> Result<Vec<ResourceContents>> {
        self.run(|context| plugin.read_resource_with(uri, context))
    }

    /// Fills in the prompt `name`.
    ///
    /// # Errors
    ///
    /// As of [`Plugin::get_prompt`], and [`Error::Other`] when there is no answer to a question.
    pub fn get_prompt(&mut self, plugin: &Plugin, name: &str, arguments: &[(&str, &str)]) -> Result<PromptResult> {
        let arguments: Vec<_> =
            arguments.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.run(|context| plugin.get_prompt_with(name, &arguments, context))
    }

    /// Runs a function, as often as it asks.
    ///
    /// # Errors
    ///
    /// Whatever the function fails with, and [`Error::Other`] when there is no answer to a question.
    pub fn run<T>(&mut self, mut function: impl FnMut(&mut Context) -> Result<T>) -> Result<T> {
        let (mut answers, mut state) = (Vec::new(), None);
        for earlier in 0..=MOST_ROUNDS {
            self.rounds += 1;
            let request = wit::RequestContext { features: self.features, answers, state };
            let asks = match round_by_itself(request, &mut function)? {
                Outcome::Complete(result) => return Ok(result),
                Outcome::Asks(_) if earlier == MOST_ROUNDS => break,
                Outcome::Asks(asks) => asks,
            };
            answers = asks.questions.into_iter().map(|question| self.answer(question)).collect::<Result<_>>()?;
            state = asks.state;
        }
        Err(Error::Other(format!("after {MOST_ROUNDS} rounds of questions, the client is still asked")))
    }

    fn answer(&mut self, wit::Question { key, ask }: wit::Question) -> Result<wit::Answer> {
        let question = question(key.clone(), ask)?;
        let reply = match &question {
            Question::Form { .. } | Question::Url { .. } => self.elicited.pop_front().map(wit::Reply::Elicited),
            Question::Sampling(_) => self.sampled.pop_front().map(|sampled| wit::Reply::Sampled(sampled.into())),
            Question::Roots { .. } => {
                let root = |Root { uri, name }: Root| wit::Root { uri, name };
                Some(wit::Reply::Roots(self.roots.iter().cloned().map(root).collect()))
            }
        };
        let reply = reply.ok_or_else(|| Error::Other(format!("the test's client has no answer to {question:?}")));
        self.asked.push(question);
        Ok(wit::Answer { key, reply: reply? })
    }
}

fn question(key: String, ask: wit::Ask) -> Result<Question> {
    Ok(match ask {
        wit::Ask::ElicitForm(wit::ElicitForm { message, requested_schema }) => {
            Question::Form { key, message, schema: serde_json::from_str(&requested_schema)? }
        }
        wit::Ask::ElicitUrl(wit::ElicitUrl { message, url, elicitation_id }) => {
            Question::Url { key, message, url, id: elicitation_id }
        }
        wit::Ask::Sample(request) => Question::Sampling(Sampling { key: Some(key), ..request.try_into()? }),
        wit::Ask::ListRoots => Question::Roots { key },
    })
}

impl From<Sampled> for wit::SamplingResult {
    fn from(sampled: Sampled) -> Self {
        let wit::SamplingMessage { role, content } =
            SamplingMessage { role: sampled.role, content: sampled.content }.into();
        Self { role, content, model: sampled.model, stop_reason: sampled.stop_reason }
    }
}
