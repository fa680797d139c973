//! Who a client is behind the proxies that an operator trusts. What others write about themselves into
//! `Forwarded` or `X-Forwarded-For` is not believed.

use std::net::IpAddr;

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

/// The header that most proxies name their client in.
pub const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies that an operator trusts.
#[derive(Debug, Default)]
pub struct Proxies(pub Vec<IpNet>);

impl Proxies {
    /// Whether `peer` is one of them.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.0.iter().any(|range| range.contains(&peer))
    }

    /// The client of a request that came from `peer`: the last hop that is not a trusted proxy. Where a hop
    /// cannot be read, it is the proxy that wrote it.
    ///
    /// A proxy takes care of one of the two headers, and a client may have sent the other. So where both
    /// are there and differ, neither is believed.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts(peer) {
            return peer;
        }
        let of = |name: &HeaderName, read: fn(&str) -> Option<Vec<Option<IpAddr>>>| {
            headers.contains_key(name).then(|| self.last_untrusted(peer, lines(headers, name, read)))
        };
        match (of(&FORWARDED, forwarded), of(&X_FORWARDED_FOR, x_forwarded_for)) {
            (Some(one), Some(other)) if one != other => peer,
            (Some(client), _) | (None, Some(client)) => client,
            (None, None) => peer,
        }
    }

    fn last_untrusted(&self, peer: IpAddr, hops: Option<Vec<Option<IpAddr>>>) -> IpAddr {
        let mut last = peer;
        for hop in hops.unwrap_or_default().into_iter().rev() {
            let Some(hop) = hop else { return last };
            last = hop;
            if !self.trusts(hop) {
                break;
            }
        }
        last
    }
}

/// The hops of all lines of a header, each `None` if it cannot be read; `None` if a line cannot.
fn lines(
    headers: &HeaderMap,
    name: &HeaderName,
    read: fn(&str) -> Option<Vec<Option<IpAddr>>>,
) -> Option<Vec<Option<IpAddr>>> {
    let mut hops = Vec::new();
    for line in headers.get_all(name) {
        hops.extend(read(line.to_str().ok()?)?);
    }
    Some(hops)
}

fn x_forwarded_for(line: &str) -> Option<Vec<Option<IpAddr>>> {
    Some(line.split(',').map(|hop| address(hop.trim())).collect())
}

/// The `for` of each element of a `Forwarded` line (RFC 7239).
fn forwarded(line: &str) -> Option<Vec<Option<IpAddr>>> {
    split(line, ',')?.into_iter().map(|element| Some(element_for(&split(element, ';')?))).collect()
}

fn element_for(pairs: &[&str]) -> Option<IpAddr> {
    let mut named = pairs.iter().filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    });
    let value = named.next()?;
    if named.next().is_some() {
        return None;
    }
    let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    address(quoted.unwrap_or(value))
}

