//! Pictures, sounds and files of 16 MiB: by tools, resources and prompts, over stdio and HTTP, whole, and without more
//! copies in memory than the wire takes.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

use barkeep_tests::{Folder, Host, Pipe, Post, stateless};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// The largest that is promised.
const LARGE: u32 = 16 * 1024 * 1024;

/// What the guest makes.
fn bytes(count: u32) -> Vec<u8> {
    (0..count).map(|at| u8::try_from(at.wrapping_mul(31) % 251).expect("it is small")).collect()
}

fn assert_whole(text: &Value, count: u32, what: &str) {
    let data = BASE64_STANDARD.decode(text.as_str().expect("text")).expect("base64");
    // Not by `assert_eq`, which would print them.
    assert!(data == bytes(count), "{what} of {count} bytes came as {} others", data.len());
}

/// Each way in which a plugin gives media: the method, its header, its parameters, and where the data is in the result.
fn ways(count: u32) -> [(&'static str, &'static str, Value, &'static str); 5] {
    let make = |kind| json!({ "name": "media__make", "arguments": { "kind": kind, "bytes": count } });
    let uri: &'static str = format!("media://files/{count}").leak();
    [
        ("tools/call", "media__make", make("Image"), "/content/0/data"),
        ("tools/call", "media__make", make("Audio"), "/content/0/data"),
        ("tools/call", "media__make", make("Embedded"), "/content/0/resource/blob"),
        ("resources/read", uri, json!({ "uri": uri }), "/contents/0/blob"),
        (
            "prompts/get",
            "media__show",
            json!({ "name": "media__show", "arguments": { "bytes": count.to_string() } }),
            "/messages/0/content/data",
        ),
    ]
}

#[tokio::test]
async fn media_of_any_size_come_whole_over_stdio() {
    let folder = Folder::with_guests(&["media"]);
    let mut host = Host::stdio(&folder);
    let mut pipe: Pipe = host.pipe();
    for count in [0, 1, 2, 3, 4099, LARGE] {
        for (method, _, params, place) in ways(count) {
            let answer = pipe.request(method, stateless(params)).await;
            assert_whole(answer["result"].pointer(place).unwrap_or(&answer["error"]), count, place);
        }
    }
}

#[tokio::test]
async fn media_of_any_size_come_whole_over_http() {
    let folder = Folder::with_guests(&["media"]);
    let host = Host::http(&folder).await;
    let post: Post = host.post();
    for count in [0, 4099, LARGE] {
        for (method, name, params, place) in ways(count) {
            let answer = post.call_stateless(method, Some(name), params).await.message();
            assert_whole(answer["result"].pointer(place).unwrap_or(&answer["error"]), count, place);
        }
    }
}

/// MiB that media of 16 MiB may take at once: the guest's own bytes (16), the same outside the sandbox (16), their base64
/// (22), and the message in a buffer that grows (22 to 44). One copy more is over it.
#[cfg(target_os = "linux")]
const MOST: u64 = 98;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn media_are_copied_no_more_often_than_the_wire_takes() {
    let folder = Folder::with_guests(&["media"]);
    let host = Host::http(&folder).await;
    let post = host.post();
    for (method, name, params, place) in ways(1024) {
        let answer = post.call_stateless(method, Some(name), params).await.message();
        assert_whole(answer["result"].pointer(place).unwrap_or(&answer["error"]), 1024, place);
    }
    for (method, name, params, _) in ways(LARGE) {
        host.process.forget_peak();
        let before = host.process.resident_kib().expect("Linux tells");
        let answer = post.call_stateless(method, Some(name), params).await;
        assert!(answer.status.is_success());
        drop(answer);
        let more = host.process.peak_kib().expect("Linux tells").saturating_sub(before) / 1024;
        assert!(more <= MOST, "{method} of {name} takes {more} MiB more");
    }
}
