//! From a vetted address to a connection that speaks HTTP/1.1.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;

use super::connection::Connection;
use super::failure::{EgressError, Failure, is_no_way, want_of_connecting};
use super::stream::Transport;
use super::tls::{Security, Tls};
use super::tunnel;
use crate::clock;
use crate::domain::address::{AddressPolicy, Blocked};
use crate::domain::outcome::{ErrorKind, Want};
use crate::domain::proxy::{Proxy, ProxyUrl};
use crate::domain::target::{Host, Scheme, TargetUrl};
use crate::limits;

/// A connection, and how long its parts took.
pub(super) struct Reached {
    pub(super) connection: Connection,
    pub(super) connect: Duration,
    pub(super) tls: Option<Duration>,
}

pub(super) struct Connector {
    pub(super) policy: AddressPolicy,
    proxy: Option<Proxy>,
    /// Of each origin the address that a connection was last made to.
    worked: Mutex<HashMap<HeaderValue, IpAddr>>,
    pub(super) tls: Tls,
}

impl Connector {
    pub(super) fn new(
        policy: AddressPolicy,
        extra_roots: Vec<CertificateDer<'static>>,
        allow_any_certificate: bool,
        proxy: Option<Proxy>,
    ) -> Result<Self, EgressError> {
        let tls = Tls::new(extra_roots, allow_any_certificate)?;
        Ok(Self { policy, proxy, worked: Mutex::default(), tls })
    }

    /// The proxy that leads to a target, if one does.
    pub(super) fn via(&self, target: &TargetUrl) -> Option<&ProxyUrl> {
        self.proxy.as_ref().filter(|proxy| proxy.is_for(target.host())).map(|proxy| &proxy.url)
    }

    /// What an address is called in an error, which tenants read: where a proxy is is none of theirs.
    pub(super) fn name(&self, target: &TargetUrl, address: SocketAddr) -> String {
        self.via(target).map_or_else(|| address.to_string(), |_| "the proxy".to_owned())
    }

    /// The addresses to try, in the order to try them: the one that worked last, then families in turn.
    ///
    /// # Errors
    /// When all are this very host's own.
    pub(super) fn order(&self, target: &TargetUrl, addresses: &[IpAddr]) -> Result<Vec<SocketAddr>, Failure> {
        if let Some(proxy) = self.via(target) {
            return Ok(in_turn(addresses.iter().map(|&ip| SocketAddr::new(ip, proxy.port())).collect()));
        }
        let mut own = Ok(());
        let not_own = |address: &SocketAddr| {
            let checked = self.refuse_own(*address);
            let is_good = checked.is_ok();
            own = std::mem::replace(&mut own, Ok(())).and(checked);
            is_good
        };
        let all = addresses.iter().map(|&ip| SocketAddr::new(ip, target.port())).filter(not_own).collect();
        let mut ordered = in_turn(all);
        if ordered.is_empty() {
            own?;
        }
        if let Some(worked) = self.worked().get(target.authority())
            && let Some(place) = ordered.iter().position(|address| address.ip() == *worked)
            && let Some(front) = ordered.get_mut(..=place)
        {
            front.rotate_right(1);
        }
        ordered.truncate(limits::CONNECT_ADDRESSES);
        Ok(ordered)
    }

    /// Remembers which address worked.
    pub(super) fn remember(&self, target: &TargetUrl, address: IpAddr) {
        let mut worked = self.worked();
        if worked.len() >= limits::DNS_ENTRIES && !worked.contains_key(target.authority()) {
            worked.clear();
        }
        worked.insert(target.authority().clone(), address);
    }

