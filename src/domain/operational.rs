//! Operational events: what the daemon itself has to say, as ordinary events of the account. What one of
//! them says of a webhook is its id and kinds of errors, never its target or what its receiver answered:
//! other webhooks may listen.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::delivery::Reason;
use super::event::NewEvent;
use super::event_type::EventType;
use super::id::{AccountNo, EventId, WebhookId};
use super::outcome::ErrorKind;
use super::reserved::{
    BACKUP_FAILED, BACKUP_FINISHED, DELIVERY_EXHAUSTED, STORE_LOW_SPACE, WEBHOOK_DISABLED, WEBHOOK_EXPIRED,
    WEBHOOK_FAILING, WEBHOOK_RECOVERED,
};
use super::time::Timestamp;
use super::webhook::{DisabledWhy, Failing};

/// Something an account should know about one of its webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A webhook is half-way to being disabled.
    WebhookFailing(Failing),
    /// The daemon gave a webhook up.
    WebhookDisabled {
        /// Why.
        why: DisabledWhy,
        /// The event whose attempt decided it, and its type; `None` when a whole run of failures did.
        by: Option<(EventId, EventType)>,
    },
    /// A webhook that was reported to be failing, or had failed for long enough to be probed, works again.
    WebhookRecovered,
    /// A webhook's expiry has passed.
    WebhookExpired,
    /// A delivery used its attempts up, or failed for good before that.
    DeliveryExhausted {
        /// Its event.
        event: EventId,
        /// Its event's type.
        event_type: EventType,
        /// Why it was given up.
        reason: Reason,
    },
}

impl Notice {
    /// The type of the event that says so.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::WebhookFailing(_) => WEBHOOK_FAILING,
            Self::WebhookDisabled { .. } => WEBHOOK_DISABLED,
            Self::WebhookRecovered => WEBHOOK_RECOVERED,
            Self::WebhookExpired => WEBHOOK_EXPIRED,
            Self::DeliveryExhausted { .. } => DELIVERY_EXHAUSTED,
        }
    }

    /// The event that says so of one webhook.
    #[must_use]
    pub fn event(
        &self,
        account: AccountNo,
        webhook: WebhookId,
        last_error: Option<ErrorKind>,
    ) -> Option<NewEvent> {
        let mut data = Map::new();
        data.insert("count".into(), 1.into());
        data.insert("webhook_id".into(), webhook.to_string().into());
        match self {
            Self::WebhookFailing(run) => {
                data.insert("failing_since".into(), run.since.to_string().into());
                data.insert("attempts".into(), run.attempts.into());
            }
            Self::WebhookDisabled { why, by } => {
                data.insert("reason".into(), why.as_str().into());
                by.iter().for_each(|(event, event_type)| name(&mut data, *event, event_type));
            }
            Self::DeliveryExhausted { event, event_type, reason } => {
                data.insert("reason".into(), reason.as_str().into());
                name(&mut data, *event, event_type);
            }
            Self::WebhookRecovered | Self::WebhookExpired => {}
        }
        if let Some(error) = last_error {
            data.insert("last_error".into(), error.as_str().into());
        }
        event(account, self.name(), &data.into())
    }
}

fn name(members: &mut Map<String, Value>, event: EventId, event_type: &EventType) {
    members.insert("event_id".into(), event.to_string().into());
    members.insert("event_type".into(), event_type.as_str().into());
}

/// Notices of one type that came too fast to be emitted one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Many {
    /// Their type.
    pub name: &'static str,
    /// How many there were.
    pub count: u64,
    /// Some of the webhooks they are about.
    pub webhooks: Vec<WebhookId>,
    /// When the first of them was.
    pub since: Timestamp,
}

impl Many {
    /// The event about them together.
    #[must_use]
    pub fn event(&self, account: AccountNo) -> Option<NewEvent> {
        let ids: Vec<String> = self.webhooks.iter().map(ToString::to_string).collect();
        let data = json!({"count": self.count, "webhook_ids": ids, "since": self.since.to_string()});
        event(account, self.name, &data)
    }
}

