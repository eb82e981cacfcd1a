//! The functions of wasi:sockets that the gate has a say in, put in the place of wasmtime's: lookups, and the making and
//! dropping of sockets. All else is wasmtime's own, and asks [`Gate`] before it connects.

use std::net::IpAddr;
use std::task::{Context, Poll, Waker};
use std::vec;

use futures::future::BoxFuture;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};
use wasmtime_wasi::p2::bindings::sockets as p2;
use wasmtime_wasi::p2::{DynPollable, Network, Pollable, subscribe};
use wasmtime_wasi::p3::bindings::sockets as p3;
use wasmtime_wasi::sockets::{WasiSocketsCtxView, WasiSocketsView as _};
use wasmtime_wasi::{WasiView, async_trait};

use super::gate::{Gate, NoAddress};

/// The versions of wasi:sockets that wasmtime links. Under another name ours would stand beside its own, and not in their
/// place; a test holds that they are these.
pub(super) const P2: &str = "0.2.12";
pub(super) const P3: &str = "0.3.0";

/// A store's data that has the gate.
pub trait View {
    /// What happens to its sockets.
    fn tcp(&mut self) -> &Gate;
}

/// Puts our functions in the place of those that are in the linker.
///
/// # Errors
///
/// When they have other types than the linker takes.
pub(crate) fn link<T: WasiView + View + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let linked = p2_functions(linker).and_then(|()| p3_functions(linker));
    linker.allow_shadowing(false);
    linked
}

/// A lookup of wasi:sockets 0.2.
enum Lookup {
    Pending(BoxFuture<'static, Result<Vec<IpAddr>, NoAddress>>),
    Done(Result<vec::IntoIter<IpAddr>, NoAddress>),
}

impl Lookup {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<&mut Result<vec::IntoIter<IpAddr>, NoAddress>> {
        if let Self::Pending(pending) = self {
            let Poll::Ready(addresses) = pending.as_mut().poll(cx) else { return Poll::Pending };
            *self = Self::Done(addresses.map(Vec::into_iter));
        }
        match self {
            Self::Done(addresses) => Poll::Ready(addresses),
            Self::Pending(_) => Poll::Pending,
        }
    }
}

#[async_trait]
impl Pollable for Lookup {
    async fn ready(&mut self) {
        std::future::poll_fn(|cx| self.poll(cx).map(|_| ())).await;
    }
}

impl From<NoAddress> for p2::network::ErrorCode {
    fn from(why: NoAddress) -> Self {
        match why {
            NoAddress::Refused => Self::AccessDenied,
            NoAddress::Unclear => Self::InvalidArgument,
            NoAddress::Unknown => Self::NameUnresolvable,
            NoAddress::Late => Self::TemporaryResolverFailure,
        }
    }
}

impl From<NoAddress> for p3::ip_name_lookup::ErrorCode {
    fn from(why: NoAddress) -> Self {
        match why {
            NoAddress::Refused => Self::AccessDenied,
            NoAddress::Unclear => Self::InvalidArgument,
            NoAddress::Unknown => Self::NameUnresolvable,
            NoAddress::Late => Self::TemporaryResolverFailure,
        }
    }
}

/// An answer of a function as a tuple, which is how the linker takes it.
type Answer<T, E> = wasmtime::Result<(Result<T, E>,)>;
type P2Answer<T> = Answer<T, p2::network::ErrorCode>;

fn sockets<'a, T: WasiView>(store: &'a mut StoreContextMut<'_, T>) -> WasiSocketsCtxView<'a> {
    store.data_mut().sockets()
}

fn p2_functions<T: WasiView + View + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut lookup = linker.instance(&format!("wasi:sockets/ip-name-lookup@{P2}"))?;
    lookup.resource("resolve-address-stream", ResourceType::host::<Lookup>(), |mut store, handle| {
        store.data_mut().ctx().table.delete(Resource::<Lookup>::new_own(handle))?;
        Ok(())
    })?;
    lookup.func_wrap(
        "resolve-addresses",
        |mut store: StoreContextMut<'_, T>,
         (network, name): (Resource<Network>, String)|
         -> P2Answer<Resource<Lookup>> {
            let gate = store.data_mut().tcp().clone();
            let table = store.data_mut().ctx().table;
            // The handle is a right to the network; ours has none of its own, but it must be one.
            table.get(&network)?;
            let mut lookup = Lookup::Pending(Box::pin(async move { gate.look_up(&name).await }));
            // A refusal is told at once.
            if let Poll::Ready(Err(why)) = lookup.poll(&mut Context::from_waker(Waker::noop())) {
                return Ok((Err((*why).into()),));
            }
            Ok((Ok(table.push(lookup)?),))
        },
    )?;
    lookup.func_wrap(
        "[method]resolve-address-stream.resolve-next-address",
        |mut store: StoreContextMut<'_, T>,
         (lookup,): (Resource<Lookup>,)|
         -> P2Answer<Option<p2::network::IpAddress>> {
            let lookup = store.data_mut().ctx().table.get_mut(&lookup)?;
            Ok((match lookup.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending => Err(p2::network::ErrorCode::WouldBlock),
                Poll::Ready(Ok(addresses)) => Ok(addresses.next().map(Into::into)),
                Poll::Ready(Err(why)) => Err((*why).into()),
            },))
        },
    )?;
    lookup.func_wrap(
        "[method]resolve-address-stream.subscribe",
        |mut store: StoreContextMut<'_, T>,
         (lookup,): (Resource<Lookup>,)|
         -> wasmtime::Result<(Resource<DynPollable>,)> {
            Ok((subscribe(store.data_mut().ctx().table, lookup)?,))
        },
    )?;
    linker.instance(&format!("wasi:sockets/tcp-create-socket@{P2}"))?.func_wrap(
        "create-tcp-socket",
        |mut store: StoreContextMut<'_, T>,
         (family,): (p2::network::IpAddressFamily,)|
         -> P2Answer<Resource<p2::tcp::TcpSocket>> {
            let Some(seat) = store.data_mut().tcp().seat() else {
                return Ok((Err(p2::network::ErrorCode::NewSocketLimit),));
            };
            let made = p2::tcp_create_socket::Host::create_tcp_socket(&mut sockets(&mut store), family);
            match made {
                Ok(socket) => {
                    store.data_mut().tcp().opened(socket.rep(), seat);
                    Ok((Ok(socket),))
                }
                Err(error) => Ok((Err(error.downcast()?),)),
            }
        },
    )?;
    linker.instance(&format!("wasi:sockets/udp-create-socket@{P2}"))?.func_wrap(
        "create-udp-socket",
        |mut store: StoreContextMut<'_, T>,
         (_,): (p2::network::IpAddressFamily,)|
         -> P2Answer<Resource<p2::udp::UdpSocket>> {
            store.data_mut().tcp().no_datagrams();
            Ok((Err(p2::network::ErrorCode::AccessDenied),))
        },
    )?;
    linker.instance(&format!("wasi:sockets/tcp@{P2}"))?.resource(
        "tcp-socket",
        ResourceType::host::<p2::tcp::TcpSocket>(),
        |mut store, handle| {
            p2::tcp::HostTcpSocket::drop(&mut sockets(&mut store), Resource::new_own(handle))?;
            store.data_mut().tcp().closed(handle);
            Ok(())
        },
    )
}

