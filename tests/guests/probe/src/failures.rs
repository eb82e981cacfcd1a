//! Calls that do not end well.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use barkeep_sdk::prelude::*;

/// How long to sleep.
#[arguments]
pub struct Sleep {
    /// Milliseconds.
    ms: u64,
}

/// How much memory to take.
#[arguments]
pub struct Allocate {
    /// Bytes.
    bytes: usize,
}

/// How to exit.
#[arguments]
pub struct Exit {
    /// The exit code.
    code: i32,
}

/// How much to work.
#[arguments]
pub struct Work {
    /// Rounds of some nanoseconds each.
    rounds: u64,
}

/// How many timers.
#[arguments]
pub struct Hold {
    /// How many.
    times: u32,
}

/// Begins timers, and holds all of them to the end of the call.
#[tool]
pub fn hold(args: Hold) -> String {
    let timers: Vec<_> = (0..args.times).map(|_| wasip2::clocks::monotonic_clock::subscribe_duration(1)).collect();
    format!("held {}", black_box(timers).len())
}

/// Computes for a while.
#[tool]
pub fn work(args: Work) -> String {
    (0..args.rounds).fold(1_u64, |sum, round| black_box(sum ^ round).wrapping_mul(31)).to_string()
}

/// Computes for ever.
#[tool]
pub fn spin() {
    println!("spinning");
    loop {
        black_box(());
    }
}

/// Sleeps a while.
#[tool]
pub fn sleep(args: Sleep) -> String {
    std::thread::sleep(Duration::from_millis(args.ms));
    format!("slept {} ms", args.ms)
}

/// Sleeps for ever.
#[tool]
pub fn sleep_forever() {
    println!("sleeping");
    loop {
        std::thread::sleep(Duration::from_hours(1));
    }
}

/// Takes memory, and writes to all of it.
#[tool]
pub fn allocate(args: Allocate) -> String {
    let memory = vec![1_u8; args.bytes];
    format!("has {} bytes", black_box(&memory).len())
}

/// Panics.
#[tool]
pub fn crash() {
    panic!("the probe was told to panic");
}

/// Calls itself for ever.
#[tool]
pub fn recurse() -> String {
    deeper(1).to_string()
}

static DEPTH: AtomicU64 = AtomicU64::new(0);

/// Neither a loop nor a tail call, as far as a compiler can tell.
fn deeper(number: u64) -> u64 {
    let depth = DEPTH.fetch_add(1, Ordering::Relaxed);
    if depth == u64::MAX {
        return number;
    }
    deeper(number ^ depth).wrapping_mul(number) ^ DEPTH.load(Ordering::Relaxed)
}

/// Calls itself for ever, with much on the stack that compilers to WebAssembly keep in memory.
#[tool]
pub fn recurse_in_memory() -> String {
    deeper_in_memory(&[0; 64]).to_string()
}

fn deeper_in_memory(before: &[u64; 64]) -> u64 {
    let mut here = *before;
    here[0] += 1;
    if black_box(false) {
        return here[0];
    }
    deeper_in_memory(black_box(&here)) + here[0]
}

/// Ends itself.
#[tool]
pub fn exit(args: Exit) {
    std::process::exit(args.code);
}

/// Works until the client does not want the result any more, and says so on stdout. Reports that it works.
#[tool]
pub fn until_cancelled(context: &mut Context) -> String {
    println!("working");
    context.progress(0.0, None, Some("working"));
    while !context.is_cancelled() {
        std::thread::sleep(Duration::from_millis(1));
    }
    println!("saw that it was cancelled");
    "cancelled".to_owned()
}
