//! A real Redis server of one test, on a Unix socket in a folder of its own, ended with its owner.

use std::path::PathBuf;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use super::{Environment, Log, within};

/// A running server.
#[derive(Debug)]
pub struct Redis {
    folder: TempDir,
    password: Option<String>,
    child: Child,
}

impl Redis {
    /// Starts a server that asks for no password.
    pub async fn start() -> Self {
        Self::with(None).await
    }

    /// Starts a server that asks for `password`.
    pub async fn with_password(password: &str) -> Self {
        Self::with(Some(password.to_owned())).await
    }

    async fn with(password: Option<String>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let child = Self::run(&folder, password.as_deref()).await;
        Self { folder, password, child }
    }

    /// Starts it, and waits until it answers. What it said yes to is on the disk: it is there when it is started again.
    async fn run(folder: &TempDir, password: Option<&str>) -> Child {
        let mut command = Command::new(Environment::redis());
        command.args(["--port", "0", "--unixsocket", "redis.sock", "--unixsocketperm", "700", "--save", ""]);
        command.args(["--appendonly", "yes", "--appendfsync", "always", "--dir"]).arg(folder.path());
        if let Some(password) = password {
            command.args(["--requirepass", password]);
        }
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        let log = Log::read(child.stdout.take().expect("it is piped"));
        log.wait_for("ready to accept connections at").await;
        child
    }

    /// Ends it as nothing can prevent, and waits for that.
    pub async fn kill(&mut self) {
        within("the server ends", self.child.kill()).await.expect("it can be killed");
    }

    /// Starts it again after it ended.
    pub async fn start_again(&mut self) {
        // Its socket outlives a server that is killed.
        let _ = std::fs::remove_file(self.socket());
        self.child = Self::run(&self.folder, self.password.as_deref()).await;
    }

    /// The path of its socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// Its address for those who log in as `login` says, such as `:${secret:NAME}@`.
    pub fn address(&self, login: &str) -> String {
        format!("redis+unix://{login}{}", self.socket().display())
    }

    /// What it answers to one command: a line, or a value.
    pub async fn ask(&self, words: &[&str]) -> String {
        within("the server answers", async {
            let mut stream = BufReader::new(UnixStream::connect(self.socket()).await.expect("it listens"));
            if let Some(password) = &self.password {
                exchange(&mut stream, &["AUTH", password]).await;
            }
            exchange(&mut stream, words).await
        })
        .await
    }
}

async fn exchange(stream: &mut BufReader<UnixStream>, words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    stream.write_all(format!("*{}\r\n{}", words.len(), words.concat()).as_bytes()).await.expect("written");
    let mut line = String::new();
    stream.read_line(&mut line).await.expect("read");
    let line = line.trim_end();
    let Some(length) = line.strip_prefix('$').and_then(|length| length.parse::<usize>().ok()) else {
        return line.to_owned();
    };
    let mut value = vec![0; length + 2];
    stream.read_exact(&mut value).await.expect("read");
    String::from_utf8_lossy(&value[..length]).into_owned()
}
