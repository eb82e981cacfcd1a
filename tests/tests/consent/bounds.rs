//! Who is not asked, and how often.

use std::fs;

use barkeep_tests::{Environment, Era, Host, with_section};
use serde_json::{Value, json};

use super::{Person, Seat, accept, config, everything, folder, seat, server};

#[tokio::test]
async fn a_plugin_that_is_not_allowed_anything_asks_three_times_and_no_more() {
    let url = server().await;
    let folder = folder("", &url);
    for era in Era::BOTH {
        for answer in [json!({ "action": "decline" }), json!({ "action": "cancel" })] {
            let (_host, seat) = seat(&folder, era, Person::new(move |_| answer.clone())).await;
            for _ in 0..5 {
                let told = seat.failure("look", json!({ "url": format!("{url}/a") })).await;
                assert!(told.contains("plugin `asker` may not GET"), "{era:?}: {told}");
            }
            assert_eq!(seat.asked().len(), 3, "{era:?}");
        }
    }
}

#[tokio::test]
async fn nobody_is_asked_who_cannot_be_or_where_that_is_not_wanted() {
    let url = server().await;
    let arguments = || json!({ "url": format!("{url}/a") });
    for era in Era::BOTH {
        let folder = folder("", &url);
        for declared in [json!({}), json!({ "elicitation": { "url": {} } })] {
            let (_host, seat) = seat(&folder, era, Person::unasked().declaring(declared)).await;
            assert!(seat.failure("look", arguments()).await.contains("may not GET"), "{era:?}");
        }
        // Over HTTP another user of this machine may come.
        let mut host = Host::http(&folder).await;
        let seat_over_http = Seat::take(&mut host, true, era, Person::unasked()).await;
        assert!(seat_over_http.failure("look", arguments()).await.contains("may not GET"), "{era:?}");

        folder.configure(&format!("consent = \"deny\"\n{}", config(&folder)));
        let (_host, seat) = seat(&folder, era, Person::unasked()).await;
        assert!(seat.failure("look", arguments()).await.contains("may not GET"), "{era:?}");
    }
}

#[tokio::test]
async fn everybody_is_asked_where_that_is_wanted() {
    let url = server().await;
    let folder = folder("consent = \"ask\"", &url);
    for era in Era::BOTH {
        let mut host = Host::http(&folder).await;
        let person = Person::new(|_| accept(&json!({ "answer": "once" }))).declaring(everything());
        let seat = Seat::take(&mut host, true, era, person).await;
        assert!(seat.text("look", json!({ "url": format!("{url}/a") })).await.ends_with("hello"), "{era:?}");
    }
}

#[tokio::test]
async fn what_its_author_does_not_ask_for_is_not_asked_for_either() {
    let url = server().await;
    let folder = folder("", &url);
    let probe = fs::read(Environment::guest("probe")).expect("it was built");
    let requests = |requests: Value| {
        let section = json!({ "description": "x", "requests": requests }).to_string();
        with_section(&probe, "barkeep:requests", section.as_bytes())
    };
    folder.write("probe.wasm", requests(json!({ "env": [{ "name": "A", "why": "y" }] })));
    let (_host, seat_of_none) = seat(&folder, Era::Initialize, Person::unasked()).await;
    let told = seat_of_none.failure("look", json!({ "url": format!("{url}/a") })).await;
    assert!(told.contains("its author does not ask for it"), "{told}");

    let why = "to look\u{202e} things up";
    folder.write(
        "probe.wasm",
        requests(json!({ "http": [{ "url": format!("{url}/**"), "methods": ["GET", "HEAD"], "why": why }] })),
    );
    let (_host, seat) = seat(&folder, Era::Initialize, Person::new(|_| accept(&json!({ "answer": "once" })))).await;
    seat.text("look", json!({ "url": format!("{url}/a") })).await;
    let asked = seat.asked();
    let message = asked[0].params["message"].as_str().expect("it has words");
    assert!(message.contains("Its author says: to look\\u{202e} things up"), "{message}");
}
