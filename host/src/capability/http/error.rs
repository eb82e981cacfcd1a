//! What goes wrong on the network, as the codes of wasi:http. Details are for the log, not for guests.

use std::error::Error as StdError;
use std::io;
use std::iter;
use std::net::IpAddr;
use std::sync::Arc;

use wasmtime_wasi_http::Error;

use crate::capability::net::Unresolved;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// All that this process may have are in use.
    #[error("too many connections are open")]
    Full,
    /// The name was not resolved.
    #[error(transparent)]
    Dns(#[from] Unresolved),
    /// None of its addresses is the internet's.
    #[error("{address} is {kind}")]
    NotPublic {
        /// One of them.
        address: IpAddr,
        /// What it is.
        kind: &'static str,
    },
    /// Nothing answered in time.
    #[error("nothing answered in time")]
    Timeout,
    /// Nothing answered.
    #[error("nothing answered: {0}")]
    Io(io::Error),
    /// The other side is not to be trusted, or speaks no TLS.
    #[error("TLS: {0}")]
    Tls(io::Error),
}

impl ConnectError {
    fn code(&self) -> Error {
        match self {
            Self::Full => Error::ConnectionLimitReached,
            Self::Dns(Unresolved::Busy | Unresolved::Late) => Error::DnsTimeout,
            Self::Dns(Unresolved::Failed(_)) => Error::DnsError { rcode: None, info_code: None },
            Self::NotPublic { .. } => Error::DestinationIpProhibited,
            Self::Timeout => Error::ConnectionTimeout,
            Self::Io(error) => of_connecting(error),
            Self::Tls(error) => of_tls(error),
        }
    }
}

fn of_connecting(error: &io::Error) -> Error {
    // Too many open files, in this process or on this machine (EMFILE, ENFILE).
    #[cfg(unix)]
    if matches!(error.raw_os_error(), Some(23 | 24)) {
        return Error::ConnectionLimitReached;
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        io::ErrorKind::TimedOut => Error::ConnectionTimeout,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Error::ConnectionTerminated,
        _ => Error::DestinationUnavailable,
    }
}

fn of_tls(error: &io::Error) -> Error {
    match error.get_ref().and_then(|inside| inside.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            Error::TlsCertificateError
        }
        Some(rustls::Error::AlertReceived(alert)) => {
            Error::TlsAlertReceived { alert_id: Some(u8::from(*alert)), alert_message: Some(format!("{alert:?}")) }
        }
        Some(_) => Error::TlsProtocolError,
        None => of_connection(error).unwrap_or(Error::TlsProtocolError),
    }
}

/// What a connection that was there ended with.
fn of_connection(error: &io::Error) -> Option<Error> {
    if error.get_ref().is_some_and(<dyn StdError + Send + Sync>::is::<rustls::Error>) {
        return Some(of_tls(error));
    }
    match error.kind() {
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => Some(Error::ConnectionTerminated),
        io::ErrorKind::TimedOut => Some(Error::ConnectionReadTimeout),
        _ => None,
    }
}

/// What ended the sending of a body, told to the guest as it is. `Error` itself is not made to be copied out of a chain.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the body of the request ended: {0}")]
pub(super) struct BodyError(pub(super) Arc<Error>);

impl BodyError {
    fn code(&self) -> Error {
        match &*self.0 {
            Error::HttpRequestBodySize(size) => Error::HttpRequestBodySize(*size),
            Error::HttpRequestTrailerSectionSize(size) => Error::HttpRequestTrailerSectionSize(*size),
            Error::InternalError(words) => Error::InternalError(words.clone()),
            _ => Error::HttpProtocolError,
        }
    }
}

/// All errors behind `error`, itself first.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    iter::successors(Some(error), |error| (**error).source())
}

/// The error that ended an attempt to connect, if that is where a request ended.
pub(super) fn connecting<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a ConnectError> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// What ended a request before its answer came.
pub(super) fn sending(error: &(dyn StdError + 'static)) -> Error {
    if let Some(error) = connecting(error) {
        return error.code();
    }
    of_http(error).unwrap_or(Error::HttpProtocolError)
}

/// What ended an answer.
pub(super) fn receiving(error: &hyper::Error) -> Error {
    let cut = |error: &(dyn StdError + 'static)| {
        error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof)
    };
    // The connection ended well, but before all was there.
    if error.is_incomplete_message() || chain(error).any(cut) {
        return Error::HttpResponseIncomplete;
    }
    of_http(error).unwrap_or(Error::HttpProtocolError)
}

fn of_http(error: &(dyn StdError + 'static)) -> Option<Error> {
    if let Some(error) = chain(error).find_map(|error| error.downcast_ref::<BodyError>()) {
        return Some(error.code());
    }
    if let Some(code) = chain(error).find_map(|error| of_connection(error.downcast_ref::<io::Error>()?)) {
        return Some(code);
    }
    let error = chain(error).find_map(|error| error.downcast_ref::<hyper::Error>())?;
    if error.is_parse_too_large() {
        Some(Error::HttpResponseHeaderSectionSize(None))
    } else if error.is_timeout() {
        Some(Error::HttpResponseTimeout)
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        Some(Error::ConnectionTerminated)
    } else {
        None
    }
}

/// The whole chain in one line, for the log.
pub(super) fn in_words(error: &(dyn StdError + 'static)) -> String {
    let words: Vec<String> = chain(error).map(ToString::to_string).collect();
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_connecting_have_their_codes() {
        let io = |kind| ConnectError::Io(io::Error::from(kind)).code();
        assert!(matches!(io(io::ErrorKind::ConnectionRefused), Error::ConnectionRefused));
        assert!(matches!(io(io::ErrorKind::TimedOut), Error::ConnectionTimeout));
        assert!(matches!(io(io::ErrorKind::HostUnreachable), Error::DestinationUnavailable));
        #[cfg(unix)]
        assert!(matches!(ConnectError::Io(io::Error::from_raw_os_error(24)).code(), Error::ConnectionLimitReached));
        let tls = |error| ConnectError::Tls(io::Error::other(error)).code();
        let certificate = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        assert!(matches!(tls(certificate), Error::TlsCertificateError));
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::HandshakeFailure);
        assert!(matches!(tls(alert), Error::TlsAlertReceived { alert_id: Some(40), .. }));
        assert!(matches!(tls(rustls::Error::DecryptError), Error::TlsProtocolError));
        let eof = ConnectError::Tls(io::ErrorKind::UnexpectedEof.into()).code();
        assert!(matches!(eof, Error::ConnectionTerminated));
    }
}
