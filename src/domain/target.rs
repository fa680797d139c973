//! The URL gate: what a webhook's target may look like. Pure; it looks at the text alone and never
//! resolves a name, so what a name leads to is the address gate's business when connecting.
//!
//! The text is read twice. The strict reading here takes one spelling of everything and no
//! leniency; the `url` crate's reading must then find the same host and port. A text that two
//! readers could understand differently is refused.

mod error;
mod host;
mod policy;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderValue;
use http::uri::PathAndQuery;

use super::header::MASK;
use crate::limits;

pub use self::error::{TargetError, TargetErrorKind};
pub use self::policy::{PortPolicy, TargetPolicy};

/// How a target is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain; only where a policy allows it.
    Http,
    /// TLS.
    Https,
}

impl Scheme {
    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Who a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host<'a> {
    /// A name to resolve, as written.
    Name(&'a str),
    /// An address.
    Ip(IpAddr),
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(ip) => ip.fmt(f),
        }
    }
}

/// What stands in place of a URL where a listener is the receiver.
const LISTENER: &str = "listener";

/// A target URL that passed the gate, letter for letter as it was given. Cheap to clone; what a
/// request needs of it is prepared once.
#[derive(Clone)]
pub struct TargetUrl(Arc<Parts>);

struct Parts {
    text: Box<str>,
    scheme: Scheme,
    /// The host's bytes after the scheme.
    host_len: usize,
    /// The address the host is; `None` for a name.
    ip: Option<IpAddr>,
    port: u16,
    authority: HeaderValue,
    path: PathAndQuery,
}

impl TargetUrl {
    /// Reads a URL somebody gave.
    ///
    /// # Errors
    /// [`TargetError`] with what was wrong and what would be right.
    pub fn parse(text: &str, policy: &TargetPolicy) -> Result<Self, TargetError> {
        let url = Self::from_stored(text)?;
        if url.scheme() == Scheme::Http && !policy.allow_http {
            return Err(TargetError::PlainHttp);
        }
        match url.host() {
            // Asked first, so that a refused address is named as one in whatever spelling.
            Host::Ip(ip) => {
                policy.addresses.check(ip)?;
                host::check_spelling(url.host_text(), ip)?;
            }
            Host::Name(name) if !policy.allow_special_names && host::is_special(name) => {
                return Err(TargetError::SpecialName(name.to_owned()));
            }
            Host::Name(_) => {}
        }
        if !policy.ports.admits(url.port(), policy.allow_http) {
            return Err(TargetError::Port(url.port()));
        }
        Ok(url)
    }

    /// Reads a URL that passed the gate earlier, whatever the policy says today; the address gate
    /// still looks at where it leads.
    ///
    /// # Errors
    /// [`TargetError`] of kind syntax or scheme, for a text no policy would have let through.
    pub fn from_stored(text: &str) -> Result<Self, TargetError> {
        check_characters(text)?;
        let (scheme, rest) = split_scheme(text)?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).ok_or(TargetError::Path)?;
        if authority.contains('@') {
            return Err(TargetError::UserInfo);
        }
        let (host, port) = host::split_port(authority)?;
        let ip = host::parse(host)?;
        let port = port.unwrap_or(scheme.default_port());
        host::second_reading(text, host, ip, port)?;
        Ok(Self(Arc::new(Parts {
            text: text.into(),
            scheme,
            ip,
            host_len: host.len(),
            port,
            authority: HeaderValue::from_str(authority).map_err(|_| TargetError::Prefix)?,
            path: request_path(path)?,
        })))
    }

    /// The target of a webhook whose receiver is a listener. It is no URL and leads nowhere.
    #[must_use]
    pub fn listener() -> Self {
        Self(Arc::new(Parts {
            text: LISTENER.into(),
            scheme: Scheme::Https,
            host_len: 0,
            ip: None,
            port: 0,
            authority: HeaderValue::from_static(LISTENER),
            path: PathAndQuery::from_static("/"),
        }))
    }

    /// Whether a listener is meant.
    #[must_use]
    pub fn is_listener(&self) -> bool {
        self.as_str() == LISTENER
    }

    /// The URL as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The values in its query; a part without a `=` is one.
    pub fn query_values(&self) -> impl Iterator<Item = &str> {
        let query = self.as_str().split_once('?').map_or("", |(_, query)| query);
        let parts = query.split('&').map(|part| part.split_once('=').map_or(part, |(_, value)| value));
        parts.filter(|value| !value.is_empty())
    }

    /// Whether a value in its query holds a mask, spelt in whatever way.
    #[must_use]
    pub fn holds_mask(&self) -> bool {
        self.query_values().any(|value| value.replace("%2A", "*").replace("%2a", "*").contains(MASK))
    }

    /// The URL for who may not know its secrets: the values in its query masked.
    #[must_use]
    pub fn masked(&self) -> String {
        let Some((path, query)) = self.as_str().split_once('?') else { return self.as_str().to_owned() };
        let parts = query.split('&').map(|part| match part.split_once('=') {
            Some((name, _)) => format!("{name}={MASK}"),
            None if part.is_empty() => String::new(),
            None => MASK.to_owned(),
        });
        format!("{path}?{}", parts.collect::<Vec<_>>().join("&"))
    }

    /// How it is spoken to.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.0.scheme
    }

    /// Who it is.
    #[must_use]
    pub fn host(&self) -> Host<'_> {
        match self.0.ip {
            Some(ip) => Host::Ip(ip),
            None => Host::Name(self.host_text()),
        }
    }

    /// The port, named or implied.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// The request's target: the path, `/` if there is none, and the query.
    #[must_use]
    pub fn path_and_query(&self) -> &PathAndQuery {
        &self.0.path
    }

    /// The `Host` header's value: host and port as given.
    #[must_use]
    pub fn authority(&self) -> &HeaderValue {
        &self.0.authority
    }

    fn host_text(&self) -> &str {
        let after_scheme = self.0.text.split_once("//").map_or("", |(_, rest)| rest);
        after_scheme.get(..self.0.host_len).unwrap_or_default()
    }
}

impl PartialEq for TargetUrl {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for TargetUrl {}

impl Hash for TargetUrl {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.text.hash(state);
    }
}

impl fmt::Debug for TargetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.text, f)
    }
}

impl fmt::Display for TargetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

fn check_characters(text: &str) -> Result<(), TargetError> {
    if text.len() > limits::TARGET_URL_BYTES {
        return Err(TargetError::Length(text.len()));
    }
    match text.chars().find(|c| !c.is_ascii_graphic() || matches!(c, '\\' | '#')) {
        None => Ok(()),
        Some('\\') => Err(TargetError::Backslash),
        Some('#') => Err(TargetError::Fragment),
        Some(other) => Err(host::in_ascii(text, other).unwrap_or(TargetError::Character(other))),
    }
}

fn split_scheme(text: &str) -> Result<(Scheme, &str), TargetError> {
    if let Some(rest) = text.strip_prefix("https://") {
        return Ok((Scheme::Https, rest));
    }
    if let Some(rest) = text.strip_prefix("http://") {
        return Ok((Scheme::Http, rest));
    }
    let word = text.split_once(':').map_or("", |(word, _)| word);
    let meant = word.eq_ignore_ascii_case("https") || word.eq_ignore_ascii_case("http");
    Err(if meant { TargetError::Prefix } else { TargetError::Scheme })
}

fn request_path(path: &str) -> Result<PathAndQuery, TargetError> {
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    PathAndQuery::try_from(path).map_err(|_| TargetError::Path)
}

#[cfg(test)]
mod tests;
