//! Answers to the requests of a plugin under test.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

use crate::http::{Request, Response};
use crate::{Error, Result};

type Handler = Rc<RefCell<dyn FnMut(Request) -> Result<Response>>>;

thread_local! {
    static SERVERS: RefCell<Vec<(u64, Handler)>> = const { RefCell::new(Vec::new()) };
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// Answers the requests that are sent on this thread, until the guard is dropped. Without it, each is
/// [`Error::Unavailable`]; an `Err` is what the request fails with.
///
/// ```
/// use barkeep_sdk::http::{self, Response};
/// use barkeep_sdk::{Error, testing};
///
/// let server = testing::serve_http(|request| match request.url().as_str() {
///     "https://a.example/" => Ok(Response::new(200).with_body("hello")),
///     _ => Err(Error::access_denied("not granted")),
/// });
/// assert_eq!(http::get("https://a.example").send().unwrap().body(), b"hello");
/// assert_eq!(http::get("https://b.example").send(), Err(Error::access_denied("not granted")));
/// drop(server);
/// assert!(matches!(http::get("https://a.example").send(), Err(Error::Unavailable(_))));
/// ```
pub fn serve_http(handler: impl FnMut(Request) -> Result<Response> + 'static) -> Served {
    let number = NEXT.get();
    NEXT.set(number + 1);
    SERVERS.with_borrow_mut(|servers| servers.push((number, Rc::new(RefCell::new(handler)))));
    Served { number, _not_send: PhantomData }
}

/// While it is there, requests on this thread are answered.
#[must_use = "requests are no longer answered once this is dropped"]
pub struct Served {
    number: u64,
    _not_send: PhantomData<*const ()>,
}

impl fmt::Debug for Served {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Served").finish_non_exhaustive()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Taken out first: what a handler holds may have something to say when it is dropped.
        let _gone = SERVERS.with_borrow_mut(|servers| {
            servers.iter().position(|(number, _)| *number == self.number).map(|index| servers.remove(index))
        });
    }
}

/// The answer of the handler that was put up last.
pub(crate) fn answer(request: &Request) -> Result<Response> {
    let Some(handler) = SERVERS.with_borrow(|servers| servers.last().map(|(_, handler)| Rc::clone(handler))) else {
        return Err(Error::unavailable(
            "there is no network outside of a host; in a test, `barkeep_sdk::testing::serve_http` answers requests",
        ));
    };
    match handler.try_borrow_mut() {
        Ok(mut handler) => handler(request.clone()),
        Err(_) => Err(Error::other("a request was sent while another was being answered")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::get;

    fn status() -> u16 {
        get("https://a").send().map_or(0, |answer| answer.status())
    }

    #[test]
    fn the_last_server_answers_and_the_one_before_once_it_is_gone() {
        let first = serve_http(|_| Ok(Response::new(201)));
        let second = serve_http(|_| Ok(Response::new(202)));
        assert_eq!(status(), 202);
        drop(second);
        assert_eq!(status(), 201);
        drop(first);
        assert_eq!(status(), 0);
    }

    #[test]
    fn a_server_may_count_but_not_call_itself() {
        let mut count = 0;
        let _server = serve_http(move |_| {
            count += 1;
            assert!(matches!(get("https://a").send(), Err(Error::Other(_))));
            Ok(Response::new(200 + count))
        });
        assert_eq!((status(), status()), (201, 202));
    }
}