    fn worked(&self) -> MutexGuard<'_, HashMap<HeaderValue, IpAddr>> {
        self.worked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connects to one address, TLS included; `shakes` is set once TLS begins.
    pub(super) async fn reach(
        &self,
        target: &TargetUrl,
        address: SocketAddr,
        security: &Security,
        shakes: &AtomicBool,
    ) -> Result<Reached, Failure> {
        let (started, via, name) = (clock::monotonic(), self.via(target), self.name(target, address));
        let tcp = TcpStream::connect(address).await.map_err(|error| Failure {
            want: match want_of_connecting(&error, is_offline, || source_of(address).is_ok()) {
                // Without its proxy the daemon reaches nothing, whatever the reason.
                None if via.is_some() => Some(Want::Network),
                want => want,
            },
            ..Failure::new(ErrorKind::Connect, format!("connecting to {name} failed: {error}"))
        })?;
        let tcp = match via {
            Some(proxy) => tunnel::open(tcp, proxy, target).await?,
            None => self.check_peer(tcp, address)?,
        };
        let connected = clock::monotonic();
        let (transport, tls) = match target.scheme() {
            Scheme::Http => (Transport::Plain(tcp), None),
            Scheme::Https => {
                shakes.store(true, Ordering::Relaxed);
                let tls = self.tls.connector(security)?.connect(server_name(target)?, tcp).await;
                let tls = tls.map_err(|error| {
                    let why = Tls::why(&error, security);
                    let with =
                        if via.is_some() { target.authority().to_str().unwrap_or_default() } else { &name };
                    let detail = format!("the TLS handshake with {with} failed: {why}");
                    Failure::new(ErrorKind::Tls, detail)
                })?;
                (Transport::Tls(Box::new(tls)), Some(clock::monotonic().duration_since(connected)))
            }
        };
        let connection = Connection::new(transport, address)
            .await
            .map_err(|error| Failure::new(ErrorKind::Connect, error.to_string()))?;
        Ok(Reached { connection, connect: connected.duration_since(started), tls })
    }

    /// Refuses an address of this very host before anything is sent to it.
    fn refuse_own(&self, address: SocketAddr) -> Result<(), Blocked> {
        match source_of(address) {
            Ok(source) => self.policy.check_route(address.ip(), source),
            // Connecting will fail for the same reason, and say so.
            Err(_) => Ok(()),
        }
    }

    /// The last look, at what the kernel says the connection leads to.
    fn check_peer(&self, tcp: TcpStream, wanted: SocketAddr) -> Result<TcpStream, Failure> {
        let io = |error: io::Error| {
            Failure::new(ErrorKind::Connect, format!("connecting to {wanted} failed: {error}"))
        };
        let peer = tcp.peer_addr().map_err(io)?;
        if peer != wanted {
            return Err(Failure::new(
                ErrorKind::BlockedAddress,
                format!("the connection to {wanted} leads to {peer}"),
            ));
        }
        self.policy.check(peer.ip())?;
        self.policy.check_route(peer.ip(), tcp.local_addr().map_err(io)?.ip())?;
        tcp.set_nodelay(true).map_err(io)?;
        Ok(tcp)
    }
}

/// Families take turns, beginning with the first address' (RFC 8305, 4).
fn in_turn(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let mut ordered = Vec::with_capacity(one.len() + other.len());
    while !(one.is_empty() && other.is_empty()) {
        ordered.extend(one.pop_front());
        ordered.extend(other.pop_front());
    }
    ordered
}

impl From<Blocked> for Failure {
    fn from(blocked: Blocked) -> Self {
        Self::new(ErrorKind::BlockedAddress, blocked.to_string())
    }
}

fn server_name(target: &TargetUrl) -> Result<ServerName<'static>, Failure> {
    match target.host() {
        Host::Ip(ip) => Ok(ServerName::IpAddress(ip.into())),
        Host::Name(name) => ServerName::try_from(name.trim_end_matches('.').to_owned()).map_err(|error| {
            Failure::new(ErrorKind::Tls, format!("{name:?} cannot be asked for by TLS: {error}"))
        }),
    }
}

/// The address a connection to `address` would come from. Connecting a UDP socket sends nothing.
fn source_of(address: SocketAddr) -> io::Result<IpAddr> {
    let any: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(address)?;
    Ok(socket.local_addr()?.ip())
}

/// Whether the host has no way to the internet at all. Asked with addresses of root name servers
/// (a.root-servers.net); nothing is sent to them.
pub(super) fn is_offline() -> bool {
    let v4 = Ipv4Addr::new(198, 41, 0, 4);
    let v6 = Ipv6Addr::new(0x2001, 0x503, 0xba3e, 0, 0, 0, 2, 0x30);
    let ways = [IpAddr::from(v4), IpAddr::from(v6)].map(|ip| source_of(SocketAddr::new(ip, 53)));
    ways.into_iter().all(|way| way.is_err_and(|error| is_no_way(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let at = |ip: &str| SocketAddr::new(ip.parse().unwrap(), 443);
        let order = |ips: &[&str]| in_turn(ips.iter().map(|ip| at(ip)).collect());
        let (a, b, c, d) = ("2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2");
        assert_eq!(order(&[a, b, c, d]), [a, c, b, d].map(at));
        assert_eq!(order(&[c, d, a]), [c, a, d].map(at));
        assert_eq!(order(&[a, b]), [a, b].map(at));
        assert_eq!(order(&[]), []);
    }
}
