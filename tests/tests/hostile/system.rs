//! Harm by what WASI gives to every plugin: clocks, randomness, handles.

use super::calls::assert_fails;
use super::component::{FREE, Hostile};

const CLOCK: &str = r#"(import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))
    (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $subscribe (param i64) (result i32)))
    (import "wasi:io/poll@0.2.0" "[method]pollable.ready" (func $ready (param i32) (result i32)))
    (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
    (import "wasi:io/poll@0.2.0" "[resource-drop]pollable" (func $drop (param i32)))
    (import "wasi:io/poll@0.2.0" "poll" (func $poll (param i32 i32 i32)))"#;

const RANDOM: &str = r#"(import "wasi:random/random@0.2.0" "get-random-bytes" (func $random (param i64 i32)))"#;

async fn with_clock(call: &'static str, words: &str) {
    assert_fails(Hostile { fields: CLOCK, call, ..Hostile::default() }, words).await;
}

#[tokio::test]
async fn a_wait_for_ever_ends_at_its_time() {
    with_clock("(call $block (call $subscribe (i64.const -1)))", "took longer than its limit").await;
}

/// In every way to wait: one by one, many at once, and looked at again and again.
#[tokio::test]
async fn a_poll_for_ever_ends_at_its_time() {
    let all = format!(
        "(i32.store (i32.const {FREE}) (call $subscribe (i64.const -1)))
         (i32.store (i32.const {}) (call $subscribe (i64.const -1)))
         (call $poll (i32.const {FREE}) (i32.const 2) (i32.const 16))",
        FREE + 4
    );
    with_clock(all.leak(), "took longer than its limit").await;
    let again = "(local.set 0 (call $subscribe (i64.const -1))) (loop (drop (call $ready (local.get 0))) (br 0))";
    with_clock(again, "took longer than its limit").await;
}

#[tokio::test]
async fn a_loop_of_looks_at_the_clock_ends_at_its_time() {
    with_clock("(loop (drop (call $now)) (br 0))", "took longer than its limit").await;
}

/// Handles that are never dropped are bounded.
#[tokio::test]
async fn handles_that_leak_end() {
    with_clock("(loop (drop (call $subscribe (i64.const 1))) (br 0))", "held 4096 things open at once").await;
}

/// Numbers that are no handles, one that was dropped, and one that is dropped twice.
#[tokio::test]
async fn handles_that_are_forged_or_stale_are_refused() {
    for call in [
        "(call $block (i32.const 7))",
        "(call $block (i32.const -1))",
        "(call $block (i32.const 0))",
        "(local.set 0 (call $subscribe (i64.const 1))) (call $drop (local.get 0)) (call $block (local.get 0))",
        "(local.set 0 (call $subscribe (i64.const 1))) (call $drop (local.get 0)) (call $drop (local.get 0))",
    ] {
        with_clock(call, "crashed").await;
    }
}

#[tokio::test]
async fn randomness_is_given_in_small_parts_and_not_for_ever() {
    let all = format!("(call $random (i64.const 4294967296) (i32.const {FREE}))");
    assert_fails(Hostile { fields: RANDOM, call: all.leak(), ..Hostile::default() }, "exceeds limit").await;
    let again = format!("(loop (call $random (i64.const 1048576) (i32.const {FREE})) (br 0))");
    let hostile = Hostile { fields: RANDOM, call: again.leak(), pages: 40, ..Hostile::default() };
    assert_fails(hostile, "took longer than its limit").await;
}
