//! Prompts, resources and completions that lack a grant.

use barkeep_tests::Era;
use serde_json::{Value, json};

use super::person::error;
use super::{Person, choosing, config, folder_of_needs, seat, server};

#[tokio::test]
async fn a_prompt_that_lacks_a_grant_asks_for_it() {
    let url = server().await;
    let (folder, port) = folder_of_needs("", &url);
    for era in Era::BOTH {
        let (_host, seat) = seat(&folder, era, choosing("once")).await;
        for times in 1..=2 {
            let prompt = seat.prompt("quote", json!({ "port": port })).await.expect("it is filled in");
            let told = serde_json::to_value(&prompt.messages).expect("JSON");
            assert_eq!(told[0]["content"]["text"], "hello", "{era:?}: {told}");
            let asked = seat.asked();
            assert_eq!(asked.len(), times, "{era:?}");
            let message = asked[0].params["message"].as_str().expect("it has words");
            assert!(message.contains("something that its prompt `asker__quote` needs"), "{message}");
        }
    }
}

#[tokio::test]
async fn a_resource_that_lacks_a_grant_asks_for_it() {
    let url = server().await;
    for era in Era::BOTH {
        let (folder, port) = folder_of_needs("", &url);
        let (host, seat) = seat(&folder, era, choosing("always")).await;
        let mark = host.log().mark();
        let uri = format!("asker://servers/{port}");
        let read = seat.read(&uri).await.expect("it is read");
        let read = serde_json::to_value(&read.contents).expect("JSON");
        assert_eq!(read[0]["text"], "hello", "{era:?}: {read}");
        assert!(config(&folder).contains("\"GET\""), "{}", config(&folder));
        let asked = seat.asked();
        let message = asked[0].params["message"].as_str().expect("it has words");
        assert!(message.contains(&format!("something that its resource `{uri}` needs")), "{message}");
        host.log().wait_after(mark, "loaded plugin=asker").await;
        seat.read(&uri).await.expect("it is read");
        assert_eq!(seat.asked().len(), 1, "{era:?}");
    }
}

#[tokio::test]
async fn what_is_not_allowed_is_told_by_the_error_of_the_request() {
    let url = server().await;
    for era in Era::BOTH {
        let (folder, port) = folder_of_needs("", &url);
        let (_host, seat) = seat(&folder, era, choosing("never")).await;
        for _ in 0..2 {
            let refused = error(seat.prompt("quote", json!({ "port": port })).await);
            assert!(refused.message.contains("plugin `asker` may not GET"), "{era:?}: {refused:?}");
            let refused = error(seat.read(&format!("asker://servers/{port}")).await);
            assert!(refused.message.contains("plugin `asker` may not GET"), "{era:?}: {refused:?}");
        }
        assert_eq!(seat.asked().len(), 1, "{era:?}: never is for all that lacks the same");
    }
}

/// In the stateless protocol the answer to a completion cannot be questions.
#[tokio::test]
async fn a_completion_that_lacks_a_grant_asks_for_it_where_there_is_a_way() {
    let url = server().await;
    let (folder, port) = folder_of_needs("", &url);
    let (_host, seat_of_old) = seat(&folder, Era::Initialize, choosing("once")).await;
    assert_eq!(seat_of_old.complete("quote", "port", &port).await.expect("it is completed"), ["hello"]);
    let asked = seat_of_old.asked();
    assert_eq!(asked.len(), 1);
    let message = asked[0].params["message"].as_str().expect("it has words");
    assert!(message.contains("something that its completion of `asker__quote` needs"), "{message}");

    let (_host, seat) = seat(&folder, Era::Stateless, Person::unasked()).await;
    let refused = error(seat.complete("quote", "port", &port).await);
    assert!(refused.message.contains("plugin `asker` may not GET"), "{refused:?}");
}

/// What is allowed to one call of a plugin that keeps its instance counts like all its calls: the one that was refused, and
/// the one that was allowed.
#[tokio::test]
async fn what_was_allowed_once_counts_as_a_call() {
    let url = server().await;
    let (folder, port) = folder_of_needs("", &url);
    let limits = "[plugins.asker.limits]\ncalls_per_minute = 2\n";
    let config = config(&folder).replace("source =", "instance = \"plugin\"\nsource =") + limits;
    folder.configure(&config);
    let (_host, seat) = seat(&folder, Era::Initialize, choosing("once")).await;
    let arguments: Value = json!({ "port": port, "after": 0 });
    assert_eq!(seat.text("later", arguments.clone()).await, "hello");
    let told = seat.failure("later", arguments).await;
    assert!(told.contains("called more often than its limit of 2 times a minute"), "{told}");
    assert_eq!(seat.asked().len(), 1);
}