/// Something about the daemon as a whole that its operator should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DaemonNotice {
    /// The disk or the store's own budget is nearly full.
    StoreLowSpace {
        /// Free bytes of the file system.
        free: u64,
        /// Free bytes below which no event is accepted.
        floor: u64,
        /// Whether it has come to that.
        full: bool,
    },
    /// A scheduled backup was made.
    BackupFinished {
        /// Its file's name.
        file: String,
        /// Its bytes.
        bytes: u64,
    },
    /// A scheduled backup was not made.
    BackupFailed {
        /// What kind of error it was; the log has its text, which may name paths of the host.
        error: String,
    },
}

impl DaemonNotice {
    /// The event that says so.
    #[must_use]
    pub fn event(&self, account: AccountNo) -> Option<NewEvent> {
        match self {
            Self::StoreLowSpace { free, floor, full } => {
                let data = json!({"disk_free_bytes": free, "disk_free_floor": floor, "full": full});
                event(account, STORE_LOW_SPACE, &data)
            }
            Self::BackupFinished { file, bytes } => {
                event(account, BACKUP_FINISHED, &json!({ "file": file, "bytes": bytes }))
            }
            Self::BackupFailed { error } => event(account, BACKUP_FAILED, &json!({ "error": error })),
        }
    }
}

fn event(account: AccountNo, name: &str, data: &Value) -> Option<NewEvent> {
    Some(NewEvent {
        account,
        event_type: name.parse().ok()?,
        source_id: None,
        occurred_at: None,
        order_key: None,
        metadata: None,
        data: Arc::from(data.to_string().into_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{Seq, WebhookNo};
    use crate::domain::reserved::TYPES;

    const PAGE: &str = include_str!("../../docs/operational-events.md");

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// One of each, as it is emitted.
    fn all() -> Vec<NewEvent> {
        let account = AccountNo(1);
        let webhook = WebhookId::new(at(1), WebhookNo(2), 3);
        let failed = (EventId::new(at(1), Seq(2), 3), "order.paid".parse::<EventType>().unwrap());
        let (event, event_type) = failed.clone();
        let why = DisabledWhy::Failing;
        let run = Failing { since: at(5), attempts: 5, warned: true };
        let of = |notice: Notice, error| notice.event(account, webhook, error).unwrap();
        let status = Some(ErrorKind::Status);
        let many = Many { name: DELIVERY_EXHAUSTED, count: 290, webhooks: vec![webhook], since: at(7) };
        let daemon = [
            DaemonNotice::StoreLowSpace { free: 1, floor: 2, full: false },
            DaemonNotice::BackupFinished { file: "f".into(), bytes: 1 },
            DaemonNotice::BackupFailed { error: "permission denied".into() },
        ];
        [
            of(Notice::WebhookFailing(run), status),
            of(Notice::WebhookDisabled { why, by: Some(failed) }, status),
            of(Notice::WebhookDisabled { why, by: None }, status),
            of(Notice::WebhookRecovered, None),
            of(Notice::WebhookExpired, None),
            of(Notice::DeliveryExhausted { event, event_type, reason: Reason::Exhausted }, status),
            many.event(account).unwrap(),
        ]
        .into_iter()
        .chain(daemon.iter().map(|notice| notice.event(account).unwrap()))
        .collect()
    }

    /// What a value looks like, whatever it is.
    fn form(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), form(value))).collect()
            }
            Value::Array(_) => "array".into(),
            Value::String(_) => "string".into(),
            Value::Number(_) => "number".into(),
            Value::Bool(_) => "bool".into(),
            Value::Null => "null".into(),
        }
    }

    #[test]
    fn the_pages_examples_look_like_what_is_emitted() {
        let emitted = |event: &NewEvent| {
            let data: Value = serde_json::from_slice(&event.data).unwrap();
            json!({"type": event.event_type.as_str(), "data": form(&data)}).to_string()
        };
        let shown = |block: &str| {
            let body = block.split("```").next().unwrap();
            let value: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"));
            json!({"type": value["type"], "data": form(&value["data"])}).to_string()
        };
        let mut real: Vec<String> = all().iter().map(emitted).collect();
        let mut page: Vec<String> = PAGE.split("```json").skip(1).map(shown).collect();
        real.sort();
        page.sort();
        assert_eq!(real, page);
        for name in TYPES {
            assert!(real.iter().any(|event| event.contains(&format!("\"type\":\"{name}\""))), "{name}");
        }
    }
}
