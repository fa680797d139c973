//! What handlers work with; built by the service.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, watch};

use super::metrics::ApiMetrics;
use super::problem::{Code, Problem};
use super::proxies::Proxies;
use super::rates::Rates;
use super::schemas::Schemas;
use super::tail::Tails;
use super::tenant_work::TenantWork;
use crate::app::webhooks::Asking;
use crate::domain::id::TokenId;
use crate::domain::profile::Profiles;
use crate::domain::target::TargetPolicy;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::{Store, StoreError};

/// What an operator may set about the API.
#[derive(Debug, Clone, Copy)]
pub struct ApiSettings {
    /// How long an idempotency key is remembered.
    pub idempotency_window: Duration,
    /// Requests per second of one token; `None`: as many as there are.
    pub requests_per_second: Option<NonZeroU32>,
    /// Failed authentications of one address per minute before it hears 429.
    pub auth_failures_per_minute: u32,
    /// One event's `data` in bytes.
    pub event_data_bytes: usize,
    /// Whether webhooks may ask for any certificate to be taken.
    pub any_certificate: bool,
    /// How long a body may take, and how long a stream may be silent.
    pub body_deadline: Duration,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            idempotency_window: Duration::from_secs(24 * 3600),
            requests_per_second: None,
            auth_failures_per_minute: limits::AUTH_FAILURES,
            event_data_bytes: limits::EVENT_DATA_BYTES,
            any_certificate: false,
            body_deadline: limits::BODY_DEADLINE,
        }
    }
}

/// What an operator may change while the daemon runs.
pub struct Rules {
    /// The configured profiles.
    pub profiles: Arc<Profiles>,
    /// What the URL gate lets through.
    pub targets: TargetPolicy,
    /// What an operator set.
    pub settings: ApiSettings,
    /// The proxies whose word about their clients' addresses is taken.
    pub proxies: Proxies,
    /// Whether the key for RS256 is the operator's to replace: a file holds it.
    pub rs256_from_file: bool,
}

impl Rules {
    /// What webhooks are checked against; `secrets`: whether the caller may manage the account's secrets.
    #[must_use]
    pub fn asking(&self, secrets: bool, now: Timestamp) -> Asking<'_> {
        let any_certificate = self.settings.any_certificate;
        Asking { profiles: &self.profiles, targets: &self.targets, any_certificate, secrets, now }
    }
}

/// What handlers work with.
pub struct Context {
    /// The store.
    pub store: Store,
    rules: watch::Receiver<Arc<Rules>>,
    /// The API's base URL as others see it, without a slash at its end.
    pub public_url: Arc<str>,
    /// What the room counts.
    pub metrics: ApiMetrics,
    /// Whether the daemon is about to stop and takes nothing new.
    draining: watch::Receiver<bool>,
    pub(super) failures: Rates<std::net::IpAddr>,
    pub(super) requests: Rates<TokenId>,
    pub(super) unsubscribes: Rates<std::net::IpAddr>,
    pub(super) schemas: Schemas,
    pub(super) tenant_work: TenantWork,
    pub(super) tails: Arc<Tails>,
    /// Held from reading a webhook to committing its change, so that no change is lost.
    pub(super) editing: Mutex<()>,
    reads: Arc<Semaphore>,
    /// KiB of bodies that may still be held.
    pub(super) bodies: Arc<Semaphore>,
}

impl Context {
    /// A context. While `draining` is true, nothing new is taken.
    #[must_use]
    pub fn new(
        store: Store,
        rules: watch::Receiver<Arc<Rules>>,
        public_url: Arc<str>,
        metrics: ApiMetrics,
        draining: watch::Receiver<bool>,
    ) -> Self {
        Self {
            store,
            rules,
            public_url,
            metrics,
            draining,
            failures: Rates::new(Duration::from_secs(60)),
            requests: Rates::new(Duration::from_secs(1)),
            unsubscribes: Rates::new(Duration::from_secs(60)),
            schemas: Schemas::default(),
            tenant_work: TenantWork::default(),
            tails: Arc::default(),
            editing: Mutex::new(()),
            reads: Arc::new(Semaphore::new(limits::STORE_READS)),
            bodies: Arc::new(Semaphore::new(limits::BODIES_BYTES >> 10)),
        }
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.borrow())
    }

    /// Whether the daemon is about to stop.
    #[must_use]
    pub fn draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Turns true when the daemon is about to stop.
    pub(super) fn drain_signal(&self) -> watch::Receiver<bool> {
        self.draining.clone()
    }

    /// Reads from the store where blocking is allowed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let unavailable = || Problem::from(StoreError::Unavailable);
        let permit = Arc::clone(&self.reads).acquire_owned().await.map_err(|_| unavailable())?;
        let store = self.store.clone();
        let read = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            read(&store)
        });
        read.await.map_err(|_| unavailable())?.map_err(Problem::from)
    }

    /// Refuses what is new while the daemon is about to stop.
    ///
    /// # Errors
    /// 503 while draining.
    pub(super) fn open_for_new(&self) -> Result<(), Problem> {
        if self.draining() {
            let detail = "the daemon is about to stop and takes nothing new";
            return Err(Problem::new(Code::Draining, detail).retry_after(5).closing());
        }
        Ok(())
    }
}
