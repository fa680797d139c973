//! Writing the audit log: entries, the sealed note of where it begins and ends, and its retention.

use super::CommitBatch;
use super::audit_log::Counted;
use crate::domain::id::{AccountId, AccountNo};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{DisabledWhy, Webhook};
use crate::store::audit::{Actor, AuditEntry, Note, Span};
use crate::store::engine_error::EngineError;
use crate::store::records::{audit as record, readable};
use crate::store::seal::AUDIT_ROW;
use crate::store::tables::{self, meta};
use crate::{clock, limits};

impl CommitBatch<'_> {
    /// Enters what was done. Of what an account does often, only the first is entered at once, and the others as
    /// their number.
    pub(super) fn audit(&mut self, at: Timestamp, actor: Actor, note: Note) -> Result<(), EngineError> {
        if let Some(account) = note.account
            && !self.state.audit.shares.entry(account).or_default().lists(at, actor, note.action)
        {
            return Ok(());
        }
        self.enter(at, actor, note)
    }

    fn enter(&mut self, at: Timestamp, actor: Actor, note: Note) -> Result<(), EngineError> {
        let Span { next, last, .. } = self.state.audit.span;
        let entry = AuditEntry::chained(next, at, actor, note, last);
        self.rows.open_for_write(tables::AUDIT)?.insert(next, record::write(&entry).as_slice())?;
        let log = &mut self.state.audit;
        (log.span.next, log.span.last, log.noted) = (next + 1, entry.hash, false);
        Ok(())
    }

    /// Enters the numbers of what was done often, once their time is over, or `all` of them.
    pub(super) fn count_frequent(&mut self, now: Timestamp, all: bool) -> Result<(), EngineError> {
        let mut due = Vec::new();
        self.state.audit.shares.retain(|account, share| {
            due.extend(share.due(now, all).into_iter().map(|counted| (*account, counted)));
            !share.counted.is_empty() || share.used_until > now
        });
        for (account, ((actor, action), Counted { since, more, .. })) in due {
            let detail = format!("{more} more since {since}");
            self.enter(now, actor, Note { account: Some(account), action, object: String::new(), detail })?;
        }
        Ok(())
    }

    /// Notes where the log begins and ends, in the commit that changed it.
    pub(super) fn note_span(&mut self) -> Result<(), EngineError> {
        if self.state.audit.noted {
            return Ok(());
        }
        let span = self.state.audit.span.to_bytes();
        let sealed = self.core.seal.seal(clock::random_bytes()?, AUDIT_ROW, &span);
        self.rows.open_for_write(tables::META)?.insert(meta::AUDIT, sealed.as_slice())?;
        self.state.audit.noted = true;
        Ok(())
    }

    /// Takes away the oldest entries: those before `before`, and those beyond the newest `most`. Whether there
    /// are more.
    pub(super) fn prune_audit(&mut self, before: Timestamp, most: u64) -> Result<bool, EngineError> {
        let mut span = self.state.audit.span;
        let mut gone = Vec::new();
        for row in self.rows.open_for_read(tables::AUDIT)?.range(..)?.take(limits::AUDIT_PRUNED) {
            let (no, row) = row?;
            let no = no.value();
            // One that cannot be read is for people to look at, and stays.
            let Some(entry) = readable("audit", no, record::read(no, row.value())) else { break };
            if entry.at >= before && span.next.saturating_sub(no) <= most {
                break;
            }
            gone.push(no);
            (span.first, span.before) = (no + 1, entry.hash);
        }
        if gone.is_empty() {
            return Ok(false);
        }
        let mut table = self.rows.open_for_write(tables::AUDIT)?;
        for no in &gone {
            table.remove(*no)?;
        }
        drop(table);
        (self.state.audit.span, self.state.audit.noted) = (span, false);
        Ok(gone.len() == limits::AUDIT_PRUNED)
    }

    /// Enters what the daemon itself did to a webhook.
    pub(super) fn audit_webhook(
        &mut self,
        webhook: &Webhook,
        action: &'static str,
        detail: &str,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let account = self.account_id(webhook.account);
        let note = Note { account, action, object: webhook.id.to_string(), detail: detail.to_owned() };
        self.audit(now, Actor::Daemon, note)
    }

    pub(super) fn account_id(&self, no: AccountNo) -> Option<AccountId> {
        self.core.directory().account(no).map(|account| account.id)
    }
}

pub(super) fn disabled_because(why: DisabledWhy) -> &'static str {
    match why {
        DisabledWhy::Failing => "it kept failing",
        DisabledWhy::Gone => "the receiver is gone",
    }
}
