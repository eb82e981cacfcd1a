//! What it does. Failures are told as WASI tells them.
#![allow(clippy::print_stdout, reason = "a test waits for it")]

use std::fmt::Debug;
use std::hint::black_box;

use serde_json::Value;

use crate::bindings::wasi::clocks::monotonic_clock::wait_for;
use crate::bindings::wasi::filesystem::preopens::get_directories;
use crate::bindings::wasi::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use crate::bindings::wasi::sockets::ip_name_lookup::resolve_addresses;
use crate::bindings::wasi::sockets::types::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, TcpSocket};
use crate::bindings::wit_stream;

/// The tools.
pub const NAMES: [&str; 9] = ["read", "append", "hold", "talk", "listen", "look-up", "wait", "spin-on", "wait-on"];

/// Nanoseconds between two signs of life.
const BEAT: u64 = 1_000_000;

pub async fn call(name: &str, arguments: &Value) -> Result<String, String> {
    let text = |key: &str| arguments[key].as_str().unwrap_or_default();
    let number =
        |key: &str| arguments[key].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
    match name {
        "read" => read(text("path")).await,
        "append" => append(text("path"), number("bytes")).await,
        "hold" => hold(text("path"), number("count")).await,
        "talk" => talk(text("address"), text("text")).await,
        "listen" => listen(text("address")),
        "look-up" => look_up(text("name")).await,
        "wait" => {
            wait_for(u64::MAX).await;
            Ok("there is no end".to_owned())
        }
        "spin-on" => {
            wit_bindgen::spawn_local(async {
                // Once it has answered.
                wait_for(BEAT).await;
                println!("goes on");
                loop {
                    black_box(());
                }
            });
            Ok("answered".to_owned())
        }
        "wait-on" => {
            wit_bindgen::spawn_local(async {
                loop {
                    println!("goes on");
                    wait_for(BEAT).await;
                }
            });
            Ok("answered".to_owned())
        }
        _ => Err(format!("no tool has the name {name}")),
    }
}

fn failed(error: impl Debug) -> String {
    format!("{error:?}")
}

/// Opens what a path of its first folder leads to.
async fn open(path: &str, how: OpenFlags, flags: DescriptorFlags) -> Result<Descriptor, String> {
    let (folder, _) = get_directories().into_iter().next().ok_or("it has no folder")?;
    folder.open_at(PathFlags::SYMLINK_FOLLOW, path.to_owned(), how, flags).await.map_err(failed)
}

async fn read(path: &str) -> Result<String, String> {
    let file = open(path, OpenFlags::empty(), DescriptorFlags::READ).await?;
    let (bytes, end) = file.read_via_stream(0);
    let bytes = bytes.collect().await;
    end.await.map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Appends so many bytes, and tells how many were not taken.
async fn append(path: &str, bytes: usize) -> Result<String, String> {
    let file = open(path, OpenFlags::CREATE, DescriptorFlags::WRITE).await?;
    let (mut data, taken) = wit_stream::new();
    let end = file.append_via_stream(taken);
    let left = data.write_all(vec![b'x'; bytes]).await.len();
    drop(data);
    end.await.map_err(failed)?;
    Ok(format!("{left} are left"))
}

/// Opens a file so often, and closes nothing.
async fn hold(path: &str, count: usize) -> Result<String, String> {
    let mut files = Vec::new();
    for number in 0..count {
        let file = open(path, OpenFlags::empty(), DescriptorFlags::READ).await;
        files.push(file.map_err(|error| format!("after {number}: {error}"))?);
    }
    Ok(format!("{} are open", files.len()))
}

/// Such as `127.0.0.1:80`.
fn address(text: &str) -> Result<IpSocketAddress, String> {
    let address: std::net::SocketAddrV4 = text.parse().map_err(failed)?;
    let [a, b, c, d] = address.ip().octets();
    Ok(IpSocketAddress::Ipv4(Ipv4SocketAddress { port: address.port(), address: (a, b, c, d) }))
}

/// Sends a text, and tells all that comes back.
async fn talk(to: &str, text: &str) -> Result<String, String> {
    let socket = TcpSocket::create(IpAddressFamily::Ipv4).map_err(failed)?;
    socket.connect(address(to)?).await.map_err(failed)?;
    let (mut data, sent) = wit_stream::new();
    let end = socket.send(sent);
    data.write_all(text.as_bytes().to_vec()).await;
    drop(data);
    end.await.map_err(failed)?;
    let (bytes, end) = socket.receive();
    let bytes = bytes.collect().await;
    end.await.map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Waits for others to connect.
fn listen(at: &str) -> Result<String, String> {
    let socket = TcpSocket::create(IpAddressFamily::Ipv4).map_err(failed)?;
    socket.bind(address(at)?).map_err(failed)?;
    socket.listen().map(|_| "listens".to_owned()).map_err(failed)
}

async fn look_up(name: &str) -> Result<String, String> {
    let addresses = resolve_addresses(name.to_owned()).await.map_err(failed)?;
    Ok(format!("{} addresses", addresses.len()))
}
