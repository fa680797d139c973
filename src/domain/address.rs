//! The address gate: where the daemon may connect. Pure, and asked for every address right before
//! it is connected to; it never resolves a name and never connects.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Refused IPv4 ranges: the IANA special-purpose registry's ranges that are not globally
/// reachable or lead to infrastructure, multicast, and the one cloud address outside them.
const DENIED_V4: [Ipv4Net; 19] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([168, 63, 129, 16], 32),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 31, 196, 0], 24),
    v4([192, 52, 193, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([192, 175, 48, 0], 24),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// Global unicast, the only IPv6 that is not refused: mapped, compatible, NAT64, unique local,
/// link-local and multicast addresses all lie outside it.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0], 3);

/// Refused inside global unicast: protocol assignments, documentation, 6to4, AS112.
const DENIED_V6: [Ipv6Net; 5] = [
    v6([0x2001, 0, 0], 23),
    v6([0x2001, 0x0db8, 0], 32),
    v6([0x2002, 0, 0], 16),
    v6([0x2620, 0x004f, 0x8000], 48),
    v6([0x3fff, 0, 0], 20),
];

/// Prefixes whose addresses end in the IPv4 address they stand for: mapped, translated, NAT64.
const CARRIERS: [Ipv6Net; 3] = [
    Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96),
    Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96),
    Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), NAT64_PREFIX),
];

/// NAT64 inside one network (RFC 8215).
const LOCAL_NAT64: Ipv6Net = v6([0x64, 0xff9b, 1], 48);

/// The length of a NAT64 prefix after which the IPv4 address is all that is left.
const NAT64_PREFIX: u8 = 96;

const SIX_TO_FOUR: Ipv6Net = v6([0x2002, 0, 0], 16);

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b, c]: [u16; 3], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

/// What the gate lets through besides the public internet, and what it does not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressPolicy {
    /// Ranges an operator opened (`egress.allow`); they win over every refusal.
    pub allow: Vec<IpNet>,
    /// The host's own addresses, which are refused however public they are.
    pub own: Vec<IpAddr>,
}

/// Why an address is not connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// A refused range holds it.
    #[error(
        "{address} is in {range}, which is refused; \
         `egress.allow = [\"{net}\"]` would open it",
        net = IpNet::from(*.address)
    )]
    Range {
        /// The address.
        address: IpAddr,
        /// The range.
        range: IpNet,
    },
    /// IPv6 outside global unicast.
    #[error(
        "{0} is outside {GLOBAL_V6}, and all other IPv6 is refused; \
         `egress.allow = [\"{0}/128\"]` would open it"
    )]
    NotGlobal(Ipv6Addr),
    /// The host itself.
    #[error(
        "{0} is this host's own address, which is refused; `egress.allow = [\"{net}\"]` would open it",
        net = IpNet::from(*.0)
    )]
    Own(IpAddr),
    /// A name without an address.
    #[error("no address to connect to")]
    NoAddress,
}

impl AddressPolicy {
    /// Lets an address through, or says what refused it.
    ///
    /// # Errors
    /// [`Blocked`] with the range.
    pub fn check(&self, address: IpAddr) -> Result<(), Blocked> {
        if self.opened(address) {
            // What carries an IPv4 address leads there, so opening the carrier opens nothing inside.
            return inside(address).map_or(Ok(()), |v4| self.check(v4.into()));
        }
        if self.own.contains(&address) {
            return Err(Blocked::Own(address));
        }
        let range = match address {
            IpAddr::V4(v4) => {
                DENIED_V4.iter().find(|range| range.contains(&v4)).map(|&range| IpNet::V4(range))
            }
            IpAddr::V6(v6) if !GLOBAL_V6.contains(&v6) => return Err(Blocked::NotGlobal(v6)),
            IpAddr::V6(v6) => {
                DENIED_V6.iter().find(|range| range.contains(&v6)).map(|&range| IpNet::V6(range))
            }
        };
        range.map_or(Ok(()), |range| Err(Blocked::Range { address, range }))
    }

    /// Those of a name's answers that may be connected to.
    ///
    /// # Errors
    /// [`Blocked`] when none is left: what refused the first, or that there was no answer at all.
    pub fn admitted(&self, addresses: &[IpAddr]) -> Result<Vec<IpAddr>, Blocked> {
        let mut refused = None;
        let check = |address: &&IpAddr| {
            let checked = self.check(**address);
            refused = refused.or(checked.err());
            checked.is_ok()
        };
        let admitted: Vec<IpAddr> = addresses.iter().filter(check).copied().collect();
        if admitted.is_empty() { Err(refused.unwrap_or(Blocked::NoAddress)) } else { Ok(admitted) }
    }

