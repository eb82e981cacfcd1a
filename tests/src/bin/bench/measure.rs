//! Calls, timed: one after the other, then many at once.

use std::time::{Duration, Instant};

use barkeep_tests::Client;
use futures::{StreamExt, stream};
use serde_json::Value;

/// Calls that are not counted: code pages in, connections open.
const WARM_UP: usize = 200;

/// Calls that are counted, each way.
const CALLS: usize = 3000;

/// Calls in flight when there are many.
pub const TOGETHER: usize = 32;

/// How calls fared.
pub struct Measured {
    /// Half of the calls took no longer, one at a time.
    pub median: Duration,
    /// 99 of 100 calls took no longer, one at a time.
    pub slowest: Duration,
    /// Calls a second, [`TOGETHER`] at a time.
    pub throughput: f64,
}

/// Calls `tool` over and over.
pub async fn calls(client: &Client, tool: &str, arguments: &Value) -> Measured {
    for _ in 0..WARM_UP {
        client.text(tool, arguments.clone()).await;
    }
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let begun = Instant::now();
        client.text(tool, arguments.clone()).await;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| times.get(CALLS * share / 100).copied().unwrap_or_default();
    let begun = Instant::now();
    let together = stream::iter(0..CALLS).map(|_| client.text(tool, arguments.clone())).buffer_unordered(TOGETHER);
    let done = together.count().await;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let throughput = done as f64 / begun.elapsed().as_secs_f64();
    Measured { median: at(50), slowest: at(99), throughput }
}
