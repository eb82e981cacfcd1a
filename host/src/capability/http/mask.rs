//! Secrets that come back: a server that repeats a header in its answer must not tell the guest what was in it.
//!
//! Each secret is replaced by as many asterisks, so that lengths stay true. What a server makes of a secret before it
//! sends it back (another encoding, a part of it) is not recognised.

use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue};
use memchr::memmem;

use crate::capability::secrets::Secret;

/// Bytes that a secret has at the least to be masked. A shorter one would be found where it is not meant, and can be
/// guessed anyway.
const MIN: usize = 8;

/// The secrets that an entry puts in.
#[derive(Clone, Default)]
pub(super) struct Mask(Arc<Vec<Secret>>);

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mask({} secrets)", self.0.len())
    }
}

impl Mask {
    pub(super) fn add(&mut self, secret: &Secret) {
        if secret.reveal().len() >= MIN {
            Arc::make_mut(&mut self.0).push(secret.clone());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Masks the values of headers or trailers.
    pub(super) fn headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            if let Some(masked) = self.replace(value.as_bytes()) {
                // Of a value, only characters that any value may have were changed.
                *value = HeaderValue::from_bytes(&masked).unwrap_or(HeaderValue::from_static("***"));
            }
        }
    }

    /// `bytes` with its secrets masked, if there are any in it.
    fn replace(&self, bytes: &[u8]) -> Option<BytesMut> {
        let mut masked: Option<BytesMut> = None;
        for secret in self.0.iter() {
            let secret = secret.reveal().as_bytes();
            for at in memmem::find_iter(bytes, secret) {
                let masked = masked.get_or_insert_with(|| bytes.into());
                if let Some(found) = masked.get_mut(at..at + secret.len()) {
                    found.fill(b'*');
                }
            }
        }
        masked
    }

    /// How many bytes at the end of `bytes` could be the beginning of a secret.
    fn begun(&self, bytes: &[u8]) -> usize {
        let begun = |secret: &Secret| {
            let secret = secret.reveal().as_bytes();
            let most = bytes.len().min(secret.len() - 1);
            let is_begun = |length: &usize| secret.get(..*length).is_some_and(|begin| bytes.ends_with(begin));
            (1..=most).rev().find(is_begun).unwrap_or(0)
        };
        self.0.iter().map(begun).max().unwrap_or(0)
    }
}

/// A mask over a body that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Masking {
    mask: Mask,
    /// The end of the last piece, while it could be the beginning of a secret.
    held: Bytes,
}

impl Masking {
    pub(super) fn new(mask: Mask) -> Self {
        Self { mask, held: Bytes::new() }
    }

    /// The next piece, masked. Its end may be held back.
    pub(super) fn next(&mut self, piece: Bytes) -> Bytes {
        if self.mask.is_empty() {
            return piece;
        }
        let whole = if self.held.is_empty() { piece } else { [std::mem::take(&mut self.held), piece].concat().into() };
        let mut whole = self.mask.replace(&whole).map_or(whole, BytesMut::freeze);
        self.held = whole.split_off(whole.len() - self.mask.begun(&whole));
        whole
    }

    /// Whether it changes nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.mask.is_empty()
    }

    /// Masks trailers.
    pub(super) fn headers(&self, trailers: &mut HeaderMap) {
        self.mask.headers(trailers);
    }

    /// What was held back, when no more is to come.
    pub(super) fn rest(&mut self) -> Bytes {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(secrets: &[&str]) -> Mask {
        let mut mask = Mask::default();
        for secret in secrets {
            mask.add(&Secret::new((*secret).to_owned()));
        }
        mask
    }

    fn through(mask: &Mask, pieces: &[&str]) -> String {
        let mut masking = Masking::new(mask.clone());
        let mut all: Vec<u8> = pieces.iter().flat_map(|piece| masking.next(Bytes::from((*piece).to_owned()))).collect();
        all.extend(masking.rest());
        String::from_utf8(all).expect("text")
    }

    #[test]
    fn a_secret_is_masked_wherever_the_pieces_are_cut() {
        let mask = mask(&["s3cret-token", "token-s3cret"]);
        let text = "a s3cret-token, s3cret-s3cret-tokentoken-s3cret s3cret-toke";
        let expected = "a ************, s3cret-************************ s3cret-toke";
        for cut in 0..text.len() {
            for second in cut..text.len() {
                let pieces = [&text[..cut], &text[cut..second], &text[second..]];
                assert_eq!(through(&mask, &pieces), expected, "{pieces:?}");
            }
        }
        let single: Vec<String> = text.chars().map(String::from).collect();
        assert_eq!(through(&mask, &single.iter().map(String::as_str).collect::<Vec<_>>()), expected);
    }

    #[test]
    fn a_short_secret_masks_nothing() {
        assert!(mask(&["1234567", ""]).is_empty());
        assert_eq!(through(&mask(&["1234"]), &["1234"]), "1234");
    }

    #[test]
    fn headers_are_masked_and_nothing_is_shown() {
        let mask = mask(&["s3cret-token"]);
        let mut headers = HeaderMap::new();
        headers.insert("x", HeaderValue::from_static("Bearer s3cret-token"));
        headers.insert("y", HeaderValue::from_static("other"));
        mask.headers(&mut headers);
        assert_eq!(headers["x"], "Bearer ************");
        assert_eq!(headers["y"], "other");
        assert!(!format!("{mask:?}").contains("s3cret"));
    }
}
