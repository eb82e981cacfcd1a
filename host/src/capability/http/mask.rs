//! Secrets that come back: a server that repeats in its answer what it was sent must not tell the guest what was in it.
//!
//! Each secret is replaced by asterisks, as many as there were bytes, so that lengths stay true. It is recognised in the
//! [forms](super::forms) that servers give to what they repeat; a part of it, or what a server makes of it otherwise, is
//! not.

use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::forms::{Form, Found};
use crate::capability::secrets::Secret;

/// Bytes that a secret has at the least to be masked. A shorter one would be found where it is not meant, and can be
/// guessed anyway.
const MIN: usize = 8;

/// The secrets that the entries of one plugin put in. Not those of its Redis servers: they go to these servers alone, by a
/// connection that no request is made on.
#[derive(Clone, Default)]
pub(super) struct Mask(Arc<Forms>);

struct Forms {
    all: Vec<Form>,
    /// The bytes that one of them begins with: at all other places there is nothing to look for.
    first: [bool; 256],
    /// The secrets themselves in small letters, as the names of headers have them.
    small: Vec<Secret>,
}

impl Default for Forms {
    fn default() -> Self {
        Self { all: Vec::new(), first: [false; 256], small: Vec::new() }
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mask({} secrets)", self.0.small.len())
    }
}

impl Mask {
    pub(super) fn of<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut forms = Forms::default();
        for secret in secrets.into_iter().filter(|secret| secret.reveal().len() >= MIN) {
            forms.small.push(Secret::new(secret.reveal().to_ascii_lowercase()));
            forms.all.extend(Form::of(secret));
        }
        for byte in forms.all.iter().flat_map(Form::first) {
            if let Some(may_begin) = forms.first.get_mut(usize::from(byte)) {
                *may_begin = true;
            }
        }
        Self(Arc::new(forms))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.all.is_empty()
    }

    /// Masks the values of headers or trailers, and takes out those with a secret in their names.
    pub(super) fn headers(&self, headers: &mut HeaderMap) {
        let tells = |name: &&HeaderName| self.0.small.iter().any(|secret| name.as_str().contains(secret.reveal()));
        let telling: Vec<HeaderName> = headers.keys().filter(tells).cloned().collect();
        for name in telling {
            headers.remove(name);
        }
        for value in headers.values_mut() {
            let mut masked = BytesMut::from(value.as_bytes());
            self.cover(value.as_bytes(), &mut masked);
            if masked != value.as_bytes() {
                // Of a value, only characters that any value may have were changed.
                *value = HeaderValue::from_bytes(&masked).unwrap_or(HeaderValue::from_static("***"));
            }
        }
    }

    /// Masks in `masked` what `bytes`, which are as long, have of secrets. Tells from where on there may be one of which
    /// the end is yet to come.
    fn cover(&self, bytes: &[u8], masked: &mut BytesMut) -> usize {
        let mut begun = bytes.len();
        let may_begin = |byte: &u8| self.0.first.get(usize::from(*byte)).copied().unwrap_or_default();
        let places = bytes.iter().enumerate().filter(|(_, byte)| may_begin(byte)).map(|(at, _)| at);
        for at in places {
            for form in &self.0.all {
                match form.at_beginning(bytes.get(at..).unwrap_or_default()) {
                    Found::Nothing => {}
                    Found::Begun => begun = begun.min(at),
                    Found::Whole(length) => {
                        if let Some(found) = masked.get_mut(at..at + length) {
                            found.fill(b'*');
                        }
                    }
                }
            }
        }
        begun
    }
}

/// A mask over a body that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Masking {
    mask: Mask,
    /// The end of what came, while a secret may have begun in it.
    held: BytesMut,
    /// The same, with what is known to be secret masked: another may have ended in it.
    masked: BytesMut,
}

impl Masking {
    pub(super) fn new(mask: Mask) -> Self {
        Self { mask, held: BytesMut::new(), masked: BytesMut::new() }
    }

