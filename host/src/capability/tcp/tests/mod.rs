//! The gate with a resolver of our own, and the functions that it is behind.

mod linked;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use wasmtime_wasi::sockets::SocketAddrUse;

use super::gate::{MAX_OF_INSTANCE, NoAddress};
use super::*;
use crate::capability::net::Resolve;
use crate::capability::{Kind, Use, Witness};

/// A resolver by a table. A name has its addresses one after the other: the first time the first list, and so on.
fn table(names: &[(&str, &[&[&str]])]) -> (Resolve, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let addresses = |list: &&[&str]| -> Vec<SocketAddr> {
        list.iter().map(|ip| SocketAddr::new(ip.parse().expect("an address"), 0)).collect()
    };
    let names: HashMap<String, Mutex<Vec<Vec<SocketAddr>>>> = names
        .iter()
        .map(|(name, lists)| ((*name).to_owned(), Mutex::new(lists.iter().rev().map(addresses).collect())))
        .collect();
    let names = Arc::new(names);
    let resolve: Resolve = Arc::new(move |name, _| {
        counter.fetch_add(1, Ordering::SeqCst);
        let next = names.get(&name).map(|lists| lists.lock().expect("whole").pop().expect("one more answer"));
        Box::pin(async move { next.ok_or_else(|| io::Error::other("no such name")) })
    });
    (resolve, asked)
}

#[derive(serde::Deserialize)]
struct Grants {
    tcp: Vec<Grant>,
}

fn rules(entries: &str, requests: Option<&[Request]>) -> Arc<Rules> {
    let grants: Grants = toml::from_str(&format!("tcp = [{entries}]")).expect("good entries");
    Arc::new(check(&grants.tcp, requests))
}

/// One instance of the plugin `x`, and what is told of it.
fn instance(rules: &Arc<Rules>, resolve: &Resolve) -> (Gate, Uses) {
    let uses = Uses::default();
    (rules.build(&"x".into(), &Network::new(Resolver::new(Arc::clone(resolve))), &uses), uses)
}

fn told(uses: &Uses) -> String {
    uses.take_denials().into_iter().map(|denial| denial.sentence).collect::<Vec<_>>().join("\n")
}

fn ips(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().expect("an address")).collect()
}

fn at(text: &str) -> SocketAddr {
    text.parse().expect("an address with a port")
}

#[tokio::test]
async fn only_what_a_granted_name_came_to_is_connected_to_at_the_ports_that_are_granted() {
    let (resolve, asked) = table(&[("db.example", &[&["8.8.8.8", "2606:4700:4700::1111", "::ffff:9.9.9.9"]])]);
    let (gate, uses) = instance(&rules("{ host = \"db.example\", port = 5432 }", None), &resolve);
    assert!(!gate.connect(at("8.8.8.8:5432")), "nobody asked for its name");
    assert!(told(&uses).contains("connect to 8.8.8.8:5432: add { host = \"8.8.8.8\", port = 5432 } to tcp"));
    let addresses = gate.look_up("DB.Example").await.expect("granted");
    assert_eq!(addresses, ips(&["8.8.8.8", "2606:4700:4700::1111", "9.9.9.9"]));
    for good in ["8.8.8.8:5432", "[2606:4700:4700::1111]:5432", "9.9.9.9:5432"] {
        assert!(gate.connect(at(good)), "{good}");
    }
    assert!(uses.take_denials().is_empty());
    assert!(!gate.connect(at("8.8.8.8:5433")));
    let told = told(&uses);
    assert!(told.contains("connect to db.example:5433: add { host = \"db.example\", port = 5433 } to tcp"), "{told}");
    assert!(!gate.connect(at("8.8.4.4:5432")));

    for other in ["example", "x.db.example", "db.example.evil"] {
        assert_eq!(gate.look_up(other).await, Err(NoAddress::Refused), "{other}");
    }
    assert!(uses.take_denials()[1].sentence.contains("look up example: add { host = \"example\", port = 5432 }"));
    assert_eq!(asked.load(Ordering::SeqCst), 1, "what is not granted is not asked for");
    let (other, _) = instance(&rules("{ host = \"db.example\", port = 5432 }", None), &resolve);
    assert!(!other.connect(at("8.8.8.8:5432")), "another instance asked");
}

