//! The folders of this call: what the host granted.

use crate::allowed::Allowed;

/// The folders that the host granted, and the home that `HOME` names where that is granted too.
#[cfg(target_os = "wasi")]
pub fn granted() -> Allowed {
    Allowed::new(crate::preopens::granted(), std::env::var("HOME").ok())
}

/// The folders that [`set`] named: native code has no preopens.
#[cfg(not(target_os = "wasi"))]
pub fn granted() -> Allowed {
    HERE.with_borrow(Clone::clone)
}

#[cfg(not(target_os = "wasi"))]
thread_local! {
    static HERE: std::cell::RefCell<Allowed> = std::cell::RefCell::new(Allowed::new([], None));
}

/// Stands in for the host's grants on this thread, in tests.
#[cfg(not(target_os = "wasi"))]
pub fn set(allowed: Allowed) {
    HERE.set(allowed);
}
