//! The one way out: each request of a call, of wasi:http 0.2 or 0.3, is looked at here and sent, or refused.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper_util::client::legacy::connect::capture_connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::body::{Answer, Bound, Upload};
use super::connect::{ASKER, MAX_CONNECTING};
use super::error::{ConnectError, connecting, in_words, sending};
use super::pool::Pool;
use super::refusal::{MAX_METHOD, Refusal, Way, granting, least};
use super::target::{MAX_URL, Target};
use super::{Entry, Rules, Uses};
use crate::capability::Kind;
use crate::capability::net::Unresolved;

/// Requests of one call that are under way at once. More wait for their turn.
pub(super) const MAX_OF_CALL: usize = 16;

/// How long a request waits for its turn, and how long for the first byte of its answer, upload included. The time limit
/// of the call ends most of them earlier; this is for plugins whose limit was raised.
const MAX_WAITING: Duration = Duration::from_secs(30);
const MAX_FIRST_BYTE: Duration = Duration::from_mins(2);

/// How long an answer may be silent between two pieces.
const MAX_BETWEEN: Duration = Duration::from_mins(1);

/// A pending answer, as wasi:http wants it: with it, a future of what goes wrong later, which here is told by the body.
type Pending = Box<dyn Future<Output = Result<Sent, Error>> + Send>;
type Sent = (Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>);

/// Refusals of one call that are logged. A guest that tries on would fill the log with the same.
const MAX_LOGGED: usize = 20;

/// What happens to the requests of one call.
pub(super) struct Gate(Arc<Inner>);

/// What all requests of the call need.
struct Inner {
    rules: Arc<Rules>,
    plugin: Arc<str>,
    pool: Pool,
    uses: Uses,
    turns: Arc<Semaphore>,
    refused: AtomicUsize,
}

impl WasiHttpHooks for Gate {
    /// What a guest writes and nobody reads yet is held by the host, twice this for each body.
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        64 * 1024
    }

    /// Set from the address when the request leaves.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Pending {
        match self.admit(&request) {
            Ok(ticket) => Box::new(async move {
                let response = ticket.send(request, options.unwrap_or_default()).await?;
                Ok((response.map(BodyExt::boxed_unsync), Box::new(future::ready(Ok(()))) as Box<_>))
            }),
            Err(error) => Box::new(future::ready(Err(error))),
        }
    }
}

impl Gate {
    pub(super) fn new(rules: Arc<Rules>, plugin: Arc<str>, pool: Pool, uses: Uses) -> Self {
        let turns = Arc::new(Semaphore::new(MAX_OF_CALL));
        Self(Arc::new(Inner { rules, plugin, pool, uses, turns, refused: AtomicUsize::new(0) }))
    }

    /// Finds the entry that `request` is made by, or refuses it.
    fn admit(&self, request: &Request<WasiBody>) -> Result<Ticket, Error> {
        if request.uri().path_and_query().is_some_and(|path| path.as_str().len() > MAX_URL) {
            return Err(Error::HttpRequestUriTooLong);
        }
        let method = request.method();
        let target = Target::parse(request.uri());
        let target = target.map_err(|what| self.0.refuse(&Refusal::Unclear(what), method, None))?;
        let entry = self.0.rules.find(method, &target);
        let entry = entry.map_err(|refusal| self.0.refuse(&refusal, method, Some(&target)))?;
        self.0.uses.allowed(Kind::Http, || (what(method, Some(&target)), least(method, &target).map(granting)));
        Ok(Ticket { gate: Arc::clone(&self.0), entry, target })
    }
}

impl Inner {
    /// Tells the log, and the call's answer, that a request is refused.
    fn refuse(&self, refusal: &Refusal, method: &http::Method, target: Option<&Target>) -> Error {
        let denial = refusal.deny(&self.plugin, method, target);
        let address = match refusal {
            Refusal::NotPublic { address, .. } => Some(tracing::field::display(address)),
            _ => None,
        };
        if self.refused.fetch_add(1, Ordering::Relaxed) < MAX_LOGGED {
            tracing::warn!(plugin = &*self.plugin, address, "{}", denial.sentence);
        }
        self.uses.refused(Kind::Http, &what(method, target), denial);
        match refusal {
            Refusal::NotPublic { .. } => Error::DestinationIpProhibited,
            Refusal::Lookups => Error::DnsTimeout,
            _ => Error::HttpRequestDenied,
        }
    }
}

/// A request, for people: without its query, which may hold what nobody else should read.
fn what(method: &http::Method, target: Option<&Target>) -> String {
    let method = method.as_str().get(..MAX_METHOD).unwrap_or(method.as_str());
    target.map_or_else(|| method.to_owned(), |target| format!("{method} {}", target.shown()))
}

/// A request that may be made.
struct Ticket {
    gate: Arc<Inner>,
    /// Which entry of the rules it is made by.
    entry: usize,
    target: Target,
}

