//! Profiles: how to render, sign, send and retry. A profile is data; nothing here knows a brand.

mod built_in;

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::event_type::{EventPattern, EventType};
use super::retry::{OnGone, RetryOn, RetryPolicy, Waits};
use super::webhook::Webhook;

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
    /// A token in one header, signed with the daemon's own key, which receivers fetch.
    Jwt {
        /// The header's name.
        header: HeaderName,
        /// How it is signed; `None`: as the store was made for.
        algorithm: Option<JwtAlgorithm>,
    },
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

/// What a body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadForm {
    /// `{"id","type","timestamp","data"}`.
    Envelope,
    /// The event's `data`, byte for byte.
    Data,
    /// `{"event","delivered_at","data"}`; `delivered_at` is the time of the attempt, and the one part
    /// of any body that a retry changes.
    Stamped,
    /// `{"resource_url"}`: where the data is to be read.
    ResourceUrl,
    /// What the webhook's template gave when the event was accepted.
    Template,
    /// A structured CloudEvent.
    CloudEvents,
}

/// How a receiver has to confirm that it wants a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// A POST with `X-Hook-Secret`, which the answer has to echo.
    HookSecret,
    /// OPTIONS with `WebHook-Request-Origin`, to be allowed by `WebHook-Allowed-Origin`.
    CloudEvents,
    /// GET with `hub.challenge`, to be echoed in the body.
    WebSub,
    /// POST of `{"type":"url_verification","challenge"}`, to be echoed.
    Challenge,
}

impl Verification {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::HookSecret, Self::CloudEvents, Self::WebSub, Self::Challenge];

    /// The word in the API and the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HookSecret => "x-hook-secret",
            Self::CloudEvents => "cloudevents",
            Self::WebSub => "websub",
            Self::Challenge => "challenge",
        }
    }

    /// The kind of a word.
    ///
    /// # Errors
    /// Names the words there are.
    pub fn parse(word: &str) -> Result<Self, String> {
        let words = Self::ALL.map(Self::as_str).join(", ");
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| format!("must be one of {words}"))
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
    /// Whether a 2xx counts only once its answer was read to the end; else its status line decides.
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
    /// Attempts at most for an event's type, if they are fewer than the policy's.
    #[must_use]
    pub fn attempts_of(&self, event_type: &EventType) -> Option<u32> {
        let of = |(pattern, most): &(EventPattern, u32)| pattern.matches(event_type).then_some(*most);
        self.max_attempts.iter().filter_map(of).min()
    }
}

/// All profiles by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Profiles {
    named: BTreeMap<String, Profile>,
    fallback: Profile,
    /// The profile of webhooks that name none.
    default: String,
    /// How receivers have to confirm webhooks where neither the webhook nor its profile says how.
    required: Option<Verification>,
}

impl Profiles {
    /// The built-in profiles, overlaid with `configured`.
    #[must_use]
    pub fn new(configured: impl IntoIterator<Item = (String, Profile)>) -> Self {
        let mut all = built_in::all();
        all.extend(configured);
        let fallback = all.get(DEFAULT_PROFILE).cloned().unwrap_or_default();
        Self { named: all, fallback, default: DEFAULT_PROFILE.to_owned(), required: None }
    }

    /// With a profile, which must be one of these, for webhooks that name none.
    #[must_use]
    pub fn defaulting(self, default: String) -> Self {
        Self { default, ..self }
    }

    /// The profile of webhooks that name none.
    #[must_use]
    pub fn default_name(&self) -> &str {
        &self.default
    }

    /// With a confirmation that no profile can do without: one may say another way, but not none.
    #[must_use]
    pub fn requiring(self, required: Option<Verification>) -> Self {
        Self { required, ..self }
    }

    /// The confirmation that every webhook needs.
    #[must_use]
    pub fn required(&self) -> Option<Verification> {
        self.required
    }

    /// The profile of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.named.get(name)
    }

    /// The profile a webhook is served by. One whose profile is no longer configured is served by
    /// the default, so that its deliveries go on.
    #[must_use]
    pub fn of(&self, webhook: &Webhook) -> &Profile {
        self.get(&webhook.profile).unwrap_or(&self.fallback)
    }

    /// How the receiver of a webhook has to confirm it: as its terms say, else as its profile does, else as
    /// all have to.
    #[must_use]
    pub fn verification(&self, webhook: &Webhook) -> Option<Verification> {
        webhook.terms.verification.or(self.of(webhook).verification).or(self.required)
    }

    /// Every profile by its name, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Profile)> {
        self.named.iter().map(|(name, profile)| (name.as_str(), profile))
    }

    /// The names there are, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }
}
