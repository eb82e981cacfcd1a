//! The arguments of a call: their digest, and, where somebody asks for it, what is shown of them.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::line::start;

/// Bytes of arguments that a line shows: enough to know the call again, and a sixteenth of what one large file would be.
const MAX_SHOWN: usize = 4 * 1024;

/// What stands for a value that is called a secret.
const HIDDEN: &str = "(not shown)";

/// What the name of an argument has in it that is a secret, in small letters without `-` and `_`.
const SECRETS: [&str; 9] =
    ["password", "passwd", "passphrase", "secret", "token", "apikey", "authorization", "credential", "privatekey"];

/// The SHA-256 of `arguments`, in hexadecimal: of their JSON without spaces, the keys of each object in the order of their
/// bytes, so that it does not depend on the order in which a client sends them.
pub(super) fn digest(arguments: &Map<String, Value>) -> String {
    let mut hash = Hash(Sha256::new());
    // Hashing does not fail.
    let _ = object(&mut hash, arguments);
    hash.0.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

struct Hash(Sha256);

impl Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn object(out: &mut Hash, map: &Map<String, Value>) -> io::Result<()> {
    let mut pairs: Vec<(&String, &Value)> = map.iter().collect();
    pairs.sort_unstable_by_key(|(key, _)| *key);
    out.write_all(b"{")?;
    for (at, (key, inner)) in pairs.into_iter().enumerate() {
        out.write_all(if at == 0 { b"" } else { b"," })?;
        serde_json::to_writer(&mut *out, key)?;
        out.write_all(b":")?;
        value(out, inner)?;
    }
    out.write_all(b"}")
}

/// It is as deep as what was read of a client's message, which has a limit.
fn value(out: &mut Hash, of: &Value) -> io::Result<()> {
    match of {
        Value::Object(map) => object(out, map),
        Value::Array(items) => {
            out.write_all(b"[")?;
            for (at, item) in items.iter().enumerate() {
                out.write_all(if at == 0 { b"" } else { b"," })?;
                value(out, item)?;
            }
            out.write_all(b"]")
        }
        plain => Ok(serde_json::to_writer(out, plain)?),
    }
}

/// What is shown of `arguments`: their JSON, cut, with nothing of what has the name of a secret.
pub(super) fn shown(arguments: &Map<String, Value>) -> String {
    let mut shown = Value::Object(arguments.clone());
    hide(&mut shown);
    start(&shown.to_string(), MAX_SHOWN).into_owned()
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                if is_secret(key) { *inner = HIDDEN.into() } else { hide(inner) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        _ => {}
    }
}

fn is_secret(key: &str) -> bool {
    let plain: String = key.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect();
    SECRETS.iter().any(|secret| plain.contains(secret))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            _ => panic!("an object"),
        }
    }

    #[test]
    fn the_digest_is_that_of_the_json_with_its_keys_in_order() {
        // printf '{"a":{"c":"é","d":[1,2.5,null]},"b":true}' | sha256sum
        let known = "9d643bc599e70bbb74133acd8eb4e38ecce92739e4da274e0de4c2d8de68c3a0";
        let (one, other) = (
            json!({ "b": true, "a": { "d": [1, 2.5, null], "c": "é" } }),
            json!({ "a": { "c": "é", "d": [1, 2.5, null] }, "b": true }),
        );
        assert_eq!(digest(&map(one)), known);
        assert_eq!(digest(&map(other)), known);
        assert_ne!(digest(&map(json!({ "a": { "d": [2.5, 1, null], "c": "é" }, "b": true }))), known);
        // printf '{}' | sha256sum
        assert_eq!(digest(&Map::new()), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }

    #[test]
    fn what_is_shown_is_cut_and_has_no_secret() {
        let arguments = json!({
            "path": "/a", "api_key": "k1", "Auth": { "ACCESS-TOKEN": ["k2"], "user": "u" }, "items": [{ "password": 3 }],
        });
        let shown = shown(&map(arguments));
        assert!(shown.contains("\"/a\"") && shown.contains("\"u\""), "{shown}");
        assert!(["k1", "k2", "3"].iter().all(|secret| !shown.contains(secret)), "{shown}");
        let long = self::shown(&map(json!({ "text": "ä".repeat(MAX_SHOWN) })));
        assert!(long.len() <= MAX_SHOWN + 3 && long.ends_with("..."), "{}", long.len());
    }
}
