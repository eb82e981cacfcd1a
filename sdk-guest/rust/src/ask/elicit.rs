//! Questions for the person: a form, or a page to visit.

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::replay::Question;
use super::{Ask, Replies, form, unexpected};
use crate::bindings::imports::barkeep::plugin::types as wit;
use crate::{Context, Error, Result};

/// What the person did with a form or a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elicited<T> {
    /// Agreed: this is what was filled in.
    Accepted(T),
    /// Said no.
    Declined,
    /// Closed it without a choice.
    Cancelled,
}

impl<T> Elicited<T> {
    /// What was filled in, where the person agreed.
    pub fn accepted(self) -> Option<T> {
        match self {
            Self::Accepted(form) => Some(form),
            Self::Declined | Self::Cancelled => None,
        }
    }

    /// Whether the person agreed.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }
}

/// A type that a form can be made of: a struct whose fields are texts, numbers, `bool`s, enums without fields, or lists of such
/// enums; an `Option` of one of these need not be filled in.
///
/// Doc comments and `#[schemars(title = "...")]` label the fields, those of an enum's variants its choices; `range`, `length`
/// and the formats `email`, `uri`, `date` and `date-time` are checked by the client.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be a form", label = "put `#[arguments]` on this struct")]
pub trait Form: DeserializeOwned + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema> Form for T {}

/// Asks the person to fill in a form.
///
/// ```
/// use barkeep_sdk::prelude::*;
///
/// #[arguments]
/// struct Seat {
///     /// Your name.
///     name: String,
///     #[schemars(extend("format" = "email"))]
///     email: Option<String>,
///     class: Class,
/// }
///
/// #[arguments]
/// enum Class {
///     /// Cheap and cheerful.
///     Second,
///     /// With a table of one's own.
///     First,
/// }
///
/// /// Reserves a seat.
/// #[tool]
/// fn reserve(context: &mut Context) -> Result<String> {
///     match context.ask(Elicit::<Seat>::new("Where would you like to sit?"))? {
///         Elicited::Accepted(seat) => Ok(format!("There is a seat for {}.", seat.name)),
///         Elicited::Declined | Elicited::Cancelled => Ok("No seat was reserved.".into()),
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Elicit<T> {
    message: String,
    key: Option<String>,
    schema: Option<Value>,
    form: PhantomData<fn() -> T>,
}

impl<T: Form> Elicit<T> {
    /// A form of the type `T`; `message` tells what is asked, and why.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), key: None, schema: None, form: PhantomData }
    }

    /// Names the question, instead of by its place among those of the call.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }
}

impl Elicit<Value> {
    /// A form that is only known when the plugin runs: `schema` is the JSON Schema of an object.
    pub fn with_schema(message: impl Into<String>, schema: Value) -> Self {
        Self { schema: Some(schema), ..Self::new(message) }
    }
}

impl<T: Form> Ask for Elicit<T> {
    type Answer = Elicited<T>;

    fn questions(&mut self, questions: &mut Vec<Question>) -> Result<()> {
        let schema = match self.schema.take() {
            Some(schema) => form::flat("this schema", schema),
            None => form::of::<T>(),
        }?;
        let message = std::mem::take(&mut self.message);
        let form = wit::ElicitForm { message, requested_schema: schema.to_string() };
        questions.push(Question { key: self.key.take(), ask: wit::Ask::ElicitForm(form) });
        Ok(())
    }

    fn answer(self, replies: &mut Replies) -> Result<Elicited<T>> {
        elicited(replies, |content| {
            serde_json::from_str(content.as_deref().unwrap_or("{}"))
                .map_err(|error| Error::InvalidArguments(format!("what was filled in does not fit the form: {error}")))
        })
    }
}

/// Asks the person to visit a page, for what must not pass through the client: a sign-in, a payment.
#[derive(Debug, Clone)]
pub struct ElicitUrl {
    page: wit::ElicitUrl,
    key: Option<String>,
}

impl ElicitUrl {
    /// The page `url`; `message` tells what is asked, and why. `id` is a name for this one visit that is unique to the plugin: where
    /// it is made up, by [`Context::once`].
    pub fn new(message: impl Into<String>, url: impl Into<String>, id: impl Into<String>) -> Self {
        let page = wit::ElicitUrl { message: message.into(), url: url.into(), elicitation_id: id.into() };
        Self { page, key: None }
    }

    /// Names the question, instead of by its place among those of the call.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }
}

impl Ask for ElicitUrl {
    type Answer = Elicited<()>;

    fn questions(&mut self, questions: &mut Vec<Question>) -> Result<()> {
        questions.push(Question { key: self.key.take(), ask: wit::Ask::ElicitUrl(self.page.clone()) });
        Ok(())
    }

    fn answer(self, replies: &mut Replies) -> Result<Elicited<()>> {
        elicited(replies, |_| Ok(()))
    }
}

fn elicited<T>(replies: &mut Replies, read: impl FnOnce(Option<String>) -> Result<T>) -> Result<Elicited<T>> {
    let Some(wit::Reply::Elicited(result)) = replies.next() else { return Err(unexpected("the person's choice")) };
    match result.action {
        wit::ElicitAction::Accept => read(result.content).map(Elicited::Accepted),
        wit::ElicitAction::Decline => Ok(Elicited::Declined),
        wit::ElicitAction::Cancel => Ok(Elicited::Cancelled),
    }
}

impl Context {
    /// Whether the client shows forms to the person.
    pub fn can_elicit(&self) -> bool {
        self.replay.can(wit::ClientFeatures::ELICITATION_FORM)
    }

    /// Whether the client sends the person to pages.
    pub fn can_elicit_url(&self) -> bool {
        self.replay.can(wit::ClientFeatures::ELICITATION_URL)
    }

    /// Shows the person a form of the type `T`; `message` tells what is asked, and why. See [`ask`](crate::ask) for how a
    /// function waits.
    ///
    /// Forms are no place for passwords and the like: see [`Self::elicit_url`].
    ///
    /// # Errors
    ///
    /// As of [`Self::ask`]; [`Error::Other`] names the field that no form can have.
    pub fn elicit<T: Form>(&mut self, message: impl Into<String>) -> Result<Elicited<T>> {
        self.ask(Elicit::new(message))
    }

    /// Sends the person to the page `url`. Accepted means that the person went there, not that all is done there.
    ///
    /// # Errors
    ///
    /// As of [`Self::ask`].
    pub fn elicit_url(
        &mut self,
        message: impl Into<String>,
        url: impl Into<String>,
        id: impl Into<String>,
    ) -> Result<Elicited<()>> {
        self.ask(ElicitUrl::new(message, url, id))
    }
}
