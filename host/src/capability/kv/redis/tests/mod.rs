//! What a server may answer, and how it may fail. What a real one keeps is tested with one: `tests/tests/keeping`.

mod failures;
mod login;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::address::Way;
use super::*;
use crate::capability::net::{Host, Resolve, Resolver, tls};
use crate::capability::secrets::Secret;

/// Words of one command, or the bytes of one answer.
type Words = Vec<String>;

/// A server that says to each command what it is told to, and counts who came. None of its answers, and it goes away.
struct StandIn {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl StandIn {
    async fn answering(answer: impl Fn(&Words) -> Option<String> + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, accepted) = (listener.local_addr().expect("an address"), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&accepted);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, answer.clone()));
            }
        });
        Self { address, accepted, task }
    }

    /// The same to all that comes after the login.
    async fn saying(answer: &'static str) -> Self {
        Self::answering(move |words| Some(if words[0] == "EVALSHA" { answer } else { "+OK\r\n" }.to_owned())).await
    }

    fn line(&self) -> Server {
        self.line_as(None)
    }

    fn line_as(&self, login: Option<(&str, &str)>) -> Server {
        server(local(self.address.port()), login, Patience::USUAL)
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

fn host(name: &str) -> Host {
    Host::parse(name).expect("a host")
}

/// A server of this machine, without TLS.
fn local(port: u16) -> Way {
    Way::Tcp { host: host("127.0.0.1"), port, tls: false }
}

fn server(way: Way, login: Option<(&str, &str)>, patience: Patience) -> Server {
    let tls = tls::client(Arc::new(rustls::RootCertStore::empty()), &[]).expect("there is TLS");
    server_by(Network { resolver: Resolver::system(), tls }, way, login, patience)
}

fn server_by(network: Network, way: Way, login: Option<(&str, &str)>, patience: Patience) -> Server {
    let secret = |text: &str| Secret::new(text.to_owned());
    let (user, password) = login.map(|(user, password)| (secret(user), secret(password))).unzip();
    Server(Arc::new(Line::new(Target { way, database: 3, user, password }, network, patience)))
}

async fn serve(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    answer: impl Fn(&Words) -> Option<String>,
) {
    let mut stream = BufReader::new(stream);
    while let Some(words) = command(&mut stream).await {
        let Some(answer) = answer(&words) else { return };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Reads one command: an array of strings, each with its length before it.
async fn command(stream: &mut (impl tokio::io::AsyncBufRead + Unpin)) -> Option<Words> {
    let mut words = Vec::new();
    for _ in 0..number(stream).await? {
        let mut word = vec![0; number(stream).await? + 2];
        stream.read_exact(&mut word).await.ok()?;
        words.push(String::from_utf8_lossy(&word[..word.len() - 2]).into_owned());
    }
    Some(words)
}

async fn number(stream: &mut (impl tokio::io::AsyncBufRead + Unpin)) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.get(1..)?.trim().parse().ok()
}

fn place() -> Place {
    Place { plugin: "p".to_owned(), bucket: "b".to_owned() }
}

async fn get(server: &Server) -> Result<Option<Vec<u8>>, Trouble> {
    Ok(server.get(&place(), "k".to_owned()).await?.map(|(_, value)| value))
}

#[tokio::test]
async fn a_value_is_asked_for_in_the_keys_of_its_bucket() {
    let standing = StandIn::answering(|words| {
        let asked = words[0] == "EVALSHA";
        if asked {
            assert_eq!(words[2..6], ["3", "barkeep:{p:b}:values", "barkeep:{p:b}:order", "barkeep:{p:b}:totals"]);
            assert_eq!(words[6..], ["16777216", "k"]);
        }
        Some(if asked { "*2\r\n$4\r\ndone\r\n*1\r\n$21\r\n00000000000000ffvalue\r\n" } else { "+OK\r\n" }.to_owned())
    })
    .await;
    assert_eq!(get(&standing.line()).await, Ok(Some(b"value".to_vec())));
}

#[test]
fn versions_are_told_and_read_in_sixteen_digits() {
    for number in [0, 1, -1, i64::MIN, i64::MAX] {
        assert_eq!((digits(number).len(), version(digits(number).as_bytes())), (VERSION, Ok(number)));
    }
    for bad in [&b""[..], b"g", b"\xff", b"00000000000000000f0"] {
        assert!(version(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn plugins_that_name_one_server_as_one_user_share_a_connection() {
    let file = |text: &str| {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).expect("changed");
        }
        Secrets::read(Some(file.path()))
    };
    let (one, two) = (file("BARKEEP_RP = \"hunter1\"\n"), file("BARKEEP_RP = \"hunter2\"\n"));
    let tls = tls::client(Arc::new(rustls::RootCertStore::empty()), &[]).expect("there is TLS");
    let servers = Servers::new(Resolver::system(), tls);
    let at = |address: &str, secrets: &Secrets| servers.at(&address.parse().expect("an address"), secrets);
    let address = "rediss://app:${secret:BARKEEP_RP}@redis.example";
    let first = at(address, &one).expect("there is a secret");
    assert!(Arc::ptr_eq(&first, &at(address, &one).expect("there is a secret")));
    for (other, secrets) in [
        (address, &two),
        ("redis://app:${secret:BARKEEP_RP}@redis.example", &one),
        ("rediss://app:${secret:BARKEEP_RP}@redis.example/1", &one),
        ("rediss://:${secret:BARKEEP_RP}@redis.example", &one),
        ("rediss://redis.example", &one),
    ] {
        assert!(!Arc::ptr_eq(&first, &at(other, secrets).expect("there is a secret")), "{other}");
    }
    assert_eq!(servers.known.lock().expect("no panic").len(), 2, "who is not used is let go");
    assert_eq!(format!("{first:?}"), "Redis redis.example:6379");
    let missing = at("redis://:${secret:BARKEEP_NOWHERE}@redis", &one).expect_err("it is nowhere").to_string();
    assert!(missing.contains("its secret BARKEEP_NOWHERE is not there"), "{missing}");
}
