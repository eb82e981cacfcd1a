//! What was allowed to a call that is to be made again: for whom it is good, and until when.

use std::fs;

use barkeep_tests::{Environment, Era, Host, with_section};
use serde_json::{Value, json};

use super::{Person, Seat, accept, choosing, config, everything, folder, seat, server};

fn arguments(url: &str) -> Value {
    json!({ "url": format!("{url}/a") })
}

/// A call of the tool that may change something, which is allowed and not run again by itself.
async fn allowed(seat: &Seat, url: &str) {
    let told = seat.failure("get", arguments(url)).await;
    assert!(told.contains("call it again with the same arguments"), "{told}");
}

#[tokio::test]
async fn what_was_allowed_to_one_component_is_not_to_the_one_after_it() {
    let url = server().await;
    for era in Era::BOTH {
        let folder = folder("", &url);
        let (host, seat) = seat(&folder, era, choosing("once")).await;
        allowed(&seat, &url).await;
        let probe = fs::read(Environment::guest("probe")).expect("it was built");
        let other = with_section(&probe, "other", b"component");
        host.until_loaded("asker", || folder.write("probe.wasm", other)).await;
        allowed(&seat, &url).await;
        assert_eq!(seat.asked().len(), 2, "{era:?}: it is asked for anew");
        assert!(seat.text("get", arguments(&url)).await.ends_with("hello"), "{era:?}: this is for it");
    }
}

#[tokio::test]
async fn what_is_revoked_is_granted_to_no_call_that_was_to_come() {
    let url = server().await;
    for era in Era::BOTH {
        let folder = folder("", &url);
        // It is asked for in other words once nothing is granted.
        let always = Person::new(|_| accept(&json!({ "answer": "always" })));
        let (host, seat) = seat(&folder, era, always).await;
        let before = host.log().mark();
        allowed(&seat, &url).await;
        host.log().wait_after(before, "loaded plugin=asker").await;
        let before = host.log().mark();
        let revoked = folder.run(&["revoke", "asker", "http", &format!("{url}/**")]).await;
        assert!(revoked.status.success(), "{revoked:?}");
        host.log().wait_after(before, "loaded plugin=asker").await;
        allowed(&seat, &url).await;
        assert_eq!(seat.asked().len(), 2, "{era:?}: it is asked for anew");
    }
}

#[tokio::test]
async fn what_is_never_to_be_granted_is_granted_to_no_call_that_was_to_come() {
    let url = server().await;
    for era in Era::BOTH {
        let folder = folder("", &url);
        let (host, seat) = seat(&folder, era, choosing("once")).await;
        allowed(&seat, &url).await;
        let never = format!("[plugins.asker.never]\nhttp = [{{ url = \"{url}/**\", private = true }}]\n");
        host.until_loaded("asker", || folder.configure(&format!("{}{never}", config(&folder)))).await;
        let told = seat.failure("get", arguments(&url)).await;
        assert!(told.contains("plugin `asker` may not GET"), "{era:?}: {told}");
        assert_eq!(seat.asked().len(), 1, "{era:?}");
    }
}

async fn over_http(host: &mut Host, answer: Value) -> Seat {
    let person = Person::new(move |_| answer.clone()).declaring(everything());
    Seat::take(host, true, Era::Initialize, person).await
}

#[tokio::test]
async fn what_was_allowed_to_one_client_is_not_to_another() {
    let url = server().await;
    let folder = folder("consent = \"ask\"", &url);
    let mut host = Host::http(&folder).await;
    host.loaded("asker").await;
    let one = over_http(&mut host, accept(&json!({ "answer": "once" }))).await;
    let other = over_http(&mut host, json!({ "action": "decline" })).await;
    allowed(&one, &url).await;
    let told = other.failure("get", arguments(&url)).await;
    assert!(told.contains("plugin `asker` may not GET"), "{told}");
    assert_eq!(other.asked().len(), 1);
    assert!(one.text("get", arguments(&url)).await.ends_with("hello"));
}
