//! Servers for plugins to reach: on the loopback address, with their connections counted.

use std::sync::Arc;

use barkeep_tests::within;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A server on the loopback address.
pub struct Server {
    port: u16,
    connections: watch::Receiver<Connections>,
}

/// How many connections there were, and how many of them are not done with.
#[derive(Clone, Copy, Default)]
struct Connections {
    accepted: usize,
    open: usize,
}

impl Server {
    /// Each connection is given to `serve`, and open until that has done with it.
    pub async fn new<F, R>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Self::at("127.0.0.1:0", serve).await
    }

    /// The same at this address.
    pub async fn at<F, R>(address: &str, serve: F) -> Self
    where
        F: Fn(TcpStream) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(address).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (count, connections) = watch::channel(Connections::default());
        let count = Arc::new(count);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.send_modify(|all| {
                    all.accepted += 1;
                    all.open += 1;
                });
                let (served, count) = (serve(stream), Arc::clone(&count));
                tokio::spawn(async move {
                    served.await;
                    count.send_modify(|all| all.open -= 1);
                });
            }
        });
        Self { port, connections }
    }

    /// Sends back all that it is sent, until the other side has done.
    pub async fn echo() -> Self {
        Self::new(|mut stream| async move {
            let mut all = Vec::new();
            // Some go away without a word.
            let _ = stream.read_to_end(&mut all).await;
            let _ = stream.write_all(&all).await;
        })
        .await
    }

    /// Answers each request by its own head.
    pub async fn mirror() -> Self {
        Self::new(|mut stream| async move {
            let head = head(&mut stream).await;
            let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{head}").as_bytes()).await;
        })
        .await
    }

    /// Sends `head`, and then `more` for ever.
    pub async fn endless(head: &'static str, more: &'static [u8]) -> Self {
        Self::new(move |mut stream| async move {
            self::head(&mut stream).await;
            let mut sent = stream.write_all(head.as_bytes()).await;
            while sent.is_ok() {
                sent = stream.write_all(more).await;
            }
        })
        .await
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn accepted(&self) -> usize {
        self.connections.borrow().accepted
    }

    /// Waits until there were `count` connections and none of them is open any more.
    pub async fn done_with(&mut self, count: usize) {
        let done = async {
            let done = |all: &Connections| all.accepted >= count && all.open == 0;
            self.connections.wait_for(done).await.expect("the server lives");
        };
        within("all connections are closed", Box::pin(done)).await;
        assert_eq!(self.accepted(), count);
    }
}

pub async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}
