//! How a function that asks is run again: what was answered is given to it, what was not is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bindings::imports::barkeep::plugin::types as wit;
use crate::{Context, Error, Result};

/// Questions that are asked together: a person or a model answers each.
const MOST_QUESTIONS: usize = 16;

/// Bytes of the state: it travels with the questions to the client and back.
const LARGEST_STATE: usize = 256 * 1024;

/// One question, before it has its key.
#[derive(Debug)]
pub struct Question {
    pub(super) key: Option<String>,
    pub(super) ask: wit::Ask,
}

/// What is known of the rounds before this one, and what this one asks.
#[derive(Debug)]
pub struct Replay {
    features: wit::ClientFeatures,
    /// What came with the call: read when a function first needs it, since most ask nothing.
    state: Option<String>,
    answers: Vec<wit::Answer>,
    past: Option<State>,
    /// The keys of this run, in whose order questions are told apart.
    keys: BTreeSet<String>,
    questions: Option<wit::InputRequired>,
}

/// The state string, as JSON.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// What was answered, by key.
    answers: BTreeMap<String, Answered>,
    /// The questions that were asked with this state, by key: each one's mark.
    asked: BTreeMap<String, u64>,
    /// What the function wants to have computed only once.
    once: BTreeMap<String, Value>,
}

/// The answer to the question of this mark.
#[derive(Debug, Serialize, Deserialize)]
struct Answered {
    mark: u64,
    reply: wit::Reply,
}

impl Default for Replay {
    fn default() -> Self {
        Self::new(wit::RequestContext { features: wit::ClientFeatures::empty(), answers: Vec::new(), state: None })
    }
}

impl Replay {
    fn new(request: wit::RequestContext) -> Self {
        Self {
            features: request.features,
            state: request.state,
            answers: request.answers,
            past: None,
            keys: BTreeSet::new(),
            questions: None,
        }
    }

    /// Whether the client can be asked all of this.
    pub(super) fn can(&self, features: wit::ClientFeatures) -> bool {
        self.features.contains(features)
    }

    /// The replies to these questions, in their order; an error when one has none yet, and is asked for that.
    pub(super) fn ask(&mut self, questions: Vec<Question>) -> Result<Vec<wit::Reply>> {
        self.go_on()?;
        let mut replies = Vec::new();
        let mut missing = Vec::new();
        let mut asked = BTreeMap::new();
        for Question { key, ask } in questions {
            let key = key.unwrap_or_else(|| format!("q{}", self.keys.len() + 1));
            if !self.keys.insert(key.clone()) {
                return Err(Error::Other(format!("two questions of one call have the key `{key}`")));
            }
            let mark = mark(&ask)?;
            match self.past()?.answers.get(&key) {
                Some(answered) if answered.mark == mark => replies.push(answered.reply.clone()),
                Some(_) => return Err(other_path(&key)),
                None => {
                    asked.insert(key.clone(), mark);
                    missing.push(wit::Question { key, ask });
                }
            }
        }
        if missing.is_empty() {
            return Ok(replies);
        }
        if missing.len() > MOST_QUESTIONS {
            let count = missing.len();
            return Err(Error::Other(format!("{count} questions are asked at once; {MOST_QUESTIONS} can be")));
        }
        let refused = missing.iter().find_map(|question| refusal(self.features, &question.ask));
        let past = self.past()?;
        past.asked = asked;
        let state = serde_json::to_string(past)?;
        if state.len() > LARGEST_STATE {
            return Err(Error::Other(format!(
                "what this call keeps while it waits has {} bytes, and may have {LARGEST_STATE}: it is the answers so far and what `Context::once` remembers",
                state.len()
            )));
        }
        self.questions = Some(wit::InputRequired { questions: missing, state: Some(state) });
        // The host refuses what cannot be asked, in its own way: these words are for functions that are run without one.
        Err(refused.unwrap_or_else(waiting))
    }

    /// An error while the client is being asked: nothing that comes after the question runs before the answer.
    fn go_on(&self) -> Result<()> {
        self.questions.as_ref().map_or(Ok(()), |_| Err(waiting()))
    }

    fn past(&mut self) -> Result<&mut State> {
        let past = match self.past.take() {
            Some(past) => past,
            None => read(self.state.as_deref(), &mut self.answers)?,
        };
        Ok(self.past.insert(past))
    }
}

