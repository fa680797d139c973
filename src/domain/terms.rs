//! What a webhook was made to be beyond the plain one. Every member's default is the plain webhook.

use std::sync::Arc;
use std::time::Duration;

use super::dialect::Dialect;
use super::event::Key;
use super::form::{PayloadForm, Verification};
use super::scope::Scope;

/// How events are gathered into one delivery: it closes at whichever bound is reached first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// The maximum number of events.
    pub max_events: u32,
    /// Bytes of their data at most.
    pub max_bytes: u32,
    /// How long the first of them waits at most.
    pub max_wait: Duration,
}

/// Who may read a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResourceAuth {
    /// A caller with a token of its account.
    #[default]
    Required,
    /// Anyone who has the URL.
    Token,
}

impl ResourceAuth {
    /// The word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Token => "token",
        }
    }

    /// Both.
    pub const ALL: [Self; 2] = [Self::Required, Self::Token];
}

/// How a delivered `resource_url` may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResourceTerms {
    /// Whether it may be read once only.
    pub one_time: bool,
    /// How long it may be read after its delivery was made, or sent again; `None`: as long as its
    /// event is kept.
    pub ttl: Option<Duration>,
    /// Who may read it.
    pub auth: ResourceAuth,
    /// Whether a body over the profile's `max_body` is replaced by a resource.
    pub when_too_large: bool,
}

/// Templates of a body and of headers, as they were given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// The body's.
    pub payload: Option<Box<str>>,
    /// The headers', a JSON object.
    pub headers: Option<Box<str>>,
    /// Whether variables inside the payload's strings are replaced.
    pub interpolate_strings: bool,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// The API it was made through.
    pub dialect: Dialect,
    /// Only events about this reach it.
    pub scope: Option<Scope>,
    /// Removed once a delivery to it has ended.
    pub once: bool,
    /// Attempts at most, whatever the profile's policy says.
    pub max_attempts: Option<u32>,
    /// What its bodies hold, in place of what the profile says.
    pub payload: Option<PayloadForm>,
    /// Templates of its bodies and headers.
    pub template: Option<Arc<Template>>,
    /// How its events are gathered.
    pub batch: Option<Batch>,
    /// How its resources may be read.
    pub resource: ResourceTerms,
    /// Whether its receiver is informed, once and with DELETE, that it was deactivated.
    pub notify_unsubscribe: bool,
    /// Whether any certificate is accepted; only where the operator allows it.
    pub any_certificate: bool,
    /// The owner's own key for it, by which making it again finds it.
    pub key: Option<Key>,
    /// Whether it was declared with what it is bound to, and follows that declaration.
    pub declared: bool,
    /// How its receiver has to confirm it, in place of what the profile says.
    pub verification: Option<Verification>,
}

impl Terms {
    /// How an event whose body has this form is gathered. A template makes the body of one event, so
    /// those go alone.
    #[must_use]
    pub fn batch_for(&self, form: PayloadForm) -> Option<Batch> {
        self.batch.filter(|_| form != PayloadForm::Template)
    }
}

impl Terms {
    /// What its templates take, in bytes.
    #[must_use]
    pub fn template_bytes(&self) -> usize {
        let Some(Template { payload, headers, .. }) = self.template.as_deref() else { return 0 };
        [payload, headers].into_iter().flatten().map(|text| text.len()).sum()
    }
}
