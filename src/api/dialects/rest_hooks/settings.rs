//! What a subscriber asks for. Its clients name the target as their framework does, and send members that
//! have no meaning.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::conditions::Conditions;
use crate::api::members::window;
use crate::api::words::{OneOf, Words, words};
use crate::app::webhooks::Draft;
use crate::domain::event_type::EventPattern;
use crate::domain::json;
use crate::domain::terms::{Batch, ResourceAuth};
use crate::domain::time::Timestamp;
use crate::domain::webhook;
use crate::http::document::Faults;
use crate::limits;

/// What the target is called, the first of them that is there, and where that stands.
const TARGET: [(&str, &str); 7] = [
    ("target_url", "/target_url"),
    ("targetUrl", "/targetUrl"),
    ("url", "/url"),
    ("target", "/target"),
    ("hookUrl", "/hookUrl"),
    ("subscription_url", "/subscription_url"),
    ("hook_url", "/hook_url"),
];
/// The other members that have a meaning of their own; all else is a condition on the data.
const KNOWN: [&str; 11] = [
    "event",
    "events",
    "kind",
    "expires_in",
    "expiration_date",
    "batch",
    "one_time",
    "ttl_seconds",
    "auth",
    "when_too_large",
    "notify_unsubscribe",
];

/// What the event is called where `event` and `events` are not there, the first of them that is.
const EVENT: [&str; 6] = ["event_type", "eventType", "trigger", "topic", "hook_event", "type"];
/// What clients send about themselves or about a list, and never about the data.
const IGNORED: [&str; 6] = ["zap_id", "name", "page", "per_page", "sort", "order"];

/// Whether a member, or a parameter of samples, asks nothing of the data.
#[must_use]
pub fn asks_nothing(name: &str) -> bool {
    EVENT.contains(&name) || IGNORED.contains(&name)
}

/// What is delivered: a profile each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The data.
    Rest,
    /// Where the data is to be read.
    Notification,
}

impl Kind {
    /// The word in requests and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Notification => "notification",
        }
    }

    /// The profile it is served by.
    #[must_use]
    pub fn profile(self) -> &'static str {
        match self {
            Self::Rest => "rest-hooks",
            Self::Notification => "notification-hooks",
        }
    }

    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Rest, Self::Notification];
}

words! { Kind "HookKind" }

/// A subscription to create. The target may be called `target_url`,
/// `targetUrl`, `url`, `target`, `hookUrl`, `subscription_url` or `hook_url`, the event `event_type`, `eventType`,
/// `trigger`, `topic`, `hook_event` or `type`. `zap_id`, `name`, `page`, `per_page`, `sort` and `order` are passed
/// over. Any other member that is a text, a number, true or false is a condition on the data's member of the same
/// name, and the answer's `filter` shows it.
#[derive(Serialize, JsonSchema)]
pub struct HookBody {
    /// Its URL.
    target_url: String,
    /// The event's type, or a pattern; by default everything.
    event: Option<String>,
    /// Several of them.
    events: Option<Vec<String>>,
    /// `rest`: the data is delivered; `notification`: where to read it.
    kind: Option<OneOf<Kind>>,
    /// Seconds, or a duration such as `30d`, after which nothing is sent.
    expires_in: Option<Value>,
    /// The time, instead of a duration.
    #[schemars(extend("format" = "date-time"))]
    expiration_date: Option<String>,
    /// How events are batched: `max_events`, `max_wait_ms`, `max_bytes`.
    batch: Option<Map<String, Value>>,
    /// Whether a resource may be read once only.
    one_time: Option<bool>,
    /// How long a resource may be read.
    ttl_seconds: Option<u64>,
    /// Who may read a resource.
    auth: Option<OneOf<ResourceAuth>>,
    /// Whether a body that is too large is replaced by a resource.
    when_too_large: Option<bool>,
    /// Whether its target gets a DELETE request when it is deactivated.
    notify_unsubscribe: Option<bool>,
}

/// A subscriber's document.
#[derive(Debug)]
pub struct Members {
    /// Its members.
    pub values: Map<String, Value>,
    /// Their texts: a number there has all of its digits.
    texts: BTreeMap<String, Box<RawValue>>,
}

impl Members {
    /// Of a document's members as they are written.
    #[must_use]
    pub fn new(texts: BTreeMap<String, Box<RawValue>>) -> Self {
        let value = |text: &RawValue| json::value(text.get().as_bytes()).unwrap_or_default();
        Self { values: texts.iter().map(|(name, text)| (name.clone(), value(text))).collect(), texts }
    }
}

/// A subscriber's document and what is wrong with it.
pub struct Settings<'a> {
    members: &'a Map<String, Value>,
    texts: &'a BTreeMap<String, Box<RawValue>>,
    faults: &'a mut Faults,
}

/// The target a document names, by whatever name, and where it stands.
#[must_use]
pub fn target(members: &Map<String, Value>) -> Option<(&'static str, &Value)> {
    TARGET
        .iter()
        .find_map(|(name, pointer)| Some((*pointer, members.get(*name).filter(|value| !value.is_null())?)))
}

impl<'a> Settings<'a> {
    /// Over a document.
    pub fn new(members: &'a Members, faults: &'a mut Faults) -> Self {
        Self { members: &members.values, texts: &members.texts, faults }
    }

