//! The path of an address, in each way in which a server may read it.

use std::fmt::Write;

/// The ways in which a path can be read, each as the names between its slashes: one way, or two where it has `%2F`, which
/// is part of a name to some servers and a slash to others. Percent-encoding that changes nothing is taken away.
pub(super) fn readings(path: &str) -> Result<Vec<Vec<String>>, &'static str> {
    let path = path.strip_prefix('/').ok_or("has a path that does not begin with `/`")?;
    let path = normalise(path)?;
    let mut readings = vec![names(&path)?];
    if path.contains("%2F") {
        readings.push(names(&path.replace("%2F", "/"))?);
    }
    Ok(readings)
}

fn names(path: &str) -> Result<Vec<String>, &'static str> {
    let names: Vec<String> = path.split('/').map(str::to_owned).collect();
    let (_, before) = names.split_last().ok_or("has no path")?;
    if before.iter().any(String::is_empty) {
        return Err("has an empty name (`//`) in its path");
    }
    // To some servers `..;x` and `.. ` are the parent folder as well.
    let plain = |name: &String| {
        let name = name.split(';').next().unwrap_or_default();
        let name = name.split("%3B").next().unwrap_or_default();
        !matches!(name.trim_end_matches("%20"), "." | "..")
    };
    if names.iter().all(plain) { Ok(names) } else { Err("has `.` or `..` in its path") }
}

/// Decodes what is encoded for no reason (RFC 3986, section 6.2.2), and refuses what would be read in several ways.
fn normalise(path: &str) -> Result<String, &'static str> {
    let mut normal = String::with_capacity(path.len());
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        match first {
            '%' => {
                let byte = rest.get(1..3).and_then(from_hex).ok_or("has a `%` in its path without two digits")?;
                rest = rest.get(3..).unwrap_or_default();
                match byte {
                    b'\\' => return Err("has an encoded backslash in its path"),
                    _ if byte.is_ascii_control() => return Err("has an encoded control character in its path"),
                    b'%' if hides_more(rest) => return Err("has something encoded twice in its path"),
                    _ => {}
                }
                decoded.push(byte);
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    normal.push(char::from(byte));
                } else {
                    let _ = write!(normal, "%{byte:02X}");
                }
            }
            '\\' => return Err("has a backslash in its path"),
            '!'..='~' => {
                // What should have been encoded (RFC 3986, section 3.3), and is so by browsers, is the same as if it were.
                if "\"<>^`{|}".contains(first) {
                    let _ = write!(normal, "%{:02X}", u32::from(first));
                } else {
                    normal.push(first);
                }
                decoded.extend(first.to_string().bytes());
                rest = rest.get(1..).unwrap_or_default();
            }
            _ => return Err("has a character in its path that must be percent-encoded"),
        }
    }
    // What looks like a bad encoding of `/` or `.` is one to a careless decoder.
    if std::str::from_utf8(&decoded).is_err() {
        return Err("has percent-encoding in its path that is not UTF-8");
    }
    Ok(normal)
}

fn from_hex(digits: &str) -> Option<u8> {
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

/// Whether what follows `%25` makes it a dot, a slash or a backslash to a server that decodes again.
fn hides_more(rest: &str) -> bool {
    let mut rest = rest;
    while let Some(deeper) = rest.strip_prefix("25") {
        rest = deeper;
    }
    rest.get(..2).and_then(from_hex).is_some_and(|byte| b"./\\".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by the fuzz target `addresses`: browsers encode what others send as it is.
    #[test]
    fn what_should_have_been_encoded_is_the_same_as_if_it_were() {
        assert_eq!(readings("/a\"<>^`{|}b"), readings("/a%22%3C%3E%5E%60%7B%7C%7Db"));
        assert_eq!(readings("/{id}"), Ok(vec![vec!["%7Bid%7D".to_owned()]]));
    }
}
