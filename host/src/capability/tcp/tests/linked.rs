//! The functions in their places.

use wasmtime::component::{Component, Linker, ResourceTable, ResourceType};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::super::link::{P2, P3, View};
use super::super::{Gate, link};
use super::{instance, rules, table};

/// What a store needs for wasi:sockets.
struct Store {
    wasi: WasiCtx,
    table: ResourceTable,
    gate: Gate,
}

impl WasiView for Store {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl View for Store {
    fn tcp(&mut self) -> &Gate {
        &self.gate
    }
}

fn linker() -> Linker<Store> {
    let mut config = wasmtime::Config::new();
    config.wasm_component_model_async(true);
    let mut linker = Linker::new(&wasmtime::Engine::new(&config).expect("an engine"));
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).expect("linked");
    wasmtime_wasi::p3::add_to_linker(&mut linker).expect("linked");
    linker
}

/// Beside wasmtime's own, under another name, ours would bound nothing.
#[test]
fn each_of_our_functions_is_in_the_place_of_one_of_wasmtimes() {
    let mut linker = linker();
    for (interface, functions) in [
        (
            format!("wasi:sockets/ip-name-lookup@{P2}"),
            &[
                "resolve-addresses",
                "[method]resolve-address-stream.resolve-next-address",
                "[method]resolve-address-stream.subscribe",
            ][..],
        ),
        (format!("wasi:sockets/tcp-create-socket@{P2}"), &["create-tcp-socket"]),
        (format!("wasi:sockets/udp-create-socket@{P2}"), &["create-udp-socket"]),
        (format!("wasi:sockets/ip-name-lookup@{P3}"), &["resolve-addresses"]),
        (format!("wasi:sockets/types@{P3}"), &["[static]tcp-socket.create", "[static]udp-socket.create"]),
    ] {
        let mut instance = linker.instance(&interface).expect("an instance");
        for function in functions {
            let twice = instance.func_wrap(function, |_, (): ()| Ok(()));
            assert!(twice.is_err(), "{interface} has no {function}");
        }
    }
    for (interface, resource) in [
        (format!("wasi:sockets/ip-name-lookup@{P2}"), "resolve-address-stream"),
        (format!("wasi:sockets/tcp@{P2}"), "tcp-socket"),
        (format!("wasi:sockets/types@{P3}"), "tcp-socket"),
    ] {
        let twice =
            linker
                .instance(&interface)
                .expect("an instance")
                .resource(resource, ResourceType::host::<()>(), |_, _| Ok(()));
        assert!(twice.is_err(), "{interface} has no {resource}");
    }
    link(&mut linker).expect("it fits");
    let again = linker
        .instance("wasi:sockets/tcp-create-socket@0.2.12")
        .expect("an instance")
        .func_wrap("create-tcp-socket", |_, (): ()| Ok(()));
    assert!(again.is_err(), "what is linked later is not put in the place of what is there");
}

