//! A resolver that changes its mind: loaded before the C library (`LD_PRELOAD`), it answers for some names itself.
//!
//! `BARKEEP_MOVING_NAMES` is a file with a line for each name, `NAME ADDRESS ADDRESS...`: the first lookup gives the first
//! address, the next the next, and the last goes on. What is looked up is added to the file of that name with `.asked`.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a process of a test that cannot go on ends")]

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int};
use std::fs::{File, read_to_string};
use std::io::Write as _;
use std::mem::transmute;
use std::sync::{LazyLock, Mutex};

use libc::addrinfo;

type GetAddrInfo = unsafe extern "C" fn(*const c_char, *const c_char, *const addrinfo, *mut *mut addrinfo) -> c_int;

/// Names, each with the addresses that are left, the next one last; and where lookups are told.
type Names = (HashMap<String, Vec<String>>, File);

/// Those that move.
static NAMES: LazyLock<Mutex<Names>> = LazyLock::new(|| {
    let table = std::env::var("BARKEEP_MOVING_NAMES").expect("the test says where the names are");
    let asked = File::options().create(true).append(true).open(format!("{table}.asked")).expect("it is the test's");
    let table = read_to_string(table).expect("it is the test's");
    let names = table.lines().filter_map(|line| {
        let mut words = line.split_whitespace().map(str::to_owned);
        Some((words.next()?, words.rev().collect()))
    });
    Mutex::new((names.collect(), asked))
});

/// The address that `name` has now.
fn address(name: &str) -> Option<String> {
    let (names, asked) = &mut *NAMES.lock().expect("nobody fails with it in hand");
    let left = names.get_mut(name)?;
    writeln!(asked, "{name}").expect("there is room");
    if left.len() > 1 { left.pop() } else { left.last().cloned() }
}

/// `getaddrinfo(3)`: of a name that moves, as if its address had been asked for; of any other, as it is.
///
/// # Panics
///
/// When the C library has none.
///
/// # Safety
///
/// The caller keeps to what POSIX asks of callers of `getaddrinfo`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn getaddrinfo(
    node: *const c_char,
    service: *const c_char,
    hints: *const addrinfo,
    found: *mut *mut addrinfo,
) -> c_int {
    // SAFETY: the name is a string with its end.
    let next = unsafe { libc::dlsym(libc::RTLD_NEXT, c"getaddrinfo".as_ptr()) };
    assert!(!next.is_null(), "the C library has it");
    // SAFETY: what the C library has under this name is a function of this type.
    let next = unsafe { transmute::<*mut libc::c_void, GetAddrInfo>(next) };
    // SAFETY: `node` is null or a string with its end, as POSIX asks.
    let name = (!node.is_null()).then(|| unsafe { CStr::from_ptr(node) });
    let moved = name.and_then(|name| address(name.to_str().ok()?)).and_then(|address| CString::new(address).ok());
    // SAFETY: all but the name is the caller's, and the name lives until after the call.
    unsafe { next(moved.as_ref().map_or(node, |address| address.as_ptr()), service, hints, found) }
}
