//! From vetted addresses to a connection that speaks HTTP/1.1.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Instant;

use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;

use super::certificate::AnyCertificate;
use super::connection::Connection;
use super::stream::Transport;
use super::{EgressError, Failure, is_no_route};
use crate::clock;
use crate::domain::address::{AddressPolicy, Blocked};
use crate::domain::outcome::{ErrorKind, Exchange};
use crate::domain::target::{Host, Scheme, TargetUrl};
use crate::limits;

pub(super) struct Connector {
    pub(super) policy: AddressPolicy,
    tls: TlsConnector,
    /// Takes any certificate; `None` where that is not allowed.
    unvetted_tls: Option<TlsConnector>,
}

impl Connector {
    pub(super) fn new(
        policy: AddressPolicy,
        extra_roots: Vec<CertificateDer<'static>>,
        allow_any_certificate: bool,
    ) -> Result<Self, EgressError> {
        let mut roots = RootCertStore::empty();
        let native = rustls_native_certs::load_native_certs();
        let (trusted, unusable) = roots.add_parsable_certificates(native.certs);
        if trusted == 0 {
            let errors = native.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            tracing::warn!(
                unusable,
                errors,
                "the system has no certificate authorities; https targets will fail"
            );
        }
        for root in extra_roots {
            roots.add(root)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = || {
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()
        };
        let tls = connector(builder()?.with_root_certificates(roots).with_no_client_auth());
        let unvetted_tls = if allow_any_certificate {
            let verifier = Arc::new(AnyCertificate(Arc::clone(&provider)));
            let dangerous = builder()?.dangerous().with_custom_certificate_verifier(verifier);
            let mut config = dangerous.with_no_client_auth();
            // Two webhooks to one name must not take each other's receiver for their own.
            config.resumption = Resumption::disabled();
            Some(connector(config))
        } else {
            None
        };
        Ok(Self { policy, tls, unvetted_tls })
    }

    /// Whether a webhook that asks for any certificate to be taken gets its wish.
    pub(super) fn takes_any_certificate(&self, asked: bool) -> bool {
        asked && self.unvetted_tls.is_some()
    }

    /// Connects to the first of the vetted `addresses` that answers. The caller's deadline bounds
    /// all of it; `by` is that deadline, for sharing out. `record` and `step` say how far it came.
    pub(super) async fn connect(
        &self,
        target: &TargetUrl,
        addresses: &[IpAddr],
        any_certificate: bool,
        by: Instant,
        record: &mut Exchange,
        step: &mut String,
    ) -> Result<Connection, Failure> {
        let started = clock::monotonic();
        let (tcp, address) = self.reach(target.port(), addresses, by, step).await?;
        let connected = clock::monotonic();
        record.remote_ip = Some(address.ip());
        record.timings.connect = Some(connected.duration_since(started));
        let transport = match target.scheme() {
            Scheme::Http => Transport::Plain(tcp),
            Scheme::Https => {
                *step = format!("the TLS handshake with {address}");
                let unvetted = self.unvetted_tls.as_ref().filter(|_| any_certificate);
                let tls = unvetted.unwrap_or(&self.tls).connect(server_name(target)?, tcp).await;
                let tls =
                    tls.map_err(|error| Failure::new(ErrorKind::Tls, format!("{step} failed: {error}")))?;
                record.timings.tls = Some(clock::monotonic().duration_since(connected));
                Transport::Tls(Box::new(tls))
            }
        };
        Connection::new(transport, address)
            .await
            .map_err(|error| Failure::new(ErrorKind::Connect, error.to_string()))
    }

    async fn reach(
        &self,
        port: u16,
        addresses: &[IpAddr],
        by: Instant,
        step: &mut String,
    ) -> Result<(TcpStream, SocketAddr), Failure> {
        let mut no_route = true;
        let mut detail = "no address to connect to".to_owned();
        let mut own = Ok(());
        let not_own = |ip: &&IpAddr| {
            let checked = self.refuse_own(SocketAddr::new(**ip, port));
            let is_good = checked.is_ok();
            own = std::mem::replace(&mut own, Ok(())).and(checked);
            is_good
        };
        let addresses: Vec<IpAddr> = addresses.iter().filter(not_own).copied().collect();
        if addresses.is_empty() {
            own?;
        }
        let tried = addresses.len().min(limits::CONNECT_ADDRESSES);
        for (&ip, left) in addresses.iter().zip((1..=tried).rev()) {
            let address = SocketAddr::new(ip, port);
            *step = format!("connecting to {address}");
            // An address that swallows packets leaves its successors their share of the time; the
            // last one has what is left, which is the caller's to bound.
            let now = clock::monotonic();
            let share = by.saturating_duration_since(now) / u32::try_from(left).unwrap_or(1);
            let until = if left == 1 { by + share } else { now + share };
            match timeout_at(until.into(), TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => return self.check_peer(tcp, address).map(|tcp| (tcp, address)),
                Ok(Err(error)) => {
                    no_route &= is_no_route(&error);
                    detail = format!("{step} failed: {error}");
                }
                Err(_) => {
                    no_route = false;
                    detail = format!("{step} took too long");
                }
            }
        }
        Err(Failure { no_route, ..Failure::new(ErrorKind::Connect, detail) })
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

fn connector(mut config: ClientConfig) -> TlsConnector {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
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
    [IpAddr::from(v4), IpAddr::from(v6)]
        .into_iter()
        .all(|ip| source_of(SocketAddr::new(ip, 53)).is_err_and(|error| is_no_route(&error)))
}
