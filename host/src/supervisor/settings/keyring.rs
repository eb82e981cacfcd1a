//! Secrets of the keyring that change while the host runs: no keyring tells of it, so `barkeep secret` does, by a file.

use std::path::PathBuf;
use std::sync::Arc;

use futures::FutureExt as _;
use tokio::task::JoinHandle;

use crate::capability::secrets::Secrets;
use crate::supervisor::stamp::Stamp;

/// Follows the file.
#[derive(Default)]
pub(super) struct Follower {
    notice: Option<PathBuf>,
    seen: Option<Stamp>,
    /// The keyring is being asked: it may wait for a person, and nothing else waits for it.
    asked: Option<JoinHandle<Option<Secrets>>>,
}

impl Follower {
    pub(super) fn of(notice: Option<PathBuf>) -> Self {
        let seen = notice.as_deref().and_then(Stamp::of);
        Self { notice, seen, asked: None }
    }

    /// The file.
    pub(super) fn notice(&self) -> Option<&PathBuf> {
        self.notice.as_ref()
    }

    /// Whether the keyring has yet to answer.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// Begins to ask the keyring again where the file changed. Gives `secrets` with what it told, once it differs.
    pub(super) fn follow(&mut self, secrets: &Arc<Secrets>) -> Option<Secrets> {
        let stamp = self.notice.as_deref().and_then(Stamp::of);
        if stamp != self.seen && self.asked.is_none() {
            self.seen = stamp;
            let secrets = Arc::clone(secrets);
            self.asked = Some(tokio::spawn(async move { secrets.fetched_again().await }));
        }
        let told = self.asked.as_mut()?.now_or_never()?;
        self.asked = None;
        told.ok().flatten().map(|told| secrets.with_keyring_of(&told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::secrets::Secret;
    use crate::capability::secrets::keyring::tests::in_memory;

    #[tokio::test]
    async fn a_secret_of_the_keyring_that_changed_is_taken_in_when_the_file_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let notice = folder.path().join("secrets-changed");
        let (keyring, name) = (in_memory(), "BARKEEP_KEPT".parse().expect("a name"));
        let secrets = Arc::new(Secrets::of_keyring(keyring.clone()));
        secrets.fetch([&name]).await;
        let mut follower = Follower::of(Some(notice.clone()));
        keyring.set(&name, &Secret::new("now".to_owned())).await.expect("kept");
        assert!(follower.follow(&secrets).is_none() && !follower.is_asked(), "nobody told");

        std::fs::write(&notice, "1").expect("written");
        let told = loop {
            if let Some(told) = follower.follow(&secrets) {
                break told;
            }
            assert!(follower.is_asked());
            tokio::task::yield_now().await;
        };
        assert_eq!(told.get(&name).expect("it is there").reveal(), "now");
        assert!(!follower.is_asked());

        let told = Arc::new(told);
        std::fs::write(&notice, "again").expect("written");
        assert!(follower.follow(&told).is_none() && follower.is_asked());
        while follower.is_asked() {
            assert!(follower.follow(&told).is_none(), "nothing changed");
            tokio::task::yield_now().await;
        }
    }
}
