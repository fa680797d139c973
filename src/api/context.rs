//! What handlers work with; built by the daemon.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard, watch};

use super::auth_failures::AuthFailures;
use super::budgets::{Budgets, Place};
use super::caller::Caller;
use super::metrics::ApiMetrics;
use super::rates::Rates;
use super::schemas::Schemas;
use super::tenant_work::TenantWork;
use super::uses::Uses;
use crate::app::webhooks::Asking;
use crate::clock;
use crate::domain::delivery::DueRow;
use crate::domain::id::{AccountNo, TokenId, WebhookNo};
use crate::domain::profiles::Profiles;
use crate::domain::target::TargetPolicy;
use crate::domain::time::Timestamp;
use crate::domain::waiting::Waiting;
use crate::http::answer::Answer;
use crate::http::owner::Owner;
use crate::http::problem::{Code, Problem};
use crate::http::proxies::Proxies;
use crate::limits;
use crate::store::{Store, StoreError};

/// Under whose number accounts and tokens themselves are changed.
pub(super) const NOBODY: AccountNo = AccountNo(0);

/// What an operator may set about the API.
#[derive(Debug, Clone, Copy)]
pub struct ApiSettings {
    /// How long an idempotency key is remembered.
    pub idempotency_window: Duration,
    /// Requests per second of one account.
    pub requests_per_second: u32,
    /// Requests per second of one token.
    pub requests_per_second_per_token: u32,
    /// Requests in progress of one account.
    pub connections: usize,
    /// Answers of one account that wait for something to happen.
    pub waits: usize,
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
            requests_per_second: limits::REQUESTS_PER_SECOND,
            requests_per_second_per_token: limits::REQUESTS_PER_SECOND,
            connections: limits::ACCOUNT_CONNECTIONS,
            waits: limits::ACCOUNT_WAITS,
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

/// Tells what a pending delivery waits for.
pub type AskWaiting =
    Box<dyn Fn(WebhookNo, DueRow) -> Pin<Box<dyn Future<Output = Option<Waiting>> + Send>> + Send + Sync>;

/// For what the daemon reads on its own account.
pub const DAEMON: AccountNo = AccountNo(0);

/// What handlers work with.
pub struct Context {
    /// The store.
    pub store: Store,
    rules: watch::Receiver<Arc<Rules>>,
    /// The API's base URL as others see it, without a slash at its end.
    pub public_url: Arc<str>,
    /// What the room counts.
    pub metrics: ApiMetrics,
    /// Asks whoever sends deliveries, if anybody does.
    waiting: Option<AskWaiting>,
    /// Whether the daemon is stopping and accepts nothing new.
    draining: watch::Receiver<bool>,
    pub(super) failures: Rates<std::net::IpAddr>,
    /// Failed authentications that are not in the audit log yet.
    pub auth_failures: AuthFailures,
    pub(super) requests: Rates<AccountNo>,
    pub(super) requests_of_tokens: Rates<TokenId>,
    pub(super) unsubscribes: Rates<std::net::IpAddr>,
    pub(super) schemas: Schemas,
    pub(super) tenant_work: TenantWork,
    pub(super) budgets: Budgets,
    /// Uses of tokens that are not stored yet.
    pub uses: Uses,
    /// What accounts are changed under, each under that at its number's place.
    editing: [Mutex<()>; limits::EDITING_PLACES],
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
            waiting: None,
            draining,
            failures: Rates::new(Duration::from_secs(60)),
            auth_failures: AuthFailures::default(),
            requests: Rates::new(Duration::from_secs(1)),
            requests_of_tokens: Rates::new(Duration::from_secs(1)),
            unsubscribes: Rates::new(Duration::from_secs(60)),
            schemas: Schemas::default(),
            tenant_work: TenantWork::default(),
            budgets: Budgets::new(),
            uses: Uses::default(),
            editing: std::array::from_fn(|_| Mutex::new(())),
        }
    }

    /// Has what deliveries wait for be asked of whoever sends them.
    #[must_use]
    pub fn with_waiting(mut self, ask: AskWaiting) -> Self {
        self.waiting = Some(ask);
        self
    }

    /// What a pending delivery waits for; `None` if it is being sent, or is about to be.
    pub(super) async fn waiting_for(&self, webhook: WebhookNo, row: DueRow) -> Option<Waiting> {
        self.waiting.as_ref()?(webhook, row).await
    }

    /// Held from reading what is the account's to committing its change, so that no change is lost. Most
    /// other accounts' changes go on meanwhile.
    pub(super) async fn editing(&self, account: AccountNo) -> MutexGuard<'_, ()> {
        let [first, ..] = &self.editing;
        self.editing.get(account.0 as usize % limits::EDITING_PLACES).unwrap_or(first).lock().await
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.borrow())
    }

    /// Whether the daemon is stopping.
    #[must_use]
    pub fn draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Turns true when the daemon is stopping.
    pub(super) fn drain_signal(&self) -> watch::Receiver<bool> {
        self.draining.clone()
    }

    /// Reads from the store where blocking is allowed, for an account: accounts that wait have their
    /// turn one after the other.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read<T: Send + 'static>(
        &self,
        account: AccountNo,
        read: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let unavailable = || Problem::from(StoreError::Unavailable);
        let permit = self.budgets.reads.take(account).await;
        let store = self.store.clone();
        let read = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            read(&store)
        });
        read.await.map_err(|_| unavailable())?.map_err(Problem::from)
    }

    /// Takes a caller's request in: it is counted, and has a place among those in progress until its
    /// answer is gone.
    ///
    /// # Errors
    /// 429 when its token or its account makes too many requests a second, or has too many in progress.
    pub(super) fn admit(&self, caller: &Caller) -> Result<Place, Problem> {
        let (settings, now) = (self.rules().settings, clock::monotonic());
        let (per_token, per_account) = (settings.requests_per_second_per_token, settings.requests_per_second);
        let too_fast = |whose: &str, most: u32, setting: &str| {
            let detail = format!("this {whose} may make {most} requests per second ({setting})");
            Err(Problem::new(Code::RateLimited, detail).retry_after(1).closing())
        };
        if self.requests_of_tokens.count(caller.token, per_token, now).is_some() {
            return too_fast("token", per_token, "quotas.requests_per_second_per_token");
        }
        if self.requests.count(caller.account, per_account, now).is_some() {
            return too_fast("account", per_account, "quotas.requests_per_second");
        }
        let place = self.budgets.requests.take(caller, settings.connections);
        place.map_err(|taken| taken.problem("requests in progress", Some("quotas.connections")).closing())
    }

    /// The answer, counted among those that wait for their reader.
    ///
    /// # Errors
    /// When whoever asked has too many of them.
    pub(super) fn hold_answer(&self, owner: Owner, mut answer: Answer) -> Result<Answer, Problem> {
        let length = answer.body().waiting();
        if length > limits::ANSWER_FREE_BYTES {
            let permit = self.budgets.hold_answer(owner, length)?;
            answer.body_mut().count(permit);
        }
        Ok(answer)
    }

    /// Refuses what is new while the daemon is stopping.
    ///
    /// # Errors
    /// 503 while draining.
    pub(super) fn open_for_new(&self) -> Result<(), Problem> {
        if self.draining() {
            let detail = "the daemon is stopping and accepts nothing new";
            return Err(Problem::new(Code::Draining, detail).retry_after(5).closing());
        }
        Ok(())
    }
}
