//! Harm in a call: that call fails in words, and the next is taken.

use barkeep_tests::{Folder, Host, short_or_long};
use serde_json::json;

use super::component::{FREE, Hostile, RESULT, size_of_content};
use super::{assert_well, folder, serve};

/// KiB that the host may have meanwhile: its own and that of a guest, and one answer on its way.
const MOST_KIB: u64 = 640 * 1024;

/// A call fails with these words, twice: the first has left nothing behind that could fail the second in another way.
pub async fn assert_fails(hostile: Hostile, words: &str) {
    let folder = folder(&hostile);
    assert_fails_in(&folder, words).await;
}

async fn assert_fails_in(folder: &Folder, words: &str) {
    let (host, client) = serve(folder).await;
    for _ in 0..2 {
        let told = client.failure("t", json!({})).await;
        assert!(told.contains(words) && told.lines().count() == 1, "no `{words}` in: {told}");
        assert!(!told.contains("wasm") && !told.contains(".rs"), "{told}");
        assert_well(&client).await;
    }
    if let Some(kib) = host.process.peak_kib() {
        assert!(kib < MOST_KIB, "the host has had {kib} KiB");
    }
}

pub fn leak(text: String) -> &'static str {
    text.leak()
}

/// Writes the list of content of the result: where it lies, and how many blocks it has.
fn content(at: u64, blocks: u64) -> &'static str {
    leak(format!(
        "(i32.store (i32.const {}) (i32.const {at})) (i32.store (i32.const {}) (i32.const {blocks}))",
        RESULT + 8,
        RESULT + 12
    ))
}

#[tokio::test]
async fn memory_that_grows_page_by_page_ends_at_the_limit() {
    let call = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable";
    assert_fails(Hostile { call, ..Hostile::default() }, "more memory than its limit").await;
}

/// Page by page with time between, each page written to: for a minute in the long form.
#[tokio::test]
async fn memory_that_grows_slowly_ends_at_its_time() {
    let fields = r#"(import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $subscribe (param i64) (result i32)))
        (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
        (import "wasi:io/poll@0.2.0" "[resource-drop]pollable" (func $drop (param i32)))"#;
    let call = "(loop
        (local.set 0 (memory.grow (i32.const 1)))
        (i32.store (i32.mul (local.get 0) (i32.const 65536)) (i32.const 1))
        (local.set 0 (call $subscribe (i64.const 25000000)))
        (call $block (local.get 0)) (call $drop (local.get 0))
        (br 0))";
    let folder = folder(&Hostile { fields, call, ..Hostile::default() });
    let time = short_or_long("2s", "60s");
    folder.configure(&format!(
        "folder = \"plugins\"\n[plugins.hostile]\nprefix = \"\"\n[plugins.hostile.limits]\nmemory = \"192MiB\"\ntime = \"{time}\"\n"
    ));
    assert_fails_in(&folder, "took longer than its limit").await;
}

/// One text of a gibibyte, of which nothing was written.
#[tokio::test]
async fn an_answer_of_a_gibibyte_is_not_taken_in() {
    let call = leak(format!(
        "(drop (memory.grow (i32.const 16384))) {} (i32.store (i32.const {}) (i32.const 65536))
         (i32.store (i32.const {}) (i32.const 1073741824))",
        content(FREE as u64, 1),
        FREE + 8,
        FREE + 12,
    ));
    let folder = folder(&Hostile { call, ..Hostile::default() });
    folder.configure(
        "folder = \"plugins\"\n[plugins.hostile]\nprefix = \"\"\n[plugins.hostile.limits]\nmemory = \"2GiB\"\n",
    );
    assert_fails_in(&folder, "answered with more than").await;
}

/// A thousand blocks that are all the same mebibyte of the guest's, and would be a thousand of the host's.
#[tokio::test]
async fn an_answer_that_is_told_a_thousand_times_is_not_taken_in() {
    let call = leak(format!(
        "{} (local.set 0 (i32.const {FREE})) (loop
            (i32.store offset=8 (local.get 0) (i32.const 1048576)) (i32.store offset=12 (local.get 0) (i32.const 1048576))
            (local.set 0 (i32.add (local.get 0) (i32.const {size})))
            (br_if 0 (i32.lt_u (local.get 0) (i32.const {}))))",
        content(FREE as u64, 1000),
        FREE + 1000 * size_of_content(),
        size = size_of_content(),
    ));
    assert_fails(Hostile { call, pages: 40, ..Hostile::default() }, "answered with more than").await;
}

