//! Operational events: what the daemon itself has to say, as ordinary events of the account.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::event::NewEvent;
use super::event_type::EventType;
use super::id::{AccountNo, EventId};
use super::webhook::{DisabledWhy, Webhook};

const WEBHOOK_DISABLED: &str = "webhook.disabled";
const WEBHOOK_RECOVERED: &str = "webhook.recovered";
const WEBHOOK_EXPIRED: &str = "webhook.expired";
const DELIVERY_EXHAUSTED: &str = "delivery.exhausted";
const BACKUP_FINISHED: &str = "backup.finished";
const BACKUP_FAILED: &str = "backup.failed";

/// Something an account should know about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The daemon gave a webhook up.
    WebhookDisabled {
        /// Why.
        why: DisabledWhy,
        /// The event whose attempt decided it, and its type; `None` when a whole run of failures did.
        by: Option<(EventId, EventType)>,
    },
    /// A webhook that had failed for long enough to be probed works again.
    WebhookRecovered,
    /// A webhook's expiry has passed.
    WebhookExpired,
    /// A delivery used its attempts up.
    DeliveryExhausted {
        /// Its event.
        event: EventId,
        /// Its event's type.
        event_type: EventType,
    },
}

impl Notice {
    fn name(&self) -> &'static str {
        match self {
            Self::WebhookDisabled { .. } => WEBHOOK_DISABLED,
            Self::WebhookRecovered => WEBHOOK_RECOVERED,
            Self::WebhookExpired => WEBHOOK_EXPIRED,
            Self::DeliveryExhausted { .. } => DELIVERY_EXHAUSTED,
        }
    }

    /// The event that says so; `last_error` is the newest failure's sentence.
    #[must_use]
    pub fn event(&self, webhook: &Webhook, last_error: Option<&str>) -> Option<NewEvent> {
        let mut data = json!({ "webhook_id": webhook.id.to_string(), "url": webhook.url.as_str() });
        if let Some(members) = data.as_object_mut() {
            match self {
                Self::WebhookDisabled { why, by } => {
                    members.insert("reason".into(), why.as_str().into());
                    by.iter().for_each(|(event, event_type)| name(members, *event, event_type));
                }
                Self::DeliveryExhausted { event, event_type } => name(members, *event, event_type),
                Self::WebhookRecovered | Self::WebhookExpired => {}
            }
            if let Some(error) = last_error {
                members.insert("last_error".into(), error.into());
            }
        }
        told(webhook.account, self.name(), &data)
    }
}

fn name(members: &mut Map<String, Value>, event: EventId, event_type: &EventType) {
    members.insert("event_id".into(), event.to_string().into());
    members.insert("event_type".into(), event_type.as_str().into());
}

/// Something about the daemon as a whole that its operator should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DaemonNotice {
    /// A scheduled backup was made.
    BackupFinished {
        /// Its file's name.
        file: String,
        /// Its bytes.
        bytes: u64,
    },
    /// A scheduled backup was not made.
    BackupFailed {
        /// Why, in a sentence.
        error: String,
    },
}

impl DaemonNotice {
    /// The event that says so.
    #[must_use]
    pub fn event(&self, account: AccountNo) -> Option<NewEvent> {
        match self {
            Self::BackupFinished { file, bytes } => {
                told(account, BACKUP_FINISHED, &json!({ "file": file, "bytes": bytes }))
            }
            Self::BackupFailed { error } => told(account, BACKUP_FAILED, &json!({ "error": error })),
        }
    }
}

fn told(account: AccountNo, name: &str, data: &Value) -> Option<NewEvent> {
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

/// Whether events of this type come from the daemon. Their own failures make no further events,
/// or a dead listener of operational events would feed itself.
#[must_use]
pub fn is_operational(event_type: &EventType) -> bool {
    matches!(
        event_type.as_str(),
        WEBHOOK_DISABLED
            | WEBHOOK_RECOVERED
            | WEBHOOK_EXPIRED
            | DELIVERY_EXHAUSTED
            | BACKUP_FINISHED
            | BACKUP_FAILED
    )
}
