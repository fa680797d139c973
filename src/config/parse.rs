//! The texts of single settings: durations, sizes, addresses. Pure.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use http::{HeaderName, HeaderValue};
use ipnet::IpNet;

use super::settings::Listen;
use crate::domain::header::check_filled;
use crate::domain::proxy::{Direct, DirectError, ProxyError, ProxyUrl};

pub(super) use crate::domain::time::duration;

/// A text as it is, if there is any.
pub(super) fn text(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// A path.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    self::text(text).map(PathBuf::from)
}

/// A base that paths are put behind: without a slash at its end.
pub(super) fn public_url(text: &str) -> Result<String, String> {
    let wrong =
        || "must be an http or https URL without a query, such as https://hooks.example.com".to_owned();
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !plain || url.host_str().is_none() || !["http", "https"].contains(&url.scheme()) {
        return Err(wrong());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// `true` or `false`.
pub(super) fn boolean(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "must be true or false".to_owned())
}

/// A whole number.
pub(super) fn whole<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "must be a whole number".to_owned())
}

/// A fraction from 0 to 1.
pub(super) fn fraction(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|n| (0.0..=1.0).contains(n));
    number.ok_or_else(|| "must be a fraction from 0 to 1".to_owned())
}

/// A number.
pub(super) fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "must be a number".to_owned())
}

/// An address to listen on. As elsewhere, `:8420` is that port on every address, `8420` and `localhost:8420` only
/// on this machine's own.
pub(crate) fn socket(text: &str) -> Result<SocketAddr, String> {
    let (ip, port) = match text.rsplit_once(':') {
        Some(("", port)) => (Ipv4Addr::UNSPECIFIED, port),
        Some(("localhost", port)) => (Ipv4Addr::LOCALHOST, port),
        _ => (Ipv4Addr::LOCALHOST, text),
    };
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let short = port.parse().ok().filter(|_| digits).map(|port| SocketAddr::from((ip, port)));
    short.or_else(|| text.parse().ok()).ok_or_else(|| {
        "must be an address and a port up to 65535, such as 127.0.0.1:8420, [::1]:8420, or :8420 for every address"
            .to_owned()
    })
}

/// An address to listen on, or a Unix socket.
pub(super) fn listen(text: &str) -> Result<Listen, String> {
    let Some(path) = text.strip_prefix("unix:") else {
        return socket(text).map(Listen::Tcp).map_err(|wrong| format!("{wrong}, or unix:/PATH"));
    };
    // As much as the kernel takes, with the zero at its end.
    if path.starts_with('/') && path.len() < 108 && !path.ends_with('/') {
        Ok(Listen::Unix(path.into()))
    } else {
        Err("must be unix: and an absolute path of less than 108 bytes, such as unix:/run/ringback/admin.sock"
            .to_owned())
    }
}

/// An address range; a bare address is a range of one.
pub(super) fn range(text: &str) -> Result<IpNet, String> {
    let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    let net = net.ok_or_else(|| "must be an address range such as 192.168.1.0/24".to_owned())?;
    if net.trunc() == net {
        Ok(net)
    } else {
        Err(format!("has bits set after its prefix; write {}", net.trunc()))
    }
}

/// A size in bytes: a number, or a number and `KiB`, `MiB`, `GiB` or `TiB`.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text.get(digits.len()..) {
        Some("") => 0,
        Some("KiB") => 10,
        Some("MiB") => 20,
        Some("GiB") => 30,
        Some("TiB") => 40,
        _ => return Err("must be a size such as 1048576, \"64KiB\", \"20MiB\" or \"2GiB\"".to_owned()),
    };
    let number: u64 =
        digits.trim().parse().map_err(|_| "must be a whole number of bytes, or of MiB".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "is too large".to_owned())
}

/// A size of something in memory.
pub(super) fn bytes(text: &str) -> Result<usize, String> {
    usize::try_from(size(text)?).map_err(|_| "is too large".to_owned())
}

/// A header's name.
pub(super) fn header_name(text: &str) -> Result<HeaderName, String> {
    HeaderName::from_bytes(text.as_bytes()).map_err(|_| "must be a header's name".to_owned())
}

/// Where a proxy is.
pub(super) fn proxy(text: &str) -> Result<ProxyUrl, String> {
    text.parse().map_err(|error: ProxyError| error.to_string())
}

/// What is reached without a proxy.
pub(super) fn direct(text: &str) -> Result<Direct, String> {
    text.parse().map_err(|error: DirectError| error.to_string())
}

/// The name of a header that is filled in for each request.
pub(super) fn filled_header(text: &str) -> Result<HeaderName, String> {
    let name = header_name(text)?;
    check_filled(&name).map_err(|refused| refused.to_string())?;
    Ok(name)
}

/// A header's value.
pub(super) fn header_value(text: &str) -> Result<HeaderValue, String> {
    let value = HeaderValue::from_str(text).ok().filter(|value| value.to_str().is_ok());
    value.ok_or_else(|| "must be a header's value: printable ASCII".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes() {
        assert_eq!(size("512"), Ok(512));
        assert_eq!(size("64KiB"), Ok(65_536));
        assert_eq!(size("2 GiB"), Ok(2 << 30));
        for bad in ["", "MiB", "1MB", "-1", "99999999999TiB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ranges() {
        assert_eq!(range("192.168.1.0/24").unwrap().to_string(), "192.168.1.0/24");
        assert_eq!(range("10.1.2.3").unwrap().to_string(), "10.1.2.3/32");
        assert_eq!(range("::1").unwrap().to_string(), "::1/128");
        assert!(range("192.168.1.7/24").unwrap_err().contains("192.168.1.0/24"));
        assert!(range("home").is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(any: String) {
            let _ = (duration(&any), size(&any), range(&any), socket(&any), fraction(&any), header_value(&any));
        }
    }
}