/// Ten million zeros in a list: twenty MiB that would be most of a GiB, once they were read.
#[tokio::test]
async fn json_that_unfolds_in_the_host_is_refused() {
    let bytes = 20 * 1024 * 1024;
    let end = FREE + bytes;
    let call = leak(format!(
        "(i32.store8 (i32.const {}) (i32.const 1)) (i32.store (i32.const {}) (i32.const {FREE})) (i32.store (i32.const {}) (i32.const {bytes}))
         (local.set 0 (i32.const {FREE})) (loop
            (i32.store16 (local.get 0) (i32.const 0x2c30))
            (local.set 0 (i32.add (local.get 0) (i32.const 2)))
            (br_if 0 (i32.lt_u (local.get 0) (i32.const {end}))))
         (i32.store8 (i32.const {FREE}) (i32.const 0x5b)) (i32.store8 (i32.const {}) (i32.const 0x30)) (i32.store8 (i32.const {}) (i32.const 0x5d))",
        RESULT + 16,
        RESULT + 20,
        RESULT + 24,
        FREE + 1,
        end - 1,
    ));
    assert_fails(Hostile { call, pages: 340, ..Hostile::default() }, "has more than 500000 values").await;
}

#[tokio::test]
async fn a_trap_ends() {
    let told = "crashed (it panicked or aborted";
    assert_fails(Hostile { call: "unreachable", ..Hostile::default() }, told).await;
    let call = "(drop (i32.load (i32.const -8)))";
    assert_fails(Hostile { call, ..Hostile::default() }, "crashed (it reached outside its memory").await;
    let call = "(drop (i32.div_u (i32.const 1) (local.get 0)))";
    let zero = leak(format!("(local.set 0 (i32.const 0)) {call}"));
    assert_fails(Hostile { call: zero, ..Hostile::default() }, "crashed (it divided by zero").await;
}

/// MiB of a name that twenty frames of a backtrace have: all of them would be as much as the host may have.
pub const HUGE_NAME: usize = 16;

/// Bytes of a line of the log. Of a backtrace it has no more than a screen or two.
const MOST_OF_A_LINE: usize = 20_000;

/// A function that calls itself and then traps, and has a huge name. It is the first of its module.
pub fn huge_name() -> &'static str {
    leak(format!(
        "(func (@name \"{}\") (param i32)
            (if (local.get 0) (then (call 0 (i32.sub (local.get 0) (i32.const 1)))))
            unreachable)",
        "f".repeat(HUGE_NAME * 1024 * 1024)
    ))
}

/// What the log says of the failure is short, but has both the backtrace and the reason.
pub async fn assert_short_backtrace(host: &Host) {
    host.log().wait_for("call failed").await;
    for line in host.log().having("call failed") {
        let (start, end) = (line.get(..1000).unwrap_or(&line), line.get(line.len().saturating_sub(200)..));
        assert!(line.len() < MOST_OF_A_LINE, "a line of {} bytes: {start}", line.len());
        assert!(line.contains("wasm backtrace") && line.contains("fff"), "{start}");
        assert!(line.contains("unreachable` instruction executed"), "{end:?}");
    }
    if let Some(kib) = host.process.peak_kib() {
        assert!(kib < MOST_KIB, "the host has had {kib} KiB");
    }
}

#[tokio::test]
async fn a_backtrace_of_huge_names_is_cut() {
    let folder = folder(&Hostile { fields: huge_name(), call: "(call 0 (i32.const 30))", ..Hostile::default() });
    let (host, client) = serve(&folder).await;
    let told = client.failure("t", json!({})).await;
    assert!(told.contains("crashed (it panicked or aborted"), "{told}");
    assert_short_backtrace(&host).await;
    assert_well(&client).await;
}

#[tokio::test]
async fn tables_that_grow_end() {
    let fields = "(table $t 1 funcref)";
    let call = "(loop (br_if 0 (i32.ne (table.grow $t (ref.null func) (i32.const 65536)) (i32.const -1)))) unreachable";
    let words = "needed a table of more than 100000 elements, which is the most for every plugin";
    assert_fails(Hostile { fields, call, ..Hostile::default() }, words).await;
}

#[tokio::test]
async fn recursion_ends() {
    let fields = "(func $f (call $f) (call $f))";
    assert_fails(Hostile { fields, call: "(call $f)", ..Hostile::default() }, "called itself too deeply").await;
}

#[tokio::test]
async fn a_loop_ends_at_its_time() {
    assert_fails(Hostile { call: "(loop (br 0))", ..Hostile::default() }, "took longer than its limit").await;
}