/// Why a client with these features cannot be asked this; nothing where it can.
fn refusal(features: wit::ClientFeatures, ask: &wit::Ask) -> Option<Error> {
    let (feature, words) = match ask {
        wit::Ask::ElicitForm(_) => (wit::ClientFeatures::ELICITATION_FORM, "show a form to the person"),
        wit::Ask::ElicitUrl(_) => (wit::ClientFeatures::ELICITATION_URL, "send the person to a page"),
        wit::Ask::Sample(request) if !request.tools.is_empty() || request.tool_choice.is_some() => {
            (wit::ClientFeatures::SAMPLING | wit::ClientFeatures::SAMPLING_TOOLS, "let its model use tools")
        }
        wit::Ask::Sample(_) => (wit::ClientFeatures::SAMPLING, "let its model answer"),
        wit::Ask::ListRoots => (wit::ClientFeatures::ROOTS, "tell which folders it works in"),
    };
    let words = || format!("this needs a client that can be asked to {words}, and this one cannot");
    (!features.contains(feature)).then(|| Error::Unavailable(words()))
}

/// What is known in a round: the state of the one before, and the answers to what that asked. Other answers are nobody's.
fn read(state: Option<&str>, answers: &mut Vec<wit::Answer>) -> Result<State> {
    let Some(state) = state else { return Ok(State::default()) };
    let mut state: State = serde_json::from_str(state).map_err(|_| {
        Error::other("this call cannot go on: the plugin that asked has been replaced by another version; call again")
    })?;
    for wit::Answer { key, reply } in answers.drain(..) {
        if let Some(mark) = state.asked.remove(&key) {
            state.answers.insert(key, Answered { mark, reply });
        }
    }
    Ok(state)
}

/// What ends a function whose answers are not there yet. Whether it is this that the function returns does not matter.
fn waiting() -> Error {
    Error::other("the client has been asked, and the call goes on when it has answered")
}

fn other_path(key: &str) -> Error {
    Error::Other(format!(
        "the question `{key}` is not the one that was answered: the call took another path when it was run again. What comes before a question must be the same each time, or be remembered by `Context::once`"
    ))
}

/// A number by which a question is known again (FNV-1a, 64 bits).
fn mark(ask: &wit::Ask) -> Result<u64> {
    struct Hash(u64);

    impl io::Write for Hash {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    serde_json::to_writer(&mut hash, ask)?;
    Ok(hash.0)
}

impl Context {
    /// The value that `compute` gave in the first run of this call, under the key `key`.
    ///
    /// A function that asks is run again from its start with the answers. What it must not do twice before a question, or
    /// what would differ the second time, belongs in here: the value is JSON, and is kept with the questions.
    ///
    /// ```
    /// use barkeep_sdk::prelude::*;
    ///
    /// /// Orders a taxi.
    /// #[tool]
    /// fn order(context: &mut Context) -> Result<String> {
    ///     let offer: u64 = context.once("offer", || {
    ///         let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    ///         Ok(now.as_secs())
    ///     })?;
    ///     let page = format!("https://taxi.example/{offer}");
    ///     let paid = context.elicit_url("Pay in advance.", page, offer.to_string())?;
    ///     Ok(if paid.is_accepted() { format!("Taxi {offer} comes.") } else { "No taxi.".into() })
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Whatever `compute` fails with, which is not kept, and what cannot be JSON.
    pub fn once<T: Serialize + DeserializeOwned>(
        &mut self,
        key: &str,
        compute: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.replay.go_on()?;
        if let Some(value) = self.replay.past()?.once.get(key) {
            return Ok(T::deserialize(value)?);
        }
        let value = compute()?;
        let kept = serde_json::to_value(&value)?;
        self.replay.past()?.once.insert(key.to_owned(), kept);
        Ok(value)
    }
}

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Outcome<T> {
    /// With what was asked for.
    Complete(T),
    /// With questions.
    Asks(wit::InputRequired),
}

/// Runs one round of a call. What counts is whether the client was asked, not what the function made of it.
pub(crate) fn round<T>(
    request: wit::RequestContext,
    run: impl FnOnce(&mut Context) -> Result<T>,
) -> Result<Outcome<T>, Error> {
    let mut context = Context { replay: Replay::new(request) };
    let result = run(&mut context);
    match context.replay.questions {
        Some(questions) => Ok(Outcome::Asks(questions)),
        None => result.map(Outcome::Complete),
    }
}

/// Runs one round of a call where there is no host: what cannot be asked is refused as a host would.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn round_by_itself<T>(
    request: wit::RequestContext,
    run: impl FnOnce(&mut Context) -> Result<T>,
) -> Result<Outcome<T>, Error> {
    let features = request.features;
    let outcome = round(request, run)?;
    if let Outcome::Asks(asks) = &outcome
        && let Some(refused) = asks.questions.iter().find_map(|question| refusal(features, &question.ask))
    {
        return Err(refused);
    }
    Ok(outcome)
}
