//! Room for large answers while they are made ready for clients: as MCP has them, their JSON read and held against its schema.

use tokio::sync::{Semaphore, SemaphorePermit};

use super::handle::Plugin;
use crate::runtime::Failure;
use crate::runtime::bindings::barkeep::plugin::types as wit;
use crate::runtime::bindings::exports::barkeep::plugin::{prompts, resources, tools};

/// Bytes of an answer from which on they are counted.
const LARGE: usize = 64 * 1024;

/// KiB of large answers that all calls may hold together, as much as of large arguments: four of the largest that a plugin
/// gives unless said. Made ready they are several times that. While guests run, their answers lie in their own memory; the
/// host takes one in at once for each processor at the most.
const HELD: u32 = 256 * 1024;

static ROOM: Room = Room::new(HELD);

/// The room that there is.
struct Room {
    kib: u32,
    free: Semaphore,
}

/// The room of one answer, until it is dropped.
pub(super) type Taken = SemaphorePermit<'static>;

impl Room {
    const fn new(kib: u32) -> Self {
        Self { kib, free: Semaphore::const_new(kib as usize) }
    }

    /// Room for so many bytes, if there is as much. A small one takes none; one that is larger than all there is takes all of it.
    fn take(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        let kib = if bytes > LARGE { u32::try_from(bytes / 1024).unwrap_or(u32::MAX) } else { 0 };
        self.free.try_acquire_many(kib.min(self.kib)).ok()
    }
}

impl Plugin {
    /// Takes room for an answer of so many bytes.
    pub(super) fn room(&self, bytes: usize) -> Result<Taken, Failure> {
        let limit = u64::from(HELD) * 1024;
        ROOM.take(bytes).ok_or_else(|| Failure::NoRoom { plugin: self.id.to_string(), bytes, limit })
    }
}

/// Bytes of a tool's result.
pub(super) fn of_tool(result: &tools::ToolResult) -> usize {
    result.content.iter().map(content).sum::<usize>() + result.structured.as_ref().map_or(0, String::len)
}

/// Bytes of a prompt's messages.
pub(super) fn of_prompt(result: &prompts::PromptResult) -> usize {
    result.messages.iter().map(|message| content(&message.content)).sum()
}

/// Bytes of what was read.
pub(super) fn of_read(contents: &[resources::ResourceContents]) -> usize {
    contents.iter().map(|contents| body(&contents.body)).sum()
}

/// What is long in it; all else is bounded by the number of blocks.
fn content(content: &wit::Content) -> usize {
    match content {
        wit::Content::Text(text) => text.text.len(),
        wit::Content::Image(media) | wit::Content::Audio(media) => media.data.len(),
        wit::Content::ResourceLink(info) => info.description.as_ref().map_or(0, String::len),
        wit::Content::Resource(embedded) => body(&embedded.contents.body),
    }
}

fn body(body: &wit::ResourceBody) -> usize {
    match body {
        wit::ResourceBody::Text(text) => text.len(),
        wit::ResourceBody::Blob(bytes) => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_answers_share_what_there_is_and_small_ones_take_none() {
        let room = Room::new(1024);
        let first = room.take(1000 * 1024).expect("there is room");
        assert!(room.take(100 * 1024).is_none());
        assert!((0..1000).all(|_| room.take(LARGE).is_some_and(|taken| taken.num_permits() == 0)));
        drop(first);
        let all = room.take(usize::MAX).expect("one alone is taken in, however large it is");
        assert!(room.take(LARGE + 1).is_none());
        assert!(room.take(LARGE).is_some());
        drop(all);
        assert!(room.take(LARGE + 1).is_some());
    }

    #[test]
    fn an_answer_is_as_large_as_what_is_long_in_it() {
        let text = |bytes: usize| wit::Content::Text(wit::TextContent { text: "x".repeat(bytes), annotations: None });
        let result =
            tools::ToolResult { content: vec![text(10), text(20)], structured: Some("[0]".into()), is_error: false };
        assert_eq!(of_tool(&result), 33);
        let blob = resources::ResourceContents {
            uri: "a:b".into(),
            mime_type: None,
            body: wit::ResourceBody::Blob(vec![0; 40]),
        };
        assert_eq!(of_read(&[blob]), 40);
        let message = prompts::PromptMessage { role: wit::Role::User, content: text(5) };
        assert_eq!(of_prompt(&prompts::PromptResult { description: None, messages: vec![message] }), 5);
    }
}
