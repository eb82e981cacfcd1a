//! In which folders the client works.

use super::replay::Question;
use super::{Ask, Replies, unexpected};
use crate::bindings::imports::barkeep::plugin::types as wit;
use crate::{Context, Error, Result};

/// A folder or file that the client works in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// A `file:` URI.
    pub uri: String,
    /// A name for people.
    pub name: Option<String>,
}

impl Root {
    /// The folder or file of the URI `uri`.
    pub fn new(uri: impl Into<String>) -> Self {
        Self { uri: uri.into(), name: None }
    }

    /// Sets the name for people.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// Asks in which folders the client works.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    key: Option<String>,
}

impl Roots {
    /// The question.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the question, instead of by its place among those of the call.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }
}

impl Ask for Roots {
    type Answer = Vec<Root>;

    fn questions(&mut self, questions: &mut Vec<Question>) -> Result<()> {
        questions.push(Question { key: self.key.take(), ask: wit::Ask::ListRoots });
        Ok(())
    }

    fn answer(self, replies: &mut Replies) -> Result<Vec<Root>> {
        match replies.next() {
            Some(wit::Reply::Roots(roots)) => Ok(roots.into_iter().map(Root::from).collect()),
            _ => Err(unexpected("roots")),
        }
    }
}

impl Context {
    /// Whether the client can be asked in which folders it works.
    pub fn can_list_roots(&self) -> bool {
        self.replay.can(wit::ClientFeatures::ROOTS)
    }

    /// In which folders the client works. See [`ask`](crate::ask) for how a function waits.
    ///
    /// They are the client's own paths, for the model and the person; what this plugin may read is what was granted to it.
    ///
    /// # Errors
    ///
    /// As of [`Self::ask`].
    pub fn roots(&mut self) -> Result<Vec<Root>, Error> {
        self.ask(Roots::new())
    }
}
