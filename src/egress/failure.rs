//! Why there is no outgoing network, and why a step of an exchange failed.

use std::io;

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

    /// Of finding the proxy: that is the daemon's own trouble, and its name is none of a tenant's.
    pub(super) fn of_proxy(self) -> Self {
        Self { want: Some(Want::Network), ..Self::new(self.error.kind, "the proxy's name does not resolve") }
    }

    /// Leaves out where a name leads inside a network: tenants read it, and could ask for any name. It stands
    /// in the operator's log. An address that the target names itself is no news to whoever wrote it.
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

/// What an IO error says to be wanting, if it is not about the other side.
pub(super) fn want_of(error: &io::Error) -> Option<Want> {
    use rustix::io::Errno;
    let own = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOBUFS].map(Errno::raw_os_error);
    match error.kind() {
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => Some(Want::Network),
        _ if error.raw_os_error().is_some_and(|code| own.contains(&code)) => Some(Want::Own),
        _ => None,
    }
}
