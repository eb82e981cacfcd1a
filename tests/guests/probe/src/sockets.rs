//! Calls that reach for the network below HTTP, as any Rust program does.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

use barkeep_sdk::prelude::*;

/// An address with a port.
#[arguments]
pub struct Place {
    /// Such as `localhost:80`.
    address: String,
}

/// Where to connect, and what to say.
#[arguments]
pub struct Talk {
    /// Such as `localhost:80`.
    address: String,
    /// What to send.
    text: String,
}

/// Where to connect, and how often.
#[arguments]
pub struct Many {
    /// Such as `localhost:80`.
    address: String,
    /// How often.
    count: usize,
}

/// Connects, sends a text, and tells all that comes back.
#[tool]
pub fn talk(args: Talk) -> Result<String> {
    let mut stream = TcpStream::connect(&args.address)?;
    stream.write_all(args.text.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Connects again and again, and closes nothing, until it is done or cannot. Tells how many there are.
#[tool]
pub fn hoard(args: Many) -> Result<String> {
    for number in 0..args.count {
        match TcpStream::connect(&args.address) {
            Ok(stream) => std::mem::forget(stream),
            Err(error) => return Err(Error::other(format!("{number}, then: {error}"))),
        }
    }
    Ok(args.count.to_string())
}

/// Connects again and again, one after the other.
#[tool]
pub fn churn(args: Many) -> Result<String> {
    for _ in 0..args.count {
        TcpStream::connect(&args.address)?;
    }
    Ok(args.count.to_string())
}

/// Waits for others to connect.
#[tool]
pub fn listen(args: Place) -> Result<String> {
    Ok(TcpListener::bind(&args.address)?.local_addr()?.to_string())
}

/// Sends a datagram.
#[tool]
pub fn datagram(args: Place) -> Result<String> {
    Ok(UdpSocket::bind("0.0.0.0:0")?.send_to(b"x", &args.address)?.to_string())
}

/// The addresses of a host.
#[tool(read_only)]
pub fn look_up(args: Place) -> Result<String> {
    let mut addresses: Vec<String> = args.address.to_socket_addrs()?.map(|address| address.ip().to_string()).collect();
    addresses.sort();
    Ok(addresses.join(" "))
}
