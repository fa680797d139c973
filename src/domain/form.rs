//! What a body holds, and how a receiver confirms a webhook: words that profiles, webhooks and deliveries share.

use crate::limits;

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

impl PayloadForm {
    /// How many bytes of data surely fit a body of `max_body`.
    #[must_use]
    pub fn room(self, max_body: usize) -> usize {
        match self {
            Self::Data => max_body,
            Self::Envelope | Self::Stamped | Self::CloudEvents => {
                max_body.saturating_sub(limits::ENVELOPE_BYTES)
            }
            // What these hold does not grow with the data.
            Self::ResourceUrl | Self::Template => usize::MAX,
        }
    }
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
