//! A guest whose resources are watched, well and badly: each of its URIs is a way to watch.
#![allow(clippy::print_stdout, reason = "the host logs it, which the tests wait for")]

use std::thread::sleep;
use std::time::Duration;

use barkeep_sdk::client;
use barkeep_sdk::prelude::*;

/// Between two changes of a resource that changes by itself.
const TICK: Duration = Duration::from_millis(20);

/// Which resource.
#[arguments]
struct Feed {
    /// The way to watch it.
    way: String,
}

/// What changed.
#[arguments]
struct Change {
    /// Its URI.
    uri: String,
}

/// A resource of any name.
#[resource(template = "feed://{way}")]
fn feed(args: Feed) -> String {
    args.way
}

/// Says that a resource changed.
#[tool]
fn change(args: Change) -> &'static str {
    client::resource_updated(&args.uri);
    "said"
}

fn watch(uri: &str) -> Result<()> {
    println!("watches {uri}");
    match uri.trim_start_matches("feed://") {
        "ticks" => loop {
            sleep(TICK);
            client::resource_updated(uri);
        },
        "flood" => loop {
            client::resource_updated(uri);
        },
        "relists" => loop {
            client::list_changed(Menu::Tools);
            sleep(TICK);
        },
        "fails" => Err(Error::other("the feed is down")),
        "returns" => Ok(()),
        "gone" => Err(Error::not_found("there is no such feed")),
        // Changes only when a tool says so.
        _ => loop {
            sleep(Duration::from_hours(1));
        },
    }
}

plugin! {
    tools: [change],
    resources: [feed],
    watch: watch,
}
