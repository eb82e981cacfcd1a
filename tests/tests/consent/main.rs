//! A call that lacks a grant asks the person for it, once, always or never; and whoever should not be asked is not.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

mod answers;
mod bounds;
mod others;
#[path = "../asking/person.rs"]
#[allow(dead_code, reason = "those who are asked by plugins need more of it")]
mod person;
mod record;
mod state;
mod tasks;
mod waiting;

use std::fs;

use axum::Router;
use barkeep_tests::{Era, Folder, Host};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use person::{Person, Question, Seat, accept};

/// What a client declares whose person can fill in forms.
fn everything() -> Value {
    json!({ "elicitation": { "form": {} } })
}

/// A server on this machine that says `hello` to everybody.
async fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it has one");
    let router = Router::new().fallback(|| async { "hello" });
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// A folder whose plugin may ask `server` for heads alone, and what it says beside that at the top of the file.
fn folder(top: &str, server: &str) -> Folder {
    let folder = Folder::new("");
    folder.put_guest("probe", "probe.wasm");
    folder.configure(&format!(
        "{top}\n[plugins.asker] # mine\nsource = \"probe.wasm\"\n[plugins.asker.grants]\n\
         http = [{{ url = \"{server}/**\", methods = [\"HEAD\"], private = true }}]\n"
    ));
    folder
}

/// The same with the guest whose prompts and resources need a grant as well, and the port of the server.
fn folder_of_needs(top: &str, server: &str) -> (Folder, String) {
    let folder = folder(top, server);
    folder.put_guest("asker", "probe.wasm");
    let (_, port) = server.rsplit_once(':').expect("it has a port");
    (folder, port.to_owned())
}

fn config(folder: &Folder) -> String {
    fs::read_to_string(folder.path("barkeep.toml")).expect("it is there")
}

/// Somebody who chooses this word.
fn choosing(word: &'static str) -> Person {
    Person::new(move |question| {
        assert_consent(question);
        accept(&json!({ "answer": word }))
    })
}

/// That it is the host's question, with what it must say.
fn assert_consent(question: &Question) {
    assert_eq!(question.method, "elicitation/create");
    let message = question.params["message"].as_str().expect("it has words");
    for words in ["The plugin `asker`", "GET", "Risk: ", "this machine and your own network", "Only you should answer"]
    {
        assert!(message.contains(words), "`{words}` in {message}");
    }
    assert_eq!(
        question.params["requestedSchema"]["properties"]["answer"]["enum"],
        json!(["once", "always", "never"]),
        "{question:?}"
    );
}

/// A host of `folder` over stdio, with `person` at its client.
async fn seat(folder: &Folder, era: Era, person: Person) -> (Host, Seat) {
    let mut host = Host::stdio(folder);
    let seat = Seat::take(&mut host, false, era, person).await;
    host.loaded("asker").await;
    (host, seat)
}