fn p3_functions<T: WasiView + View + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    type Addresses = Answer<Vec<p3::types::IpAddress>, p3::ip_name_lookup::ErrorCode>;
    linker.instance(&format!("wasi:sockets/ip-name-lookup@{P3}"))?.func_wrap_concurrent(
        "resolve-addresses",
        |accessor, (name,): (String,)| {
            Box::pin(async move {
                let gate = accessor.with(|mut store| store.get().tcp().clone());
                let addresses = gate.look_up(&name).await;
                let addresses = addresses.map(|all| all.into_iter().map(Into::into).collect());
                Addresses::Ok((addresses.map_err(Into::into),))
            })
        },
    )?;
    let mut types = linker.instance(&format!("wasi:sockets/types@{P3}"))?;
    types.func_wrap(
        "[static]tcp-socket.create",
        |mut store: StoreContextMut<'_, T>,
         (family,): (p3::types::IpAddressFamily,)|
         -> Answer<Resource<p3::types::TcpSocket>, p3::types::ErrorCode> {
            let Some(seat) = store.data_mut().tcp().seat() else {
                let words = "this plugin has as many sockets as it may have".to_owned();
                return Ok((Err(p3::types::ErrorCode::Other(Some(words))),));
            };
            match p3::types::HostTcpSocket::create(&mut sockets(&mut store), family) {
                Ok(socket) => {
                    store.data_mut().tcp().opened(socket.rep(), seat);
                    Ok((Ok(socket),))
                }
                Err(error) => Ok((Err(error.downcast()?),)),
            }
        },
    )?;
    types.func_wrap(
        "[static]udp-socket.create",
        |mut store: StoreContextMut<'_, T>,
         (_,): (p3::types::IpAddressFamily,)|
         -> Answer<Resource<p3::types::UdpSocket>, p3::types::ErrorCode> {
            store.data_mut().tcp().no_datagrams();
            Ok((Err(p3::types::ErrorCode::AccessDenied),))
        },
    )?;
    types.resource("tcp-socket", ResourceType::host::<p3::types::TcpSocket>(), |mut store, handle| {
        let socket = Resource::<p3::types::TcpSocket>::new_borrow(handle);
        let connected = p3::types::HostTcpSocket::get_remote_address(&mut sockets(&mut store), socket).is_ok();
        p3::types::HostTcpSocket::drop(&mut sockets(&mut store), Resource::new_own(handle))?;
        // The streams of a connection live on without it, and nobody is told when they end.
        if connected {
            store.data_mut().tcp().let_go(handle);
        } else {
            store.data_mut().tcp().closed(handle);
        }
        Ok(())
    })
}
