//! What a plugin's calls lack, and whether somebody is asked for it.

use std::sync::{Mutex, PoisonError};

use super::outcome::CallError;
use crate::capability::{Denial, Grants};
use crate::config::{Consent, PluginConfig};
use crate::runtime::Ended;
use crate::runtime::bindings::barkeep::plugin::types;

/// Whom to ask for a grant that a call lacks, and for what not.
#[derive(Debug, Default)]
pub(super) struct Asks {
    pub(super) consent: Consent,
    pub(super) never: Grants,
}

impl Asks {
    /// As the configuration says.
    pub(super) fn of(config: &PluginConfig) -> Self {
        Self { consent: config.consent.unwrap_or_default(), never: config.never.clone() }
    }
}

/// What was refused to a call that failed, which is likely why.
#[derive(Debug, Default)]
pub struct Refused(Mutex<Vec<Denial>>);

impl Refused {
    pub(super) fn set(&self, denied: Vec<Denial>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = denied;
    }

    /// What came of a call. What was refused to one that did well anyway is nobody's business.
    pub(super) fn settle<T>(&self, ended: Ended<Result<T, types::Error>>) -> Result<T, CallError> {
        let denied = ended.denied.clone();
        let (value, _) = CallError::sort(ended).inspect_err(|_| self.set(denied))?;
        Ok(value)
    }

    /// Takes it out.
    pub fn take(&self) -> Vec<Denial> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
