//! Hosts and ports in the one spelling that is taken.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::TargetError;

/// RFC 1035: a name's longest form, without the final dot.
const NAME_BYTES: usize = 253;
/// RFC 1035: a label's longest form.
const LABEL_BYTES: usize = 63;

/// Names that mean nothing or something else outside a local network (RFC 6761, RFC 6762,
/// RFC 8375, ICANN's `.internal`); `localdomain` is what hosts files use.
const SPECIAL: [&str; 5] = ["localhost", "local", "internal", "home.arpa", "localdomain"];

/// Splits `host[:port]`; an IPv6 host keeps its brackets.
pub(super) fn split_port(authority: &str) -> Result<(&str, Option<u16>), TargetError> {
    let host_end = match authority.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(inner) => inner + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at_checked(host_end).unwrap_or((authority, ""));
    if rest.is_empty() {
        return Ok((host, None));
    }
    let refused = || TargetError::PortSyntax(rest.trim_start_matches(':').to_owned());
    let digits = rest.strip_prefix(':').ok_or_else(refused)?;
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if !plain {
        return Err(refused());
    }
    digits.parse().map(|port| (host, Some(port))).map_err(|_| refused())
}

/// Reads a host: a bracketed IPv6 address, a dotted IPv4 address, or (`None`) a name.
pub(super) fn parse(host: &str) -> Result<Option<IpAddr>, TargetError> {
    let refused = |why| TargetError::HostSyntax(host.to_owned(), why);
    if host.starts_with('[') {
        let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        return inner
            .and_then(|inner| inner.parse::<Ipv6Addr>().ok())
            .map(|v6| Some(v6.into()))
            .ok_or_else(|| refused("between brackets stands an IPv6 address without a zone"));
    }
    check_name(host).map_err(refused)?;
    if !ends_in_number(host) {
        return Ok(None);
    }
    // Rust's parser takes four decimal numbers without leading zeros and nothing else.
    host.parse::<Ipv4Addr>()
        .map(|v4| Some(v4.into()))
        .map_err(|_| refused("an IPv4 address is four decimal numbers, such as 192.0.2.1"))
}

fn check_name(host: &str) -> Result<(), &'static str> {
    let name = host.strip_suffix('.').unwrap_or(host);
    if name.is_empty() || name.len() > NAME_BYTES {
        return Err("a name has 1 to 253 characters");
    }
    name.split('.').try_for_each(|label| {
        if label.is_empty() || label.len() > LABEL_BYTES {
            return Err("between dots stand 1 to 63 characters");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("no part begins or ends with a hyphen");
        }
        if !label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            return Err("a name is made of letters, digits, hyphens, underscores and dots; \
                 use punycode (xn--…) for others");
        }
        Ok(())
    })
}

/// An address must be written in its canonical form (RFC 5952), in either case.
pub(super) fn check_spelling(host: &str, ip: IpAddr) -> Result<(), TargetError> {
    let canonical = match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    };
    if host.eq_ignore_ascii_case(&canonical) {
        return Ok(());
    }
    Err(TargetError::HostSyntax(
        host.to_owned(),
        "an IPv6 address is written in its shortest form (RFC 5952)",
    ))
}

/// Whether readers in the manner of browsers would take the host for an IPv4 address.
fn ends_in_number(host: &str) -> bool {
    let last = host.strip_suffix('.').unwrap_or(host).rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    last.bytes().all(|b| b.is_ascii_digit())
        || hex.is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Whether a name only means something on a local network.
pub(super) fn is_special(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let under = |special: &str| {
        let head = name.len().checked_sub(special.len()).and_then(|at| name.split_at_checked(at));
        head.is_some_and(|(head, tail)| {
            tail.eq_ignore_ascii_case(special) && (head.is_empty() || head.ends_with('.'))
        })
    };
    !name.contains('.') || SPECIAL.iter().any(|special| under(special))
}

/// What to write instead where `found` is in the host of a URL that is good otherwise.
pub(super) fn in_ascii(text: &str, found: char) -> Option<TargetError> {
    let rest = text.split_once("://")?.1;
    let host = rest.split(['/', '?', '#']).next()?;
    let ascii = url::Url::parse(text).ok()?.host_str()?.to_owned();
    (host.contains(found) && !found.is_ascii()).then_some(TargetError::Unicode(found, ascii))
}

/// The `url` crate must read the same host and port out of the text. This is also what checks
/// punycode.
pub(super) fn second_reading(
    text: &str,
    host: &str,
    ip: Option<IpAddr>,
    port: u16,
) -> Result<(), TargetError> {
    let refused = || {
        TargetError::HostSyntax(host.to_owned(), "readers of URLs disagree on it, or its punycode is invalid")
    };
    let url = url::Url::parse(text).map_err(|_| refused())?;
    let same_host = match (url.host(), ip) {
        (Some(url::Host::Domain(theirs)), None) => theirs.eq_ignore_ascii_case(host),
        (Some(url::Host::Ipv4(theirs)), Some(ours)) => ours == theirs,
        (Some(url::Host::Ipv6(theirs)), Some(ours)) => ours == theirs,
        _ => false,
    };
    if same_host && url.port_or_known_default() == Some(port) { Ok(()) } else { Err(refused()) }
}
