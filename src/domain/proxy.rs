//! The proxy that requests to receivers go through.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use ipnet::IpNet;
use percent_encoding::percent_decode_str;
use url::{Host as UrlHost, Url};

use super::target::Host;

/// Where a proxy is, and what it is given to let requests through.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl {
    host: UrlHost,
    port: u16,
    /// The value of `Proxy-Authorization`.
    credentials: Option<HeaderValue>,
}

impl ProxyUrl {
    /// Where it is.
    #[must_use]
    pub fn host(&self) -> Host<'_> {
        match &self.host {
            UrlHost::Domain(name) => Host::Name(name),
            UrlHost::Ipv4(ip) => Host::Ip(IpAddr::V4(*ip)),
            UrlHost::Ipv6(ip) => Host::Ip(IpAddr::V6(*ip)),
        }
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The value of `Proxy-Authorization`, if it is given any.
    #[must_use]
    pub fn credentials(&self) -> Option<&HeaderValue> {
        self.credentials.as_ref()
    }
}

/// Why a text does not say where a proxy is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with special characters percent-encoded"
)]
pub struct ProxyError;

impl FromStr for ProxyUrl {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let url = Url::parse(text).map_err(|_| ProxyError)?;
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        // The library leaves a scheme's own port out.
        let port = url.port().or_else(|| text.trim_end_matches('/').ends_with(":80").then_some(80));
        let (true, "http", Some(host), Some(port)) = (bare, url.scheme(), url.host(), port) else {
            return Err(ProxyError);
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some(basic(user, password.unwrap_or_default())?),
        };
        Ok(Self { host: host.to_owned(), port, credentials })
    }
}

/// `Basic` credentials (RFC 7617).
fn basic(user: &str, password: &str) -> Result<HeaderValue, ProxyError> {
    let decode = |part| percent_decode_str(part).decode_utf8().map_err(|_| ProxyError);
    let pair = format!("{}:{}", decode(user)?, decode(password)?);
    let mut value =
        HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair))).map_err(|_| ProxyError)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Without the credentials.
impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let credentials = if self.credentials.is_some() { "***@" } else { "" };
        write!(f, "http://{credentials}{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Targets that are reached without the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Direct {
    /// Addresses that a target's URL names itself.
    Range(IpNet),
    /// A name and all below it.
    Domain(Box<str>),
}

impl Direct {
    /// Whether a target is one of them.
    #[must_use]
    pub fn holds(&self, host: Host<'_>) -> bool {
        match (self, host) {
            (Self::Range(range), Host::Ip(ip)) => range.contains(&ip),
            (Self::Domain(domain), Host::Name(name)) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                name.strip_suffix(&**domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            (Self::Range(_), Host::Name(_)) | (Self::Domain(_), Host::Ip(_)) => false,
        }
    }
}

/// Why a text names no targets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a domain (example.com holds all names below it), an address or a range (10.0.0.0/8)")]
pub struct DirectError;

impl FromStr for Direct {
    type Err = DirectError;

    fn from_str(text: &str) -> Result<Self, DirectError> {
        if let Ok(range) = text.parse() {
            return Ok(Self::Range(range));
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self::Range(ip.into()));
        }
        let domain = text.trim_start_matches("*.").trim_matches('.').to_ascii_lowercase();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        let is_domain = !domain.is_empty() && domain.bytes().all(plain);
        if is_domain { Ok(Self::Domain(domain.into())) } else { Err(DirectError) }
    }
}

impl fmt::Display for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) => range.fmt(f),
            Self::Domain(domain) => f.write_str(domain),
        }
    }
}

/// A proxy, and what is reached without it.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// Where it is.
    pub url: ProxyUrl,
    /// What is reached without it.
    pub direct: Vec<Direct>,
}

impl Proxy {
    /// Whether a target is reached through it.
    #[must_use]
    pub fn is_for(&self, host: Host<'_>) -> bool {
        !self.direct.iter().any(|direct| direct.holds(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxys_url_hides_its_credentials() {
        let url: ProxyUrl = "http://user:p%40ss@proxy.example:3128".parse().unwrap();
        assert_eq!((url.host(), url.port()), (Host::Name("proxy.example"), 3128));
        assert_eq!(url.credentials().unwrap(), "Basic dXNlcjpwQHNz");
        assert_eq!((url.to_string(), format!("{url:?}")), {
            let shown = "http://***@proxy.example:3128".to_owned();
            (shown.clone(), shown)
        });
        let plain: ProxyUrl = "http://[::1]:80/".parse().unwrap();
        assert_eq!((plain.host(), plain.port()), (Host::Ip("::1".parse().unwrap()), 80));
        assert_eq!((plain.credentials(), plain.to_string()), (None, "http://[::1]:80".to_owned()));
    }

    #[test]
    fn what_is_no_proxys_url_is_refused() {
        for text in [
            "",
            "proxy.example:3128",
            "http://proxy.example",
            "https://proxy.example:443",
            "socks5://proxy.example:1080",
            "http://proxy.example:3128/path",
            "http://proxy.example:3128/?a=b",
            "http://:3128",
        ] {
            assert_eq!(text.parse::<ProxyUrl>(), Err(ProxyError), "{text}");
        }
    }

    #[test]
    fn some_targets_are_reached_directly() {
        let direct = ["10.0.0.0/8", "::1", ".Corp.example", "*.lan.example", "one.example"];
        let direct = direct.map(|text| text.parse().unwrap()).to_vec();
        let proxy = Proxy { url: "http://127.0.0.1:3128".parse().unwrap(), direct };
        let ip = |text: &str| Host::Ip(text.parse().unwrap());
        for host in [ip("192.0.2.1"), Host::Name("example"), Host::Name("notcorp.example"), ip("::2")] {
            assert!(proxy.is_for(host), "{host:?}");
        }
        let names = ["corp.example", "a.CORP.example.", "a.b.lan.example", "one.example", "a.one.example"];
        for host in names.map(Host::Name).into_iter().chain([ip("10.1.2.3"), ip("::1")]) {
            assert!(!proxy.is_for(host), "{host:?}");
        }
        for text in ["", ".", "a b", "http://a.example", "10.0.0.0/33"] {
            assert_eq!(text.parse::<Direct>(), Err(DirectError), "{text}");
        }
    }
}
