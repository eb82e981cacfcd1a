//! What is granted, asked for, refused and told.

use super::super::{Grant, Request, check};
use super::*;

fn error_of(entry: &str) -> String {
    toml::from_str::<Grants>(&format!("http = [{entry}]")).map(|_| ()).expect_err(entry).to_string()
}

#[test]
fn an_entry_that_cannot_be_meant_is_told() {
    for (entry, word) in [
        ("{ url = \"api.github.com\" }", "https://"),
        ("{ url = \"https://a.b/**\", method = [\"GET\"] }", "unknown field `method`"),
        ("{ url = \"https://a.b/**\", methods = [] }", "`methods` is empty"),
        ("{ url = \"https://a.b/**\", methods = [\"get\"] }", "capitals"),
        ("{ url = \"https://a.b/**\", methods = [\"TRACE\"] }", "cannot be granted"),
        ("{ url = \"https://a.b/**\", headers = { Host = \"x\" } }", "set by Barkeep itself"),
        ("{ url = \"https://a.b/**\", headers = { A = \"x\", a = \"y\" } }", "twice"),
        ("{ url = \"https://a.b/**\", headers = { a = \"${SECRET}\" } }", "${secret:NAME}"),
        ("{ url = \"https://a.b/**\", query = { a = \"${SECRET}\" } }", "${secret:NAME}"),
        ("{ url = \"https://a.b/**\", query = { \"\" = \"x\" } }", "no name of a parameter"),
        ("{ url = \"https://a.b/**\", max_response = \"big\" }", "no amount of bytes"),
        ("{ methods = [\"GET\"] }", "missing field `url`"),
    ] {
        let error = error_of(entry);
        assert!(error.contains(word), "{entry}: {error}");
    }
}

#[test]
fn an_entry_is_described_and_written_without_its_secrets() {
    let entry = r#"{ url = "http://a.b/**", methods = ["POST"], private = true,
        headers = { Authorization = "Bearer ${secret:TOKEN_OF_TEST}" }, query = { key = "${secret:TOKEN_OF_TEST}" } }"#;
    let grants: Grants = toml::from_str(&format!("http = [{entry}]")).expect("good");
    let grant = &grants.http[0];
    assert_eq!(
        grant.describe(),
        "http POST http://a.b/**, with the header authorization and the parameter key (unencrypted), also at private \
         addresses"
    );
    let rules = granted(entry).expect("good");
    let json = serde_json::to_string(grant).expect("serialises");
    assert!(!format!("{grant:?} {rules:?} {json}").contains("s3cret"));
    assert_eq!(&serde_json::from_str::<Grant>(&json).expect("the same again"), grant);
    let plain: Grants = toml::from_str("http = [{ url = \"https://a.b/**\" }]").expect("good");
    assert_eq!(plain.http[0].describe(), "http GET, HEAD https://a.b/**");
    let one: Grants = toml::from_str("http = [{ url = \"http://a.b/**\", query = { key = \"x\" } }]").expect("good");
    assert_eq!(one.http[0].describe(), "http GET, HEAD http://a.b/**, with the parameter key");
    let schema = serde_json::to_value(schemars::schema_for!(Grant)).expect("serialises");
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn what_cannot_be_put_into_a_header_is_told_when_the_plugin_is_loaded() {
    let error = |headers: &str, url: &str| {
        let error = granted(&format!("{{ url = \"{url}\", headers = {{ {headers} }} }}")).expect_err("it is bad");
        error.to_string()
    };
    let missing = error("a = \"${secret:NOT_THERE}\"", "https://a.b/**");
    assert!(missing.contains("NOT_THERE"), "{missing}");
    let broken = error("a = \"${secret:BROKEN_OF_TEST}\"", "https://a.b/**");
    assert!(broken.contains("line break") && !broken.contains("b: c"), "{broken}");
    let anybody = error("a = \"${secret:TOKEN_OF_TEST}\"", "https://*/**");
    assert!(anybody.contains("name the host"), "{anybody}");
    assert!(granted("{ url = \"https://*/**\", headers = { a = \"plain\" }, query = { a = \"plain\" } }").is_ok());
    let query = |query: &str, url: &str| {
        granted(&format!("{{ url = \"{url}\", query = {{ {query} }} }}")).expect_err("it is bad").to_string()
    };
    assert!(query("a = \"${secret:NOT_THERE}\"", "https://a.b/**").contains("NOT_THERE"));
    assert!(query("a = \"${secret:TOKEN_OF_TEST}\"", "https://*/**").contains("name the host"));
    let long = query(&format!("a = \"{}\"", "x".repeat(9000)), "https://a.b/**");
    assert!(long.contains("more than 8192 bytes into the query"), "{long}");
    // Whatever is in a secret, no parameter ends with it.
    assert!(granted("{ url = \"https://a.b/**\", query = { a = \"${secret:BROKEN_OF_TEST}\" } }").is_ok());
}