#[tokio::test]
async fn addresses_of_the_inner_network_are_handed_out_and_connected_to_where_the_entry_says_so() {
    let inner = [
        "127.0.0.1",
        "::1",
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "fe80::1",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "100.64.0.1",
        "0.0.0.0",
    ];
    for ip in inner {
        let (resolve, _) = table(&[("db.example", &[&[ip], &[ip, "8.8.8.8"], &[ip]])]);
        let (gate, uses) =
            instance(&rules("{ host = \"db.example\", port = 1 }, { host = \"*\", port = 2 }", None), &resolve);
        assert_eq!(gate.look_up("db.example").await, Err(NoAddress::Refused), "{ip}");
        let denial = uses.take_denials().pop().expect("it is told");
        assert!(denial.sentence.contains("add `private = true` to the entry \"db.example\""), "{denial:?}");
        assert!(denial.needs.expect("it is known").tcp[0].private);
        assert_eq!(gate.look_up("db.example").await, Ok(ips(&["8.8.8.8"])), "the others are left out");
        let address = SocketAddr::new(ip.parse().expect("an address"), 2);
        assert!(!gate.connect(address), "{ip}: by literal, which `*` covers");
        assert!(told(&uses).contains("`private = true` to the entry \"*\""));

        let (private, _) = instance(&rules("{ host = \"db.example\", port = 1, private = true }", None), &resolve);
        let addresses = private.look_up("db.example").await.expect("it is private");
        assert!(
            private.connect(SocketAddr::new(addresses[0], 1)) && !private.connect(SocketAddr::new(addresses[0], 2))
        );
    }
}

/// The resolver says something else each time: what was looked at stays what it is.
#[tokio::test]
async fn an_answer_that_changes_after_it_was_looked_at_changes_nothing() {
    let (resolve, asked) = table(&[("db.example", &[&["8.8.8.8"], &["127.0.0.1"], &["9.9.9.9"]])]);
    let (gate, uses) = instance(&rules("{ host = \"db.example\", port = 1 }", None), &resolve);
    assert_eq!(gate.look_up("db.example").await, Ok(ips(&["8.8.8.8"])));
    assert!(gate.connect(at("8.8.8.8:1")));
    assert_eq!(asked.load(Ordering::SeqCst), 1, "to connect, nobody is asked again");
    assert_eq!(gate.look_up("db.example").await, Err(NoAddress::Refused), "it is rebound");
    assert!(!gate.connect(at("127.0.0.1:1")) && gate.connect(at("8.8.8.8:1")));
    assert!(told(&uses).contains("a loopback address"));
    assert_eq!(gate.look_up("db.example").await, Ok(ips(&["9.9.9.9"])));
    assert!(gate.connect(at("9.9.9.9:1")));
}

