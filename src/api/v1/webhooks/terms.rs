//! What a webhook may be made to be beyond the plain one: its events gathered into batches, and how
//! the resources it hears about may be read.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::words::OneOf;
use crate::domain::terms::{Batch, ResourceAuth, ResourceTerms};
use crate::http::document::Faults;
use crate::limits;

/// How events are batched into one delivery; a batch closes at the first limit it reaches.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchBody {
    /// The maximum number of events.
    #[schemars(range(min = 1, max = limits::BATCH_EVENTS))]
    max_events: u32,
    /// How long the first event waits at most, in milliseconds.
    #[schemars(range(min = 1, max = BATCH_WAIT_MS))]
    max_wait_ms: u64,
    /// The maximum number of bytes of their data; a larger event is sent alone. 1 MiB by default.
    #[serde(default = "batch_bytes")]
    #[schemars(range(min = 1, max = limits::BATCH_BYTES))]
    max_bytes: u32,
}

const BATCH_WAIT_MS: u64 = limits::BATCH_WAIT.as_secs() * 1000;
const TTL_SECONDS: u64 = limits::RESOURCE_TTL.as_secs();

fn batch_bytes() -> u32 {
    limits::BATCH_BYTES_DEFAULT
}

impl BatchBody {
    /// The terms, if every bound can be.
    pub fn check(self, faults: &mut Faults) -> Option<Batch> {
        let Self { max_events, max_wait_ms, max_bytes } = self;
        let mut within = |name: &str, value: u64, most: u64| {
            let fits = (1..=most).contains(&value);
            if !fits {
                faults.add(&format!("/batch/{name}"), format_args!("must be 1 to {most}"));
            }
            fits
        };
        let events = within("max_events", max_events.into(), limits::BATCH_EVENTS.into());
        let wait = within("max_wait_ms", max_wait_ms, BATCH_WAIT_MS);
        let bytes = within("max_bytes", max_bytes.into(), limits::BATCH_BYTES.into());
        let max_wait = Duration::from_millis(max_wait_ms);
        (events && wait && bytes).then_some(Batch { max_events, max_bytes, max_wait })
    }
}

impl From<Batch> for BatchBody {
    fn from(batch: Batch) -> Self {
        let max_wait_ms = u64::try_from(batch.max_wait.as_millis()).unwrap_or(u64::MAX);
        Self { max_events: batch.max_events, max_wait_ms, max_bytes: batch.max_bytes }
    }
}

/// How a delivered `resource_url` may be read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResourceBody {
    /// Whether it may be read only once.
    one_time: bool,
    /// How long after the event; null: as long as the event is kept.
    #[schemars(range(min = 1, max = TTL_SECONDS))]
    ttl_seconds: Option<u64>,
    /// `required`: by a caller with a token of the account; `token`: by anyone who has the URL.
    auth: OneOf<ResourceAuth>,
    /// Whether an event whose body would be larger than the profile sends is replaced by a
    /// `resource_url`; else its delivery fails.
    when_too_large: bool,
}

impl Default for ResourceBody {
    fn default() -> Self {
        ResourceTerms::default().into()
    }
}

impl ResourceBody {
    /// The terms, if every member can be.
    pub fn check(self, faults: &mut Faults) -> Option<ResourceTerms> {
        let Self { one_time, ttl_seconds, auth, when_too_large } = self;
        let lives = ttl_seconds.is_none_or(|seconds| (1..=TTL_SECONDS).contains(&seconds));
        if !lives {
            faults.add("/resource/ttl_seconds", format_args!("must be 1 to {TTL_SECONDS}"));
        }
        let ttl = ttl_seconds.map(Duration::from_secs);
        lives.then_some(ResourceTerms { one_time, ttl, auth: auth.0, when_too_large })
    }
}

impl From<ResourceTerms> for ResourceBody {
    fn from(terms: ResourceTerms) -> Self {
        let ResourceTerms { one_time, ttl, auth, when_too_large } = terms;
        let ttl_seconds = ttl.map(|ttl| ttl.as_secs());
        Self { one_time, ttl_seconds, auth: OneOf(auth), when_too_large }
    }
}
