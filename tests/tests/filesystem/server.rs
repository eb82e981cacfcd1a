//! A server of files on a tree: the reference, or ours in the host that is released.

use barkeep_tests::{Environment, Folder, Host, Pipe};
use serde_json::{Value, json};
use tokio::process::Command;

use super::tree::Tree;

/// A running server and its tree.
pub(crate) struct Server {
    pub(crate) tree: Tree,
    pipe: Pipe,
    _host: Host,
    _folder: Option<Folder>,
}

impl Server {
    /// Node.js runs the reference.
    pub(crate) async fn reference(tree: Tree) -> Self {
        let mut command = Command::new(Environment::node());
        command.arg(Environment::reference_filesystem()).arg(tree.root()).current_dir(tree.root());
        command.env_clear().env("HOME", tree.top());
        Self::started(Host::stdio_by(command), tree, None).await
    }

    /// Barkeep runs ours, on a tree that it is granted under the path that it has.
    pub(crate) async fn ours(tree: Tree) -> Self {
        Self::granted("read-write", tree).await
    }

    /// The same, with another mode of the grant.
    pub(crate) async fn granted(mode: &str, tree: Tree) -> Self {
        let [component, root] = [Environment::plugin("filesystem"), tree.root()].map(|path| path.display().to_string());
        let folder = Folder::new(&format!(
            "[plugins.filesystem]\nsource = {component:?}\nprefix = \"\"\n\n[plugins.filesystem.grants]\n\
             fs = [{{ host = {root:?}, guest = {root:?}, mode = {mode:?} }}]\n"
        ));
        Self::started(Host::stdio(&folder), tree, Some(folder)).await
    }

    async fn started(mut host: Host, tree: Tree, folder: Option<Folder>) -> Self {
        let mut pipe = host.pipe();
        pipe.initialize("2025-11-25").await;
        Self { tree, pipe, _host: host, _folder: folder }
    }

    /// The whole answer to a request.
    pub(crate) async fn request(&mut self, method: &str, params: Value) -> Value {
        self.pipe.request(method, params).await
    }

    /// The result of calling a tool, with this tree's paths in the arguments.
    pub(crate) async fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        let params = json!({ "name": tool, "arguments": self.tree.fill(arguments) });
        let answer = self.request("tools/call", params).await;
        assert!(answer.get("result").is_some(), "`{tool}` with {arguments} is answered by {answer}");
        answer["result"].clone()
    }

    /// The text that a tool answers with, and whether it failed.
    pub(crate) async fn text(&mut self, tool: &str, arguments: &Value) -> (String, bool) {
        let result = self.call(tool, arguments).await;
        let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text in {result}"));
        (text.to_owned(), result["isError"] == true)
    }
}
