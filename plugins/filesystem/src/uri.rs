//! `file:` URIs of paths.

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
}