    /// Refuses an address that the host reaches from that very address, which is then its own;
    /// `source` is what a connection to `address` would come from.
    ///
    /// # Errors
    /// [`Blocked`] when the two are the same.
    pub fn check_route(&self, address: IpAddr, source: IpAddr) -> Result<(), Blocked> {
        if address == source && !self.opened(address) {
            return Err(Blocked::Own(address));
        }
        Ok(())
    }

    fn opened(&self, address: IpAddr) -> bool {
        self.allow.iter().any(|range| {
            // RFC 6052 has several places for the IPv4 address under a local prefix. Which one holds is
            // known of a range that leaves no bit to choose.
            let local = matches!(address, IpAddr::V6(v6) if LOCAL_NAT64.contains(&v6));
            range.contains(&address) && (!local || range.prefix_len() >= NAT64_PREFIX)
        })
    }
}

/// The IPv4 address that an IPv6 address stands for where it is routed: mapped, translated (RFC 2765, NAT64)
/// or tunnelled (6to4).
fn inside(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = address else { return None };
    let bytes = v6.octets();
    let [_, _, a, b, c, d, ..] = bytes;
    if SIX_TO_FOUR.contains(&v6) {
        return Some([a, b, c, d].into());
    }
    let last: [u8; 4] = *bytes.last_chunk()?;
    let carries = CARRIERS.iter().chain([&LOCAL_NAT64]).any(|range| range.contains(&v6));
    carries.then(|| last.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn blocked(text: &str) -> bool {
        AddressPolicy::default().check(ip(text)).is_err()
    }

    /// First and last of each refused range, and the neighbours outside; `-` where the neighbour
    /// lies in another refused range.
    #[test]
    fn every_range_has_its_edges() {
        for row in [
            "0.0.0.0 0.255.255.255 - 1.0.0.0",
            "10.0.0.0 10.255.255.255 9.255.255.255 11.0.0.0",
            "100.64.0.0 100.127.255.255 100.63.255.255 100.128.0.0",
            "127.0.0.0 127.255.255.255 126.255.255.255 128.0.0.0",
            "168.63.129.16 168.63.129.16 168.63.129.15 168.63.129.17",
            "169.254.0.0 169.254.255.255 169.253.255.255 169.255.0.0",
            "172.16.0.0 172.31.255.255 172.15.255.255 172.32.0.0",
            "192.0.0.0 192.0.0.255 191.255.255.255 192.0.1.0",
            "192.0.2.0 192.0.2.255 192.0.1.255 192.0.3.0",
            "192.31.196.0 192.31.196.255 192.31.195.255 192.31.197.0",
            "192.52.193.0 192.52.193.255 192.52.192.255 192.52.194.0",
            "192.88.99.0 192.88.99.255 192.88.98.255 192.88.100.0",
            "192.168.0.0 192.168.255.255 192.167.255.255 192.169.0.0",
            "192.175.48.0 192.175.48.255 192.175.47.255 192.175.49.0",
            "198.18.0.0 198.19.255.255 198.17.255.255 198.20.0.0",
            "198.51.100.0 198.51.100.255 198.51.99.255 198.51.101.0",
            "203.0.113.0 203.0.113.255 203.0.112.255 203.0.114.0",
            "224.0.0.0 239.255.255.255 223.255.255.255 -",
            "240.0.0.0 255.255.255.255 - -",
            ":: 1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff - 2000::",
            "4000:: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3fff:1000:: -",
            "2001:: 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff 2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001:200::",
            "2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db9::",
            "2002:: 2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2003::",
            "2620:4f:8000:: 2620:4f:8000:ffff:ffff:ffff:ffff:ffff 2620:4f:7fff:ffff:ffff:ffff:ffff:ffff 2620:4f:8001::",
            "3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff 3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3fff:1000::",
        ] {
            let cells: Vec<&str> = row.split(' ').collect();
            for inside in &cells[..2] {
                assert!(blocked(inside), "{inside} passed");
            }
            for outside in cells[2..].iter().filter(|cell| **cell != "-") {
                assert!(!blocked(outside), "{outside} is blocked");
            }
        }
    }

    #[test]
    fn translations_of_private_addresses_are_blocked() {
        for text in ["::1", "::ffff:8.8.8.8", "::7f00:1", "64:ff9b::8.8.8.8", "fe80::1", "fd00::1", "ff02::1"]
        {
            assert!(blocked(text), "{text} passed");
        }
        assert!(!blocked("2606:4700:4700::1111") && !blocked("1.1.1.1"));
    }

    #[test]
    fn bad_answers_are_left_out() {
        let policy = AddressPolicy::default();
        let good = [ip("1.1.1.1"), ip("2606:4700:4700::1111")];
        assert_eq!(policy.admitted(&good).unwrap(), good);
        let mixed = [ip("10.0.0.1"), good[0], ip("127.0.0.1"), good[1], ip("64:ff9b::808:808")];
        assert_eq!(policy.admitted(&mixed).unwrap(), good);
        let bad = policy.admitted(&[ip("10.0.0.1"), ip("127.0.0.1")]).unwrap_err();
        assert_eq!(bad, Blocked::Range { address: ip("10.0.0.1"), range: "10.0.0.0/8".parse().unwrap() });
        assert_eq!(policy.admitted(&[]).unwrap_err().to_string(), "no address to connect to");
    }

    #[test]
    fn an_opened_carrier_is_vetted_by_the_address_inside() {
        let opened = |ranges: &[&str], address: &str| {
            let allow = ranges.iter().map(|range| range.parse().unwrap()).collect();
            AddressPolicy { allow, own: vec![ip("8.8.4.4")] }.check(ip(address)).is_ok()
        };
        for (range, prefix) in [
            ("64:ff9b::/96", "64:ff9b::"),
            ("::/0", "64:ff9b::"),
            ("::/0", "::ffff:"),
            ("::ffff:0:0/96", "::ffff:"),
            ("::ffff:0:0:0/96", "::ffff:0:"),
            ("64:ff9b:1:7::/96", "64:ff9b:1:7::"),
        ] {
            let at = |v4: &str| format!("{prefix}{v4}");
            assert!(opened(&[range], &at("1.1.1.1")), "{range}");
            for bad in ["127.0.0.1", "169.254.169.254", "10.0.0.1", "8.8.4.4", "0.0.0.0"] {
                assert!(!opened(&[range], &at(bad)), "{range} {bad}");
            }
            assert!(opened(&[range, "10.0.0.0/8"], &at("10.0.0.1")), "what is opened itself");
            assert!(!opened(&["10.0.0.0/8"], &at("10.0.0.1")), "but the carrier is needed, too");
        }
        assert!(opened(&["2002::/16"], "2002:101:101::1") && !opened(&["2002::/16"], "2002:7f00:1::1"));
        // Where the address inside stands is not known of these.
        for range in ["64:ff9b:1::/48", "64:ff9b:1::/64", "::/0"] {
            assert!(!opened(&[range], "64:ff9b:1::808:808"), "{range}");
        }
        assert!(opened(&["fd00::/8"], "fd00::7f00:1"), "an address that stands for itself");
    }

    #[test]
    fn opened_ranges_and_own_addresses() {
        let policy = AddressPolicy {
            allow: vec!["192.168.1.0/24".parse().unwrap()],
            own: vec![ip("8.8.4.4"), ip("192.168.1.7")],
        };
        assert!(policy.check(ip("192.168.1.255")).is_ok() && policy.check(ip("192.168.1.7")).is_ok());
        assert!(policy.check(ip("192.168.2.0")).is_err());
        assert!(policy.check(ip("8.8.4.4")).unwrap_err().to_string().contains("own address"));
        assert!(policy.check_route(ip("8.8.8.8"), ip("8.8.8.8")).is_err());
        assert!(policy.check_route(ip("8.8.8.8"), ip("192.168.1.7")).is_ok());
        assert!(policy.check_route(ip("192.168.1.7"), ip("192.168.1.7")).is_ok());
    }

    #[test]
    fn refusals_name_address_range_and_setting() {
        let policy = AddressPolicy::default();
        assert_eq!(
            policy.check(ip("192.168.1.5")).unwrap_err().to_string(),
            "192.168.1.5 is in 192.168.0.0/16, which is refused; `egress.allow = [\"192.168.1.5/32\"]` would open it"
        );
        assert_eq!(
            policy.check(ip("fd00::1")).unwrap_err().to_string(),
            "fd00::1 is outside 2000::/3, and all other IPv6 is refused; `egress.allow = [\"fd00::1/128\"]` would open it"
        );
    }

    proptest! {
        #[test]
        fn no_address_that_std_calls_private_passes(bits: u32) {
            let v4 = Ipv4Addr::from(bits);
            let private = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified();
            let refused = AddressPolicy::default().check(v4.into()).is_err();
            prop_assert!(refused || !private);
            prop_assert!(AddressPolicy::default().check(v4.to_ipv6_mapped().into()).is_err());
        }
    }
}
