//! Which addresses are the public internet's, and what the others are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What `ip` is when it is not an address of the public internet: the end of a sentence about it. Only a grant with
/// `private = true` reaches such addresses.
///
/// The kinds are those of the IANA registries of special-purpose addresses (RFC 6890). An IPv6 address that leads to an
/// IPv4 one (mapped, compatible, NAT64, 6to4, Teredo) is what that one is.
pub(in crate::capability) fn not_public(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => v4(ip),
        IpAddr::V6(ip) => v6(ip),
    }
}

fn v4(ip: Ipv4Addr) -> Option<&'static str> {
    Some(match ip.octets() {
        [0, ..] => "an unspecified address",
        [127, ..] => "a loopback address",
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => "a private address",
        [169, 254, ..] => "a link-local address",
        [100, 64..=127, ..] => "an address of a provider's own network",
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => "a documentation address",
        [198, 18 | 19, ..] => "a benchmarking address",
        [224..=239, ..] => "a multicast address",
        [255, 255, 255, 255] => "the broadcast address",
        [192, 0, 0, _] | [192, 88, 99, _] | [240..=255, ..] => "a reserved address",
        _ => return None,
    })
}

fn v6(ip: Ipv6Addr) -> Option<&'static str> {
    let inside = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        v4(Ipv4Addr::new(a, b, c, d))
    };
    Some(match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => "an unspecified address",
        [0, 0, 0, 0, 0, 0, 0, 1] => "a loopback address",
        // Mapped, compatible, translated, NAT64 by its well-known prefix, and 6to4.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => return inside(high, low),
        // Teredo: its server's, and at the end the client's, inverted.
        [0x2001, 0, high, low, _, _, client_high, client_low] => {
            return inside(high, low).or_else(|| inside(!client_high, !client_low));
        }
        [0x64, 0xff9b, 1, ..] | [0xfc00..=0xfdff, ..] => "a private address",
        [0xfe80..=0xfebf, ..] => "a link-local address",
        [0xfec0..=0xfeff, ..] => "a site-local address",
        [0xff00..=0xffff, ..] => "a multicast address",
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => "a documentation address",
        [0x2001, 2, 0, ..] => "a benchmarking address",
        [0x2001, 1..=0x1ff, ..] => "a reserved address",
        [0x2000..=0x3fff, ..] => return None,
        _ => "a reserved address",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Option<&'static str> {
        not_public(text.parse().unwrap_or_else(|error| panic!("{text}: {error}")))
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001:80b::200e",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
            "2001:0:808:808:0:0:f7f7:f7f7",
        ] {
            assert_eq!(kind(text), None, "{text}");
        }
    }

    #[test]
    fn all_others_are_told_by_their_kind() {
        for (texts, word) in [
            (&["0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"][..], "unspecified"),
            (&["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "::7f00:2", "64:ff9b::7f00:1"], "loopback"),
            (&["2002:7f00:1::", "2001:0:7f00:1::", "2001:0:808:808::80ff:fffe", "::ffff:0:7f00:1"], "loopback"),
            (&["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1"], "private"),
            (&["fc00::1", "fdff::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::"], "private"),
            (&["169.254.169.254", "fe80::1", "febf::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"], "link-local"),
            (&["fec0::1"], "site-local"),
            (&["100.64.0.0", "100.127.255.255"], "provider"),
            (&["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"], "documentation"),
            (&["198.18.0.1", "198.19.255.255", "2001:2::1"], "benchmarking"),
            (&["224.0.0.1", "239.255.255.255", "ff02::1"], "multicast"),
            (&["255.255.255.255"], "broadcast"),
            (&["192.0.0.1", "192.88.99.1", "240.0.0.1", "255.255.255.254"], "reserved"),
            (&["100::1", "2001:20::1", "4000::1", "5f00::1", "1::1", "64:ff9b:2::1"], "reserved"),
        ] {
            for text in texts {
                assert!(kind(text).is_some_and(|kind| kind.contains(word)), "{text}: {:?}", kind(text));
            }
        }
    }
}
