//! What keeps values: the host's own database, or a Redis server. Both promise the same.

use std::fmt;
use std::ops::RangeInclusive;

use async_trait::async_trait;

use super::{Limits, MAX_BATCH};

/// Keys of one page of a list.
pub(super) const PAGE: usize = 1000;

/// Which bucket of which plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) plugin: String,
    pub(super) bucket: String,
}

/// A value with what tells it from others that its key had.
pub(super) type Versioned = (i64, Vec<u8>);

/// Why an operation was not done. In words for guests: of the host, nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// It would be more than may be kept.
    #[error("the store is full")]
    Full,
    /// The value is no number, or the sum is none that the guest can hold.
    #[error("{0}")]
    Number(&'static str),
    /// Values of one answer that are too many bytes together.
    #[error("the values have more than {MAX_BATCH} bytes together; get fewer at once")]
    TooMuch,
    /// Others are at it.
    #[error("the store is busy; try again")]
    Busy,
    /// The database does not do what it should, or is not to be reached.
    #[error("the store does not answer")]
    Broken,
    /// Who keeps the values says why not.
    #[error("{0}")]
    Refused(&'static str),
}

impl Trouble {
    pub(super) const NO_NUMBER: Self = Self::Number("the value is no number");
    pub(super) const BEYOND: Self = Self::Number("the sum is beyond what a number can be");
}

/// Keeps values by bucket and key. What changes something happens whole or not at all, and as if nothing else did meanwhile,
/// whichever host it comes from; what [`Limits`] allow is never exceeded.
#[async_trait]
pub(super) trait Store: fmt::Debug + Send + Sync {
    /// The value of `key`, with its version.
    async fn get(&self, place: &Place, key: String) -> Result<Option<Versioned>, Trouble>;

    /// The values of `keys`, in their order: [`MAX_BATCH`] bytes together at the most.
    async fn get_many(&self, place: &Place, keys: Vec<String>) -> Result<Vec<(String, Option<Vec<u8>>)>, Trouble>;

    /// The version of `key`, if it is there.
    async fn version(&self, place: &Place, key: String) -> Result<Option<i64>, Trouble>;

    /// [`PAGE`] keys after `cursor` at the most, and where to go on, if there may be more. Who goes on so sees each key
    /// once that is there all the while.
    async fn list(&self, place: &Place, cursor: u64) -> Result<(Vec<String>, Option<u64>), Trouble>;

    /// Sets all of `values`, one after the other, or none of them.
    async fn set(&self, place: &Place, limits: Limits, values: Vec<(String, Vec<u8>)>) -> Result<(), Trouble>;

    /// Sets `key` if its version is `version`. Tells whether it is, or what it is.
    async fn swap(
        &self,
        place: &Place,
        limits: Limits,
        key: String,
        version: Option<i64>,
        value: Vec<u8>,
    ) -> Result<Result<(), Option<i64>>, Trouble>;

    /// Adds `delta` to the number of `key`. The sum must be within `range`, which is no wider than 64 bits are.
    async fn increment(
        &self,
        place: &Place,
        limits: Limits,
        key: String,
        delta: i128,
        range: RangeInclusive<i128>,
    ) -> Result<i128, Trouble>;

    /// Removes `keys`.
    async fn delete(&self, place: &Place, keys: Vec<String>) -> Result<(), Trouble>;
}
