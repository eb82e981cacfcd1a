//! Over stdio: a message a line, and a host of its own.

use barkeep_tests::{Folder, Host, Pipe};
use serde_json::{Value, json};

use crate::case::Sent;
use crate::conversation::{PATIENCE, Reply};

pub(crate) struct Stdio {
    pipe: Pipe,
    _host: Host,
}

impl Stdio {
    pub(crate) fn open(folder: &Folder) -> Self {
        let mut host = Host::stdio(folder);
        Self { pipe: host.pipe(), _host: host }
    }

    /// Sends a line, and reads until its answer, or a notification of the method `hears`. Where nothing is to come, the next
    /// exchange sees that nothing did.
    pub(crate) async fn exchange(&mut self, sent: &Sent, hears: Option<&str>, nothing: bool) -> Result<Reply, String> {
        self.pipe.write(&[&sent.bytes, &b"\n"[..]].concat()).await;
        let mut reply = Reply::default();
        if nothing {
            return Ok(reply);
        }
        loop {
            let Ok(message) = tokio::time::timeout(PATIENCE, self.pipe.next()).await else {
                return Err(format!("nothing comes within {PATIENCE:?}"));
            };
            let message = message.ok_or("the host closes its stdout")?;
            let Some(method) = message.get("method").and_then(Value::as_str) else {
                reply.message = Some(message);
                break;
            };
            let is_it = hears == Some(method);
            reply.heard.push(message);
            if is_it {
                let cancelled = json!({ "requestId": sent.id });
                self.pipe.notify("notifications/cancelled", cancelled).await;
                break;
            }
        }
        Ok(reply)
    }
}
