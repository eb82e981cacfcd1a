//! GitHub's REST API: sends, follows where a renamed repository went, and turns refusals into errors.

use serde::Serialize;
use serde_json::Value;

use crate::endpoint::Endpoint;
use crate::page::Pages;
use crate::transport::{Request, Response, Transport};
use crate::{Error, Result, clock, failure};

/// Where GitHub's own API is.
const PUBLIC: &str = "https://api.github.com";

/// A renamed repository is one step away; its new owner may be another.
const MOST_REDIRECTS: usize = 3;

/// The API at one base address.
pub(crate) struct Api<T> {
    transport: T,
    base: String,
}

/// A success.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its JSON.
    pub(crate) value: Value,
    /// The pages around it.
    pub(crate) pages: Pages,
}

impl<T: Transport> Api<T> {
    /// The API that the environment names in `GITHUB_API_URL`, or GitHub's own.
    pub(crate) fn from_env(transport: T) -> Result<Self> {
        Self::new(transport, &std::env::var("GITHUB_API_URL").unwrap_or_default())
    }

    /// The API at `base`: an address without a query; empty means GitHub's own.
    pub(crate) fn new(transport: T, base: &str) -> Result<Self> {
        let base = base.trim().trim_end_matches('/');
        let base = if base.is_empty() { PUBLIC } else { base };
        let host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
        let plain = |rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic() && !"?#@\\".contains(c));
        if !host.is_some_and(plain) {
            return Err(Error::other(format!(
                "GITHUB_API_URL is not the address of an API: {base:?}. It is \"{PUBLIC}\", or \"https://HOST/api/v3\" \
                 for GitHub Enterprise Server"
            )));
        }
        Ok(Self { transport, base: base.to_owned() })
    }

    /// Reads.
    pub(crate) fn get(&self, endpoint: &Endpoint) -> Result<Answer> {
        self.send("GET", endpoint, None)
    }

    /// Creates.
    pub(crate) fn post(&self, endpoint: &Endpoint, body: &impl Serialize) -> Result<Answer> {
        self.send("POST", endpoint, Some(serde_json::to_string(body)?))
    }

    fn send(&self, method: &'static str, endpoint: &Endpoint, body: Option<String>) -> Result<Answer> {
        let mut request = Request { method, url: endpoint.under(&self.base), body };
        for _ in 0..=MOST_REDIRECTS {
            let response = self.transport.send(&request).map_err(|error| in_doubt(method, error))?;
            match response.status {
                200..=299 => {
                    let pages = response.header("link").map(Pages::parse).unwrap_or_default();
                    let value = failure::parse(&response).map_err(|error| in_doubt(method, error))?;
                    return Ok(Answer { value, pages });
                }
                301 | 302 | 307 | 308 => request.url = self.target(&request, &response)?,
                _ => return Err(failure::explain(&response, clock::now())),
            }
        }
        Err(Error::other("GitHub API Error: redirected too often"))
    }

    /// Where a redirect leads: only to what is under the same base, since the host puts the token into what goes there.
    /// What creates follows only those redirects that keep the method (RFC 9110, section 15.4).
    fn target(&self, request: &Request, response: &Response) -> Result<String> {
        let refused = || Err(failure::explain(response, clock::now()));
        if request.method != "GET" && !matches!(response.status, 307 | 308) {
            return refused();
        }
        let Some(location) = response.header("location") else { return refused() };
        let address = if location.starts_with('/') && !location.starts_with("//") {
            let origin = self.base.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
            format!("{origin}{location}")
        } else {
            location.to_owned()
        };
        let path = address.strip_prefix(self.base.as_str()).filter(|path| path.starts_with('/'));
        let plain = |path: &str| {
            let dots = |part: &str| matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
            path.chars().all(|c| c.is_ascii_graphic() && c != '\\') && !path.split(['/', '?', '#']).any(dots)
        };
        if path.is_some_and(plain) { Ok(address) } else { refused() }
    }
}

