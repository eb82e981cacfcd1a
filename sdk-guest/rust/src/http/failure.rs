//! What `wasi:http` says went wrong, in words for people and for the model.

use wasip2::http::types::ErrorCode;

use super::address::Address;
use crate::Error;

/// A request that failed, for the words about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failed<'a> {
    pub(super) method: &'a str,
    pub(super) address: &'a Address,
}

impl Failed<'_> {
    /// The words for what the host says.
    pub(super) fn code(self, code: &ErrorCode) -> Error {
        let authority = &self.address.authority;
        let gone = |words: String| Error::Unavailable(words);
        match code {
            ErrorCode::HttpRequestDenied => Error::AccessDenied(format!(
                "the host does not let this plugin call {} {}; grant it in barkeep.toml",
                self.method,
                self.address.origin()
            )),
            ErrorCode::DestinationIpProhibited => Error::AccessDenied(format!(
                "the host does not let this plugin call {authority}: it is at a private address"
            )),
            ErrorCode::DnsTimeout | ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => {
                gone(format!("{authority} was not found: is the name right, and is there a network?"))
            }
            ErrorCode::DestinationUnavailable | ErrorCode::DestinationIpUnroutable => {
                gone(format!("{authority} cannot be reached"))
            }
            ErrorCode::ConnectionRefused => gone(format!("{authority} refused the connection")),
            ErrorCode::ConnectionTerminated | ErrorCode::HttpResponseIncomplete => self.broken_off(),
            ErrorCode::ConnectionTimeout
            | ErrorCode::ConnectionReadTimeout
            | ErrorCode::ConnectionWriteTimeout
            | ErrorCode::HttpResponseTimeout => self.too_slow(),
            ErrorCode::ConnectionLimitReached => gone("the host has too many open connections".to_owned()),
            ErrorCode::TlsProtocolError | ErrorCode::TlsAlertReceived(_) => {
                gone(format!("{authority} and the host found no way to encrypt the connection (TLS)"))
            }
            ErrorCode::TlsCertificateError => {
                gone(format!("the certificate of {authority} is not one that the host trusts"))
            }
            ErrorCode::HttpRequestUriInvalid => {
                Error::Other(format!("the host does not take the address {}", self.address.without_query()))
            }
            ErrorCode::HttpRequestBodySize(_) => Error::Other("the host does not send a body of this size".to_owned()),
            ErrorCode::HttpProtocolError => Error::Other(format!("{authority} did not answer as HTTP says")),
            ErrorCode::InternalError(Some(words)) => self.other(words),
            other => self.other(format!("{other:?}").trim_start_matches("ErrorCode::")),
        }
    }

    fn other(self, words: &str) -> Error {
        Error::Other(format!("{} {} failed: {words}", self.method, self.address.without_query()))
    }

    /// The words for a request that took longer than it may.
    pub(super) fn too_slow(self) -> Error {
        Error::Unavailable(format!("{} did not answer in time", self.address.authority))
    }

    /// The words for a connection that ended before its time.
    pub(super) fn broken_off(self) -> Error {
        Error::Unavailable(format!("{} broke off the connection", self.address.authority))
    }

    /// The words for something that the host refuses without a code.
    pub(super) fn refused(self, what: &str) -> Error {
        Error::Other(format!("the host does not take the {what} of {} {}", self.method, self.address.without_query()))
    }
}

#[cfg(test)]
mod tests {
    use wasip2::http::types::{DnsErrorPayload, FieldSizePayload};

    use super::*;

    fn told(code: &ErrorCode) -> Error {
        let address = Address::parse("https://api.example:8443/a?token=s3cret").unwrap();
        Failed { method: "GET", address: &address }.code(code)
    }

    #[test]
    fn a_denial_names_what_to_grant() {
        let words = "the host does not let this plugin call GET https://api.example:8443; grant it in barkeep.toml";
        assert_eq!(told(&ErrorCode::HttpRequestDenied), Error::access_denied(words));
        assert!(matches!(told(&ErrorCode::DestinationIpProhibited), Error::AccessDenied(_)));
    }

    #[test]
    fn what_another_try_may_mend_is_unavailable() {
        for code in [
            ErrorCode::DnsError(DnsErrorPayload { rcode: None, info_code: None }),
            ErrorCode::ConnectionRefused,
            ErrorCode::ConnectionTerminated,
            ErrorCode::ConnectionReadTimeout,
            ErrorCode::HttpResponseIncomplete,
            ErrorCode::ConnectionLimitReached,
            ErrorCode::TlsCertificateError,
        ] {
            assert!(matches!(told(&code), Error::Unavailable(_)), "{code:?}");
        }
        assert_eq!(told(&ErrorCode::ConnectionRefused).words(), "api.example:8443 refused the connection");
        assert_eq!(told(&ErrorCode::HttpResponseTimeout).words(), "api.example:8443 did not answer in time");
    }

    #[test]
    fn the_rest_is_told_by_its_name_and_never_with_the_query() {
        let header = ErrorCode::HttpResponseHeaderSize(FieldSizePayload { field_name: None, field_size: None });
        for code in [ErrorCode::LoopDetected, header, ErrorCode::InternalError(Some("out of paper".into()))] {
            let error = told(&code);
            assert!(
                matches!(&error, Error::Other(words) if words.starts_with("GET https://api.example:8443/a failed: "))
            );
            assert!(!error.words().contains("s3cret") && !error.words().contains("ErrorCode"), "{error}");
        }
    }
}
