//! Requests to the web, over `wasi:http`.
//!
//! A plugin reaches what `barkeep.toml` grants it, and nothing else. Its author says in `plugin.toml` what it needs; a grant may put
//! headers into requests, such as a token that the plugin never sees.
//!
//! ```
//! use barkeep_sdk::http;
//! use barkeep_sdk::prelude::*;
//!
//! #[arguments]
//! struct Forecast {
//!     /// The town.
//!     town: String,
//! }
//!
//! #[arguments]
//! struct Weather {
//!     degrees: f64,
//! }
//!
//! /// Tells how warm it is.
//! #[tool(read_only)]
//! fn temperature(args: Forecast) -> Result<String> {
//!     let answer = http::get("https://weather.example/now").query("town", &args.town).send()?;
//!     let weather: Weather = answer.error_for_status()?.json()?;
//!     Ok(format!("{} degrees", weather.degrees))
//! }
//! # fn main() {
//!
//! // In a test, natively:
//! let _server = barkeep_sdk::testing::serve_http(|request| {
//!     assert_eq!(request.url(), "https://weather.example/now?town=Bad%20Ems");
//!     Ok(http::Response::new(200).with_json(&json!({ "degrees": 21.5 })))
//! });
//! assert_eq!(temperature(Forecast { town: "Bad Ems".into() }), Ok("21.5 degrees".into()));
//! # }
//! ```
//!
//! Redirects are not followed: the answer has the status 3xx and the header `location`. A request that the host does not allow is
//! [`Error::AccessDenied`](crate::Error::AccessDenied), a server that cannot be reached, is too slow or breaks off is
//! [`Error::Unavailable`](crate::Error::Unavailable).

mod address;
#[cfg(any(target_os = "wasi", test))]
mod deadline;
#[cfg(any(target_os = "wasi", test))]
mod failure;
mod request;
mod response;
#[cfg(any(target_os = "wasi", test))]
mod wasi;

pub use request::Request;
pub use response::Response;

/// A `GET` request.
pub fn get(url: impl Into<String>) -> Request {
    Request::new("GET", url)
}

/// A `POST` request.
pub fn post(url: impl Into<String>) -> Request {
    Request::new("POST", url)
}

/// A `PUT` request.
pub fn put(url: impl Into<String>) -> Request {
    Request::new("PUT", url)
}

/// A `PATCH` request.
pub fn patch(url: impl Into<String>) -> Request {
    Request::new("PATCH", url)
}

/// A `DELETE` request.
pub fn delete(url: impl Into<String>) -> Request {
    Request::new("DELETE", url)
}

/// Sends to the host.
#[cfg(target_os = "wasi")]
use wasi::send as carry;

/// Compiled for the tests too, so that what they compile is checked whole.
#[cfg(test)]
const _: fn(&Request) -> crate::Result<Response> = wasi::send;

/// Sends to the test.
#[cfg(not(target_os = "wasi"))]
use crate::testing::answer as carry;