/// The parts between separators outside quotes; `None` if a quote does not end.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match c {
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if c == separator && !quoted => {
                parts.push(text.get(start..at)?);
                start = at + separator.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(start..)?);
    (!quoted).then_some(parts)
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let is_port = |port: &str| port.parse::<u16>().is_ok() && port.bytes().all(|b| b.is_ascii_digit());
    let plain = match text.strip_prefix('[') {
        Some(rest) => {
            let (inner, port) = rest.split_once(']')?;
            let fits = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
            return inner
                .parse()
                .ok()
                .filter(|_| fits)
                .map(|v6: std::net::Ipv6Addr| IpAddr::V6(v6).to_canonical());
        }
        None => match text.split_once(':') {
            Some((v4, port)) if !port.contains(':') => is_port(port).then_some(v4)?,
            _ => text,
        },
    };
    plain.parse().ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn client(peer: &str, headers: &[(&str, &str)]) -> String {
        let ranges = ["10.0.0.0/8", "127.0.0.1/32", "2001:db8:a::/48"];
        let proxies = Proxies(ranges.iter().map(|range| range.parse().unwrap()).collect());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        proxies.client(peer.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn the_last_hop_that_is_not_trusted_is_the_client() {
        let xff = |line| client("10.0.0.1", &[("x-forwarded-for", line)]);
        let rfc = |line| client("10.0.0.1", &[("forwarded", line)]);
        for (line, want) in [
            ("203.0.113.7", "203.0.113.7"),
            ("1.2.3.4, 203.0.113.7", "203.0.113.7"),
            ("1.2.3.4,203.0.113.7 , 10.9.9.9,2001:db8:a::1", "203.0.113.7"),
            ("203.0.113.7:4711", "203.0.113.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("::ffff:10.0.0.9", "10.0.0.9"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            // What cannot be read is of the one that wrote it.
            ("", "10.0.0.1"),
            ("unknown", "10.0.0.1"),
            ("203.0.113.7, unknown", "10.0.0.1"),
            ("203.0.113.7, _hidden, 10.0.0.2", "10.0.0.2"),
            ("203.0.113.7,", "10.0.0.1"),
            ("203.0.113.7:port", "10.0.0.1"),
            ("203.0.113.7:99999", "10.0.0.1"),
            ("203.0.113.7:+80", "10.0.0.1"),
            ("[203.0.113.7]", "10.0.0.1"),
            ("[2001:db8::1", "10.0.0.1"),
            ("[2001:db8::1]x", "10.0.0.1"),
            ("fe80::1%eth0", "10.0.0.1"),
            ("203.0.113.007", "10.0.0.1"),
            ("0x7f000001", "10.0.0.1"),
            ("\"203.0.113.7\"", "10.0.0.1"),
        ] {
            assert_eq!(xff(line), want, "X-Forwarded-For: {line}");
        }
        for (line, want) in [
            ("for=203.0.113.7", "203.0.113.7"),
            ("For=\"203.0.113.7:80\";proto=https;by=10.0.0.1", "203.0.113.7"),
            ("proto=https; for=\"[2001:db8::1]:80\"", "2001:db8::1"),
            ("for=1.2.3.4, for=203.0.113.7, for=10.0.0.2", "203.0.113.7"),
            ("for=1.2.3.4;host=\"a,for=9.9.9.9\"", "1.2.3.4"),
            ("for=1.2.3.4, for=_secret", "10.0.0.1"),
            ("for=unknown", "10.0.0.1"),
            ("for=1.2.3.4;for=5.6.7.8", "10.0.0.1"),
            ("by=1.2.3.4", "10.0.0.1"),
            ("for=\"1.2.3.4", "10.0.0.1"),
            // A quote that does not end swallows nothing that a proxy adds behind it.
            ("for=\"1.2.3.4, for=203.0.113.7", "10.0.0.1"),
            ("for=\"\\\", for=203.0.113.7", "10.0.0.1"),
            ("203.0.113.7", "10.0.0.1"),
        ] {
            assert_eq!(rfc(line), want, "Forwarded: {line}");
        }
    }

    #[test]
    fn lists_go_over_several_lines_and_are_as_long_as_a_head_may_be() {
        let lines = [("x-forwarded-for", "9.9.9.9"), ("x-forwarded-for", "203.0.113.7, 10.0.0.4")];
        assert_eq!(client("10.0.0.1", &lines), "203.0.113.7");
        let long = format!("{}203.0.113.7", "1.1.1.1, ".repeat(3000));
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", &long)]), "203.0.113.7");
    }

    #[test]
    fn what_others_say_of_themselves_is_not_believed() {
        for name in ["x-forwarded-for", "forwarded"] {
            for line in ["1.2.3.4", "for=1.2.3.4", "127.0.0.1", "for=10.0.0.1"] {
                assert_eq!(client("203.0.113.9", &[(name, line)]), "203.0.113.9");
                assert_eq!(client("::1", &[(name, line)]), "::1");
            }
        }
        assert_eq!(client("10.0.0.1", &[("x-real-ip", "1.2.3.4")]), "10.0.0.1");
        assert_eq!(client("::ffff:10.0.0.1", &[("x-forwarded-for", "1.2.3.4")]), "1.2.3.4");
        // The proxy sets one of them; the client sent the other.
        let both = [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=1.2.3.4")];
        assert_eq!(client("10.0.0.1", &both), "10.0.0.1");
        let agreed = [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=203.0.113.7")];
        assert_eq!(client("10.0.0.1", &agreed), "203.0.113.7");
    }

    proptest! {
        #[test]
        fn no_client_can_choose_its_address(spoofed in "[ -~]{0,60}") {
            // A proxy adds the address that it sees behind whatever came.
            let xff = format!("{spoofed}, 203.0.113.7");
            prop_assert_eq!(client("10.0.0.1", &[("x-forwarded-for", &xff)]), "203.0.113.7");
            let rfc = format!("{spoofed}, for=203.0.113.7");
            let found = client("10.0.0.1", &[("forwarded", &rfc)]);
            prop_assert!(found == "203.0.113.7" || found == "10.0.0.1", "{}", found);
        }
    }
}
