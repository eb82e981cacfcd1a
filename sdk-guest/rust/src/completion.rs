//! Values that would fit an argument.

use crate::{Error, Result};

/// The most values that the protocol carries.
pub(crate) const MOST: usize = 100;

/// Values that would fit what was typed so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// The values, best first; 100 reach the client.
    pub values: Vec<String>,
    /// How many there are in all, where known.
    pub total: Option<u32>,
    /// Whether there are more than these, where known.
    pub has_more: Option<bool>,
}

impl Completion {
    /// These values, and no others.
    pub fn new(values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut values: Vec<String> = values.into_iter().map(Into::into).collect();
        let total = u32::try_from(values.len()).ok();
        let has_more = Some(values.len() > MOST);
        values.truncate(MOST);
        Self { values, total, has_more }
    }
}

/// What the function of a completion may return.
#[diagnostic::on_unimplemented(
    message = "a completion cannot return `{Self}`",
    note = "it returns a `Vec<String>`, `Vec<&str>`, `Completion`, or a `Result` of one of these"
)]
pub trait IntoCompletion {
    /// The values.
    fn into_completion(self) -> Result<Completion>;
}

impl IntoCompletion for Completion {
    fn into_completion(self) -> Result<Completion> {
        Ok(self)
    }
}

impl<T: Into<String>> IntoCompletion for Vec<T> {
    fn into_completion(self) -> Result<Completion> {
        Ok(Completion::new(self))
    }
}

impl<T: IntoCompletion, E: Into<Error>> IntoCompletion for Result<T, E> {
    fn into_completion(self) -> Result<Completion> {
        self.map_err(Into::into)?.into_completion()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_values_than_the_protocol_carries_are_counted_and_cut() {
        let many: Vec<String> = (0..250).map(|number| number.to_string()).collect();
        let completion = many.into_completion().unwrap();
        assert_eq!(completion.values.len(), 100);
        assert_eq!((completion.total, completion.has_more), (Some(250), Some(true)));
    }

    #[test]
    fn few_values_are_all_there_are() {
        let expected = Completion { values: vec!["a".into()], total: Some(1), has_more: Some(false) };
        assert_eq!(vec!["a"].into_completion(), Ok(expected));
    }
}
