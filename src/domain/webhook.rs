//! Webhooks: a target, what it listens to, and how it wants to be served.

mod settings;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

pub use self::settings::{Ordering, RateLimit, Settings};
use super::event_type::{EventPattern, EventType};
use super::filter::Filter;
use super::id::{AccountNo, Seq, WebhookId, WebhookNo};
use super::name::{ManagedBy, WebhookName};
use super::reserved::is_operational;
use super::secret::{Secret, SecretSet};
use super::target::TargetUrl;
use super::terms::Terms;
use super::time::Timestamp;
use super::tls::WebhookTls;

/// Where a webhook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookState {
    /// Awaits confirmation by its receiver.
    Pending,
    /// Gets its events.
    Active,
    /// Somebody paused it.
    Paused {
        /// Since when.
        since: Timestamp,
    },
    /// The daemon gave it up.
    Disabled {
        /// Why.
        why: DisabledWhy,
        /// Since when.
        since: Timestamp,
    },
    /// Removed; only its log stays.
    Removed {
        /// Since when.
        since: Timestamp,
    },
}

/// Why a webhook was disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisabledWhy {
    /// Its receiver failed for too long.
    Failing,
    /// Its receiver answered 410.
    Gone,
}

impl DisabledWhy {
    /// Every cause.
    pub const ALL: [Self; 2] = [Self::Failing, Self::Gone];

    /// The word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }
}

/// A webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// Its id; carries its number.
    pub id: WebhookId,
    /// The tenant it belongs to.
    pub account: AccountNo,
    /// What people call it; unique in the account.
    pub name: Option<WebhookName>,
    /// Which tool manages it.
    pub managed_by: Option<ManagedBy>,
    /// Its URL.
    pub url: TargetUrl,
    /// Where it is to be served once the receiver there has confirmed it; until then it is served where it
    /// was.
    pub pending_url: Option<TargetUrl>,
    /// The event types it receives.
    pub events: Vec<EventPattern>,
    /// Its profile's name.
    pub profile: String,
    /// A description.
    pub description: String,
    /// Headers to send with its requests.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Which data it wants.
    pub filter: Option<Filter>,
    /// Its rate limit.
    pub rate_limit: Option<RateLimit>,
    /// How many attempts at once; `None`: the configured default.
    pub max_in_flight: Option<u32>,
    /// Whether its deliveries keep an order; fixed when it is made, since due rows are keyed by it.
    pub ordering: Ordering,
    /// Whether events are kept as deliveries that wait while it is paused, disabled or not confirmed yet.
    pub collect: bool,
    /// After this instant nothing is sent.
    pub expires_at: Option<Timestamp>,
    /// The owner's labels: a JSON object's text.
    pub metadata: Option<Box<str>>,
    /// What it signs with.
    pub secrets: SecretSet,
    /// Whom it trusts, and who it says that it is; `None`: whom the daemon trusts, and without a certificate.
    pub tls: Option<Arc<WebhookTls>>,
    /// What it was made to be beyond a plain webhook.
    pub terms: Terms,
    /// Where it stands.
    pub state: WebhookState,
    /// What waits of events up to this one is being called off; nothing is sent until that is done.
    pub dropping: Option<Seq>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its settings last changed.
    pub updated_at: Timestamp,
}

impl Webhook {
    /// A plain webhook that listens to everything.
    #[must_use]
    pub fn plain(id: WebhookId, account: AccountNo, url: TargetUrl, secret: Secret, now: Timestamp) -> Self {
        Self::new(id, account, url, Settings::plain(secret), now)
    }

    /// A webhook with settings, which is served from now on.
    #[must_use]
    pub fn new(
        id: WebhookId,
        account: AccountNo,
        url: TargetUrl,
        settings: Settings,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            account,
            name: settings.name,
            managed_by: settings.managed_by,
            url,
            pending_url: None,
            events: settings.events,
            profile: settings.profile,
            description: settings.description,
            headers: settings.headers,
            filter: settings.filter,
            rate_limit: settings.rate_limit,
            max_in_flight: settings.max_in_flight,
            ordering: settings.ordering,
            collect: settings.collect,
            expires_at: settings.expires_at,
            metadata: settings.metadata,
            secrets: settings.secrets,
            tls: settings.tls,
            terms: settings.terms,
            state: WebhookState::Active,
            dropping: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Its settings as they stand.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let webhook = self.clone();
        Settings {
            name: webhook.name,
            managed_by: webhook.managed_by,
            events: webhook.events,
            profile: webhook.profile,
            description: webhook.description,
            headers: webhook.headers,
            filter: webhook.filter,
            rate_limit: webhook.rate_limit,
            max_in_flight: webhook.max_in_flight,
            ordering: webhook.ordering,
            collect: webhook.collect,
            expires_at: webhook.expires_at,
            metadata: webhook.metadata,
            secrets: webhook.secrets,
            tls: webhook.tls,
            terms: webhook.terms,
        }
    }

