//! Lists by page (MCP 2025-11-25, server/utilities/pagination).
//!
//! A cursor names the last item of its page, so that it stays good when the catalog is swapped in between.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rmcp::ErrorData;

/// Items of one page of tools, prompts or templates: more than a model can choose among, and far below what a message
/// can hold.
const PAGE: usize = 1000;

/// Characters of a cursor. A guest's own cursor is inside; longer ones are not ours.
const MAX_CURSOR: usize = 16 * 1024;

/// One page of `items` after `cursor`, and the cursor of the next page. `key` names an item.
pub(super) fn page<'a, T: Clone + 'a>(
    items: impl Iterator<Item = &'a T>,
    cursor: Option<&str>,
    key: impl Fn(&T) -> &str,
) -> Result<(Vec<T>, Option<String>), ErrorData> {
    let mut items = items.peekable();
    if let Some(cursor) = cursor {
        let last = decode(cursor)?;
        // When the last item of the page before is gone, where to go on is not known.
        items.find(|item| key(item) == last).ok_or_else(unknown)?;
    }
    let page: Vec<T> = items.by_ref().take(PAGE).cloned().collect();
    let next = items.peek().and(page.last()).map(|last| encode(key(last)));
    Ok((page, next))
}

/// Makes a cursor of `text`.
pub(super) fn encode(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

/// The text of a cursor.
///
/// # Errors
///
/// When it was not made by [`encode`].
pub(super) fn decode(cursor: &str) -> Result<String, ErrorData> {
    if cursor.len() > MAX_CURSOR {
        return Err(unknown());
    }
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| unknown())?;
    String::from_utf8(bytes).map_err(|_| unknown())
}

/// That a cursor is none of ours, or not any more.
pub(super) fn unknown() -> ErrorData {
    ErrorData::invalid_params(
        "this cursor is not known (any more); list again from the beginning, without a cursor",
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_everything_once() {
        let items: Vec<String> = (0..2500).map(|number| number.to_string()).collect();
        let (mut cursor, mut seen) = (None, Vec::new());
        loop {
            let (page, next) = page(items.iter(), cursor.as_deref(), |item| item).expect("a page");
            seen.extend(page);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, items);
    }

    #[test]
    fn cursors_that_are_not_ours_are_refused() {
        let items = ["a".to_owned()];
        for cursor in ["", "???", "/w", &encode("gone"), &"A".repeat(MAX_CURSOR + 4)] {
            assert!(page(items.iter(), Some(cursor), |item| item).is_err(), "{cursor:.20}");
        }
    }
}
