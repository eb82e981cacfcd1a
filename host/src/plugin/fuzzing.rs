//! For the fuzz target `components`.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a fuzz target finds it tells by a panic")]

use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use wasmtime::component::Component;

use super::manifest::Manifest;
use super::schema::Schema;
use crate::capability::Requests;
use crate::runtime::{CallLimits, Runtime, Template};

/// Bytes up to which a component is compiled: what is larger takes long, and shows no more.
const COMPILED: usize = 16 * 1024;

/// Reads any bytes as a file of a component, as far as loading goes without running it: what it says of itself, what it asks
/// for, compiled and linked. What begins with `{` is read as the schema of a tool instead.
///
/// # Panics
///
/// When what is wrong with it is not told in one line.
pub fn components(bytes: &[u8]) {
    if bytes.starts_with(b"{") {
        if let Some(Err(wrong)) = std::str::from_utf8(bytes).ok().map(|text| Schema::read(text).map(drop)) {
            assert!(!wrong.is_empty(), "{wrong}");
        }
        return;
    }
    let manifest = match Manifest::read(bytes) {
        Ok(manifest) => manifest,
        Err(error) => {
            assert!(error.to_string().lines().count() == 1, "{error}");
            return;
        }
    };
    // Which of these is wrong does not matter: each says so.
    let _ = manifest.check();
    let _ = manifest.requests.as_deref().map(Requests::parse);
    if bytes.len() > COMPILED {
        return;
    }
    static RUNTIME: OnceLock<Arc<Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| Arc::new(Runtime::new().expect("this machine runs WebAssembly")));
    let Ok(component) = Component::new(runtime.engine(), bytes) else { return };
    let time = Duration::from_secs(1);
    let limits = CallLimits {
        memory: 1024 * 1024,
        time,
        task_time: time,
        cpu: time,
        result: 1024 * 1024,
        calls: NonZeroU32::MIN,
        calls_per_minute: NonZeroU32::MIN,
        keep_warm: false,
    };
    if let Ok(template) = Template::new(Arc::clone(runtime), &component, "fuzzed".into(), limits) {
        for interface in manifest.interfaces() {
            template.exports().has(interface);
        }
    }
}
