//! From addresses to a connection: the first that answers, IPv6 and IPv4 by turns (RFC 8305).

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;

use super::Host;

/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 8;

/// How long one address has a head start on the next (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// IPv6 and IPv4 by turns, beginning with what the resolver puts first, so that a broken one costs one head start.
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|ip| ip.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let turns = std::iter::from_fn(|| {
        let turn: Vec<SocketAddr> = first.next().into_iter().chain(second.next()).collect();
        (!turn.is_empty()).then_some(turn)
    });
    turns.flatten().take(MAX_ADDRESSES).collect()
}

/// Tries `addresses` one after the other, each with a head start on the next, and takes the first that answers.
pub(in crate::capability) async fn dial(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut waiting = interleaved(addresses).into_iter();
    let mut trying = FuturesUnordered::new();
    let mut failed = None;
    loop {
        match waiting.next() {
            Some(address) => trying.push(TcpStream::connect(address)),
            None if trying.is_empty() => return Err(failed.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into())),
            None => {}
        }
        let more = waiting.len() > 0;
        tokio::select! {
            Some(tried) = trying.next() => match tried {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = Some(error),
            },
            () = tokio::time::sleep(HEAD_START), if more => {}
        }
    }
}

/// The name that the certificate of `host` must have.
pub(in crate::capability) fn server_name(host: &Host) -> Option<ServerName<'static>> {
    match host {
        Host::Ip(address) => Some(ServerName::from(IpAddr::to_canonical(address))),
        Host::Name(name) => ServerName::try_from(name.clone()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn families_take_turns() {
        let given = addresses(&["[1::1]:1", "[1::2]:1", "[1::3]:1", "1.1.1.1:1", "1.1.1.2:1"]);
        let expected = addresses(&["[1::1]:1", "1.1.1.1:1", "[1::2]:1", "1.1.1.2:1", "[1::3]:1"]);
        assert_eq!(interleaved(given), expected);
        assert_eq!(interleaved(addresses(&["1.1.1.1:1"; 20])).len(), MAX_ADDRESSES);
    }

    #[tokio::test]
    async fn the_next_address_is_tried_when_one_fails() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let good = listener.local_addr().expect("an address");
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let bad = gone.local_addr().expect("an address");
        drop(gone);
        let stream = dial(vec![bad, bad, good]).await.expect("one is good");
        assert_eq!(stream.peer_addr().expect("an address"), good);
        let error = dial(vec![bad]).await.expect_err("none is good");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(dial(Vec::new()).await.is_err());
    }
}
