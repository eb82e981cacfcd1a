//! Requests by the host's `wasi:http`.

use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    Fields, FutureIncomingResponse, HeaderError, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme, http_error_code,
};
use wasip2::io::streams::{OutputStream, StreamError};

use super::address::Address;
use super::deadline::{Deadline, nanoseconds};
use super::failure::Failed;
use super::request::too_long;
use super::{Request, Response};
use crate::{Error, Result};

/// Bytes that are asked for at once while an answer is read.
const PIECE: u64 = 64 * 1024;

/// Sends, and reads the answer.
pub(super) fn send(request: &Request) -> Result<Response> {
    let address = request.address.clone()?;
    let failed = Failed { method: &request.method, address: &address };
    let deadline = Deadline::after(request.timeout);
    let call = Call { request, address: &address, failed, deadline };
    let outgoing = call.outgoing()?;
    let body = outgoing.body().map_err(|()| failed.refused("body"))?;
    let future = outgoing_handler::handle(outgoing, Some(call.options())).map_err(|code| failed.code(&code))?;
    // A server that has heard enough may answer before it has read everything. And where there is no answer, its error
    // says why: that of the body says only that nobody reads it.
    let _ = call.write(body);
    call.read(&call.response(&future)?)
}

/// One request under way.
struct Call<'a> {
    request: &'a Request,
    address: &'a Address,
    failed: Failed<'a>,
    deadline: Deadline,
}

impl Call<'_> {
    fn outgoing(&self) -> Result<OutgoingRequest> {
        let outgoing = OutgoingRequest::new(self.headers()?);
        let scheme = if self.address.secure { Scheme::Https } else { Scheme::Http };
        let refused = |what| move |()| self.failed.refused(what);
        outgoing.set_method(&method(&self.request.method)).map_err(refused("method"))?;
        outgoing.set_scheme(Some(&scheme)).map_err(refused("scheme"))?;
        outgoing.set_authority(Some(&self.address.authority)).map_err(refused("host"))?;
        outgoing.set_path_with_query(Some(&self.address.path)).map_err(refused("path"))?;
        Ok(outgoing)
    }

    fn headers(&self) -> Result<Fields> {
        let headers = Fields::new();
        let given = self.request.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        for (name, value) in given {
            headers.append(name, value.as_bytes()).map_err(|error| refused_header(name, error))?;
        }
        // Said, because the host sends in chunks otherwise, which some servers refuse.
        let length = self.request.body.len();
        if length > 0 || matches!(self.request.method.as_str(), "POST" | "PUT" | "PATCH") {
            let name = "content-length";
            headers.append(name, length.to_string().as_bytes()).map_err(|error| refused_header(name, error))?;
        }
        Ok(headers)
    }

    /// The host's own timeouts, for hosts that wait better than a guest can. A host that has none leaves it to the deadline.
    fn options(&self) -> RequestOptions {
        let options = RequestOptions::new();
        let timeout = Some(nanoseconds(self.request.timeout));
        let _ = options.set_connect_timeout(timeout);
        let _ = options.set_first_byte_timeout(timeout);
        let _ = options.set_between_bytes_timeout(timeout);
        options
    }

    fn write(&self, body: OutgoingBody) -> Result<()> {
        if !self.request.body.is_empty() {
            let stream = body.write().map_err(|()| self.failed.refused("body"))?;
            self.write_to(&stream)?;
        }
        OutgoingBody::finish(body, None).map_err(|code| self.failed.code(&code))
    }

    fn write_to(&self, stream: &OutputStream) -> Result<()> {
        let mut rest = self.request.body.as_slice();
        while !rest.is_empty() {
            let room = self.room(stream)?;
            let (piece, after) = rest.split_at(room.min(rest.len()));
            stream.write(piece).map_err(|error| self.stream(&error))?;
            rest = after;
        }
        stream.flush().map_err(|error| self.stream(&error))?;
        self.room(stream).map(|_| ())
    }

    /// How many bytes the stream takes; waits until it is one at least.
    fn room(&self, stream: &OutputStream) -> Result<usize> {
        loop {
            let room = stream.check_write().map_err(|error| self.stream(&error))?;
            if room > 0 {
                return Ok(usize::try_from(room).unwrap_or(usize::MAX));
            }
            if !self.deadline.wait(&stream.subscribe()) {
                return Err(self.failed.too_slow());
            }
        }
    }

    fn response(&self, future: &FutureIncomingResponse) -> Result<IncomingResponse> {
        loop {
            match future.get() {
                Some(Ok(Ok(response))) => return Ok(response),
                Some(Ok(Err(code))) => return Err(self.failed.code(&code)),
                Some(Err(())) => return Err(self.failed.refused("answer")),
                None if self.deadline.wait(&future.subscribe()) => {}
                None => return Err(self.failed.too_slow()),
            }
        }
    }

    fn read(&self, response: &IncomingResponse) -> Result<Response> {
        let mut answer = Response::new(response.status());
        for (name, value) in response.headers().entries() {
            answer = answer.with_header(name, String::from_utf8_lossy(&value));
        }
        let body = response.consume().map_err(|()| self.failed.refused("answer"))?;
        Ok(answer.with_body(self.read_body(&body)?))
    }

    fn read_body(&self, body: &IncomingBody) -> Result<Vec<u8>> {
        let stream = body.stream().map_err(|()| self.failed.refused("answer"))?;
        let mut bytes = Vec::new();
        loop {
            match stream.read(PIECE) {
                Ok(piece) if piece.is_empty() => {
                    if !self.deadline.wait(&stream.subscribe()) {
                        return Err(self.failed.too_slow());
                    }
                }
                Ok(piece) => bytes.extend(piece),
                Err(StreamError::Closed) => return Ok(bytes),
                Err(error) => return Err(self.stream(&error)),
            }
            if bytes.len() > self.request.max_body {
                return Err(too_long(&self.request.method, self.address, self.request.max_body));
            }
        }
    }

    fn stream(&self, error: &StreamError) -> Error {
        match error {
            StreamError::LastOperationFailed(error) => match http_error_code(error) {
                Some(code) => self.failed.code(&code),
                None => self.failed.broken_off(),
            },
            StreamError::Closed => self.failed.broken_off(),
        }
    }
}

fn refused_header(name: &str, error: HeaderError) -> Error {
    let why = match error {
        HeaderError::Forbidden => "which is the host's own",
        HeaderError::InvalidSyntax | HeaderError::Immutable => "which it cannot send",
    };
    Error::Other(format!("the host does not take the header `{name}`, {why}"))
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        other => Method::Other(other.to_owned()),
    }
}
