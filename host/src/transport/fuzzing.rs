//! For the fuzz target `messages`.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a fuzz target finds it tells by a panic")]

use rmcp::transport::Transport as _;
use serde_json::Value;
use tokio::io::AsyncReadExt as _;

use super::lines::Lines;
use super::message;
use crate::plugin::json::Values;

/// Bytes of answers that nobody has read yet.
const ANSWERS: usize = 1024 * 1024;

/// Reads any bytes as lines of a client. Each answer is one line of JSON-RPC with an error, and no line stops those after it.
///
/// # Panics
///
/// When that is not so.
pub fn messages(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Err(answer) = message::parse(line) {
            let answer = serde_json::to_value(answer).expect("it is JSON");
            assert!(answer.pointer("/error/code").and_then(Value::as_i64).is_some(), "{answer}");
        }
        // Counted in pieces as in one.
        let (mut whole, mut pieces) = (Values::default(), Values::default());
        whole.take(line);
        line.chunks(3).for_each(|piece| {
            pieces.take(piece);
        });
        assert_eq!(format!("{whole:?}"), format!("{pieces:?}"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let ping = b"\n{\"jsonrpc\":\"2.0\",\"id\":\"last\",\"method\":\"ping\"}\n";
        let (near, far) = tokio::io::duplex(ANSWERS);
        let mut lines = Lines::new(bytes.chain(&ping[..]), near);
        let reading = tokio::spawn(async move {
            let mut answers = Vec::new();
            let mut far = far;
            far.read_to_end(&mut answers).await.map(|_| answers)
        });
        let mut last = None;
        while let Some(received) = lines.receive().await {
            last = Some(received);
        }
        drop(lines);
        let last = serde_json::to_value(last.expect("the ping is received")).expect("it is JSON");
        assert_eq!(last.get("id"), Some(&Value::from("last")), "{last}");
        let answers = reading.await.expect("it ends").expect("it is read");
        for answer in answers.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let answer: Value = serde_json::from_slice(answer).expect("an answer is one line of JSON");
            assert!(answer.get("error").is_some(), "{answer}");
        }
    });
}
