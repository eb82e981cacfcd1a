//! Questions for the client: a form or a page for the person, a question for the client's model, the folders it works in.
//!
//! A function asks where it stands, and goes on with the answer:
//!
//! ```
//! use barkeep_sdk::prelude::*;
//!
//! #[arguments]
//! struct Order {
//!     /// How many.
//!     #[schemars(range(min = 1, max = 12))]
//!     bottles: u8,
//! }
//!
//! /// Orders wine.
//! #[tool]
//! fn order_wine(context: &mut Context) -> Result<String> {
//!     let Some(order) = context.elicit::<Order>("How much wine?")?.accepted() else {
//!         return Ok("Nothing was ordered.".into());
//!     };
//!     let note = context.sample(Sampling::new("Write a friendly note for a wine merchant.").max_tokens(200))?;
//!     Ok(format!("{} bottles: {}", order.bottles, note.text()))
//! }
//!
//! plugin! { tools: [order_wine] }
//! # fn main() {
//!
//! // In a test, natively:
//! use barkeep_sdk::testing::Client;
//!
//! let mut client = Client::new().accept(json!({ "bottles": 6 })).say("Cheers!");
//! let ordered = client.call_tool(&PLUGIN, "order_wine", json!({}));
//! assert_eq!(ordered, Ok(ToolResult::text("6 bottles: Cheers!")));
//! assert_eq!(client.rounds(), 3);
//! # }
//! ```
//!
//! # A function that asks is run again
//!
//! No instance waits while a person thinks. With the first question, the call ends: `?` carries an error out of the function that
//! nobody sees, and the host asks. When the answers are there, the function **runs again from its start**, on a fresh instance,
//! and each question that was answered gives its answer at once. So:
//!
//! - What has an effect belongs after the last question: what stands before one happens again.
//! - What stands before a question must come to the same question. What differs each time, such as the time of day or what a
//!   server says, or must not happen twice, goes through [`Context::once`]. A question that is another than the one that was
//!   answered is an error.
//! - Hand the error on with `?`. A function that does not still waits for its answer, but what it does instead is done in vain.
//! - The answers so far, and what `once` remembers, travel to the client and back, sealed: 256 KiB at most. A call has 10 rounds of
//!   questions at most.
//!
//! # Several at once
//!
//! [`Context::ask`] takes a question, a tuple of them or a `Vec`, and asks all of it in one round; 16 at most.
//!
//! ```
//! use barkeep_sdk::ask::Roots;
//! use barkeep_sdk::prelude::*;
//!
//! #[arguments]
//! struct Name {
//!     name: String,
//! }
//!
//! /// Greets.
//! #[tool]
//! fn greet(context: &mut Context) -> Result<String> {
//!     let name = Elicit::<Name>::new("What is your name?");
//!     let (name, greeting, roots) = context.ask((name, Sampling::new("Say hello in Latin."), Roots::new()))?;
//!     let name = name.accepted().map_or("you".into(), |form| form.name);
//!     Ok(format!("{}, {name} with {} folders!", greeting.text(), roots.len()))
//! }
//! ```
//!
//! # What a client can be asked
//!
//! It says so itself, and the user grants it with `client = [...]` in `barkeep.toml`. [`Context::can_elicit`] and its like tell.
//! The host refuses a question that cannot be asked, and with it the call: a function that can do without asks these first. In a
//! native test, such a call is [`Error::Unavailable`].

mod elicit;
mod form;
mod message;
mod replay;
mod roots;
mod sample;
#[cfg(test)]
mod tests;

use std::vec::IntoIter;

use crate::bindings::imports::barkeep::plugin::types as wit;
use crate::{Context, Error, Result};

pub use elicit::{Elicit, ElicitUrl, Elicited, Form};
pub use message::{Sampled, SamplingContent, SamplingMessage, ToolUse, ToolUseResult};
#[doc(hidden)]
pub use replay::Question;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use replay::round_by_itself;
pub(crate) use replay::{Outcome, Replay, round};
pub use roots::{Root, Roots};
pub use sample::{ModelPreferences, Sampling, SamplingTool, ToolChoice};

/// The replies to the questions of one round, in their order.
#[doc(hidden)]
pub type Replies = IntoIter<wit::Reply>;

/// What can be asked: [`Elicit`], [`ElicitUrl`], [`Sampling`], [`Roots`], a tuple of up to eight of these, or a `Vec`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no question for the client",
    note = "a question is an `Elicit`, `ElicitUrl`, `Sampling`, `Roots`, a tuple or a `Vec` of these"
)]
pub trait Ask {
    /// What comes back.
    type Answer;

    #[doc(hidden)]
    fn questions(&mut self, questions: &mut Vec<Question>) -> Result<()>;

    #[doc(hidden)]
    fn answer(self, replies: &mut Replies) -> Result<Self::Answer>;
}

impl<T: Ask> Ask for Vec<T> {
    type Answer = Vec<T::Answer>;

    fn questions(&mut self, questions: &mut Vec<Question>) -> Result<()> {
        self.iter_mut().try_for_each(|ask| ask.questions(questions))
    }

    fn answer(self, replies: &mut Replies) -> Result<Self::Answer> {
        self.into_iter().map(|ask| ask.answer(replies)).collect()
    }
}

macro_rules! tuples {
    ($(($($ask:ident)*))*) => {$(
        impl<$($ask: Ask),*> Ask for ($($ask,)*) {
            type Answer = ($($ask::Answer,)*);

            fn questions(&mut self, questions: &mut Vec<Question>) -> Result<()> {
                #[allow(non_snake_case, reason = "each variable is called like its type")]
                let ($($ask,)*) = self;
                $($ask.questions(questions)?;)*
                Ok(())
            }

            fn answer(self, replies: &mut Replies) -> Result<Self::Answer> {
                #[allow(non_snake_case, reason = "each variable is called like its type")]
                let ($($ask,)*) = self;
                Ok(($($ask.answer(replies)?,)*))
            }
        }
    )*};
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
}

/// A reply to another kind of question.
fn unexpected(what: &str) -> Error {
    Error::Other(format!("the client was asked for {what}, and answered something else"))
}

impl Context {
    /// Asks the client, all of `questions` in one round, and gives the answers in the same shape.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArguments`] when a form came back with what does not fit it, [`Error::Other`] when the questions cannot be
    /// asked as they are. Another error carries the function out while the client is being asked, or while the host refuses what
    /// this client cannot be asked: hand it on with `?`.
    pub fn ask<Q: Ask>(&mut self, mut questions: Q) -> Result<Q::Answer> {
        let mut list = Vec::new();
        questions.questions(&mut list)?;
        questions.answer(&mut self.replay.ask(list)?.into_iter())
    }
}
