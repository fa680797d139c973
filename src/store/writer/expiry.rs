//! When webhooks expire: what has retention look at them then.

use super::CommitBatch;
use crate::domain::id::{WebhookId, WebhookNo};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::command::{Accept, Edited, Refused};
use crate::store::engine_error::{EditError, EngineError};
use crate::store::tables::EXPIRES_WEBHOOK;

impl CommitBatch<'_> {
    /// Has retention look at a webhook at a time.
    pub(super) fn put_expiry(&mut self, no: WebhookNo, at: Timestamp) -> Result<(), EngineError> {
        let what = no.0.to_be_bytes();
        self.rows.expiry.put((at.as_millis(), EXPIRES_WEBHOOK, what.as_slice()), ())
    }

    /// Enters that a webhook has expired, and has it looked at again after its grace, to remove it.
    pub(super) fn enter_expiry(
        &mut self,
        id: WebhookId,
        emit: Option<Accept>,
        now: Timestamp,
    ) -> Result<Edited, EditError> {
        let webhook = self.webhook_with(id).ok_or(Refused::NotFound)?;
        let what = id.no().0.to_be_bytes();
        if let Some(at) = webhook.expires_at.filter(|at| *at <= now) {
            let key = (at.as_millis(), EXPIRES_WEBHOOK, what.as_slice());
            if self.rows.expiry.get(key)?.is_some() {
                self.rows.expiry.delete(key)?;
                self.put_expiry(id.no(), at.plus(limits::EXPIRED_GRACE))?;
                if let Some(event) = emit {
                    self.accept(event, now)?;
                }
            }
        }
        Ok(Edited::Done)
    }

    /// Whether it was told that a webhook expired then: it is only looked at again to remove it.
    pub(super) fn is_told_expired(&self, no: WebhookNo, at: Timestamp) -> Result<bool, EngineError> {
        let what = no.0.to_be_bytes();
        let again = (at.plus(limits::EXPIRED_GRACE).as_millis(), EXPIRES_WEBHOOK, what.as_slice());
        Ok(self.rows.expiry.get(again)?.is_some())
    }

    pub(super) fn forget_expiry(&mut self, webhook: &Webhook) -> Result<(), EngineError> {
        let Some(at) = webhook.expires_at else { return Ok(()) };
        let what = webhook.no().0.to_be_bytes();
        for at in [at, at.plus(limits::EXPIRED_GRACE)] {
            self.rows.expiry.delete((at.as_millis(), EXPIRES_WEBHOOK, what.as_slice()))?;
        }
        Ok(())
    }
}
