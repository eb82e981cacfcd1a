//! A guest that reads its configuration by `wasi:config` and keeps values by `wasi:keyvalue`, in both of its drafts.

mod bindings;

use barkeep_sdk::prelude::*;

use bindings::config::wasi::config::store as config;
use bindings::draft::wasi::keyvalue as first;
use bindings::draft2::wasi::keyvalue::{atomics, batch, store};

plugin! {
    tools: [value, values, get, set, set_many, delete, keys, add, add_by_first_draft, swap],
}

/// A key of the configuration.
#[arguments]
pub struct Key {
    /// The key.
    key: String,
}

/// An entry of a store.
#[arguments]
pub struct Entry {
    /// The bucket.
    #[serde(default)]
    bucket: String,
    /// The key.
    key: String,
}

/// What to keep.
#[arguments]
pub struct Set {
    /// The bucket.
    #[serde(default)]
    bucket: String,
    /// The key.
    key: String,
    /// The value.
    value: String,
}

/// Several entries with one value.
#[arguments]
pub struct SetMany {
    /// The bucket.
    #[serde(default)]
    bucket: String,
    /// What the keys begin with; then come numbers.
    prefix: String,
    /// How many.
    count: u32,
    /// Bytes of each value.
    bytes: usize,
}

/// A bucket.
#[arguments]
pub struct Bucket {
    /// The bucket.
    #[serde(default)]
    bucket: String,
}

/// How to count.
#[arguments]
pub struct Add {
    /// The bucket.
    #[serde(default)]
    bucket: String,
    /// The key.
    key: String,
    /// What to add each time.
    delta: i64,
    /// How often.
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

fn failed(error: store::Error) -> Error {
    match error {
        store::Error::NoSuchStore => Error::not_found("no such store"),
        store::Error::AccessDenied => Error::access_denied("access denied"),
        store::Error::Other(words) => Error::other(words),
    }
}

fn open(bucket: &str) -> Result<store::Bucket> {
    store::open(bucket).map_err(failed)
}

/// Tells a value of the configuration.
#[tool(read_only)]
pub fn value(args: Key) -> Result<String> {
    let value = config::get(&args.key).map_err(|error| Error::other(format!("{error:?}")))?;
    value.ok_or_else(|| Error::not_found("it is not configured"))
}

/// Tells the whole configuration, as JSON.
#[tool(read_only)]
pub fn values() -> Result<String> {
    let all = config::get_all().map_err(|error| Error::other(format!("{error:?}")))?;
    Ok(json!(all).to_string())
}

/// Tells what is kept.
#[tool(read_only)]
pub fn get(args: Entry) -> Result<String> {
    let bucket = open(&args.bucket)?;
    // In this order: another host may set it meanwhile.
    let is_there = bucket.exists(&args.key).map_err(failed)?;
    let value = bucket.get(&args.key).map_err(failed)?;
    if is_there && value.is_none() {
        return Err(Error::other("`exists` tells of what `get` does not find"));
    }
    Ok(value.map_or_else(|| "(nothing)".to_owned(), |value| String::from_utf8_lossy(&value).into_owned()))
}

/// Keeps a value.
#[tool]
pub fn set(args: Set) -> Result<&'static str> {
    open(&args.bucket)?.set(&args.key, args.value.as_bytes()).map_err(failed)?;
    Ok("set")
}

/// Keeps several values.
#[tool]
pub fn set_many(args: SetMany) -> Result<&'static str> {
    let entries: Vec<_> =
        (0..args.count).map(|number| (format!("{}{number}", args.prefix), vec![b'x'; args.bytes])).collect();
    batch::set_many(&open(&args.bucket)?, &entries).map_err(failed)?;
    Ok("set")
}

/// Forgets a value.
#[tool]
pub fn delete(args: Entry) -> Result<&'static str> {
    batch::delete_many(&open(&args.bucket)?, &[args.key]).map_err(failed)?;
    Ok("deleted")
}

/// Tells how many keys there are, by pages.
#[tool(read_only)]
pub fn keys(args: Bucket) -> Result<String> {
    let bucket = open(&args.bucket)?;
    let (mut count, mut cursor) = (0, None);
    loop {
        let page = bucket.list_keys(cursor.as_deref()).map_err(failed)?;
        count += page.keys.len();
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(count.to_string());
        }
    }
}

/// Adds to a number, and tells the last sum.
#[tool]
pub fn add(args: Add) -> Result<String> {
    let bucket = open(&args.bucket)?;
    let mut sum = 0;
    for _ in 0..args.times {
        sum = atomics::increment(&bucket, &args.key, args.delta).map_err(failed)?;
    }
    Ok(sum.to_string())
}

/// The same, as hosts of the first draft have it.
#[tool]
pub fn add_by_first_draft(args: Add) -> Result<String> {
    let failed = |error: first::store::Error| Error::other(format!("{error:?}"));
    let bucket = first::store::open(&args.bucket).map_err(failed)?;
    let sum = first::atomics::increment(&bucket, &args.key, args.delta.unsigned_abs()).map_err(failed)?;
    let found = first::batch::get_many(&bucket, &[args.key.clone(), "(nothing)".to_owned()]).map_err(failed)?;
    if found != [Some((args.key, sum.to_string().into_bytes())), None] {
        return Err(Error::other(format!("it is not what was added: {found:?}")));
    }
    Ok(sum.to_string())
}

/// Swaps a value, after somebody else set it once: it takes two tries.
#[tool]
pub fn swap(args: Set) -> Result<String> {
    let bucket = open(&args.bucket)?;
    let handle = atomics::Cas::new(&bucket, &args.key).map_err(failed)?;
    bucket.set(&args.key, b"of somebody else").map_err(failed)?;
    match atomics::swap(handle, args.value.as_bytes()) {
        Ok(()) => Ok("swapped at once".to_owned()),
        Err(atomics::CasError::StoreError(error)) => Err(failed(error)),
        Err(atomics::CasError::CasFailed(handle)) => {
            let current = handle.current().map_err(failed)?.unwrap_or_default();
            atomics::swap(handle, args.value.as_bytes()).map_err(|_| Error::other("it changed again"))?;
            Ok(format!("swapped what was {}", String::from_utf8_lossy(&current)))
        }
    }
}
