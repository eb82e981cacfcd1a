//! Reads the record: all its files, oldest first, then what comes to be written, line by line.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::file::full;

/// Bytes of a line that are read. Ours have less; what is longer is none of ours, and is left out without being kept.
const MAX_LINE: usize = 64 * 1024;

/// The record, as far as it is read.
pub struct Reader {
    file: PathBuf,
    /// Full files that are yet to be read, oldest first.
    behind: VecDeque<PathBuf>,
    /// The number of the newest full file that is known.
    newest: u64,
    open: Option<Open>,
    line: Vec<u8>,
    /// Whether `line` was given out.
    given: bool,
    too_long: bool,
    left_out: u64,
}

struct Open {
    file: BufReader<File>,
    read: u64,
    /// Whether nothing more is written to it.
    is_full: bool,
}

impl Reader {
    /// Begins at the oldest line; without the files that were full before `since`.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read. A record that is not there yet has no lines yet.
    pub fn open(file: &Path, since: Option<SystemTime>) -> io::Result<Self> {
        let mut reader = Self {
            file: file.to_owned(),
            behind: VecDeque::new(),
            newest: 0,
            open: None,
            line: Vec::new(),
            given: false,
            too_long: false,
            left_out: 0,
        };
        let full = reader.full()?;
        reader.newest = full.last().map_or(0, |(number, _)| *number);
        let is_late = |path: &PathBuf| {
            let written = path.metadata().and_then(|metadata| metadata.modified());
            since.is_none_or(|since| written.is_ok_and(|written| written >= since))
        };
        reader.behind = full.into_iter().map(|(_, path)| path).filter(is_late).collect();
        Ok(reader)
    }

    /// The next line, without its end; none when there is no whole one now. More may come later.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        if std::mem::take(&mut self.given) {
            self.line.clear();
        }
        while self.is_open()? {
            if self.read_line()? {
                if std::mem::take(&mut self.too_long) {
                    self.left_out += 1;
                    self.line.clear();
                    continue;
                }
                self.given = true;
                return Ok(Some(&self.line));
            }
            if !self.end() {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// How many lines were left out because they are cut off or too long.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn full(&self) -> io::Result<Vec<(u64, PathBuf)>> {
        match full(&self.file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            full => full,
        }
    }

    /// Opens the next file, if none is open. Tells whether one is.
    fn is_open(&mut self) -> io::Result<bool> {
        while self.open.is_none() {
            let (path, is_full) = match self.behind.pop_front() {
                Some(path) => (path, true),
                None => (self.file.clone(), false),
            };
            match open(&path) {
                Ok(file) => self.open = Some(Open { file: BufReader::new(file), read: 0, is_full }),
                // It was removed to make room.
                Err(error) if error.kind() == io::ErrorKind::NotFound && is_full => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
                Err(error) => return Err(error),
            }
            if !is_full {
                // What became full before it was opened is behind it; if it was this very file, it is read as that.
                let full = self.full()?;
                let missed: Vec<PathBuf> =
                    full.iter().filter(|(number, _)| *number > self.newest).map(|(_, path)| path.clone()).collect();
                if !missed.is_empty() {
                    self.newest = full.last().map_or(self.newest, |(number, _)| *number);
                    self.behind.extend(missed);
                    self.open = None;
                }
            }
        }
        Ok(true)
    }

    /// Reads on to the end of the line. Tells whether it is whole.
    fn read_line(&mut self) -> io::Result<bool> {
        let Some(open) = &mut self.open else { return Ok(false) };
        loop {
            let bytes = open.file.fill_buf()?;
            if bytes.is_empty() {
                return Ok(false);
            }
            let end = memchr::memchr(b'\n', bytes);
            let text = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
            let room = MAX_LINE.saturating_sub(self.line.len());
            self.too_long |= text.len() > room;
            self.line.extend_from_slice(text.get(..text.len().min(room)).unwrap_or_default());
            let used = end.map_or(bytes.len(), |end| end + 1);
            open.read += used as u64;
            open.file.consume(used);
            if end.is_some() {
                return Ok(true);
            }
        }
    }

    /// What is to be read is at its end. Tells whether there is more: in a file that is full since, or after one.
    fn end(&mut self) -> bool {
        let Some(open) = &mut self.open else { return true };
        if open.is_full {
            // Nobody writes the rest of a line in it.
            self.left_out += u64::from(!self.line.is_empty());
            self.line.clear();
            self.too_long = false;
            self.open = None;
            return true;
        }
        let size = self.file.metadata().map(|metadata| metadata.len());
        let is_shorter = size.as_ref().map_or(true, |size| *size < open.read);
        let mut newer = full(&self.file).unwrap_or_default();
        newer.retain(|(number, _)| *number > self.newest);
        if let Some((newest, _)) = newer.last() {
            // It is this file that became full first: it may have got more lines before.
            open.is_full = true;
            self.newest = *newest;
            self.behind.extend(newer.into_iter().skip(1).map(|(_, path)| path));
            return true;
        }
        if is_shorter {
            // Somebody removed or emptied it.
            self.line.clear();
            self.open = None;
            return size.is_ok();
        }
        false
    }
}

