//! Whether a generation is in force: calls begin with it and go on with it until it is granted less than it was.

use tokio_util::sync::CancellationToken;

/// How far one generation is in force. Clones are one.
#[derive(Debug, Clone, Default)]
pub(super) struct Force {
    /// Cancelled once its next calls are its successor's.
    replaced: CancellationToken,
    /// Cancelled once those that are under way are to end as well.
    taken_back: CancellationToken,
}

impl Force {
    pub(super) fn is_whole(&self) -> bool {
        !self.replaced.is_cancelled()
    }

    pub(super) fn give_way(&self) {
        self.replaced.cancel();
    }

    /// Tells whether it was not before.
    pub(super) fn take_back(&self) -> bool {
        self.give_way();
        let is_new = !self.taken_back.is_cancelled();
        self.taken_back.cancel();
        is_new
    }

    pub(super) async fn taken_back(&self) {
        self.taken_back.cancelled().await;
    }
}
