//! The whole capability against servers on this machine.

mod bounds;
mod echoes;
mod headers;
mod network;
mod rules;
mod tls;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::RootCertStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::{Grant, Pool, Rules, check};
use crate::capability::net::{Resolve, Resolver};
use crate::capability::secrets::Secrets;
use crate::capability::{CapabilityError, Uses};

/// The secrets of all tests.
const SECRETS: &str =
    "TOKEN_OF_TEST = \"s3cret-token\"\nBROKEN_OF_TEST = \"a\\nb: c\"\nODD_OF_TEST = 'odd&s3cret= /\"'\n";

#[derive(serde::Deserialize)]
struct Grants {
    http: Vec<Grant>,
}

fn secrets() -> Secrets {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), SECRETS).expect("written");
    Secrets::read(Some(file.path()))
}

/// What `http = [ENTRIES]` comes to for a component that asks for whatever it is granted.
fn granted(entries: &str) -> Result<Arc<Rules>, CapabilityError> {
    let grants: Grants = toml::from_str(&format!("http = [{entries}]")).expect("good entries");
    check(&grants.http, None, &secrets()).map(Arc::new)
}

/// One call of the plugin `x`, and what is told of it.
struct Call {
    hooks: Box<dyn WasiHttpHooks>,
    uses: Uses,
}

impl Call {
    fn new(rules: &Arc<Rules>, pool: &Pool) -> Self {
        let uses = Uses::default();
        Self { hooks: rules.build(&"x".into(), pool, &uses), uses }
    }

    /// What was refused, in words.
    fn told(&self) -> Vec<String> {
        self.uses.take_denials().into_iter().map(|denial| denial.sentence).collect()
    }

    /// A call with an entry for `server` and connections of its own.
    fn to(server: &Server) -> Self {
        let entry =
            format!("{{ url = \"http://{}/**\", methods = [\"GET\", \"POST\"], private = true }}", server.address);
        Self::new(&granted(&entry).expect("good"), &machine())
    }

    /// Sends without waiting: dropping what is returned ends the request.
    fn begin(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> BoxFuture<'static, Result<Response<WasiBody>, Error>> {
        let pending = Box::into_pin(self.hooks.send_request(request, options, Box::new(async { Ok(()) })));
        Box::pin(async move { pending.await.map(|(response, _)| response) })
    }

    async fn send(&mut self, request: Request<WasiBody>) -> Result<Response<WasiBody>, Error> {
        self.begin(request, None).await
    }

    /// The status and body of a GET.
    async fn get(&mut self, url: &str) -> Result<(u16, String), Error> {
        let response = self.send(get(url)).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8(body.into()).expect("text")))
    }
}

fn get(url: &str) -> Request<WasiBody> {
    with_body("GET", url, "")
}

fn with_body(method: &str, url: &str, body: &str) -> Request<WasiBody> {
    let body = Full::new(Bytes::from(body.to_owned())).map_err(|never| match never {}).boxed_unsync();
    Request::builder().method(method).uri(url).body(body).expect("a request")
}

/// Connections that trust no certificate, with `resolve` for names.
fn pool(resolve: &Resolve) -> Pool {
    Pool::new(Arc::new(RootCertStore::empty()), &Resolver::new(Arc::clone(resolve))).expect("there is TLS")
}

/// Connections that trust no certificate, with this machine's resolver.
fn machine() -> Pool {
    Pool::new(Arc::new(RootCertStore::empty()), &Resolver::system()).expect("there is TLS")
}

/// A resolver that gives the same answer for each name, and counts.
fn resolving(addresses: Vec<SocketAddr>) -> (Resolve, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let resolve: Resolve = Arc::new(move |_, port| {
        counter.fetch_add(1, Ordering::SeqCst);
        let mut addresses = addresses.clone();
        for address in &mut addresses {
            if address.port() == 0 {
                address.set_port(port);
            }
        }
        Box::pin(async { Ok(addresses) })
    });
    (resolve, asked)
}

type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, Infallible>;

/// An HTTP server that lives as long as the test.
struct Server {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
}

impl Server {
    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Answers each request by `handler`.
    async fn answering<F, R>(handler: F) -> Self
    where
        F: Fn(Request<Incoming>) -> R + Clone + Send + 'static,
        R: Future<Output = Response<Body>> + Send + 'static,
    {
        Self::accepting(move |stream| {
            let handler = handler.clone();
            async move {
                let service = service_fn(move |request| {
                    let answer = handler(request);
                    async move { Ok::<_, Infallible>(answer.await) }
                });
                // A client that goes away is what some tests are about.
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            }
        })
        .await
    }

    /// Answers the first request of each connection with `bytes`, then closes it.
    async fn writing(bytes: &'static [u8]) -> Self {
        Self::accepting(move |mut stream| async move {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.expect("a request"));
            }
            // A client may have heard enough before the end.
            let _ = stream.write_all(bytes).await;
        })
        .await
    }

    async fn accepting<F, R>(handle: F) -> Self
    where
        F: Fn(tokio::net::TcpStream) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let accepted = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(handle(stream));
            }
        });
        Self { address, accepted }
    }
}

fn answer(body: &str) -> Response<Body> {
    Response::new(Full::new(Bytes::from(body.to_owned())).boxed_unsync())
}
