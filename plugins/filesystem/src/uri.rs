//! `file:` URIs of paths, and back.

use crate::lexical;

/// The URI of the absolute path `path`, spelled as Node's `pathToFileURL` does.
pub fn of(path: &str) -> String {
    let mut uri = String::from("file://");
    for byte in path.bytes() {
        match byte {
            b'!' | b'$' | b'&'..=b';' | b'=' | b'@'..=b'Z' | b'_' | b'a'..=b'z' => uri.push(char::from(byte)),
            _ => {
                uri.push('%');
                for half in [byte >> 4, byte & 15] {
                    uri.extend(char::from_digit(half.into(), 16).map(|digit| digit.to_ascii_uppercase()));
                }
            }
        }
    }
    uri
}

/// The absolute, resolved path of a `file:` URI; none where it is of another scheme or machine, or no UTF-8.
pub fn path(uri: &str) -> Option<String> {
    let encoded = uri.strip_prefix("file://")?;
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut half = || char::from(rest.next()?).to_digit(16);
            let (high, low) = (half()?, half()?);
            bytes.push(u8::try_from(high << 4 | low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let path = String::from_utf8(bytes).ok()?;
    lexical::is_absolute(&path).then(|| lexical::resolve("/", &path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_stand_in_a_uri_is_encoded() {
        let plain = "/a!$&'()*+,-./09:;=@AZ_az";
        assert_eq!(of(plain), format!("file://{plain}"));
        assert_eq!(
            of("/\u{1}\n \"#%<>?[\\]^`{|}~\u{7f}"),
            "file:///%01%0A%20%22%23%25%3C%3E%3F%5B%5C%5D%5E%60%7B%7C%7D%7E%7F"
        );
        assert_eq!(of("/ä\u{1f600}"), "file:///%C3%A4%F0%9F%98%80");
    }
    #[test]
    fn a_path_comes_back_from_its_uri() {
        for at in ["/a/b c", "/ä\u{1f600}/100%", "/"] {
            assert_eq!(path(&of(at)).as_deref(), Some(at));
        }
        assert_eq!(path("file:///a/../b//c/").as_deref(), Some("/b/c"));
        for wrong in ["file:/a", "file://machine/a", "http:///a", "file:///%f", "file:///%zz", "file:///%ff"] {
            assert_eq!(path(wrong), None, "{wrong}");
        }
    }
}
