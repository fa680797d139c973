//! Outcomes: the attempt, the delivery's new state and its next due row, in one commit.

use std::sync::Arc;

use super::CommitBatch;
use super::audit::disabled_because;
use super::command::Outcome;
use crate::domain::delivery::{DeliveryState, DueRow, Reason, Trigger};
use crate::domain::id::Seq;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{DisabledWhy, Webhook};
use crate::store::command::DeliveryChange;
use crate::store::committed::Committed;
use crate::store::engine_error::EngineError;
use crate::store::records::delivery::DeliveryRecord;
use crate::store::records::{account, due, readable};
use crate::store::tables;

/// What an outcome makes of a delivery.
enum Next {
    End(DeliveryState, Option<Reason>),
    Again(Arc<Webhook>, Timestamp),
}

impl CommitBatch<'_> {
    pub(super) fn complete(&mut self, outcome: Outcome, now: Timestamp) -> Result<(), EngineError> {
        let Outcome { row, webhook: no, attempt, error, change, run, waits, emit } = outcome;
        let event = row.key.event;
        let webhook = self.webhook(no);
        let in_place = self.dequeue(no, row.key)?;
        self.clear_suspect(no, event)?;
        let (mut next, mut ended, mut again) = (None, false, false);
        if let Some(mut record) = self.record(no, event)? {
            again = record.revived;
            let number = record.made.saturating_add(1);
            let seq = self.state.take_seq();
            self.rows.attempts.put(seq, attempt.numbered(number))?;
            // It was cancelled during this attempt, which delivered it all the same.
            let late = !in_place && record.has_failed() && matches!(change, DeliveryChange::Delivered);
            record.log_attempt(seq, if in_place || late { error } else { record.error });
            if late {
                record.attempts = record.attempts.saturating_add(1);
                record.finish(DeliveryState::Delivered, None, now);
            }
            next = if in_place {
                self.settle(&row, &mut record, webhook.clone(), change, now)?
            } else {
                self.moved(webhook.as_deref(), event, &record)?
            };
            ended = in_place && next.is_none();
            self.save(no, event, &record)?;
        }
        self.committed.push(Committed::Settled { webhook: no, event, next });
        let of_webhook = match webhook {
            Some(webhook) => self.change_webhook(&webhook, change, now)?,
            None => false,
        };
        if let Some(waits) = waits.filter(|_| self.webhook(no).is_some()) {
            self.rows.open_for_write(tables::WAITS)?.insert(no.0, account::write_waits(waits).as_slice())?;
        }
        if let Some(run) = run {
            self.change_run(no, run, now)?;
        }
        if ended {
            self.end_once(no, event, now)?;
        }
        // Of several attempts that end a webhook only the first does, and only it is reported.
        let reported = match change {
            DeliveryChange::RemoveWebhook | DeliveryChange::DisableWebhook(_) => of_webhook,
            // That a try by hand after the delivery's end failed ends nothing.
            DeliveryChange::Failed(_) => in_place && !again,
            DeliveryChange::Delivered | DeliveryChange::Retry { .. } => in_place,
        };
        if reported {
            for event in emit {
                self.accept(event, now)?;
            }
        }
        Ok(())
    }

    /// The due row of a delivery that was edited during its attempt.
    fn moved(
        &self,
        webhook: Option<&Webhook>,
        event: Seq,
        record: &DeliveryRecord,
    ) -> Result<Option<DueRow>, EngineError> {
        let Some(webhook) = webhook.filter(|_| record.state == DeliveryState::Pending) else {
            return Ok(None);
        };
        let key = due::key_of(webhook, event, record.due);
        let Some(row) = self.rows.due.get(tables::due_key(webhook.no(), key))? else { return Ok(None) };
        Ok(readable("due", (webhook.no(), key), due::read(key, row.value())))
    }

    /// Brings a delivery to what the outcome says; its next due row, unless that ends it.
    fn settle(
        &mut self,
        row: &DueRow,
        record: &mut DeliveryRecord,
        webhook: Option<Arc<Webhook>>,
        change: DeliveryChange,
        now: Timestamp,
    ) -> Result<Option<DueRow>, EngineError> {
        // A try by hand in the middle of a schedule takes nothing from it.
        let by_hand = row.trigger == Trigger::Manual && !record.revived;
        let spent = match change {
            DeliveryChange::Retry { spent, .. } => spent && !by_hand,
            _ => true,
        };
        record.attempts = record.attempts.saturating_add(spent.into());
        let (webhook, due) = match next(change, record.revived, webhook) {
            Next::Again(webhook, due) => (webhook, due),
            Next::End(state, reason) => {
                record.finish(state, reason, now);
                return Ok(None);
            }
        };
        record.due = due;
        let trigger = if record.revived { Trigger::Manual } else { Trigger::Scheduled };
        self.enqueue(&webhook, row.key.event, record, (trigger, now)).map(Some)
    }

    /// Makes the change that an outcome asks of its webhook; whether there was one.
    fn change_webhook(
        &mut self,
        webhook: &Webhook,
        change: DeliveryChange,
        now: Timestamp,
    ) -> Result<bool, EngineError> {
        match change {
            DeliveryChange::Delivered | DeliveryChange::Retry { .. } | DeliveryChange::Failed(_) => Ok(false),
            DeliveryChange::RemoveWebhook => {
                self.remove_webhook(webhook, Reason::WebhookRemoved, now)?;
                self.audit_webhook(webhook, "webhook.remove", "the receiver is gone", now)?;
                Ok(true)
            }
            DeliveryChange::DisableWebhook(why) => {
                let disabled = self.disable_webhook(webhook, why, now)?;
                if disabled {
                    self.audit_webhook(webhook, "webhook.disable", disabled_because(why), now)?;
                }
                Ok(disabled)
            }
        }
    }
}

fn next(change: DeliveryChange, revived: bool, webhook: Option<Arc<Webhook>>) -> Next {
    let failed = |reason| Next::End(DeliveryState::Failed, Some(reason));
    match change {
        DeliveryChange::Delivered => Next::End(DeliveryState::Delivered, None),
        DeliveryChange::Failed(reason) => failed(reason),
        DeliveryChange::RemoveWebhook | DeliveryChange::DisableWebhook(DisabledWhy::Gone) => {
            failed(Reason::Gone)
        }
        DeliveryChange::DisableWebhook(DisabledWhy::Failing) => failed(Reason::Exhausted),
        DeliveryChange::Retry { due, spent } => match webhook {
            None => Next::End(DeliveryState::Cancelled, Some(Reason::WebhookRemoved)),
            // A retry by hand of a finished delivery is one attempt, not a new schedule.
            Some(_) if revived && spent => failed(Reason::Exhausted),
            Some(webhook) => Next::Again(webhook, due),
        },
    }
}
