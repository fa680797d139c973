//! Why there is no outgoing network, and why a step of an exchange failed.

use std::io;

use rustix::io::Errno;

use crate::domain::id::WebhookNo;
use crate::domain::outcome::{AttemptError, ErrorKind, Want};
use crate::domain::target::{Host, TargetUrl};

/// Why there is no outgoing network.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// TLS could not be set up, or a configured authority is no certificate.
    #[error("outgoing TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// Why a step of an exchange failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: AttemptError,
    pub(super) want: Option<Want>,
}

impl Failure {
    pub(super) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self { error: AttemptError { kind, detail: detail.into() }, want: None }
    }

    /// Whether something did not end in its time.
    pub(super) fn is_stall(&self) -> bool {
        matches!(self.error.kind, ErrorKind::BodyTooSlow | ErrorKind::TimeoutTotal)
    }

    /// Of finding the proxy: that is the daemon's own trouble, and its name is none of a tenant's.
    pub(super) fn of_proxy(self) -> Self {
        Self { want: Some(Want::Network), ..Self::new(self.error.kind, "the proxy's name does not resolve") }
    }

    /// Leaves out where a name leads inside a network: tenants read it, and could ask for any name. It stands
    /// in the operator's log. An address that the target names itself is no news to the one who wrote it.
    pub(super) fn without_inside(mut self, webhook: WebhookNo, target: &TargetUrl) -> Self {
        if let (ErrorKind::BlockedAddress, Host::Name(name)) = (self.error.kind, target.host()) {
            let why = std::mem::replace(
                &mut self.error.detail,
                format!("{name} leads to an address that may not be used"),
            );
            tracing::info!(webhook = webhook.0, name, why, "an address may not be used");
        }
        self
    }
}

/// What an IO error says to be wanting, if it is not about the other side. What is not here is the other side's, or a
/// firewall's on this host (`EPERM`, `EACCES`), which stands between here and certain addresses.
pub(super) fn want_of(error: &io::Error) -> Option<Want> {
    let own = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOBUFS, Errno::AGAIN, Errno::ADDRINUSE];
    match errno(error)? {
        Errno::NETUNREACH | Errno::NETDOWN => Some(Want::Network),
        errno if own.contains(&errno) => Some(Want::Own),
        _ => None,
    }
}

/// The same of connecting to an address. That there is no way to one says nothing of the network where there is a way
/// to others, and that there is no address to come from may mean that the local ports are used up.
pub(super) fn want_of_connecting(
    error: &io::Error,
    is_offline: impl FnOnce() -> bool,
    has_source: impl FnOnce() -> bool,
) -> Option<Want> {
    match want_of(error) {
        Some(Want::Network) => is_offline().then_some(Want::Network),
        None if errno(error) == Some(Errno::ADDRNOTAVAIL) => {
            if has_source() {
                Some(Want::Own)
            } else {
                is_offline().then_some(Want::Network)
            }
        }
        want => want,
    }
}

/// Whether looking for a way to an address says that this host has none.
pub(super) fn is_no_way(error: &io::Error) -> bool {
    // The last two: addresses of that kind are switched off, or the host has none.
    let none = [Errno::NETUNREACH, Errno::NETDOWN, Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL];
    errno(error).is_some_and(|errno| none.contains(&errno))
}

fn errno(error: &io::Error) -> Option<Errno> {
    error.raw_os_error().map(Errno::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a failure to connect is charged to, on a host that is online or not, and that has an address to come from
    /// or not.
    #[test]
    fn each_errno_is_of_the_network_of_the_daemon_or_of_the_target() {
        let want = |errno: Errno, offline: bool, source: bool| {
            want_of_connecting(&io::Error::from_raw_os_error(errno.raw_os_error()), || offline, || source)
        };
        let (network, own) = (Some(Want::Network), Some(Want::Own));
        for (errno, online, offline) in [
            (Errno::NETUNREACH, None, network),
            (Errno::NETDOWN, None, network),
            (Errno::HOSTUNREACH, None, None),
            (Errno::CONNREFUSED, None, None),
            (Errno::CONNRESET, None, None),
            (Errno::TIMEDOUT, None, None),
            (Errno::AFNOSUPPORT, None, None),
            (Errno::PERM, None, None),
            (Errno::ACCESS, None, None),
            (Errno::INVAL, None, None),
            (Errno::MFILE, own, own),
            (Errno::NFILE, own, own),
            (Errno::NOMEM, own, own),
            (Errno::NOBUFS, own, own),
            (Errno::AGAIN, own, own),
            (Errno::ADDRINUSE, own, own),
            (Errno::ADDRNOTAVAIL, own, own),
        ] {
            assert_eq!((want(errno, false, true), want(errno, true, true)), (online, offline), "{errno:?}");
        }
        // Without an address to come from it is not for want of ports.
        assert_eq!(want(Errno::ADDRNOTAVAIL, false, false), None);
        assert_eq!(want(Errno::ADDRNOTAVAIL, true, false), network);
    }

    #[test]
    fn a_kind_of_address_that_is_switched_off_leads_nowhere() {
        let is_none = |errno: Errno| is_no_way(&io::Error::from_raw_os_error(errno.raw_os_error()));
        let none = [Errno::NETUNREACH, Errno::NETDOWN, Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL];
        assert!(none.into_iter().all(is_none));
        assert!(![Errno::MFILE, Errno::ADDRINUSE, Errno::PERM].into_iter().any(is_none));
    }
}
