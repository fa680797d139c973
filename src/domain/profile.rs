//! Profiles: how to render, sign, send and retry. A profile is data; nothing here knows a brand.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::event_type::{EventPattern, EventType};
use super::form::{PayloadForm, Verification};
use super::hmac_scheme::HmacScheme;
use super::retry::{OnGone, RetryOn, RetryPolicy, Waits};

/// The name of the profile a webhook has unless it names one.
pub const DEFAULT_PROFILE: &str = "standard";

/// The name of the profile of run webhooks.
pub const RUN_WEBHOOKS: &str = "run-webhooks";

/// The built-in profile of webhooks for jobs.
pub const JOB_PROFILE: &str = "job-webhooks";

/// The built-in profile of a run's callback.
pub const ACTION_PROFILE: &str = "action-runs";

/// A way to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureScheme {
    /// Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    Standard,
    /// `t=…,v1=…` in one header.
    Timestamped {
        /// The header's name.
        header: HeaderName,
        /// Whether an overlapping rotation sends several `v1` (verifiers printed by one provider
        /// reject two).
        multi_signature: bool,
    },
    /// An HMAC as the profile describes it.
    Hmac(HmacScheme),
    /// A token in one header, signed with the daemon's own key, which receivers fetch.
    Jwt {
        /// The header's name.
        header: HeaderName,
        /// How it is signed; `None`: as the store was made for.
        algorithm: Option<JwtAlgorithm>,
    },
}

/// The headers of Standard Webhooks.
static STANDARD_HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("webhook-id"),
    HeaderName::from_static("webhook-timestamp"),
    HeaderName::from_static("webhook-signature"),
];

impl SignatureScheme {
    /// The headers that it writes.
    pub fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        let all = match self {
            Self::Standard => STANDARD_HEADERS.each_ref().map(Some),
            Self::Timestamped { header, .. } | Self::Jwt { header, .. } => [Some(header), None, None],
            Self::Hmac(scheme) => {
                [Some(&scheme.header), scheme.timestamp_header.as_ref(), scheme.id_header.as_ref()]
            }
        };
        all.into_iter().flatten()
    }
}

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwtAlgorithm {
    /// Ed25519.
    EdDsa,
    /// RSA with SHA-256.
    Rs256,
}

impl JwtAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 2] = [Self::EdDsa, Self::Rs256];

    /// The algorithm of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == word)
    }

    /// Its word in a token and in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
        }
    }
}

/// Bounds of one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Resolving, connecting and the TLS handshake.
    pub connect: Duration,
    /// From the request's end to the answer's end.
    pub body: Duration,
    /// Everything.
    pub total: Duration,
}

/// When failures disable a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisableAfter {
    /// Every attempt failed for this long …
    pub failing_for: Duration,
    /// … and at least this many did.
    pub attempts: u32,
}

/// How to render, sign, send and retry.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// All of these are computed for each attempt.
    pub signature: Vec<SignatureScheme>,
    /// What the body holds.
    pub payload: PayloadForm,
    /// Headers on every request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// A header that carries the event's type.
    pub event_header: Option<HeaderName>,
    /// A header that carries the delivery's id.
    pub delivery_header: Option<HeaderName>,
    /// `User-Agent`.
    pub user_agent: HeaderValue,
    /// `Content-Type`.
    pub content_type: HeaderValue,
    /// When to try again.
    pub retry: RetryPolicy,
    /// Attempts at most for events of these types, where that is less than the policy's.
    pub max_attempts: Vec<(EventPattern, u32)>,
    /// Bounds of an exchange.
    pub timeouts: Timeouts,
    /// Whether a 2xx whose body does not end in time is a failure. Else its status line decides, as it does where
    /// the body breaks off.
    pub whole_answer: bool,
    /// What a webhook listens to that is made without saying it; none: everything.
    pub default_events: Vec<EventPattern>,
    /// The largest body that is sent, in bytes.
    pub max_body: usize,
    /// When failures disable the webhook; `None`: never.
    pub disable_after: Option<DisableAfter>,
    /// Whether a delivery that used its attempts up disables its webhook.
    pub disable_when_exhausted: bool,
    /// How receivers have to confirm webhooks before anything is sent; `None`: not at all.
    pub verification: Option<Verification>,
}

impl Default for Profile {
    /// The `standard` profile: Standard Webhooks' signature and retry table.
    fn default() -> Self {
        let hours = |h: u64| Duration::from_secs(h * 3600);
        let waits = [0, 5, 300, 1800].map(Duration::from_secs).into_iter();
        Self {
            signature: vec![SignatureScheme::Standard],
            payload: PayloadForm::Envelope,
            headers: Vec::new(),
            event_header: None,
            delivery_header: None,
            user_agent: HeaderValue::from_static(concat!("ringback/", env!("CARGO_PKG_VERSION"))),
            content_type: HeaderValue::from_static("application/json"),
            retry: RetryPolicy {
                // Standard Webhooks, "Deliverability and reliability".
                waits: Waits::Schedule(waits.chain([2, 5, 10, 14, 20, 24].map(hours)).collect()),
                jitter: 0.1,
                retry_on: RetryOn::AnyFailure,
                respect_retry_after: true,
                on_gone: OnGone::Disable,
                retry_too_large: false,
            },
            max_attempts: Vec::new(),
            timeouts: Timeouts {
                connect: Duration::from_secs(10),
                body: Duration::from_secs(20),
                total: Duration::from_secs(30),
            },
            whole_answer: false,
            default_events: Vec::new(),
            max_body: 20 << 20,
            disable_after: Some(DisableAfter { failing_for: hours(5 * 24), attempts: 10 }),
            disable_when_exhausted: false,
            verification: None,
        }
    }
}

impl Profile {
    /// The headers that are filled in for each request.
    pub fn filled_headers(&self) -> impl Iterator<Item = &HeaderName> {
        let signatures = self.signature.iter().flat_map(SignatureScheme::headers);
        signatures.chain(&self.event_header).chain(&self.delivery_header)
    }

    /// Attempts at most for an event's type, if they are fewer than the policy's.
    #[must_use]
    pub fn attempts_of(&self, event_type: &EventType) -> Option<u32> {
        let of = |(pattern, most): &(EventPattern, u32)| pattern.matches(event_type).then_some(*most);
        self.max_attempts.iter().filter_map(of).min()
    }
}
