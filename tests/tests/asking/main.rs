//! A guest that asks the client, and clients that answer, over stdio and HTTP, in both lifecycles of the protocol.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

mod answers;
#[allow(dead_code, reason = "those who are asked by the host itself need more of it")]
mod person;
mod refusals;
mod rounds;
mod state;

use barkeep_tests::{Era, Folder, Host};
use serde_json::{Value, json};

use person::{Person, Seat};

/// A way in which a host and its client talk.
#[derive(Debug, Clone, Copy)]
struct Way {
    http: bool,
    era: Era,
}

impl Way {
    /// Each transport with each lifecycle.
    fn all() -> impl Iterator<Item = Self> {
        [false, true].into_iter().flat_map(|http| Era::BOTH.map(|era| Self { http, era }))
    }

    fn is_stateless(self) -> bool {
        self.era == Era::Stateless
    }

    /// A host of `folder`, and `person` at a client of it.
    async fn seat(self, folder: &Folder, person: Person) -> (Host, Seat) {
        let mut host = if self.http { Host::http(folder).await } else { Host::stdio(folder) };
        let seat = Seat::take(&mut host, self.http, self.era, person).await;
        (host, seat)
    }
}

/// A folder with the guest that asks, which is granted `client`. For what it lacks nobody is asked.
fn folder(client: &Value) -> Folder {
    let folder = Folder::with_guests(&["asker"]);
    folder.configure(&format!("folder = \"plugins\"\nconsent = \"deny\"\n[plugins.asker.grants]\nclient = {client}\n"));
    folder
}

/// A folder whose guest may ask everything.
fn open_folder() -> Folder {
    folder(&json!(["elicitation", "sampling", "roots"]))
}

/// Everything that a client can be asked.
fn everything() -> Value {
    json!({ "elicitation": { "form": {}, "url": {} }, "sampling": { "tools": {} }, "roots": {} })
}