/// Looks up a name by wasi:sockets 0.3, and makes and drops sockets. Each function answers with a number: of addresses, or of
/// a socket's handle; or 1000 and the number of the error.
const BY_0_3: &str = r#"(component
  (import "wasi:sockets/ip-name-lookup@0.3.0" (instance $lookup
    (type $v4 (tuple u8 u8 u8 u8))
    (type $v6 (tuple u16 u16 u16 u16 u16 u16 u16 u16))
    (type $ip-cases (variant (case "ipv4" $v4) (case "ipv6" $v6)))
    (export "ip-address" (type $ip (eq $ip-cases)))
    (type $error-cases (variant (case "access-denied") (case "invalid-argument") (case "name-unresolvable")
      (case "temporary-resolver-failure") (case "permanent-resolver-failure") (case "other" (option string))))
    (export "error-code" (type $error (eq $error-cases)))
    (export "resolve-addresses" (func async (param "name" string) (result (result (list $ip) (error $error)))))
  ))
  (import "wasi:sockets/types@0.3.0" (instance $types
    (type $families (enum "ipv4" "ipv6"))
    (export "ip-address-family" (type $family (eq $families)))
    (type $error-cases (variant (case "access-denied") (case "not-supported") (case "invalid-argument")
      (case "out-of-memory") (case "timeout") (case "invalid-state") (case "address-not-bindable")
      (case "address-in-use") (case "remote-unreachable") (case "connection-refused") (case "connection-broken")
      (case "connection-reset") (case "connection-aborted") (case "datagram-too-large") (case "other" (option string))))
    (export "error-code" (type $error (eq $error-cases)))
    (export "tcp-socket" (type $socket (sub resource)))
    (export "[static]tcp-socket.create"
      (func (param "address-family" $family) (result (result (own $socket) (error $error)))))
  ))
  (alias export $types "tcp-socket" (type $socket))
  (core module $memory
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $free)
      (global.set $free (i32.and (i32.add (i32.add (global.get $free) (local.get 3)) (i32.const 7)) (i32.const -8)))))
  (core instance $m (instantiate $memory))
  (core func $resolve (canon lower (func $lookup "resolve-addresses")
    (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (core func $create (canon lower (func $types "[static]tcp-socket.create")
    (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (core func $drop (canon resource.drop $socket))
  (core module $main
    (import "m" "memory" (memory 1))
    (import "m" "resolve" (func $resolve (param i32 i32 i32)))
    (import "m" "create" (func $create (param i32 i32)))
    (func $answer (param $ok i32) (result i32)
      (select (i32.load (local.get $ok)) (i32.add (i32.const 1000) (i32.load8_u (i32.const 20)))
        (i32.eqz (i32.load8_u (i32.const 16)))))
    (func (export "look-up") (param i32 i32) (result i32)
      (call $resolve (local.get 0) (local.get 1) (i32.const 16))
      (call $answer (i32.const 24)))
    (func (export "create") (result i32)
      (call $create (i32.const 0) (i32.const 16))
      (call $answer (i32.const 20))))
  (core instance $i (instantiate $main (with "m" (instance
    (export "memory" (memory $m "memory"))
    (export "resolve" (func $resolve))
    (export "create" (func $create))))))
  (func (export "look-up") async (param "name" string) (result u32)
    (canon lift (core func $i "look-up") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (func (export "create") (result u32) (canon lift (core func $i "create")))
  (func (export "close") (param "handle" u32) (canon lift (core func $drop)))
)"#;

#[tokio::test]
async fn by_wasi_0_3_the_same_names_are_looked_up_and_sockets_are_counted() {
    let mut linker = linker();
    link(&mut linker).expect("it fits");
    let binary = wat::parse_str(BY_0_3).expect("it is WebAssembly");
    let component = Component::new(linker.engine(), binary).expect("it is a component");
    let (resolve, _) = table(&[("db.example", &[&["8.8.8.8", "127.0.0.1", "9.9.9.9"]])]);
    let (gate, uses) = instance(&rules("{ host = \"db.example\", port = 1 }", None), &resolve);
    let mut wasi = WasiCtxBuilder::new();
    gate.guard(&mut wasi);
    let store = Store { wasi: wasi.build(), table: ResourceTable::new(), gate: gate.clone() };
    let mut store = wasmtime::Store::new(linker.engine(), store);
    let made = linker.instantiate_async(&mut store, &component).await.expect("it is linked");

    let look_up = made.get_typed_func::<(&str,), (u32,)>(&mut store, "look-up").expect("it is there");
    for (name, answer) in [("db.example", 2), ("other.example", 1000), ("0x7f.1", 1001), ("127.0.0.1", 1)] {
        assert_eq!(look_up.call_async(&mut store, (name,)).await.expect("it ends").0, answer, "{name}");
    }
    assert_eq!(uses.take_denials().len(), 2);

    let create = made.get_typed_func::<(), (u32,)>(&mut store, "create").expect("it is there");
    let mut handles = Vec::new();
    let refused = loop {
        match create.call_async(&mut store, ()).await.expect("it ends").0 {
            handle @ ..1000 => handles.push(handle),
            error => break error,
        }
    };
    assert_eq!((handles.len(), refused), (super::MAX_OF_INSTANCE, 1014));
    assert!(super::told(&uses).contains("16 at once are the most of a call"));
    let close = made.get_typed_func::<(u32,), ()>(&mut store, "close").expect("it is there");
    close.call_async(&mut store, (handles[3],)).await.expect("it ends");
    assert!(create.call_async(&mut store, ()).await.expect("it ends").0 < 1000, "one was closed");
}
