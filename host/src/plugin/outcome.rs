//! How a call ended.

use crate::runtime::bindings::barkeep::plugin::types;
use crate::runtime::{Ended, Failure};

/// Why a call has no result.
#[derive(Debug, Clone)]
pub enum CallError {
    /// The plugin says no, in its own words.
    Guest(types::Error),
    /// The host ended the call.
    Host(Failure),
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        Self::Host(failure)
    }
}

/// How a call ended that may ask the client first.
#[derive(Debug, Clone)]
pub enum Outcome<T> {
    /// With a result.
    Complete(T),
    /// With questions for the client.
    InputRequired(types::InputRequired),
}

impl CallError {
    /// Tells apart what the guest gave, its own failure and the host's; failures are told what was refused before.
    pub(super) fn sort<T>(ended: Ended<Result<T, types::Error>>) -> Result<(T, Vec<String>), Self> {
        let Ended { result, denied } = ended;
        let denied: Vec<String> = denied.into_iter().map(|denial| denial.sentence).collect();
        match result {
            Ok(Ok(value)) => Ok((value, denied)),
            Ok(Err(error)) => Err(Self::Guest(error.after(&denied))),
            Err(failure) => Err(Self::Host(failure.after(denied))),
        }
    }
}
