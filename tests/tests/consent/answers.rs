//! What follows from each answer, in both lifecycles of the protocol.

use barkeep_tests::Era;
use serde_json::json;

use super::{choosing, config, folder, seat, server};

#[tokio::test]
async fn what_is_allowed_once_is_run_again_and_asked_for_the_next_time() {
    let url = server().await;
    let folder = folder("", &url);
    let before = config(&folder);
    for era in Era::BOTH {
        let (_host, seat) = seat(&folder, era, choosing("once")).await;
        for times in 1..=2 {
            let told = seat.text("look", json!({ "url": format!("{url}/a") })).await;
            assert!(told.contains("200") && told.ends_with("hello"), "{era:?}: {told}");
            assert_eq!(seat.asked().len(), times, "{era:?}");
        }
        assert_eq!(config(&folder), before, "{era:?}");
    }
}

#[tokio::test]
async fn what_is_allowed_always_is_written_and_not_asked_for_again() {
    let url = server().await;
    for era in Era::BOTH {
        let folder = folder("# of mine", &url);
        let (host, seat) = seat(&folder, era, choosing("always")).await;
        let mark = host.log().mark();
        let told = seat.text("look", json!({ "url": format!("{url}/a") })).await;
        assert!(told.ends_with("hello"), "{era:?}: {told}");
        assert_eq!(
            config(&folder),
            format!(
                "# of mine\n[plugins.asker] # mine\nsource = \"probe.wasm\"\n[plugins.asker.grants]\n\
                 http = [{{ url = \"{url}/**\", methods = [\"HEAD\", \"GET\"], private = true }}]\n"
            ),
            "{era:?}"
        );
        host.log().wait_after(mark, "loaded plugin=asker").await;
        seat.text("look", json!({ "url": format!("{url}/b") })).await;
        assert_eq!(seat.asked().len(), 1, "{era:?}");
    }
}

#[tokio::test]
async fn what_is_never_allowed_stays_refused_and_is_not_asked_for_again() {
    let url = server().await;
    for era in Era::BOTH {
        let folder = folder("", &url);
        let (_host, seat) = seat(&folder, era, choosing("never")).await;
        for _ in 0..3 {
            let told = seat.failure("look", json!({ "url": format!("{url}/a") })).await;
            assert!(told.contains("plugin `asker` may not GET"), "{era:?}: {told}");
        }
        assert_eq!(seat.asked().len(), 1, "{era:?}");
        let written = config(&folder);
        assert!(written.contains("[plugins.asker.never]\nhttp = [{ url = ") && written.contains("# mine"), "{written}");
        let listed = folder.run(&["list"]).await;
        let listed = String::from_utf8(listed.stdout).expect("it is text");
        assert!(listed.contains("  never     http HEAD, GET"), "{listed}");
        // Another host, which read it, does not ask either.
        let (_host, seat) = super::seat(&folder, era, super::Person::unasked()).await;
        seat.failure("look", json!({ "url": format!("{url}/a") })).await;
    }
}

/// A tool that may change something is not run twice by the host.
#[tokio::test]
async fn a_tool_that_may_change_something_is_not_run_again_by_itself() {
    let url = server().await;
    let folder = folder("", &url);
    for era in Era::BOTH {
        let (_host, seat) = seat(&folder, era, choosing("once")).await;
        let arguments = || json!({ "url": format!("{url}/a") });
        let told = seat.failure("get", arguments()).await;
        assert!(told.contains("call it again with the same arguments"), "{era:?}: {told}");
        assert!(seat.text("get", arguments()).await.ends_with("hello"), "{era:?}");
        assert_eq!(seat.asked().len(), 1, "{era:?}");
        seat.failure("get", arguments()).await;
        assert_eq!(seat.asked().len(), 2, "{era:?}: once is once");
    }
}

#[tokio::test]
async fn what_is_allowed_once_is_not_kept_by_an_instance_that_stays() {
    let url = server().await;
    let folder = folder("", &url);
    folder.configure(&config(&folder).replace("source =", "instance = \"plugin\"\nsource ="));
    let (_host, seat) = seat(&folder, Era::Initialize, choosing("once")).await;
    for times in 1..=2 {
        assert!(seat.text("look", json!({ "url": format!("{url}/a") })).await.ends_with("hello"));
        assert_eq!(seat.asked().len(), times);
    }
}
