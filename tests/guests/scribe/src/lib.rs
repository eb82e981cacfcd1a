//! A guest that writes, opens and links more than it should, on request.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;

use barkeep_sdk::prelude::*;

plugin! { tools: [fill, fill_at_once, names, open, list, link, times, read_often, write_often] }

/// What to write, and how.
#[arguments]
pub struct Fill {
    /// The file.
    path: PathBuf,
    /// The way.
    how: How,
    /// Bytes of one piece.
    piece: usize,
    /// How many pieces.
    #[serde(default = "once")]
    times: usize,
}

/// A way to make a file longer.
#[arguments]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Piece after piece from its start.
    Write,
    /// Piece after piece at its end.
    Append,
    /// By saying how long it is.
    Size,
    /// One byte, so far behind its start.
    Seek,
}

/// Something, so many times.
#[arguments]
pub struct Many {
    /// The file or folder.
    path: PathBuf,
    /// How often.
    count: usize,
}

/// Something that is many files.
#[arguments]
pub struct AtOnce {
    /// The file.
    path: PathBuf,
    /// How many handles write to it.
    handles: usize,
    /// Bytes that each appends, in pieces of one byte.
    bytes: usize,
}

/// From where to where.
#[arguments]
pub struct Link {
    /// What it leads to.
    to: PathBuf,
    /// Where it is made.
    path: PathBuf,
    /// Whether by name.
    #[serde(default)]
    symbolic: bool,
}

/// A path beneath the first folder.
#[arguments]
pub struct Times {
    /// The path.
    path: String,
}

fn once() -> usize {
    1
}

fn failed(after: usize, error: &io::Error) -> Error {
    Error::other(format!("after {after}: {error} ({:?})", error.kind()))
}

/// Makes a file longer.
#[tool]
pub fn fill(args: Fill) -> Result<String> {
    let mut options = OpenOptions::new();
    let options = match args.how {
        How::Append => options.append(true).create(true),
        _ => options.write(true).create(true),
    };
    let mut file = options.open(&args.path).map_err(|error| failed(0, &error))?;
    let far = (args.piece as u64) * (args.times as u64);
    match args.how {
        How::Write | How::Append => {
            let piece = vec![b'x'; args.piece];
            for time in 0..args.times {
                file.write_all(&piece).map_err(|error| failed(time, &error))?;
            }
        }
        How::Size => file.set_len(far).map_err(|error| failed(0, &error))?,
        How::Seek => {
            file.seek(SeekFrom::Start(far)).map_err(|error| failed(0, &error))?;
            file.write_all(b"x").map_err(|error| failed(0, &error))?;
        }
    }
    Ok("filled".to_owned())
}

/// Makes a file longer by several handles in turn.
#[tool]
pub fn fill_at_once(args: AtOnce) -> Result<String> {
    let open = |_| OpenOptions::new().append(true).create(true).open(&args.path);
    let mut files =
        (0..args.handles).map(open).collect::<io::Result<Vec<File>>>().map_err(|error| failed(0, &error))?;
    for byte in 0..args.bytes {
        for file in &mut files {
            file.write_all(b"x").map_err(|error| failed(byte, &error))?;
        }
    }
    Ok("filled".to_owned())
}

/// Makes folders in a folder, with nothing in them.
#[tool]
pub fn names(args: Many) -> Result<String> {
    for number in 0..args.count {
        fs::create_dir(args.path.join(number.to_string())).map_err(|error| failed(number, &error))?;
    }
    Ok("made".to_owned())
}

/// Opens a file, and keeps it open, so many times.
#[tool]
pub fn open(args: Many) -> Result<String> {
    let mut files = Vec::new();
    for number in 0..args.count {
        files.push(File::open(&args.path).map_err(|error| failed(number, &error))?);
    }
    Ok(format!("{} are open", files.len()))
}

/// Lists a folder, so many times at once, and tells how many entries the last has.
#[tool]
pub fn list(args: Many) -> Result<String> {
    let mut listings = Vec::new();
    for number in 0..args.count {
        listings.push(fs::read_dir(&args.path).map_err(|error| failed(number, &error))?);
    }
    let entries = listings.pop().into_iter().flatten().collect::<io::Result<Vec<_>>>();
    Ok(format!("{} entries", entries.map_err(|error| failed(args.count, &error))?.len()))
}

/// Makes a link.
#[tool]
pub fn link(args: Link) -> Result<String> {
    #[allow(deprecated, reason = "what is in its place is not stable for WASI")]
    let made = if args.symbolic { fs::soft_link(&args.to, &args.path) } else { fs::hard_link(&args.to, &args.path) };
    made.map_err(|error| failed(0, &error))?;
    Ok("linked".to_owned())
}

/// Reads a file again and again, and tells each text that was in it.
#[tool]
pub fn read_often(args: Many) -> String {
    let texts: BTreeSet<String> = (0..args.count).filter_map(|_| fs::read_to_string(&args.path).ok()).collect();
    texts.into_iter().collect::<Vec<_>>().join("\n")
}

/// Writes to a file again and again, and tells how often it could.
#[tool]
pub fn write_often(args: Many) -> String {
    (0..args.count).filter(|_| fs::write(&args.path, "mine").is_ok()).count().to_string()
}

/// Sets the times of what a path leads to.
#[tool]
#[cfg(target_os = "wasi")]
pub fn times(args: Times) -> Result<String> {
    use wasip2::filesystem::preopens::get_directories;
    use wasip2::filesystem::types::{NewTimestamp, PathFlags};
    let folders = get_directories();
    let (folder, _) = folders.first().ok_or_else(|| Error::other("no folder"))?;
    let set = folder.set_times_at(PathFlags::SYMLINK_FOLLOW, &args.path, NewTimestamp::Now, NewTimestamp::NoChange);
    set.map_err(|code| Error::other(format!("{code:?}")))?;
    Ok("set".to_owned())
}

/// There are no folders here.
#[tool]
#[cfg(not(target_os = "wasi"))]
pub fn times(args: Times) -> Result<String> {
    Err(Error::other(format!("no folder has {}", args.path)))
}