    /// The next piece, masked. Its end may be held back.
    pub(super) fn next(&mut self, piece: Bytes) -> Bytes {
        if self.mask.is_empty() {
            return piece;
        }
        self.held.extend_from_slice(&piece);
        self.masked.extend_from_slice(&piece);
        let begun = self.mask.cover(&self.held, &mut self.masked);
        let _ = self.held.split_to(begun);
        self.masked.split_to(begun).freeze()
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
        self.held.clear();
        self.masked.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(secrets: &[&str]) -> Mask {
        let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new((*secret).to_owned())).collect();
        Mask::of(&secrets)
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
    fn a_secret_within_another_or_across_its_end_is_masked_wherever_the_pieces_are_cut() {
        let mask = mask(&["abcdefgh", "abcdefgh-and-more", "efghijkl"]);
        for (text, expected) in [
            ("<abcdefgh-and-more>", "<*****************>"),
            ("<abcdefgh-and-mor>", "<********-and-mor>"),
            ("<abcdefghijkl>", "<************>"),
            ("<abcdefgh>", "<********>"),
        ] {
            for cut in 0..text.len() {
                assert_eq!(through(&mask, &[&text[..cut], &text[cut..]]), expected, "{cut}");
            }
        }
    }

    #[test]
    fn a_secret_is_masked_in_what_servers_make_of_it() {
        let mask = mask(&["a/b+c=d&\"e\" f"]);
        for text in [
            r#"{"got":"a/b+c=d&\"e\" f"}"#,
            "<p>a/b+c=d&amp;&quot;e&quot; f</p>",
            "/path?key=a%2Fb%2Bc%3Dd%26%22e%22%20f",
            "key=a%2fb%2bc%3dd%26%22e%22+f",
            "dXNlcjphL2IrYz1kJiJlIiBm",
        ] {
            let single: Vec<String> = text.chars().map(String::from).collect();
            let masked = through(&mask, &single.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(masked.len(), text.len());
            assert!(masked.contains("********"), "{masked}");
            assert!(["a/b", "a%2", "d&", "c%3", "Yz1k"].iter().all(|part| !masked.contains(part)), "{masked}");
        }
    }

    #[test]
    fn a_short_secret_masks_nothing() {
        assert!(mask(&["1234567", ""]).is_empty());
        assert_eq!(through(&mask(&["1234"]), &["1234"]), "1234");
    }

    #[test]
    fn headers_are_masked_and_nothing_is_shown() {
        let mask = mask(&["s3cret/Token"]);
        let mut headers = HeaderMap::new();
        headers.insert("x", HeaderValue::from_static("Bearer s3cret/Token"));
        headers.insert("y", HeaderValue::from_static("other"));
        headers.insert("location", HeaderValue::from_static("https://a.b/?key=s3cret%2FToken&x"));
        mask.headers(&mut headers);
        assert_eq!(headers["x"], "Bearer ************");
        assert_eq!(headers["y"], "other");
        assert_eq!(headers["location"], "https://a.b/?key=**************&x");
        assert!(!format!("{mask:?}").contains("s3cret"));
    }

    #[test]
    fn a_header_that_is_called_like_a_secret_is_taken_out() {
        let mut headers = HeaderMap::new();
        headers.insert("x-s3cret-token", HeaderValue::from_static("1"));
        headers.insert("x", HeaderValue::from_static("2"));
        mask(&["S3cret-Token"]).headers(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x"]);
    }

    #[test]
    fn a_long_answer_is_masked_in_no_time() {
        let mask = mask(&["a-secret-of-forty-characters-in-all-0123"]);
        let piece = "a-secret-of-forty characters; ".repeat(2000);
        let mut masking = Masking::new(mask);
        for _ in 0..20 {
            assert!(!masking.next(Bytes::from(piece.clone())).is_empty());
        }
    }
}
