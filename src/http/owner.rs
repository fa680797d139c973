//! Whom a request is counted for.

use std::net::{IpAddr, Ipv6Addr};

use crate::domain::id::AccountNo;

/// Whom something is counted for: the account of a caller that is known, else the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// An account.
    Account(AccountNo),
    /// An IPv4 address, or an IPv6 /64.
    Address(IpAddr),
}

impl Owner {
    /// The client at an address.
    #[must_use]
    pub fn at(peer: IpAddr) -> Self {
        Self::Address(address_key(peer).unwrap_or(peer))
    }
}

/// What counts as one client: an IPv4 address, an IPv6 /64. Loopback is no one in particular.
pub fn address_key(peer: IpAddr) -> Option<IpAddr> {
    match peer.to_canonical() {
        address if address.is_loopback() => None,
        IpAddr::V6(v6) => Some(IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64))),
        v4 @ IpAddr::V4(_) => Some(v4),
    }
}
