//! Files read: whole, within bounds, or from either end.

use crate::failure::{Failure, Result};
use crate::limits;
use crate::opened::Opened;
use crate::text::line_feeds;

/// Bytes asked for at a time where a file is not read whole.
const CHUNK: usize = 64 * 1024;

/// The bytes of the file at the real path `path`, `most` at the most.
pub fn bytes(path: &str, most: u64) -> Result<Vec<u8>> {
    let file = Opened::open(path, "open")?;
    if file.size() > most {
        return Err(too_long(path, file.size(), most));
    }
    let mut bytes = Vec::new();
    loop {
        let read = bytes.len() as u64;
        // What came since is of another moment. Some systems tell no size at all, and the end is where nothing more is.
        let left = file.size().saturating_sub(read);
        if left == 0 && file.size() > 0 {
            return Ok(bytes);
        }
        let wanted = if left > 0 { left } else { (CHUNK as u64).min(most + 1 - read) };
        let part = file.read(read, usize::try_from(wanted).unwrap_or(CHUNK))?;
        match read + part.len() as u64 {
            more if more > most => return Err(too_long(path, more, most)),
            _ if part.is_empty() => return Ok(bytes),
            _ if bytes.is_empty() => bytes = part,
            _ => bytes.extend(part),
        }
    }
}

/// The text of a file; what is not UTF-8 in it becomes U+FFFD.
pub fn text(path: &str, most: u64) -> Result<String> {
    bytes(path, most).map(decode)
}

/// The first `lines` lines, as they are but for the end of the last; a part of a line counts as one.
pub fn head(path: &str, lines: f64) -> Result<String> {
    let file = Opened::open(path, "open")?;
    let mut left = whole(lines.ceil());
    let mut bytes = Vec::new();
    while left > 0 {
        let read = chunk(&file, bytes.len() as u64, CHUNK)?;
        if read.is_empty() {
            // The end of the last line begins no other.
            if bytes.last() == Some(&b'\n') {
                bytes.pop();
            }
            break;
        }
        let mut ends = read.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
        if let Some(end) = ends.nth(left - 1) {
            bytes.extend(read.iter().take(end));
            break;
        }
        left -= ends_in(&read);
        bytes.extend_from_slice(&read);
        bounded(path, bytes.len())?;
    }
    Ok(decode(bytes))
}

/// The last `lines` lines, with line feeds only. A line feed at the very end begins a last, empty line.
pub fn tail(path: &str, lines: f64) -> Result<String> {
    let file = Opened::open(path, "stat")?;
    let mut begin = file.size();
    let (wanted, shown) = (whole(lines.ceil()), whole(lines.trunc()));
    // Chunks in the order in which they are read: the last first.
    let mut chunks: Vec<Vec<u8>> = Vec::new();
    let (mut found, mut length) = (0, 0);
    while begin > 0 && found < wanted {
        let size = begin.min(CHUNK as u64);
        begin -= size;
        let read = chunk(&file, begin, usize::try_from(size).unwrap_or(CHUNK))?;
        if read.is_empty() {
            break;
        }
        found += ends_in(&read);
        length += read.len();
        bounded(path, length)?;
        chunks.push(read);
    }
    let text = line_feeds(&decode(chunks.into_iter().rev().collect::<Vec<_>>().concat()));
    let first = shown.checked_sub(1).and_then(|before| text.rmatch_indices('\n').nth(before));
    Ok(first.and_then(|(end, _)| text.get(end + 1..)).map_or_else(|| text.clone(), str::to_owned))
}

/// `length` bytes of `file` from `offset` on; less where it ends.
fn chunk(file: &Opened, offset: u64, length: usize) -> Result<Vec<u8>> {
    let mut chunk = file.read(offset, length)?;
    while chunk.len() < length {
        let more = file.read(offset + chunk.len() as u64, length - chunk.len())?;
        if more.is_empty() {
            break;
        }
        chunk.extend(more);
    }
    Ok(chunk)
}