/// Calls into the host cost the guest its time too.
#[tokio::test]
async fn a_loop_of_calls_into_the_host_ends_at_its_time() {
    let fields = r#"(import "barkeep:plugin/client@0.1.0" "progress" (func $progress (param f64 i32 f64 i32 i32 i32)))
        (import "barkeep:plugin/client@0.1.0" "list-changed" (func $changed (param i32)))"#;
    let call =
        "(loop (call $progress (f64.const 0) (i32.const 0) (f64.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
        (call $changed (i32.const 0)) (br 0))";
    assert_fails(Hostile { fields, call, ..Hostile::default() }, "took longer than its limit").await;
}

/// Messages of the largest size to the host, in a loop: each is let go of.
#[tokio::test]
async fn a_flood_of_large_messages_fills_nothing() {
    let fields = r#"(import "barkeep:plugin/client@0.1.0" "log" (func $log (param i32 i32 i32 i32 i32 i32)))"#;
    let call = leak(format!(
        "(memory.fill (i32.const {FREE}) (i32.const 0x31) (i32.const 8388608))
         (loop (call $log (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const {FREE}) (i32.const 8388608)) (br 0))"
    ));
    let folder = folder(&Hostile { fields, call, pages: 200, ..Hostile::default() });
    let (host, client) = serve(&folder).await;
    let told = client.failure("t", json!({})).await;
    assert!(told.contains("took longer than its limit of 2s"), "{told}");
    if let Some(kib) = host.process.resident_kib() {
        assert!(kib < 512 * 1024, "{kib} KiB");
    }
    assert_well(&client).await;
}

#[tokio::test]
async fn an_answer_outside_of_its_memory_is_refused() {
    for (at, blocks, words) in [
        (0xFFFF_FFF0, 1, "out of bounds of memory"),
        (FREE as u64, 0xFFFF_FFFF, "out of bounds of memory"),
        (0x7FFF_FFFF, 16, "out of bounds of memory"),
        (FREE as u64 + 1, 1, "not aligned"),
    ] {
        assert_fails(Hostile { call: content(at, blocks), ..Hostile::default() }, words).await;
    }
}

/// Zeros are blocks of empty text: a million of them cost the guest its memory, and the host no more than an answer may.
#[tokio::test]
async fn a_million_blocks_of_content_are_too_many() {
    let blocks = 1_000_000;
    let pages = (blocks * size_of_content() + FREE).div_ceil(65536);
    let pages = u32::try_from(pages).expect("it is small");
    assert!(pages < 192 * 16, "{pages} pages are within its limit of memory");
    let call = content(FREE as u64 + 4096, blocks as u64);
    assert_fails(Hostile { call, pages: pages + 1, ..Hostile::default() }, "answered with more than").await;
}

/// Few enough bytes, but more blocks than any client shows.
#[tokio::test]
async fn ten_thousand_blocks_of_content_are_too_many() {
    let blocks = 10_001;
    let pages = u32::try_from((blocks * size_of_content() + FREE).div_ceil(65536)).expect("it is small");
    let call = content(FREE as u64 + 4096, blocks as u64);
    let words = "answered with 10001 blocks of content; 10000 is the most";
    assert_fails(Hostile { call, pages: pages + 1, ..Hostile::default() }, words).await;
}

/// Text that is none.
#[tokio::test]
async fn text_that_is_no_utf8_is_refused() {
    let call = leak(format!(
        "{} (i32.store (i32.const {text}) (i32.const {bytes})) (i32.store (i32.const {length}) (i32.const 4))
         (i32.store (i32.const {bytes}) (i32.const 0xFFFEFDFC))",
        content(FREE as u64, 1),
        // A block of text: the case, then where the text lies.
        text = FREE + 8,
        length = FREE + 12,
        bytes = FREE + 1024,
    ));
    assert_fails(Hostile { call, ..Hostile::default() }, "utf-8").await;
}

/// A case that the contract does not have.
#[tokio::test]
async fn a_kind_of_content_that_is_none_is_refused() {
    let call = leak(format!("{} (i32.store8 (i32.const {FREE}) (i32.const 200))", content(FREE as u64, 1)));
    assert_fails(Hostile { call, ..Hostile::default() }, "unexpected discriminant").await;
}

#[tokio::test]
async fn structured_content_that_is_no_json_is_refused() {
    let nested = "[".repeat(50_000);
    for json in ["{", "nonsense", &nested] {
        let call = leak(format!(
            "(i32.store8 (i32.const {}) (i32.const 1)) (i32.store (i32.const {}) (i32.const {FREE}))
             (i32.store (i32.const {}) (i32.const {}))",
            RESULT + 16,
            RESULT + 20,
            RESULT + 24,
            json.len(),
        ));
        let fields = leak(format!("(data (i32.const {FREE}) \"{json}\")"));
        assert_fails(Hostile { fields, call, pages: 4, ..Hostile::default() }, "not JSON").await;
    }
}
