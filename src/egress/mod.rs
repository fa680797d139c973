//! The outgoing network, all of it: resolve, vet, connect, TLS, one exchange.
//!
//! No address is connected to that the address gate did not let through. Redirects are never
//! followed, bodies never decompressed, proxies never taken from the environment. Where a proxy is configured,
//! it resolves names and connects; the address gate looks at addresses that a target names itself. A request that may
//! have been written is sent again only once, and only when the connection was a kept one that ended
//! before a byte of an answer: receivers close those whenever they like.
//!
//! A connection is a value and not a task. The exchange that uses it drives it, so a dropped
//! exchange closes its connection at once, and no byte waits for another task to be scheduled.

mod answer;
mod certificate;
mod connect;
mod connection;
mod deadline;
mod exchange;
mod failure;
mod pool;
mod race;
mod resolve;
mod stream;
mod tls;
mod tunnel;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use rustls::pki_types::CertificateDer;

use self::connect::Connector;
use self::pool::Pool;
use self::resolve::Names;
use crate::clock;
use crate::domain::address::AddressPolicy;
use crate::domain::id::{AccountNo, WebhookNo};
use crate::domain::outcome::Exchange;
use crate::domain::profile::Timeouts;
use crate::domain::proxy::Proxy;
use crate::domain::target::TargetUrl;
use crate::domain::tls::WebhookTls;
use crate::limits;

pub use self::failure::EgressError;
pub use self::resolve::Resolver;

/// How to reach the outside.
#[derive(Debug, Clone)]
pub struct EgressConfig {
    /// Which addresses may be connected to.
    pub addresses: AddressPolicy,
    /// Certificate authorities to trust besides the system's.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Whether requests may ask for any certificate to be taken.
    pub allow_any_certificate: bool,
    /// The proxy that requests go through.
    pub proxy: Option<Proxy>,
    /// Idle connections kept over all webhooks.
    pub idle_connections: usize,
    /// Who resolves names.
    pub resolver: Resolver,
    /// How long a resolved name is believed.
    pub dns_ttl: Duration,
}

impl Default for EgressConfig {
    /// The public internet by the system's resolver and certificate authorities.
    fn default() -> Self {
        Self {
            addresses: AddressPolicy::default(),
            extra_roots: Vec::new(),
            allow_any_certificate: false,
            proxy: None,
            idle_connections: limits::IDLE_CONNECTIONS,
            resolver: Resolver::System,
            dns_ttl: limits::DNS_TTL,
        }
    }
}

/// One request to make.
#[derive(Debug, Clone)]
pub struct OutgoingRequest {
    /// Whose request it is; connections are never shared between webhooks.
    pub webhook: WebhookNo,
    /// Whose webhook it is; accounts share the lookups of names.
    pub account: AccountNo,
    /// What is asked of the target.
    pub method: Method,
    /// Where it goes.
    pub target: TargetUrl,
    /// Its headers; `Host`, `Content-Length`, `Connection` and the like are this room's and ignored.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// Its deadlines.
    pub timeouts: Timeouts,
    /// Whether a 2xx counts only once its answer was read to the end.
    pub whole_answer: bool,
    /// Whether any certificate is taken; counts only where the configuration allows it.
    pub any_certificate: bool,
    /// Whom its webhook trusts, and who it says that it is; `None`: whom the daemon trusts, and without a certificate.
    pub tls: Option<Arc<WebhookTls>>,
}

/// The way out; clones share connections and resolved names.
#[derive(Clone)]
pub struct Egress(Arc<RwLock<Arc<Inner>>>);

struct Inner {
    names: Arc<Names>,
    connector: Connector,
    pool: Arc<Pool>,
}

impl Inner {
    fn new(config: EgressConfig) -> Result<Self, EgressError> {
        Ok(Self {
            connector: Connector::new(
                config.addresses,
                config.extra_roots,
                config.allow_any_certificate,
                config.proxy,
            )?,
            names: Names::new(config.resolver, config.dns_ttl),
            pool: Arc::new(Pool::new(config.idle_connections)),
        })
    }
}

impl std::fmt::Debug for Egress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Egress").field("policy", &self.inner().connector.policy).finish_non_exhaustive()
    }
}

impl Egress {
    /// Sets up TLS; connects nowhere yet.
    ///
    /// # Errors
    /// [`EgressError::Tls`] when an extra authority is not a certificate.
    pub fn new(config: EgressConfig) -> Result<Self, EgressError> {
        Ok(Self(Arc::new(RwLock::new(Arc::new(Inner::new(config)?)))))
    }

    /// Exchanges from now on follow `config`, over connections of their own; those under way go on.
    ///
    /// # Errors
    /// As of [`Self::new`]; then nothing changes.
    pub fn change(&self, config: EgressConfig) -> Result<(), EgressError> {
        let inner = Arc::new(Inner::new(config)?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = inner;
        Ok(())
    }

    fn inner(&self) -> Arc<Inner> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes one request and waits for its answer; never longer than `timeouts.total`. Dropping
    /// the future closes its connection.
    pub async fn exchange(&self, request: OutgoingRequest) -> Exchange {
        let started = clock::monotonic();
        let mut record = Exchange {
            timings: Default::default(),
            remote_ip: None,
            response: None,
            error: None,
            note: None,
            want: None,
        };
        let (webhook, target, whole_answer) = (request.webhook, request.target.clone(), request.whole_answer);
        let failed = self.inner().attempt(request, started, &mut record).await.err();
        let failure = failed.map(|failure| failure.without_inside(webhook, &target));
        record.timings.total = clock::monotonic().duration_since(started);
        answer::judge(&mut record, failure, whole_answer);
        record
    }

    /// Whether an open connection of the webhook waits for work.
    #[must_use]
    pub fn is_connected(&self, webhook: WebhookNo) -> bool {
        self.inner().pool.has(webhook)
    }

    /// Closes a webhook's idle connections, because it was changed or removed.
    pub fn forget(&self, webhook: WebhookNo) {
        self.inner().pool.forget(webhook);
    }
}

#[cfg(test)]
mod tests;
