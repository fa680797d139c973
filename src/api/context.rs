//! What handlers work with; built by the daemon.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::budgets::{Budgets, Place};
use super::metrics::ApiMetrics;
use super::rates::Rates;
use crate::app::App;
use crate::app::caller::Caller;
use crate::clock;
use crate::domain::delivery::DueRow;
use crate::domain::id::{AccountNo, TokenId, WebhookNo};
use crate::domain::waiting::Waiting;
use crate::domain::webhook::ReceiverHealth;
use crate::http::owner::Owner;
use crate::http::problem::{Code, Problem};
use crate::http::proxies::Proxies;
use crate::http::response::Response;
use crate::limits;

/// What an operator may set about the API.
#[derive(Debug, Clone, Copy)]
pub struct ApiSettings {
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
    /// How long a body may take, and how long a stream may be silent.
    pub body_deadline: Duration,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            requests_per_second: limits::REQUESTS_PER_SECOND,
            requests_per_second_per_token: limits::REQUESTS_PER_SECOND,
            connections: limits::ACCOUNT_CONNECTIONS,
            waits: limits::ACCOUNT_WAITS,
            auth_failures_per_minute: limits::AUTH_FAILURES,
            body_deadline: limits::BODY_DEADLINE,
        }
    }
}

/// What an operator may change about the API while the daemon runs.
pub struct Rules {
    /// What an operator set.
    pub settings: ApiSettings,
    /// The proxies whose word about their clients' addresses is taken.
    pub proxies: Proxies,
    /// Whether callers on this host need no token for `/metrics`.
    pub open_metrics: bool,
}

type Reply<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The dispatcher, to be asked about deliveries. A question is about a whole page of a list.
pub trait DispatchInfo: Send + Sync {
    /// What pending deliveries wait for, in their order; `None` for one that is being sent, or is about to be.
    fn waiting_for(&self, rows: Vec<(WebhookNo, DueRow)>) -> Reply<Vec<Option<Waiting>>>;
    /// How the receivers of webhooks have been doing, in their order.
    fn health(&self, webhooks: Vec<WebhookNo>) -> Reply<Vec<ReceiverHealth>>;
}

/// What handlers work with.
pub struct Context {
    /// What may be asked of Ringback.
    pub app: Arc<App>,
    rules: watch::Receiver<Arc<Rules>>,
    /// The API's base URL as others see it, without a slash at its end.
    pub public_url: Arc<str>,
    /// What the room counts.
    pub metrics: ApiMetrics,
    /// The dispatcher, if there is one.
    sends: Option<Box<dyn DispatchInfo>>,
    /// Whether the daemon is stopping and accepts nothing new.
    draining: watch::Receiver<bool>,
    pub(super) failures: Rates<std::net::IpAddr>,
    pub(super) requests: Rates<AccountNo>,
    pub(super) requests_of_tokens: Rates<TokenId>,
    pub(super) unsubscribes: Rates<std::net::IpAddr>,
    pub(super) budgets: Budgets,
}

impl Context {
    /// A context. While `draining` is true, nothing new is taken.
    #[must_use]
    pub fn new(
        app: Arc<App>,
        rules: watch::Receiver<Arc<Rules>>,
        public_url: Arc<str>,
        metrics: ApiMetrics,
        draining: watch::Receiver<bool>,
    ) -> Self {
        Self {
            app,
            rules,
            public_url,
            metrics,
            sends: None,
            draining,
            failures: Rates::new(Duration::from_secs(60)),
            requests: Rates::new(Duration::from_secs(1)),
            requests_of_tokens: Rates::new(Duration::from_secs(1)),
            unsubscribes: Rates::new(Duration::from_secs(60)),
            budgets: Budgets::new(),
        }
    }

    /// With a dispatcher.
    #[must_use]
    pub fn with_sends(mut self, sends: Box<dyn DispatchInfo>) -> Self {
        self.sends = Some(sends);
        self
    }

    /// What pending deliveries wait for, in their order.
    pub(super) async fn waiting_for(&self, rows: Vec<(WebhookNo, DueRow)>) -> Vec<Option<Waiting>> {
        match self.sends.as_ref().filter(|_| !rows.is_empty()) {
            Some(sends) => sends.waiting_for(rows).await,
            None => Vec::new(),
        }
    }

    /// How the receivers of webhooks have been doing, in their order.
    pub async fn health(&self, webhooks: Vec<WebhookNo>) -> Vec<ReceiverHealth> {
        match self.sends.as_ref().filter(|_| !webhooks.is_empty()) {
            Some(sends) => sends.health(webhooks).await,
            None => Vec::new(),
        }
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
    /// When the caller has too many of them.
    pub(super) fn hold_answer(&self, owner: Owner, mut answer: Response) -> Result<Response, Problem> {
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