/// What an error leaves open, where the answer to a request that creates was lost on its way.
fn in_doubt(method: &str, error: Error) -> Error {
    match error {
        Error::Unavailable(words) if method != "GET" => Error::unavailable(format!(
            "{words}\nWhat was to be created may be there all the same: look before you try again."
        )),
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::transport::script::Script;

    fn moved(status: u16, to: &str) -> Response {
        Response::new(status, &[("location", to)], "{\"message\":\"Moved Permanently\"}")
    }

    fn issues() -> Endpoint {
        Endpoint::repository("o", "r").unwrap().segment("issues")
    }

    #[test]
    fn the_base_is_a_plain_address() {
        let base = |base| Api::new(&Script::default(), base).map(|api| api.base);
        assert_eq!(base("").unwrap(), "https://api.github.com");
        assert_eq!(base(" https://git.corp:8443/api/v3/ ").unwrap(), "https://git.corp:8443/api/v3");
        for bad in
            ["api.github.com", "ftp://x", "https://", "https://u:p@x", "https://x?y", "https://x y", "http://x\ny"]
        {
            assert!(base(bad).unwrap_err().to_string().contains("GITHUB_API_URL"), "{bad}");
        }
    }

    #[test]
    fn an_answer_has_its_pages() {
        let link = [("Link", "<https://api.test/x?page=2>; rel=\"next\"")];
        let script = Script::default().then(Response::new(200, &link, "[]"));
        let answer = script.api().get(&issues()).unwrap();
        assert_eq!((answer.value, answer.pages.next), (json!([]), Some(2)));
    }

    #[test]
    fn a_renamed_repository_is_followed() {
        let script = Script::default()
            .then(moved(301, "https://api.test/repositories/7/issues?page=1"))
            .then(moved(307, "/repositories/8/issues"))
            .json(&json!([1]));
        assert_eq!(script.api().get(&issues()).unwrap().value, json!([1]));
        let paths: Vec<_> = script.asked().into_iter().map(|(_, path, _)| path).collect();
        assert_eq!(paths, ["/repos/o/r/issues", "/repositories/7/issues?page=1", "/repositories/8/issues"]);
    }

    #[test]
    fn a_redirect_elsewhere_is_not_followed() {
        for to in [
            "https://evil.test/x",
            "https://api.test.evil.test/x",
            "//evil.test/x",
            "https://api.test/../x",
            "https://api.test/a/%2E%2e/x",
            "https://api.test/a\\b",
            "x",
            "",
        ] {
            let script = Script::default().then(moved(301, to));
            let error = script.api().get(&issues()).unwrap_err();
            assert!(error.to_string().contains("HTTP 301"), "{to}: {error}");
            assert_eq!(script.asked().len(), 1, "{to}");
        }
    }

    #[test]
    fn a_redirect_under_an_enterprise_base_stays_under_it() {
        let script = Script::default().then(moved(301, "/other")).json(&json!(1));
        let api = Api::new(&script, "https://git.corp/api/v3").unwrap();
        assert!(api.get(&issues()).is_err());
        let script = Script::default().then(moved(301, "/api/v3/repositories/1")).json(&json!(1));
        assert_eq!(Api::new(&script, "https://git.corp/api/v3").unwrap().get(&issues()).unwrap().value, json!(1));
    }

    #[test]
    fn a_circle_of_redirects_ends() {
        let script = (0..9).fold(Script::default(), |script, _| script.then(moved(301, "/x")));
        assert!(script.api().get(&issues()).unwrap_err().to_string().contains("too often"));
        assert_eq!(script.asked().len(), 4);
    }

    #[test]
    fn what_creates_follows_only_what_keeps_the_method() {
        let script = Script::default().then(moved(301, "/x"));
        assert!(script.api().post(&issues(), &json!({"title": "t"})).is_err());
        let script = Script::default().then(moved(307, "/x")).json(&json!({}));
        script.api().post(&issues(), &json!({"title": "t"})).unwrap();
        let body = Some("{\"title\":\"t\"}".to_owned());
        assert_eq!(script.asked(), [("POST", "/repos/o/r/issues".into(), body.clone()), ("POST", "/x".into(), body)]);
    }

    #[test]
    fn the_hosts_denial_passes_as_it_is() {
        let words = "no grant for https://api.test; add to barkeep.toml: http = [...]";
        let script = Script::default().fail(Error::access_denied(words));
        let error = script.api().get(&issues()).unwrap_err();
        assert!(matches!(&error, Error::AccessDenied(told) if told == words), "{error}");
    }

    #[test]
    fn what_creates_says_when_its_end_is_open() {
        let lost = || Script::default().fail(Error::unavailable("cut off"));
        let error = lost().api().post(&issues(), &json!({})).unwrap_err();
        assert!(error.to_string().starts_with("cut off\nWhat was to be created may be there"), "{error}");
        assert_eq!(lost().api().get(&issues()).unwrap_err(), Error::unavailable("cut off"));
        let script = Script::default().then(Response::new(201, &[], "<html>"));
        assert!(script.api().post(&issues(), &json!({})).unwrap_err().to_string().contains("may be there"));
        let script = Script::default().then(Response::new(503, &[], ""));
        assert!(!script.api().post(&issues(), &json!({})).unwrap_err().to_string().contains("may be there"));
    }
}