    /// Puts the target into a draft; where it stands in the document.
    pub fn target(&mut self, draft: &mut Draft) -> &'static str {
        let Some((pointer, value)) = target(self.members) else { return "/target_url" };
        draft.url = self.faults.check(pointer, value.as_str().map(str::to_owned).ok_or("must be a string"));
        pointer
    }

    /// Puts what is asked for into a draft.
    pub fn apply(&mut self, settings: &mut webhook::Settings, now: Timestamp) {
        settings.events = self.events();
        let kind = self.text("kind").and_then(|word| {
            self.faults.check("/kind", Kind::of_word(word).ok_or("must be rest or notification"))
        });
        settings.profile = kind.unwrap_or(Kind::Rest).profile().to_owned();
        settings.expires_at = self.expiry(now);
        settings.terms.batch = self.batch();
        settings.terms.resource.one_time = self.flag("one_time");
        settings.terms.resource.ttl = self.ttl();
        let auth =
            self.text("auth").map(|word| ResourceAuth::of_word(word).ok_or("must be required or token"));
        let auth = auth.and_then(|auth| self.faults.check("/auth", auth));
        settings.terms.resource.auth = auth.unwrap_or_default();
        settings.terms.resource.when_too_large = self.flag("when_too_large");
        settings.terms.notify_unsubscribe = self.flag("notify_unsubscribe");
        let mut conditions = Conditions::default();
        let named = |name: &str| {
            TARGET.iter().any(|(target, _)| *target == name) || KNOWN.contains(&name) || asks_nothing(name)
        };
        for (name, text) in self.texts.iter().filter(|(name, _)| !named(name)) {
            conditions.add(name, text.get());
        }
        settings.filter = self.faults.check("", conditions.filter()).flatten();
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn text(&mut self, name: &str) -> Option<&'a str> {
        let value = self.get(name)?;
        self.faults.check(&format!("/{name}"), value.as_str().ok_or("must be a string"))
    }

    fn flag(&mut self, name: &str) -> bool {
        let Some(value) = self.get(name) else { return false };
        let flag = value.as_bool().ok_or("must be true or false");
        self.faults.check(&format!("/{name}"), flag).unwrap_or(false)
    }

    /// The events; everything when none is named.
    fn events(&mut self) -> Vec<EventPattern> {
        let mut texts: Vec<(String, &Value)> = Vec::new();
        let names =
            std::iter::once("event").chain(EVENT.into_iter().filter(|_| self.get("events").is_none()));
        let mut named = names.filter_map(|name| Some((format!("/{name}"), self.get(name)?)));
        texts.extend(named.next());
        match self.get("events") {
            None => {}
            Some(Value::Array(all)) if (1..=limits::EVENT_PATTERNS).contains(&all.len()) => {
                texts.extend(all.iter().enumerate().map(|(at, value)| (format!("/events/{at}"), value)));
            }
            Some(_) => {
                let most = limits::EVENT_PATTERNS;
                self.faults.add("/events", format_args!("must be a list of 1 to {most} events"));
            }
        }
        let mut events = Vec::with_capacity(texts.len());
        for (pointer, value) in texts {
            let text = self.faults.check(&pointer, value.as_str().ok_or("must be a string"));
            if let Some(pattern) = self.faults.parse(&pointer, text)
                && !events.contains(&pattern)
            {
                events.push(pattern);
            }
        }
        if events.is_empty() { vec![EventPattern::All] } else { events }
    }

    fn expiry(&mut self, now: Timestamp) -> Option<Timestamp> {
        if let Some(value) = self.get("expires_in") {
            let wait = match value {
                Value::String(text) => window(text).or_else(|| window(&format!("{text}s"))),
                number => number.as_u64().and_then(|seconds| window(&format!("{seconds}s"))),
            };
            let wrong = "must be seconds, or a duration such as \"30d\", at most 366 days";
            return self.faults.check("/expires_in", wait.ok_or(wrong)).map(|wait| now.plus(wait));
        }
        let text = self.text("expiration_date");
        self.faults.parse("/expiration_date", text)
    }

    fn batch(&mut self) -> Option<Batch> {
        let value = self.get("batch")?;
        let members = value.as_object().ok_or("must be an object");
        let members = self.faults.check("/batch", members)?;
        let mut within = |name: &str, default: u64, most: u64| {
            let value = members.get(name).map_or(Some(default), Value::as_u64);
            let value = value.filter(|value| (1..=most).contains(value));
            self.faults.check(&format!("/batch/{name}"), value.ok_or_else(|| format!("must be 1 to {most}")))
        };
        let events = within("max_events", 100, limits::BATCH_EVENTS.into());
        let bytes = within("max_bytes", limits::BATCH_BYTES_DEFAULT.into(), limits::BATCH_BYTES.into());
        let wait = within("max_wait_ms", 1000, limits::BATCH_WAIT.as_secs() * 1000);
        Some(Batch {
            max_events: u32::try_from(events?).ok()?,
            max_bytes: u32::try_from(bytes?).ok()?,
            max_wait: Duration::from_millis(wait?),
        })
    }

    fn ttl(&mut self) -> Option<Duration> {
        let seconds = self.get("ttl_seconds")?.as_u64();
        let most = limits::RESOURCE_TTL.as_secs();
        let seconds = seconds.filter(|seconds| (1..=most).contains(seconds));
        let seconds = seconds.ok_or_else(|| format!("must be 1 to {most}"));
        self.faults.check("/ttl_seconds", seconds).map(Duration::from_secs)
    }
}
