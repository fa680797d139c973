//! Why a text is not a target.

use super::super::address::Blocked;
use crate::limits;

/// The family a refusal belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetErrorKind {
    /// Not one plain, unambiguous URL.
    Syntax,
    /// Not http(s), or plain http where that is not allowed.
    Scheme,
    /// A port the policy refuses.
    Port,
    /// A name that only means something on a local network.
    Host,
    /// An address the address gate refuses.
    Ip,
}

/// Why a text is not a target; says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Too long.
    #[error("the URL has {0} bytes; at most {max} are allowed", max = limits::TARGET_URL_BYTES)]
    Length(usize),
    /// A character outside printable ASCII.
    #[error(
        "the URL holds {0:?}; only printable ASCII is allowed: percent-encode it in the path, use punycode (xn--…) in the host"
    )]
    Character(char),
    /// A host in other characters than ASCII; how it is written in ASCII.
    #[error("the URL's host holds {0:?}; write it as \"{1}\"")]
    Unicode(char, String),
    /// `\`.
    #[error("the URL holds a backslash; use \"/\", or \"%5C\" in the path")]
    Backslash,
    /// `#…`.
    #[error("the URL has a fragment (\"#…\"), which is never sent; leave it out, or write \"%23\"")]
    Fragment,
    /// Not `https://` letter for letter.
    #[error("the URL must begin with \"https://\", in lower case and with two slashes")]
    Prefix,
    /// Another scheme, or none.
    #[error("the URL's scheme is not supported; use \"https://\"")]
    Scheme,
    /// `http://` where only https is allowed.
    #[error("plain \"http://\" is not allowed here; use \"https://\" (`egress.allow_http` would open it)")]
    PlainHttp,
    /// `user:password@`.
    #[error(
        "the URL holds \"@\" before its path; leave user and password out, \
        and use a header or the signature instead"
    )]
    UserInfo,
    /// The host is neither a name nor an address in its one spelling.
    #[error("the URL's host {0:?} is invalid: {1}")]
    HostSyntax(String, &'static str),
    /// The port is not a number of 1 to 65535.
    #[error("the URL's port {0:?} is invalid; write a number from 1 to 65535 without leading zeros, or none")]
    PortSyntax(String),
    /// The path or query holds what no request line can.
    #[error("the URL's path or query holds a character that must be percent-encoded")]
    Path,
    /// A port the policy refuses.
    #[error(
        "port {0} is not allowed; use 443 or a port from 1024 up \
        that is not a known service's (`egress.ports` would open it)"
    )]
    Port(u16),
    /// A special-use name.
    #[error(
        "{0:?} is a name of a local network; use a public name with a dot \
        (`egress.allow_special_names` would open it)"
    )]
    SpecialName(String),
    /// A refused address.
    #[error(transparent)]
    Address(#[from] Blocked),
}

impl TargetError {
    /// The family of the refusal.
    #[must_use]
    pub fn kind(&self) -> TargetErrorKind {
        match self {
            Self::Length(_)
            | Self::Character(_)
            | Self::Unicode(..)
            | Self::Backslash
            | Self::Fragment
            | Self::Prefix
            | Self::UserInfo
            | Self::HostSyntax(..)
            | Self::PortSyntax(_)
            | Self::Path => TargetErrorKind::Syntax,
            Self::Scheme | Self::PlainHttp => TargetErrorKind::Scheme,
            Self::Port(_) => TargetErrorKind::Port,
            Self::SpecialName(_) => TargetErrorKind::Host,
            Self::Address(_) => TargetErrorKind::Ip,
        }
    }
}
