//! A webhook's settings in requests: one form for making and changing, each member checked by the
//! domain's own constructors.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use http::{HeaderName, HeaderValue};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::terms::{BatchBody, ResourceBody};
use crate::api::context::Context;
use crate::api::events::post::metadata;
use crate::app::masked;
use crate::app::webhooks::Draft;
use crate::domain::event_type::EventPattern;
use crate::domain::filter::Filter;
use crate::domain::header::{MASK, check_custom_header};
use crate::domain::profile::{Profile, Verification};
use crate::domain::webhook::{Ordering, RateLimit};
use crate::http::document::{Faults, object};
use crate::limits;

/// A member that may be absent, null, or there.
pub(in crate::api) type Given<T> = Option<Option<T>>;

pub(in crate::api) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Given<T>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

fn given_object<'de, T: DeserializeOwned, D: Deserializer<'de>>(from: D) -> Result<Given<T>, D::Error> {
    object(from).map(Some)
}

/// Settings to make or change. When changing, a member that is left out stays as it is, and null
/// sets it back; `headers` and `metadata` are merged member by member.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookPatch {
    /// Where it is served. Where receivers have to confirm, another one is its `pending_url` until its
    /// receiver has, and it is served where it was.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "String")]
    pub(super) url: Given<String>,
    /// The types it listens to: names, `order.*`, or `*`, which is the default unless its profile has
    /// another.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) events: Given<Vec<Value>>,
    /// How to render, sign and retry: a configured profile's name.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<String>")]
    profile: Given<String>,
    /// A note for people.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<String>")]
    description: Given<String>,
    /// What it signs with: `whsec_…`, base64 without that, or `whsk_…`; for profiles that sign with the secret's
    /// text, any text. One is made unless given. Only when it is made.
    pub(super) secret: Option<String>,
    /// Headers on its requests.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<BTreeMap<String, Option<String>>>")]
    headers: Given<BTreeMap<String, Option<String>>>,
    /// Which data it wants: an object of members and values, or a JSONPath query as a string.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<Value>")]
    filter: Given<Box<RawValue>>,
    /// How fast it may be served.
    #[serde(deserialize_with = "given_object")]
    #[schemars(with = "Option<RateLimitBody>")]
    rate_limit: Given<RateLimitBody>,
    /// How many attempts at once.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::LANE_IN_FLIGHT_MAX))]
    max_in_flight: Given<u32>,
    /// `none`, `webhook` or `key`. Cannot be changed.
    ordering: Option<String>,
    /// Whether events are kept for it while it is paused, disabled or not confirmed yet; they are unless it is
    /// false.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<bool>")]
    collect: Given<bool>,
    /// After this time nothing is sent.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    expires_at: Given<String>,
    /// How its events are gathered into lists; null: each goes alone.
    #[serde(deserialize_with = "given_object")]
    #[schemars(with = "Option<BatchBody>")]
    batch: Given<BatchBody>,
    /// How the resources it is told of may be read.
    #[serde(deserialize_with = "given_object")]
    #[schemars(with = "Option<ResourceBody>")]
    resource: Given<ResourceBody>,
    /// The owner's labels: an object.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<Map<String, Value>>")]
    metadata: Given<Box<RawValue>>,
    /// How its receiver has to confirm it before anything is sent: `x-hook-secret`, `cloudevents`, `websub`
    /// or `challenge`; null: as its profile says.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<String>")]
    verification: Given<String>,
}

/// A rate limit.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimitBody {
    /// Attempts per second in the long run.
    per_second: f64,
    /// Attempts that may start at once; `per_second` rounded up unless given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100_000))]
    burst: Option<u32>,
}

/// The settings of a new webhook, for the API's description.
pub struct WebhookBody;

impl JsonSchema for WebhookBody {
    fn schema_name() -> Cow<'static, str> {
        "WebhookBody".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = WebhookPatch::json_schema(generator);
        schema.insert("required".to_owned(), json!(["url"]));
        schema
    }
}

