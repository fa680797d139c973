//! What the gate lets through.

use std::net::IpAddr;

use super::super::address::AddressPolicy;

/// Which ports a target may name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PortPolicy {
    /// 443, 80 where plain http is allowed, and 1024 and up without the ports of services that a
    /// POST could harm.
    #[default]
    Standard,
    /// These and no others.
    Only(Vec<u16>),
    /// Every port.
    Any,
}

/// Ports from 1024 up that are refused: the fetch standard's blocked ports, and data stores,
/// brokers and control planes that answer anyone who reaches them.
const DENIED_PORTS: [u16; 44] = [
    1433, 1521, 1719, 1720, 1723, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 3659, 4045, 4190, 4369,
    5060, 5061, 5432, 5672, 5900, 5984, 6000, 6379, 6443, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
    8086, 9042, 9092, 9200, 9300, 10080, 10250, 11211, 25565, 27017,
];

impl PortPolicy {
    pub(super) fn admits(&self, port: u16, allow_http: bool) -> bool {
        match self {
            Self::Standard => match port {
                443 => true,
                80 => allow_http,
                _ => port >= 1024 && !DENIED_PORTS.contains(&port),
            },
            Self::Only(ports) => ports.contains(&port),
            Self::Any => true,
        }
    }
}

/// What the gate lets through. The default is the strict one for tenants on the internet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetPolicy {
    /// Whether `http://` may be used at all.
    pub allow_http: bool,
    /// Which ports may be named.
    pub ports: PortPolicy,
    /// Which addresses may be written as the host.
    pub addresses: AddressPolicy,
    /// Whether `localhost`, `.local`, single labels and the like may be used.
    pub allow_special_names: bool,
}

impl TargetPolicy {
    /// For a developer's machine: plain http, this host, every port.
    #[must_use]
    pub fn dev() -> Self {
        let loopback = [IpAddr::from([127, 0, 0, 0]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])];
        let allow =
            loopback.into_iter().zip([8, 128]).filter_map(|(ip, len)| ipnet::IpNet::new(ip, len).ok());
        Self {
            allow_http: true,
            ports: PortPolicy::Any,
            addresses: AddressPolicy { allow: allow.collect(), own: Vec::new() },
            allow_special_names: true,
        }
    }
}