    /// Which members another form of it has otherwise, by their names in the API where they have one.
    #[must_use]
    pub fn differing(&self, to: &Self) -> Vec<&'static str> {
        let members = [
            ("name", self.name != to.name),
            ("managed_by", self.managed_by != to.managed_by),
            ("url", self.url != to.url),
            ("pending_url", self.pending_url != to.pending_url),
            ("events", self.events != to.events),
            ("profile", self.profile != to.profile),
            ("description", self.description != to.description),
            ("headers", self.headers != to.headers),
            ("filter", self.filter != to.filter),
            ("rate_limit", self.rate_limit != to.rate_limit),
            ("max_in_flight", self.max_in_flight != to.max_in_flight),
            ("ordering", self.ordering != to.ordering),
            ("collect", self.collect != to.collect),
            ("expires_at", self.expires_at != to.expires_at),
            ("metadata", self.metadata != to.metadata),
            ("secrets", self.secrets != to.secrets),
            ("tls", self.tls != to.tls || self.terms.any_certificate != to.terms.any_certificate),
            ("terms", other_terms(self) != other_terms(to)),
            ("state", self.state != to.state),
            ("backlog", self.dropping != to.dropping),
        ];
        members.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect()
    }

    /// The webhook's number.
    #[must_use]
    pub fn no(&self) -> WebhookNo {
        self.id.no()
    }

    /// Whether it listens to events of a type; a test comes unasked, and operational events only to those
    /// who name them.
    #[must_use]
    pub fn listens_to(&self, event_type: &EventType) -> bool {
        let unnamed = |pattern: &EventPattern| *pattern == EventPattern::All && is_operational(event_type);
        self.events.iter().any(|pattern| pattern.matches(event_type) && !unnamed(pattern))
    }

    /// Whose receiver is to be asked whether it wants the webhook.
    #[must_use]
    pub fn to_confirm(&self) -> Option<&TargetUrl> {
        match self.state {
            WebhookState::Pending => Some(&self.url),
            WebhookState::Active | WebhookState::Paused { .. } | WebhookState::Disabled { .. } => {
                self.pending_url.as_ref()
            }
            WebhookState::Removed { .. } => None,
        }
    }

    /// The webhook after the receiver at `asked` confirmed it; `None` when that is asked no longer.
    #[must_use]
    pub fn confirmed(&self, asked: &TargetUrl) -> Option<Self> {
        if self.to_confirm() != Some(asked) {
            return None;
        }
        let state = if self.state == WebhookState::Pending { WebhookState::Active } else { self.state };
        Some(Self { url: asked.clone(), pending_url: None, state, ..self.clone() })
    }

    /// Where it is served, or will be.
    #[must_use]
    pub fn wanted_url(&self) -> &TargetUrl {
        self.pending_url.as_ref().unwrap_or(&self.url)
    }

    /// Whether its receiver is a listener: a client of the API that holds a connection.
    #[must_use]
    pub fn has_listener(&self) -> bool {
        self.url.is_listener()
    }

    /// Whether it ends with its listener's connection.
    #[must_use]
    pub fn ends_with_connection(&self) -> bool {
        self.has_listener() && self.terms.key.is_none()
    }

    /// Whether anything is sent to it; what is pending waits otherwise.
    #[must_use]
    pub fn is_served(&self, now: Timestamp) -> bool {
        self.state == WebhookState::Active && self.dropping.is_none() && !self.expired(now)
    }

    /// Whether its expiry has passed.
    #[must_use]
    pub fn expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

/// The terms but what belongs to TLS.
fn other_terms(webhook: &Webhook) -> Terms {
    Terms { any_certificate: false, ..webhook.terms.clone() }
}

/// What sending to a webhook has to wait for; kept across restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waits {
    /// Until when its receiver wants nothing.
    pub rests_until: Option<Timestamp>,
    /// How long that was ahead when it was kept: it is no longer, whatever a clock says that was set back.
    pub rests_for: Duration,
    /// When as many attempts as the rate limit's burst may start at once again.
    pub tokens_full_at: Option<Timestamp>,
}

/// The run of failures a webhook is in; kept across restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failing {
    /// When the first failure of the run was.
    pub since: Timestamp,
    /// How many there were when this was last kept.
    pub attempts: u32,
    /// Whether its owner was warned that it will be disabled.
    pub warned: bool,
}

/// How a webhook's receiver has been doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReceiverHealth {
    /// The run of failures that it is in.
    pub failing: Option<Failing>,
    /// It is sent one attempt at a time, to test whether it is back.
    pub probing: bool,
    /// Before this time nothing is sent to it: until then it rests between two probes, or because it asked to.
    pub rests_until: Option<Timestamp>,
}