#[tokio::test]
async fn nothing_is_granted_unless_it_is_said() {
    let server = Server::answering(|_| async { answer("no") }).await;
    let mut call = Call::new(&granted("").expect("good"), &machine());
    let error = call.get(&server.url("/a?token=t")).await.expect_err("not granted");
    assert!(matches!(error, Error::HttpRequestDenied), "{error}");
    let told = call.told();
    let origin = server.url("");
    assert_eq!(
        told,
        [format!(
            "plugin `x` may not GET {origin}/a: add {{ url = \"{origin}/**\", methods = [\"GET\"] }} to http in \
             [plugins.x.grants] of barkeep.toml"
        )]
    );
    assert_eq!(server.accepted(), 0);
}

#[tokio::test]
async fn methods_and_paths_are_as_granted() {
    let server = Server::answering(|_| async { answer("yes") }).await;
    let entry = format!("{{ url = \"http://{}/a/**\", private = true }}", server.address);
    let mut call = Call::new(&granted(&entry).expect("good"), &machine());
    assert_eq!(call.get(&server.url("/a/b")).await.expect("granted"), (200, "yes".into()));
    for (method, path) in [
        ("POST", "/a/b"),
        ("get", "/a/b"),
        ("TRACE", "/a/b"),
        ("CONNECT", "/a/b"),
        ("GET", "/b"),
        ("GET", "/a/%2e%2e/b"),
    ] {
        let error = call.send(with_body(method, &server.url(path), "")).await.expect_err("not granted");
        assert!(matches!(error, Error::HttpRequestDenied), "{method} {path}: {error}");
    }
    let long = server.url(&format!("/a/{}", "b".repeat(10_000)));
    assert!(matches!(call.send(get(&long)).await, Err(Error::HttpRequestUriTooLong)));
    let told = call.told();
    assert!(told[0].contains("add \"POST\" to `methods` of the entry"), "{told:?}");
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn what_the_component_does_not_ask_for_is_refused_whatever_is_granted() {
    let server = Server::answering(|_| async { answer("yes") }).await;
    let grants: Grants = toml::from_str("http = [{ url = \"http://*:*/**\", private = true }]").expect("good");
    let asks = format!(r#"[{{"url":"http://{}/a/*","methods":["GET"],"why":"to test"}}]"#, server.address);
    let requests: Vec<Request> = serde_json::from_str(&asks).expect("good");
    assert_eq!(requests[0].describe(), format!("http GET http://{}/a/*: to test", server.address));
    let rules = Arc::new(check(&grants.http, Some(&requests), &secrets()).expect("good"));
    let mut call = Call::new(&rules, &machine());
    assert!(call.get(&server.url("/a/b")).await.is_ok());
    assert!(matches!(call.get(&server.url("/b")).await, Err(Error::HttpRequestDenied)));
    assert!(call.told()[0].contains("its author does not ask for it"));
    let nothing = Arc::new(check(&grants.http, Some(&[]), &secrets()).expect("good"));
    assert!(matches!(Call::new(&nothing, &machine()).get(&server.url("/a/b")).await, Err(Error::HttpRequestDenied)));
}

/// What a store needs for wasi:http.
struct Store {
    wasi: wasmtime_wasi::WasiCtx,
    http: wasmtime_wasi_http::WasiHttpCtx,
    table: wasmtime::component::ResourceTable,
    hooks: Box<dyn WasiHttpHooks>,
}

impl wasmtime_wasi::WasiView for Store {
    fn ctx(&mut self) -> wasmtime_wasi::WasiCtxView<'_> {
        wasmtime_wasi::WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl wasmtime_wasi_http::WasiHttpView for Store {
    fn http(&mut self) -> wasmtime_wasi_http::WasiHttpCtxView<'_> {
        let Self { http, table, hooks, .. } = self;
        wasmtime_wasi_http::WasiHttpCtxView { hooks: &mut **hooks, table, ctx: http }
    }
}

#[test]
fn both_versions_of_wasi_http_are_linked_once() {
    let mut config = wasmtime::Config::new();
    config.wasm_component_model_async(true);
    let engine = wasmtime::Engine::new(&config).expect("an engine");
    let mut linker = wasmtime::component::Linker::<Store>::new(&engine);
    super::super::link(&mut linker).expect("linked");
    assert!(super::super::link(&mut linker).is_err());
}
