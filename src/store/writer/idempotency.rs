//! Keys by which the repetition of a request is recognised.

use super::CommitBatch;
use crate::domain::id::{AccountNo, EventId};
use crate::domain::time::Timestamp;
use crate::store::command::{Accept, Accepted, Idempotency};
use crate::store::engine_error::EngineError;
use crate::store::records::idempotency::{Compares, IdempotencyRecord};
use crate::store::records::readable;
use crate::store::tables::{self, EXPIRES_IDEMPOTENCY};
use std::collections::HashMap;

/// What a key was used for.
pub(super) struct Remembered {
    /// The id of what was made.
    pub(super) made: [u8; 16],
    /// How many webhooks the event went to.
    pub(super) deliveries: u32,
    /// Whether the same was asked for.
    pub(super) same: bool,
}

impl CommitBatch<'_> {
    /// What a request's events get when it may not be stored, because one of them has a key that is
    /// taken for something else, by an earlier request or within this one.
    pub(super) fn conflicts(
        &self,
        events: &[Accept],
        now: Timestamp,
    ) -> Result<Option<Vec<Accepted>>, EngineError> {
        let mut answers = vec![Accepted::Withheld; events.len()];
        let mut bodies = HashMap::new();
        for (answer, event) in answers.iter_mut().zip(events) {
            let account = event.event.account;
            for asked in &event.idempotency {
                let first = *bodies.entry((account, &asked.key)).or_insert(asked.body);
                match self.known_by(account, asked, now)? {
                    Some(conflict @ Accepted::Conflict { .. }) => *answer = conflict,
                    None if first != asked.body => *answer = Accepted::Conflict { id: None },
                    Some(_) | None => {}
                }
            }
        }
        let conflict = answers.iter().any(|answer| *answer != Accepted::Withheld);
        Ok(conflict.then_some(answers))
    }

    /// What an earlier request with one of the same keys got.
    pub(super) fn known(
        &self,
        account: AccountNo,
        asked: &[Idempotency],
        now: Timestamp,
    ) -> Result<Option<Accepted>, EngineError> {
        let mut found = None;
        for asked in asked {
            match self.known_by(account, asked, now)? {
                Some(conflict @ Accepted::Conflict { .. }) => return Ok(Some(conflict)),
                known => found = found.or(known),
            }
        }
        Ok(found)
    }

    pub(super) fn known_by(
        &self,
        account: AccountNo,
        asked: &Idempotency,
        now: Timestamp,
    ) -> Result<Option<Accepted>, EngineError> {
        Ok(self.remembered(account, asked, now)?.map(|Remembered { made, deliveries, same }| {
            let id = EventId::from_bytes(made);
            if same { Accepted::Duplicate { id, deliveries } } else { Accepted::Conflict { id: Some(id) } }
        }))
    }

    /// What a key stands for, unless it has expired.
    pub(super) fn remembered(
        &self,
        account: AccountNo,
        asked: &Idempotency,
        now: Timestamp,
    ) -> Result<Option<Remembered>, EngineError> {
        let key = tables::idempotency_key(account, &asked.key);
        let Some(row) = self.rows.idempotency.get(key)? else { return Ok(None) };
        let known = readable("idempotency", account, IdempotencyRecord::read(row.value()));
        let known = known.filter(|known| known.expires_at > now.as_millis());
        Ok(known.map(|known| {
            let same = match known.compares {
                Compares::Values => known.body == asked.body,
                Compares::Texts => Some(known.body) == asked.text,
            };
            Remembered { made: known.made, deliveries: known.deliveries, same }
        }))
    }

    pub(super) fn remember(
        &mut self,
        account: AccountNo,
        asked: &Idempotency,
        made: [u8; 16],
        deliveries: u32,
    ) -> Result<(), EngineError> {
        let key = tables::idempotency_key(account, &asked.key);
        let expires_at = asked.expires_at.as_millis();
        let (body, compares) = (asked.body, Compares::Values);
        let record = IdempotencyRecord { made, deliveries, body, expires_at, compares };
        self.rows.idempotency.put(key, record.write().as_slice())?;
        let what = tables::idempotency_bytes(key);
        self.rows.expiry.put((expires_at, EXPIRES_IDEMPOTENCY, what.as_slice()), ())
    }
}