impl WebhookPatch {
    /// Puts what is given into `draft`; whatever has no meaning is a fault.
    pub(super) fn apply(self, draft: &mut Draft, context: &Context, faults: &mut Faults) {
        if self.url == Some(None) {
            faults.add("/url", "must be a URL; a webhook needs one");
        }
        draft.url = self.url.flatten();
        let webhook = &mut draft.webhook;
        if let Some(profile) = self.profile {
            webhook.profile = profile.unwrap_or_else(|| context.rules().profiles.default_name().to_owned());
        }
        match self.events {
            None => {}
            Some(None) => webhook.events = default_events(context.rules().profiles.of(webhook)),
            Some(Some(events)) => webhook.events = patterns(&events, faults),
        }
        if let Some(description) = self.description {
            webhook.description = crate::api::tokens::description(description, faults);
        }
        match self.headers {
            None => {}
            Some(None) => webhook.headers.clear(),
            Some(Some(changes)) => merge_headers(&mut webhook.headers, changes, faults),
        }
        if let Some(filter) = self.filter {
            webhook.filter = filter.and_then(|text| parsed_filter(text.get(), faults));
        }
        if let Some(limit) = self.rate_limit {
            webhook.rate_limit = limit.and_then(|limit| rate_limit(limit, faults));
        }
        if let Some(most) = self.max_in_flight {
            webhook.max_in_flight = most;
            if most.is_some_and(|most| !(1..=limits::LANE_IN_FLIGHT_MAX).contains(&most)) {
                faults.add("/max_in_flight", format_args!("must be 1 to {}", limits::LANE_IN_FLIGHT_MAX));
            }
        }
        if let Some(word) = self.ordering {
            let ordering = Ordering::parse(&word).ok_or("must be one of none, webhook, key");
            set(&mut webhook.ordering, faults.check("/ordering", ordering));
        }
        if let Some(collect) = self.collect {
            webhook.collect = collect.unwrap_or(true);
        }
        if let Some(at) = self.expires_at {
            webhook.expires_at = faults.parse("/expires_at", at.as_deref());
        }
        if let Some(batch) = self.batch {
            webhook.terms.batch = batch.and_then(|batch| batch.check(faults));
        }
        if let Some(resource) = self.resource {
            let terms = resource.unwrap_or_default().check(faults);
            webhook.terms.resource = terms.unwrap_or_default();
        }
        if let Some(kind) = self.verification {
            let kind = kind.map(|word| Verification::parse(&word));
            webhook.terms.verification = kind.and_then(|kind| faults.check("/verification", kind));
        }
        match self.metadata {
            None => {}
            Some(None) => webhook.metadata = None,
            Some(Some(text)) => webhook.metadata = merge_metadata(webhook.metadata.as_deref(), &text, faults),
        }
    }
}

fn set<T>(slot: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *slot = value;
    }
}

/// What a webhook listens to unless it is said.
fn default_events(profile: &Profile) -> Vec<EventPattern> {
    match profile.default_events.as_slice() {
        [] => vec![EventPattern::All],
        events => events.to_vec(),
    }
}

fn patterns(texts: &[Value], faults: &mut Faults) -> Vec<EventPattern> {
    if texts.is_empty() || texts.len() > limits::EVENT_PATTERNS {
        faults.add("/events", format_args!("must hold 1 to {} types or patterns", limits::EVENT_PATTERNS));
        return Vec::new();
    }
    let mut patterns: Vec<EventPattern> = Vec::with_capacity(texts.len());
    for (at, text) in texts.iter().enumerate() {
        let pointer = format!("/events/{at}");
        let text = faults.check(&pointer, text.as_str().ok_or("must be a string"));
        if let Some(pattern) = faults.parse(&pointer, text)
            && !patterns.contains(&pattern)
        {
            patterns.push(pattern);
        }
    }
    patterns
}

