//! State that a client keeps for us between two rounds: sealed, so that it can neither be read nor changed, bound to the
//! request that it belongs to, and good for a while only.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rmcp::ErrorData;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long a person may think.
const GOOD_FOR: Duration = Duration::from_hours(1);

/// How far the clock may be set back before a state seems to come from the future: then it is one of before, whose age nobody
/// knows. Hosts that share a secret need not have the same time.
const MAX_SET_BACK: Duration = Duration::from_hours(1);

/// Bytes of a guest's state. It holds the answers of earlier rounds, not data.
pub(super) const MAX_STATE: usize = 256 * 1024;

/// Characters of a sealed state: the guest's, the schemas of what was asked, and what base64 adds.
const MAX_SEALED: usize = 1024 * 1024;

/// Bytes of a nonce of `XChaCha20`: long enough to be drawn by lot.
const NONCE: usize = 24;

/// Seals and opens.
pub struct Seal(XChaCha20Poly1305);

/// What is sealed.
#[derive(Debug, Serialize, Deserialize)]
struct Sealed<T> {
    /// Seconds since 1970.
    until: u64,
    content: T,
}

impl Seal {
    /// A seal of this process alone.
    pub fn random() -> Self {
        Self(XChaCha20Poly1305::new(&Key::generate()))
    }

    /// The seal of all hosts that have the same secret: any of them takes the next round.
    pub fn shared(secret: &str) -> Self {
        Self(XChaCha20Poly1305::new(&Sha256::digest(secret.as_bytes())))
    }

    /// Seals `content` for `request`, which is a text that tells requests apart.
    ///
    /// # Errors
    ///
    /// When it is too large, or time stands before 1970.
    pub(in crate::mcp) fn close<T: Serialize>(&self, content: T, request: &str) -> Result<String, ErrorData> {
        self.close_at(now()?, content, request)
    }

    fn close_at<T: Serialize>(&self, now: u64, content: T, request: &str) -> Result<String, ErrorData> {
        let until = now.saturating_add(GOOD_FOR.as_secs());
        let plain = serde_json::to_vec(&Sealed { until, content }).map_err(|_| broken())?;
        let nonce = XNonce::generate();
        let payload = Payload { msg: &plain, aad: request.as_bytes() };
        let mut bytes = nonce.to_vec();
        bytes.extend(self.0.encrypt(&nonce, payload).map_err(|_| broken())?);
        let sealed = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        if sealed.len() > MAX_SEALED { Err(broken()) } else { Ok(sealed) }
    }

    /// Opens what was sealed for `request`.
    ///
    /// # Errors
    ///
    /// When it was not sealed by us, for another request, or too long ago.
    pub(in crate::mcp) fn open<T: for<'de> Deserialize<'de>>(
        &self,
        sealed: &str,
        request: &str,
    ) -> Result<T, ErrorData> {
        self.open_at(now()?, sealed, request)
    }

    fn open_at<T: for<'de> Deserialize<'de>>(&self, now: u64, sealed: &str, request: &str) -> Result<T, ErrorData> {
        let refused = || {
            let words =
                "requestState is not what this server gave out for this request; begin the request anew without it";
            ErrorData::invalid_params(words, None)
        };
        if sealed.len() > MAX_SEALED {
            return Err(refused());
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).map_err(|_| refused())?;
        let (nonce, text) = bytes.split_at_checked(NONCE).ok_or_else(refused)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| refused())?;
        let payload = Payload { msg: text, aad: request.as_bytes() };
        let plain = self.0.decrypt(&nonce, payload).map_err(|_| refused())?;
        let opened: Sealed<T> = serde_json::from_slice(&plain).map_err(|_| refused())?;
        if opened.until < now || opened.until > now.saturating_add((GOOD_FOR + MAX_SET_BACK).as_secs()) {
            let words = "requestState is too old: the answer came too late; begin the request anew without it";
            return Err(ErrorData::invalid_params(words, None));
        }
        Ok(opened.content)
    }
}

fn now() -> Result<u64, ErrorData> {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).map_err(|_| broken())
}

fn broken() -> ErrorData {
    ErrorData::internal_error("what the plugin wants kept until the answer comes cannot be kept: it is too large", None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_for_the_same_request_alone() {
        let seal = Seal::random();
        let sealed = seal.close("secret state", "tools/call a").expect("sealed");
        assert!(!sealed.contains("secret"));
        assert_eq!(seal.open::<String>(&sealed, "tools/call a").expect("opened"), "secret state");
        assert!(seal.open::<String>(&sealed, "tools/call b").is_err());
        assert!(Seal::random().open::<String>(&sealed, "tools/call a").is_err());
    }

    #[test]
    fn hosts_that_share_a_secret_open_each_others_seals() {
        let sealed = Seal::shared("one secret").close(7, "r").expect("sealed");
        assert_eq!(Seal::shared("one secret").open::<u32>(&sealed, "r").expect("opened"), 7);
        assert!(Seal::shared("another").open::<u32>(&sealed, "r").is_err());
    }

    #[test]
    fn what_was_changed_or_is_none_is_refused() {
        let seal = Seal::random();
        let sealed = seal.close("state", "r").expect("sealed");
        for at in [0, 10, 40, sealed.len() - 2] {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert!(seal.open::<String>(&changed, "r").is_err(), "changed at {at}");
        }
        for bad in ["", "?", "AAAA", &sealed[..sealed.len() - 4], &"A".repeat(MAX_SEALED + 4)] {
            assert!(seal.open::<String>(bad, "r").is_err(), "{bad:.20}");
        }
    }

    #[test]
    fn what_is_too_old_is_refused_also_once_the_clock_was_set_back() {
        let (seal, hour, then) = (Seal::random(), 3600, 1_800_000_000);
        let sealed = seal.close_at(then, "x", "r").expect("sealed");
        let open = |now| seal.open_at::<String>(now, &sealed, "r").map_err(|error| error.message);
        for now in [then, then + hour, then - 1, then - hour] {
            assert_eq!(open(now).as_deref(), Ok("x"), "at {now}");
        }
        for now in [then + hour + 1, then - hour - 1, then - 100 * hour, 0, u64::MAX] {
            assert!(open(now).expect_err("it is old").contains("too old"), "at {now}");
        }
    }
}