#[tokio::test]
async fn literals_are_read_strictly_and_need_an_entry_of_their_own() {
    let (resolve, asked) = table(&[]);
    let entries =
        "{ host = \"127.0.0.1\", port = 1, private = true }, { host = \"10.0.0.0/8\", port = \"1-2\", private = true }";
    let (gate, uses) = instance(&rules(entries, None), &resolve);
    for odd in
        ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "127.0.0.1.", "user@a.b", "a b", "", "a..b"]
    {
        assert_eq!(gate.look_up(odd).await, Err(NoAddress::Unclear), "{odd}");
        assert!(told(&uses).contains("no grant allows that"));
    }
    for (literal, ip) in [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("[::1]", "::1"), ("::ffff:10.0.0.1", "10.0.0.1")]
    {
        assert_eq!(gate.look_up(literal).await, Ok(ips(&[ip])), "{literal}");
    }
    for (address, allowed) in
        [("127.0.0.1:1", true), ("10.9.9.9:2", true), ("[::1]:1", false), ("127.0.0.2:1", false), ("10.9.9.9:3", false)]
    {
        assert_eq!(gate.connect(at(address)), allowed, "{address}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_the_component_does_not_ask_for_is_refused_whatever_is_granted() {
    let (resolve, _) = table(&[("db.example", &[&["8.8.8.8"]])]);
    let requests: Vec<Request> =
        serde_json::from_str(r#"[{ "host": "*.example", "port": "5432-5433", "why": "to test" }]"#).expect("good");
    let (gate, uses) = instance(&rules("{ host = \"*\", port = \"*\", private = true }", Some(&requests)), &resolve);
    gate.look_up("db.example").await.expect("both");
    assert!(gate.connect(at("8.8.8.8:5433")) && !gate.connect(at("8.8.8.8:80")));
    assert!(told(&uses).contains("its author does not ask for it"));
    assert_eq!(gate.look_up("db.other").await, Err(NoAddress::Refused));
    // Where nothing is granted, the author's words say what is missing.
    let (gate, uses) = instance(&rules("", Some(&requests)), &resolve);
    assert_eq!(gate.look_up("db.example").await, Err(NoAddress::Refused));
    let denial = uses.take_denials().pop().expect("it is told");
    assert!(denial.sentence.contains("{ host = \"db.example\", port = \"5432-5433\" }"), "{denial:?}");
    assert_eq!(denial.needs.expect("it is known").tcp[0].describe(), "tcp db.example:5432-5433");
}

#[tokio::test]
async fn listening_binding_and_datagrams_are_refused_and_the_choice_of_the_system_is_not() {
    let (resolve, _) = table(&[]);
    let (gate, uses) = instance(&rules("{ host = \"*\", port = \"*\", private = true }", None), &resolve);
    assert!(gate.allows(at("0.0.0.0:0"), SocketAddrUse::TcpBind) && gate.allows(at("[::]:0"), SocketAddrUse::TcpBind));
    assert!(uses.take_denials().is_empty());
    for (address, wish) in [
        ("0.0.0.0:80", SocketAddrUse::TcpBind),
        ("127.0.0.1:0", SocketAddrUse::TcpBind),
        ("0.0.0.0:0", SocketAddrUse::TcpListen),
        ("8.8.8.8:1", SocketAddrUse::TcpAccept),
        ("0.0.0.0:0", SocketAddrUse::UdpBind),
        ("8.8.8.8:53", SocketAddrUse::UdpSend),
        ("8.8.8.8:53", SocketAddrUse::UdpReceive),
    ] {
        assert!(!gate.allows(at(address), wish), "{address} {wish:?}");
    }
    assert!(told(&uses).contains("listen on a TCP port"));
}

#[tokio::test]
async fn a_lookup_that_is_not_granted_is_likely_for_the_port_of_the_other_hosts() {
    let (resolve, _) = table(&[]);
    for (entries, port) in [
        ("{ host = \"a.example\", port = 5432 }, { host = \"b.example\", port = 5432 }", Some("5432")),
        ("{ host = \"a.example\", port = \"1-9\" }", Some("1-9")),
        ("{ host = \"a.example\", port = 5432 }, { host = \"b.example\", port = 1 }", None),
        ("", None),
    ] {
        let (gate, uses) = instance(&rules(entries, None), &resolve);
        assert_eq!(gate.look_up("db.example").await, Err(NoAddress::Refused));
        let denied = uses.take_denials();
        let needs = denied[0].needs.as_ref().map(|needs| needs.tcp[0].describe());
        assert_eq!(needs, port.map(|port| format!("tcp db.example:{port}")), "{denied:?}");
        assert!(denied[0].sentence.contains("db.example"), "{denied:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_resolver_that_never_answers_is_given_up_and_a_name_that_is_none_is_told() {
    let never: Resolve = Arc::new(|_, _| Box::pin(std::future::pending()));
    let rules = rules("{ host = \"*\", port = 1 }", None);
    let (gate, _) = instance(&rules, &never);
    // More than may be under way at once: those that wait have no more time than the others.
    let all = futures::future::join_all((0..20).map(|_| gate.look_up("a.example"))).await;
    assert!(all.iter().all(|one| *one == Err(NoAddress::Late)));
    let (resolve, _) = table(&[("empty.example", &[&[]])]);
    let (gate, _) = instance(&rules, &resolve);
    for name in ["gone.example", "empty.example"] {
        assert_eq!(gate.look_up(name).await, Err(NoAddress::Unknown));
    }
}

#[tokio::test]
async fn sockets_are_counted_for_the_instance_and_for_the_plugin() {
    let (resolve, _) = table(&[]);
    let rules = rules("", None);
    let (gate, uses) = instance(&rules, &resolve);
    for handle in 0..MAX_OF_INSTANCE {
        let seat = gate.seat().expect("one more");
        gate.opened(u32::try_from(handle).expect("small"), seat);
    }
    assert!(gate.seat().is_none());
    assert!(told(&uses).contains(
        "may not open one more TCP socket: 16 at once are the most of a call, 64 of a plugin, and 256 of all"
    ));
    gate.closed(3);
    gate.let_go(4);
    assert!(gate.seat().is_some(), "one was closed");
    gate.opened(3, gate.seat().expect("one was closed"));
    assert!(gate.seat().is_none(), "the other has streams");

    let others: Vec<(Gate, Uses)> = (0..4).map(|_| instance(&rules, &resolve)).collect();
    let taken: Vec<_> = others.iter().flat_map(|(gate, _)| std::iter::from_fn(|| gate.seat())).collect();
    assert_eq!(taken.len(), MAX_OF_PLUGIN - MAX_OF_INSTANCE);
    drop(gate);
    assert_eq!(rules.sockets.available_permits(), MAX_OF_INSTANCE, "an instance that ends gives all back");
}

#[test]
fn sockets_of_all_plugins_together_are_counted_too() {
    let (resolve, _) = table(&[]);
    let network = Network::new(Resolver::new(resolve));
    let plugins: Vec<Arc<Rules>> = (0..5).map(|_| rules("", None)).collect();
    let uses = Uses::default();
    let gates = plugins.iter().flat_map(|rules| (0..4).map(|_| rules.build(&"x".into(), &network, &uses)));
    let gates: Vec<Gate> = gates.collect();
    let taken: Vec<_> = gates.iter().flat_map(|gate| std::iter::from_fn(|| gate.seat())).collect();
    assert_eq!(taken.len(), MAX_OF_ALL);
    drop(taken);
    assert!(gates.iter().all(|gate| gate.seat().is_some()));
}

#[tokio::test]
async fn a_witness_hears_what_was_connected_to_and_the_least_that_covers_it() {
    #[derive(Default)]
    struct Notes(Mutex<Vec<String>>);

    impl Witness for Notes {
        fn saw(&self, seen: &Use<'_>) {
            assert_eq!(seen.kind, Kind::Tcp);
            let needs = seen.needs.map(|needs| needs.tcp.iter().map(Grant::describe).collect::<String>());
            let ended = if seen.refused.is_some() { "refused" } else { "allowed" };
            self.0.lock().expect("whole").push(format!("{} {ended} {}", seen.what, needs.unwrap_or_default()));
        }
    }

    let (resolve, _) = table(&[("db.example", &[&["10.0.0.1"]])]);
    let (gate, uses) = instance(&rules("{ host = \"**.example\", port = \"*\", private = true }", None), &resolve);
    let notes = Arc::new(Notes::default());
    let listening: Arc<dyn Witness> = Arc::<Notes>::clone(&notes);
    uses.witnessed_by(Some(listening));
    gate.look_up("db.example").await.expect("granted");
    assert!(gate.connect(at("10.0.0.1:5432")) && !gate.connect(at("8.8.8.8:1")));
    assert_eq!(
        *notes.0.lock().expect("whole"),
        [
            "look up db.example allowed ",
            "connect db.example:5432 allowed tcp db.example:5432, also at private addresses",
            "connect 8.8.8.8:1 refused tcp 8.8.8.8:1",
        ]
    );
}