fn parsed_filter(text: &str, faults: &mut Faults) -> Option<Filter> {
    let parsed = Filter::parse(text).ok();
    if parsed.is_none() {
        for (place, error) in Filter::faults(text) {
            faults.add(&format!("/filter{place}"), error);
        }
    }
    parsed
}

fn merge_headers(
    headers: &mut Vec<(HeaderName, HeaderValue)>,
    changes: BTreeMap<String, Option<String>>,
    faults: &mut Faults,
) {
    // All there are may be taken away, and as many put in: each is compared with all others.
    let most = 2 * limits::CUSTOM_HEADERS;
    if changes.len() > most {
        faults.add("/headers", format_args!("may name at most {most} headers at once"));
        return;
    }
    let mut named = HashSet::new();
    for (name, value) in changes {
        let mut pointer = String::from("/headers");
        crate::http::json_check::push(&mut pointer, &name);
        if !named.insert(name.to_ascii_lowercase()) {
            faults.add(&pointer, "is named twice; header names ignore case");
        }
        let same = |(known, _): &(HeaderName, HeaderValue)| known.as_str().eq_ignore_ascii_case(&name);
        if value.as_deref() == Some(MASK) {
            // As answers show it.
            if !headers.iter().any(same) {
                faults.add(&pointer, masked::UNKNOWN);
            }
            continue;
        }
        if value.as_deref().is_some_and(|value| value.contains(MASK)) {
            faults.add(&pointer, masked::UNKNOWN);
            continue;
        }
        headers.retain(|header| !same(header));
        let Some(value) = value else { continue };
        if let Some(header) = faults.check(&pointer, check_custom_header(&name, &value)) {
            headers.push(header);
        }
    }
}

fn rate_limit(limit: RateLimitBody, faults: &mut Faults) -> Option<RateLimit> {
    let per_second = limit.per_second;
    let paced = per_second.is_finite() && (0.001..=100_000.0).contains(&per_second);
    if !paced {
        faults.add("/rate_limit/per_second", "must be 0.001 to 100000");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped in the same breath")]
    let burst = limit.burst.unwrap_or(per_second.clamp(1.0, 100_000.0).ceil() as u32);
    let bounded = (1..=100_000).contains(&burst);
    if !bounded {
        faults.add("/rate_limit/burst", "must be 1 to 100000");
    }
    (paced && bounded).then_some(RateLimit { per_second, burst })
}

/// Labels with some changed, each as it is written; null takes one away (RFC 7396).
fn merge_metadata(before: Option<&str>, change: &RawValue, faults: &mut Faults) -> Option<Box<str>> {
    metadata(change.get(), faults)?;
    let mut all: BTreeMap<String, &RawValue> =
        before.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let change: Result<BTreeMap<String, &RawValue>, _> = serde_json::from_str(change.get());
    let rule = "may only have members whose names are valid Unicode, without half a surrogate pair";
    for (name, value) in faults.check("/metadata", change.map_err(|_| rule))? {
        if value.get() == "null" {
            all.remove(&name);
        } else {
            all.insert(name, value);
        }
    }
    metadata(&serde_json::to_string(&all).ok()?, faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_counted_before_they_are_compared() {
        let merged = |count: usize| {
            let changes = (0..count).map(|n| (format!("x-{n}"), Some("1".to_owned()))).collect();
            let (mut headers, mut faults) = (Vec::new(), Faults::default());
            merge_headers(&mut headers, changes, &mut faults);
            (headers.len(), faults.done().err().map_or(vec![], |problem| problem.errors))
        };
        let most = 2 * limits::CUSTOM_HEADERS;
        assert_eq!(merged(most), (most, vec![]));
        let (none, faults) = merged(17_000);
        let told: Vec<_> = faults.iter().map(|fault| (&*fault.pointer, &*fault.detail)).collect();
        assert_eq!((none, told), (0, vec![("/headers", "may name at most 64 headers at once")]));
    }
}