/// Opens a plain file: a pipe would wait for somebody to write to it, and a device may have no end.
fn open(path: &Path) -> io::Result<File> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    File::open(path)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    struct Record {
        folder: tempfile::TempDir,
    }

    impl Record {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().expect("a folder") }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn add(&self, name: &str, text: impl AsRef<[u8]>) {
            let mut file = fs::File::options().append(true).create(true).open(self.path(name)).expect("a file");
            file.write_all(text.as_ref()).expect("written");
        }

        fn reader(&self) -> Reader {
            Reader::open(&self.path("a.jsonl"), None).expect("it can be read")
        }
    }

    fn all(reader: &mut Reader) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = reader.next_line().expect("it can be read") {
            lines.push(String::from_utf8_lossy(line).into_owned());
        }
        lines
    }

    #[test]
    fn files_are_read_from_the_oldest_to_the_newest_and_nothing_else_is() {
        let record = Record::new();
        assert!(all(&mut record.reader()).is_empty());
        for (name, text) in [
            ("a.jsonl", "5\n6\n"),
            ("a.jsonl.000010", "3\n4\n"),
            ("a.jsonl.000009", "1\n2\n"),
            ("a.jsonl.lock", "x\n"),
            ("a.jsonl.bak", "x\n"),
            ("b.jsonl.000001", "x\n"),
        ] {
            record.add(name, text);
        }
        assert_eq!(all(&mut record.reader()), ["1", "2", "3", "4", "5", "6"]);
    }

    #[test]
    fn what_is_cut_off_waits_for_its_end_and_what_is_too_long_is_left_out() {
        let record = Record::new();
        record.add("a.jsonl.000001", "1\ncut");
        record.add("a.jsonl", format!("2\n{}\n3\nfo", "x".repeat(3 * MAX_LINE)));
        let mut reader = record.reader();
        assert_eq!(all(&mut reader), ["1", "2", "3"]);
        assert_eq!(reader.left_out(), 2);
        assert!(all(&mut reader).is_empty());
        record.add("a.jsonl", "ur\n5\n");
        assert_eq!(all(&mut reader), ["four", "5"]);
    }

    #[test]
    fn who_follows_misses_nothing_when_files_become_full() {
        let record = Record::new();
        let mut reader = record.reader();
        assert!(all(&mut reader).is_empty());
        record.add("a.jsonl", "1\n2\n");
        assert_eq!(all(&mut reader), ["1", "2"]);
        record.add("a.jsonl", "3\n");
        let turn = |number: &str| {
            fs::rename(record.path("a.jsonl"), record.path(&format!("a.jsonl.{number}"))).expect("renamed");
        };
        turn("000001");
        assert_eq!(all(&mut reader), ["3"]);
        record.add("a.jsonl", "4\n");
        turn("000002");
        record.add("a.jsonl", "5\n");
        turn("000003");
        record.add("a.jsonl", "6\n");
        assert_eq!(all(&mut reader), ["4", "5", "6"]);
        // One that was removed to make room is gone; the next is read all the same.
        turn("000004");
        record.add("a.jsonl", "7\n");
        turn("000005");
        fs::remove_file(record.path("a.jsonl.000005")).expect("removed");
        record.add("a.jsonl", "8\n");
        assert_eq!(all(&mut reader), ["8"]);
    }

    #[test]
    fn what_is_no_plain_file_is_not_read() {
        let record = Record::new();
        std::fs::create_dir(record.path("a.jsonl")).expect("a folder");
        let error = record.reader().next_line().expect_err("it is a folder");
        assert!(error.to_string().contains("no regular file"), "{error}");
    }
}
