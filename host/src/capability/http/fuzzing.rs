//! For the fuzz targets `addresses` and `headers`.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a fuzz target finds it tells by a panic")]

use http::{HeaderName, HeaderValue, Uri};

use super::header::{self, Injection, Name};
use super::pattern::Pattern;
use super::target::Target;
use crate::capability::net::Host;
use crate::capability::secrets::{Secrets, Template};

/// Reads a pattern in the first line, and an address in the second. Another reader of addresses, that of browsers, takes what
/// is read for the same; and what is put together again is the same, and covered by the same patterns.
///
/// # Panics
///
/// When that is not so.
pub fn addresses(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (pattern, address) = text.split_once('\n').unwrap_or((text, text));
    let pattern = pattern.parse::<Pattern>();
    if let Ok(pattern) = &pattern {
        let again = pattern.to_string().parse::<Pattern>();
        assert!(again.as_ref() == Ok(pattern), "{again:?}");
    }
    let Some(target) = address.parse::<Uri>().ok().and_then(|uri| Target::parse(&uri).ok()) else { return };
    let again = Target::parse(&target.uri).expect("it was put together from good parts");
    assert!(again == target, "{again:?} of {target:?}");

    // The reader of RFC 3986 and the one of WHATWG see the same.
    let other = url::Url::parse(address).expect("both take it for an address");
    assert_eq!(other.scheme(), target.scheme.as_str());
    assert_eq!(other.port_or_known_default(), Some(target.port));
    let host = match &target.host {
        Host::Name(name) => other.host_str() == Some(name),
        Host::Ip(address) => match other.host() {
            Some(url::Host::Ipv4(other)) => *address == other,
            Some(url::Host::Ipv6(other)) => *address == other.to_canonical(),
            _ => false,
        },
    };
    assert!(host && other.username().is_empty() && other.password().is_none(), "{other} is not {target:?}");
    let at = other.as_str().parse::<Uri>().ok().and_then(|uri| Target::parse(&uri).ok());
    assert!(at.is_some_and(|at| at.readings == target.readings), "{other} leads elsewhere than {target:?}");

    if let Ok(pattern) = &pattern {
        assert_eq!(pattern.covers(&target), pattern.covers(&again));
        // What covers one path covers no other host.
        let elsewhere: Target = Target { host: Host::Name("elsewhere.invalid".to_owned()), ..target.clone() };
        let any = pattern.any_host() || pattern.to_string().contains("invalid");
        assert!(any || !pattern.covers(&elsewhere), "{pattern} covers {elsewhere:?}");
    }
}

/// Reads lines of `name: value`: first those that a grant sets, then after an empty line those of a guest. Whatever they are,
/// each header that leaves is one line, and a guest's is never in the place of the grant's.
///
/// # Panics
///
/// When that is not so.
pub fn headers(bytes: &[u8]) {
    let at = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(bytes.len());
    let (grants, guests) = bytes.split_at(at);
    let secrets = Secrets::read(None);
    let mut ours: Vec<(HeaderName, _)> = Vec::new();
    for (name, value) in lines(grants) {
        let text = |bytes| std::str::from_utf8(bytes).ok();
        let Some(name) = text(name).and_then(|name| name.parse::<Name>().ok()) else { continue };
        let Some(template) = text(value).and_then(|value| value.parse::<Template>().ok()) else { continue };
        assert_eq!(template.to_string().parse(), Ok(template.clone()));
        // As at load: a value that is none is refused.
        let Some(secret) = template.fill(&secrets).ok().filter(|secret| header::value(secret).is_some()) else {
            continue;
        };
        if ours.iter().all(|(there, _)| there != name.get()) {
            ours.push((name.get().clone(), secret));
        }
    }
    let guests = lines(guests.trim_ascii_start())
        .filter_map(|(name, value)| Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?)));
    let Ok(sent) = Injection::new(ours.clone()).apply(guests.collect()) else { return };
    for (name, value) in &sent {
        let line = [name.as_str().as_bytes(), b": ", value.as_bytes()].concat();
        assert!(!line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | b'\0')), "{line:?}");
        assert!(
            name != http::header::HOST
                && name != http::header::CONTENT_LENGTH
                && name != http::header::TRANSFER_ENCODING
        );
    }
    for (name, secret) in &ours {
        let values: Vec<_> = sent.get_all(name).iter().collect();
        assert!(values.len() == 1 && values.iter().all(|value| *value == secret.reveal()), "{name} is {values:?}");
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    bytes.split(|byte| *byte == b'\n').filter_map(|line| {
        let at = line.iter().position(|byte| *byte == b':')?;
        Some((line.get(..at)?, line.get(at + 1..)?.trim_ascii()))
    })
}