/// The ends of lines in `bytes`.
fn ends_in(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}

fn decode(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn bounded(path: &str, length: usize) -> Result<()> {
    if length as u64 > limits::READ { Err(too_long(path, length as u64, limits::READ)) } else { Ok(()) }
}

fn too_long(path: &str, size: u64, most: u64) -> Failure {
    Failure::words(format!(
        "{path} is too long: this plugin takes {} at once, and that would be {size} bytes. Lines at the beginning or the end of \
         it can be read with head or tail.",
        limits::mib(most)
    ))
}

/// A number of lines as it comes in JSON; none below zero.
fn whole(lines: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is cut to what there can be")]
    let lines = lines as usize;
    lines
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn with(content: impl AsRef<[u8]>, then: impl FnOnce(&str)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").to_str().unwrap().to_owned();
        fs::write(&path, content).unwrap();
        then(&path);
    }

    #[test]
    fn the_head_keeps_carriage_returns_and_drops_the_last_end() {
        with("a\r\nb\n\nc", |path| {
            let head = |lines| head(path, lines).unwrap();
            assert_eq!(head(1.0), "a\r");
            assert_eq!(head(3.0), "a\r\nb\n");
            assert_eq!(head(9.0), "a\r\nb\n\nc");
            assert_eq!((head(0.5), head(-1.0)), ("a\r".into(), String::new()));
        });
        with("a\n\n", |path| assert_eq!(head(path, 9.0).unwrap(), "a\n"));
    }

    #[test]
    fn the_tail_has_line_feeds_and_an_empty_line_after_the_last() {
        with("a\r\nb\r\nc\r\n", |path| {
            let tail = |lines| tail(path, lines).unwrap();
            assert_eq!((tail(1.0), tail(2.0)), (String::new(), "c\n".into()));
            assert_eq!(tail(9.0), "a\nb\nc\n");
            assert_eq!((tail(1.5), tail(-1.0)), (String::new(), String::new()));
        });
        with("", |path| assert_eq!(tail(path, 1.0).unwrap(), ""));
    }

    #[test]
    fn lines_longer_than_a_chunk_come_whole() {
        let long = "é".repeat(CHUNK);
        with(format!("{long}\n{long}x\n{long}"), |path| {
            assert_eq!(head(path, 2.0).unwrap(), format!("{long}\n{long}x"));
            assert_eq!(tail(path, 2.0).unwrap(), format!("{long}x\n{long}"));
        });
    }

    #[test]
    fn what_is_not_utf_8_is_replaced() {
        with([b'a', 0xff, 0xe2, 0x82, b'b', 0xf0, 0x9f], |path| {
            assert_eq!(text(path, 100).unwrap(), "a\u{fffd}\u{fffd}b\u{fffd}");
        });
    }

    #[test]
    fn more_than_the_bound_is_refused_in_words() {
        with([b'a'; 9], |path| {
            assert_eq!(bytes(path, 9).unwrap().len(), 9);
            assert!(bytes(path, 8).unwrap_err().to_string().contains("would be 9 bytes"));
        });
        with(vec![b'a'; (16 << 20) + 1], |path| {
            assert!(head(path, 1.0).is_err() && tail(path, 1.0).is_err() && text(path, limits::READ).is_err());
        });
    }

    #[test]
    fn folders_and_pipes_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        for failure in [text(path, 9).unwrap_err(), head(path, 1.0).unwrap_err(), tail(path, 1.0).unwrap_err()] {
            assert_eq!(failure.to_string(), "EISDIR: illegal operation on a directory, read");
        }
        let missing = format!("{path}/b");
        let told = tail(&missing, 1.0).unwrap_err().to_string();
        assert_eq!(told, format!("ENOENT: no such file or directory, stat '{missing}'"));
        let pipe = format!("{path}/pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(text(&pipe, 9).unwrap_err().to_string().contains("neither a file nor a folder"));
    }
}
