//! What may be asked of a webhook.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use crate::domain::event_type::EventPattern;
use crate::domain::filter::Filter;
use crate::domain::name::{ManagedBy, WebhookName};
use crate::domain::profile::DEFAULT_PROFILE;
use crate::domain::secret::{Secret, SecretSet};
use crate::domain::terms::Terms;
use crate::domain::time::Timestamp;
use crate::domain::tls::WebhookTls;

/// Whether a webhook's deliveries keep an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Ordering {
    /// By due time; a waiting delivery holds up no other.
    #[default]
    None,
    /// Strict: the head blocks its lane until it is delivered or given up.
    Webhook,
    /// Strict among events with one `order_key`.
    Key,
}

impl Ordering {
    /// The word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Webhook => "webhook",
            Self::Key => "key",
        }
    }

    /// Every ordering.
    pub const ALL: [Self; 3] = [Self::None, Self::Webhook, Self::Key];
}

/// A rate limit: a token bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimit {
    /// Attempts per second in the long run; above 0.
    pub per_second: f64,
    /// Attempts that may start at once; at least 1.
    pub burst: u32,
}

/// What may be asked of a webhook besides its target.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// What people call it; unique in the account.
    pub name: Option<WebhookName>,
    /// Which tool manages it.
    pub managed_by: Option<ManagedBy>,
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
    /// Whether its deliveries keep an order.
    pub ordering: Ordering,
    /// Whether events are kept as deliveries that wait while it is paused, disabled or not confirmed yet.
    pub collect: bool,
    /// After this instant nothing is sent.
    pub expires_at: Option<Timestamp>,
    /// The owner's labels: a JSON object's text.
    pub metadata: Option<Box<str>>,
    /// What it signs with.
    pub secrets: SecretSet,
    /// Whom it trusts, and who it says that it is.
    pub tls: Option<Arc<WebhookTls>>,
    /// What it is beyond a plain webhook.
    pub terms: Terms,
}

impl Settings {
    /// Those of a plain webhook that listens to everything.
    #[must_use]
    pub fn plain(secret: Secret) -> Self {
        Self {
            name: None,
            managed_by: None,
            events: vec![EventPattern::All],
            profile: DEFAULT_PROFILE.to_owned(),
            description: String::new(),
            headers: Vec::new(),
            filter: None,
            rate_limit: None,
            max_in_flight: None,
            ordering: Ordering::None,
            collect: true,
            expires_at: None,
            metadata: None,
            secrets: SecretSet { current: secret, previous: Vec::new() },
            tls: None,
            terms: Terms::default(),
        }
    }
}