impl Ticket {
    /// Dropping the future, or later the answer, ends the request.
    async fn send(self, request: Request<WasiBody>, options: RequestOptions) -> Result<Response<Answer>, Error> {
        let Rules { entries, mask, .. } = &*self.gate.rules;
        let entry = entries.get(self.entry).ok_or(Error::ConfigurationError)?;
        let between = options.between_bytes_timeout.map_or(MAX_BETWEEN, |asked| asked.min(MAX_BETWEEN));
        let turns = [turn(&self.gate.turns).await?, turn(&self.gate.rules.turns).await?];
        let (plugin, method) = (&*self.gate.plugin, request.method().clone());
        let outgoing = self.outgoing(entry, request)?;
        let response = self.exchange(entry, outgoing, &options).await;
        let response = response.inspect_err(|error| {
            tracing::debug!(plugin, %method, url = self.target.shown(), %error, "request failed");
        })?;
        tracing::debug!(plugin, %method, url = self.target.shown(), status = %response.status(), "request");
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            // Nobody asked for it, and what follows would be no HTTP.
            return Err(Error::HttpUpgradeFailed);
        }
        let (mut parts, body) = response.into_parts();
        // Handles of hyper's on the connection.
        parts.extensions.clear();
        if let Some(by) = compressed(&parts.headers).filter(|_| !mask.is_empty()) {
            self.gate.refuse(&Refusal::Compressed { by }, &method, Some(&self.target));
            return Err(Error::HttpResponseContentCoding(None));
        }
        mask.headers(&mut parts.headers);
        let bound = self.bound(entry, &method, Way::In);
        Ok(Response::from_parts(parts, Answer::new(body, bound, mask.clone(), between, turns)?))
    }

    /// How long a body may be by `entry`.
    fn bound(&self, entry: &Entry, method: &http::Method, way: Way) -> Bound {
        let most = match way {
            Way::Out => entry.grant.max_request,
            Way::In => entry.grant.max_response,
        };
        let (gate, by) = (Arc::clone(&self.gate), entry.grant.clone());
        let (method, target) = (method.clone(), self.target.clone());
        let tell = Box::new(move |size| {
            gate.refuse(&Refusal::TooLarge { by: Box::new(by.clone()), way, size }, &method, Some(&target));
        });
        Bound { most: most.bytes(), tell }
    }

    /// The request as it leaves: nothing of the guest's but method, address, cleaned headers and counted body.
    fn outgoing(&self, entry: &Entry, request: Request<WasiBody>) -> Result<Request<Upload>, Error> {
        let (parts, body) = request.into_parts();
        let said = parts.headers.get(header::CONTENT_LENGTH).map(|said| {
            let digits = said.to_str().ok().filter(|said| said.bytes().all(|byte| byte.is_ascii_digit()));
            digits.and_then(|said| said.parse::<u64>().ok()).ok_or(Error::HttpProtocolError)
        });
        let bound = self.bound(entry, &parts.method, Way::Out);
        let upload = Upload::new(body, said.transpose()?, bound, entry.injection.clone())?;
        let mut outgoing = Request::new(upload);
        *outgoing.headers_mut() = entry.injection.apply(parts.headers)?;
        if !self.gate.rules.mask.is_empty() {
            // A secret that comes back is not recognised in something compressed.
            outgoing.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        *outgoing.method_mut() = parts.method;
        *outgoing.uri_mut() = match entry.query.apply(self.target.uri.query()) {
            Some(query) => self.target.with_query(&query).ok_or(Error::ConfigurationError)?,
            None => self.target.uri.clone(),
        };
        Ok(outgoing)
    }

    /// Sends, and waits for the head of the answer.
    async fn exchange(
        &self,
        entry: &Entry,
        mut outgoing: Request<Upload>,
        options: &RequestOptions,
    ) -> Result<Response<hyper::body::Incoming>, Error> {
        let to_connect = options.connect_timeout.map_or(MAX_CONNECTING, |asked| asked.min(MAX_CONNECTING));
        let first_byte = options.first_byte_timeout.map_or(MAX_FIRST_BYTE, |asked| asked.min(MAX_FIRST_BYTE));
        let method = outgoing.method().clone();
        let mut connection = capture_connection(&mut outgoing);
        let sent = self.gate.pool.client(entry.grant.private).request(outgoing);
        let mut response = pin!(ASKER.scope(Arc::clone(&self.gate.plugin), sent));
        let connected = async {
            connection.wait_for_connection_metadata().await;
        };
        let response = tokio::select! {
            biased;
            response = &mut response => response,
            () = connected => timeout(first_byte, response).await.map_err(|_| Error::HttpResponseTimeout)?,
            () = tokio::time::sleep(to_connect) => return Err(Error::ConnectionTimeout),
        };
        response.map_err(|error| {
            let refusal = match connecting(&error) {
                Some(ConnectError::NotPublic { address, kind }) => {
                    let by = Box::new(entry.grant.clone());
                    Some(Refusal::NotPublic { by, address: *address, kind })
                }
                Some(ConnectError::Dns(Unresolved::Busy)) => Some(Refusal::Lookups),
                _ => None,
            };
            if let Some(refusal) = refusal {
                return self.gate.refuse(&refusal, &method, Some(&self.target));
            }
            tracing::debug!(plugin = &*self.gate.plugin, error = in_words(&error), "details of a request that failed");
            sending(&error)
        })
    }
}

/// How an answer is compressed, if it is: in a word, for people.
fn compressed(headers: &http::HeaderMap) -> Option<String> {
    let codings = [header::CONTENT_ENCODING, header::TRANSFER_ENCODING];
    let values = codings.iter().flat_map(|name| headers.get_all(name));
    let mut words = values.flat_map(|value| value.to_str().unwrap_or("unknown").split(',').map(str::trim));
    let word = words.find(|word| !["", "identity", "chunked"].iter().any(|plain| word.eq_ignore_ascii_case(plain)))?;
    Some(word.chars().filter(char::is_ascii_alphanumeric).take(MAX_METHOD).collect())
}

async fn turn(turns: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Error> {
    let turn = timeout(MAX_WAITING, Arc::clone(turns).acquire_owned()).await;
    turn.ok().and_then(Result::ok).ok_or(Error::ConnectionLimitReached)
}
