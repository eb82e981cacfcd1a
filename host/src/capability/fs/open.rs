//! How many files and folders are open at once.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Files and folders that one call may have open at once. What walks a tree has one for each level of it, what compares
/// or merges has a few; no honest tool has had as many.
pub(super) const MAX_OF_CALL: usize = 128;

/// Files and folders that all calls of one plugin may have open at once. A process has 1,024 as a rule, up to ten times as
/// many where it may ask for more, and one plugin must leave some to the others.
pub(super) const MAX_OF_PLUGIN: usize = 512;

/// Whatever holds a descriptor of the operating system while it lives.
type Holder = Weak<dyn Any + Send + Sync>;

/// What is open. Handles, streams and reads under way share one descriptor, so it is not the handles that are counted but
/// what they share.
pub(super) struct Open {
    most: usize,
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    holders: Vec<Holder>,
    opening: usize,
}

/// Room for one more, until it is open.
pub(super) struct Room(Arc<Open>);

impl Open {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, counted: Mutex::default() })
    }

    /// How many there may be.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Room for one more; none, when there is no more.
    pub(super) fn room(self: &Arc<Self>) -> Option<Room> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.holders.len() + counted.opening >= self.most {
            // What was closed is only looked for now, which is seldom.
            counted.holders.retain(|holder| holder.strong_count() > 0);
            if counted.holders.len() + counted.opening >= self.most {
                return None;
            }
        }
        counted.opening += 1;
        Some(Room(Arc::clone(self)))
    }
}

impl Room {
    /// It is taken for as long as `holder` lives.
    pub(super) fn taken_by<T: Any + Send + Sync>(self, holder: &Arc<T>) {
        let holder: Holder = Arc::<T>::downgrade(holder);
        self.0.counted.lock().unwrap_or_else(PoisonError::into_inner).holders.push(holder);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.0.counted.lock().unwrap_or_else(PoisonError::into_inner).opening -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_many_and_again_for_what_is_closed() {
        let open = Open::new(3);
        let mut files: Vec<Arc<u8>> = (0..2).map(Arc::new).collect();
        for file in &files {
            open.room().expect("there is room").taken_by(file);
        }
        let opening = open.room().expect("there is room");
        assert!(open.room().is_none());
        drop(opening);
        let shared = Arc::clone(&files[0]);
        files.clear();
        open.room().expect("one was closed").taken_by(&shared);
        let rooms: Vec<Room> = std::iter::from_fn(|| open.room()).collect();
        // One that still lives in another hand was counted twice here, once by each room that it took.
        assert_eq!(rooms.len(), 1);
    }
}
